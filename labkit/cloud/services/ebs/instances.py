"""Instances with encrypted volumes: they take a grant for each, and do not run without.

Launch: EBS User Guide, "How Amazon EBS encryption works"; the reason of a failed launch as accounts saw it from 2024 to
2026 (CiscoDevNet/cloud-cml 8, the EKS workshop's troubleshooting labs), whatever is wrong with the key. Start: AWS
re:Post, "Why can't I start my EC2 instance?" (kms-iam-ec2-permission): pending, then stopped, Client.InternalError.
An image that there is not: "Error codes for the Amazon EC2 API", InvalidAMIID.NotFound and InvalidAMIID.Malformed, in
the words of DescribeImages.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from moto.utilities.utils import load_resource

from ...core.call import Call
from ...core.errors import AwsError
from ...wire.protocols import HttpRequest, HttpResponse
from .images import image_of
from .keys import MANAGED
from .snapshots import snapshot_of
from .state import EbsState, ec2_of, instance_of, volumes_of

Onward = Callable[[HttpRequest], HttpResponse]
_NO_KEY_AT_LAUNCH = (
    "Client.InvalidKMSKey.InvalidState",
    "Client.InvalidKMSKey.InvalidState: The KMS key provided is in an incorrect state",
)
_NO_KEY_AT_START = ("Client.InternalError", "Client.InternalError: Client error on launch")


@cache
def _published(region: str) -> frozenset[str]:
    """The images of Amazon Linux that Systems Manager's public parameters name; moto's EC2 lacks some of them."""
    try:
        parameters = load_resource(f"ssm/resources/ami-amazon-linux-latest/{region}.json")
    except FileNotFoundError:  # moto has none for that Region
        return frozenset()
    return frozenset(str(each["Value"]) for each in parameters)


class Instances:
    """RunInstances, StartInstances, StopInstances, TerminateInstances."""

    def __init__(self, state: EbsState) -> None:
        self._state = state
        self.operations: dict[str, Callable[[Call, HttpRequest, Onward], HttpResponse]] = {
            "RunInstances": self._run,
            "StartInstances": self._start,
            "StopInstances": self._stop,
            "TerminateInstances": self._terminate,
        }

    def _run(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Each encrypted volume takes its data key and its grant; where that fails, the instance ends at once."""
        backend = ec2_of(call)
        image = call.params.get("ImageId", "")
        if image and not image.startswith("resolve:ssm:") and not call.params.get("DryRun"):
            if not image.startswith("ami-"):
                raise AwsError("InvalidAMIID.Malformed", f'Invalid id: "{image}" (expecting "ami-...")')
            if image_of(call, image) is None and image not in _published(call.region):
                raise AwsError("InvalidAMIID.NotFound", f"The image id '[{image}]' does not exist")
        self.prepare(call)
        before = {each.id for each in backend.all_instances()}
        response = onward(request)
        for instance in [each for each in backend.all_instances() if each.id not in before]:
            self.launched(call, instance)
        return response

    def prepare(self, call: Call) -> None:
        """Keep moto from making a key of its own for what it launches next."""
        ec2_of(call).default_kms_key_id = self._state.defaults_of(call).key or MANAGED

    def launched(self, call: Call, instance: Any) -> bool:
        """Let an instance that moto has just launched take its keys, for the caller; whether it runs on."""
        backend, image = ec2_of(call), image_of(call, str(instance.image_id))
        try:
            for volume in volumes_of(instance):
                self._encrypt(call, backend.volumes[volume], image)
                self._state.attach(call, volume, instance.id)
        except AwsError:
            self._release(call, volumes_of(instance))
            backend.terminate_instances([instance.id])
            _say_why(instance, *_NO_KEY_AT_LAUNCH)
            return False
        return True

    def _encrypt(self, call: Call, volume: Any, image: Any) -> None:
        """The data key of a launched volume, if it is to be encrypted.

        A volume of another account's snapshot is under the caller's default key, if no key is named (EBS User Guide,
        "Encryption scenarios"). moto gives the system's volume no snapshot: it is made of the image's.
        """
        snapshot = snapshot_of(call, volume.snapshot_id) if volume.snapshot_id else getattr(image, "ebs_snapshot", None)
        sealed = snapshot if snapshot is not None and snapshot.encrypted else None
        if not self._state.defaults_of(call).enabled and sealed is None and str(volume.encrypted).lower() != "true":
            return
        key_id = volume.kms_key_id
        if not key_id and sealed is not None and sealed.owner_id == call.account:
            key_id = sealed.kms_key_id
        volume.encrypted = True
        volume.kms_key_id = self._state.arn_of(call, key_id) if key_id else self._state.default_key(call)
        source = sealed.id if sealed is not None else volume.snapshot_id or ""
        self._state.copy_data_key(call, source, volume.kms_key_id, volume.id)

    def _start(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Whoever starts an instance makes the grants for its volumes anew; refused, it falls back to stopped."""
        asked = [instance_of(call, name) for name in call.params.get("InstanceIds") or []]
        stopped = [each for each in asked if each is not None and each.state == "stopped"]
        response = onward(request)
        for instance in stopped if response.status < 300 else []:
            try:
                for volume in volumes_of(instance):
                    self._state.detach(call, volume)  # one that was attached while the instance was stopped
                    self._state.attach(call, volume, instance.id)
            except AwsError:
                self._release(call, volumes_of(instance))
                instance.stop()
                _say_why(instance, *_NO_KEY_AT_START)
        return response

    def _stop(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        return self._ending(call, request, onward)

    def _terminate(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        return self._ending(call, request, onward)

    def _ending(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        asked = [instance_of(call, name) for name in call.params.get("InstanceIds") or []]
        volumes = [volume for instance in asked if instance is not None for volume in volumes_of(instance)]
        response = onward(request)
        if response.status < 300:
            self._release(call, volumes)
        return response

    def _release(self, call: Call, volumes: list[str]) -> None:
        for volume in volumes:
            self._state.detach(call, volume)


def _say_why(instance: Any, code: str, message: str) -> None:
    """Why EC2 could not keep the instance running, for DescribeInstances."""
    instance._reason = code
    instance.state_reason = type(instance.state_reason)(message, code)
