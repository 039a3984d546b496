"""Images (AMIs) of servers with encrypted volumes: their snapshots keep the key, and other accounts may launch them.

Sources: EC2 User Guide, "Share an AMI with specific AWS accounts" (the snapshots need no sharing, the KMS key does; an
image under the AWS managed key can't be shared) and "Use encryption with EBS-backed AMIs" (a snapshot of an image has
its volume's key; a launch from another account's image is under the key that is named, or the launcher's default key).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from moto.ec2.models import ec2_backends

from ...core.call import Call
from ...core.errors import AwsError
from ...wire.protocols import HttpRequest, HttpResponse, fields_of
from .state import EbsState, ec2_of, instance_of, volumes_of

Onward = Callable[[HttpRequest], HttpResponse]
# hashicorp/packer 7410 (2019), DataDog/stratus-red-team 109 (2022)
_MANAGED_KEY_SHARED = "Snapshots encrypted with the AWS Managed CMK can't be shared. Specify another snapshot."


class Images:
    """CreateImage, DescribeImages, ModifyImageAttribute."""

    def __init__(self, state: EbsState) -> None:
        self._state = state
        self.operations: dict[str, Callable[[Call, HttpRequest, Onward], HttpResponse]] = {
            "CreateImage": self._create,
            "DescribeImages": _describe,
            "ModifyImageAttribute": self._share,
        }

    def _create(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """The snapshot of the system's volume is under the volume's key, with its data key; no call to KMS."""
        backend = ec2_of(call)
        before = set(backend.amis)
        response = onward(_without_snapshots_tags(request))
        for name in set(backend.amis) - before:
            for tag in _snapshots_tags(call):
                backend.amis[name].ebs_snapshot.add_tag(tag["Key"], tag["Value"])
        instance = instance_of(call, call.params.get("InstanceId", ""))
        attached = volumes_of(instance) if instance is not None else []
        system = next((each for each in attached if each in self._state.data_keys), None)
        for name in set(backend.amis) - before if system else ():
            snapshot, volume = backend.amis[name].ebs_snapshot, backend.volumes[system]
            snapshot.encrypted, snapshot.kms_key_id = True, volume.kms_key_id
            self._state.data_keys[snapshot.id] = self._state.data_keys[volume.id]
        return response

    def _share(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """An image whose snapshot is under an AWS managed key stays in its account."""
        image = ec2_of(call).amis.get(call.params.get("ImageId", ""))
        permission = call.params.get("LaunchPermission") or {}
        adds = permission.get("Add") or call.params.get("OperationType") == "add"
        if image is not None and adds and image.ebs_snapshot.encrypted:
            key = self._state.keys.find(call, image.ebs_snapshot.kms_key_id)
            if key is not None and key.manager == "AWS":
                raise AwsError("InvalidParameter", _MANAGED_KEY_SHARED)
        return onward(request)


def _snapshots_tags(call: Call) -> Iterator[dict[str, str]]:
    """Read the tags that are meant for the snapshots of a new image: moto takes those of the image alone."""
    for each in call.params.get("TagSpecifications") or []:
        if each.get("ResourceType") == "snapshot":
            yield from each.get("Tags") or []


def _without_snapshots_tags(request: HttpRequest) -> HttpRequest:
    fields = fields_of(request)
    theirs = tuple(
        name.removesuffix("ResourceType")
        for name, value in fields.items()
        if name.startswith("TagSpecification.") and name.endswith(".ResourceType") and value == "snapshot"
    )
    if not theirs:
        return request
    form = urlencode([(name, value) for name, value in fields.items() if not name.startswith(theirs)]).encode()
    headers = {name: value for name, value in request.headers.items() if name != "content-length"}
    return replace(request, query="", body=form, headers=headers)


def _describe(call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
    """moto knows the account's own images and Amazon's; here those that other accounts share, too."""
    with lent_images(call):
        return onward(request)


@contextmanager
def lent_images(call: Call) -> Iterator[None]:
    """Images that other accounts share with the caller stand among its own while they are read."""
    images = ec2_of(call).amis
    lent = {each.id: each for each in _shared_with(call) if each.id not in images}
    images.update(lent)
    try:
        yield
    finally:
        for name in lent:
            del images[name]


def image_of(call: Call, name: str) -> Any:
    """Return an image of the account, or one that another account shares with it; None if there is none."""
    return ec2_of(call).amis.get(name) or next((each for each in _shared_with(call) if each.id == name), None)


def _shared_with(call: Call) -> Iterator[Any]:
    for account in list(ec2_backends):
        if account != call.account and call.region in ec2_backends[account]:
            for image in list(ec2_backends[account][call.region].amis.values()):
                if {"UserId": call.account} in image.launch_permissions:
                    yield image
