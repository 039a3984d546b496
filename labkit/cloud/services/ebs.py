"""EBS behind moto's EC2: volumes and snapshots that really need their KMS keys.

EC2 checks a key after it has answered: a volume whose key can't be used appears, and is gone at the next look
(CreateVolume's documentation, KmsKeyId). moto's own idea of KMS keys is never asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from moto.core.utils import get_service_model
from moto.ec2.models import ec2_backends

from ..call import Call
from ..errors import AwsError
from ..kms.service import Kms
from ..wire import HttpRequest, HttpResponse, write_result
from .ebs_keys import MANAGED, DataKey, EbsKeys

if TYPE_CHECKING:
    from ..gateway import Gateway

Onward = Callable[[HttpRequest], HttpResponse]
_CANNOT_ATTACH = "Volume {} cannot be attached. The encrypted volume was unable to access the KMS key."
_DEFAULT_KEY_SHARED = "Encrypted snapshots with EBS default key cannot be shared"
_PUBLIC = "Encrypted snapshots cannot be made public"
_INACCESSIBLE = "Given key ID is not accessible"
_NO_INSTANCE_KEY = "Client.InternalError: Client error on launch"


@dataclass
class Defaults:
    """An account's encryption by default in one Region; `key` None means aws/ebs."""

    enabled: bool = False
    key: str | None = None


class Ebs:
    """The wrap round moto's EC2."""

    def __init__(self, gateway: Gateway, kms: Kms) -> None:
        self._keys = EbsKeys(gateway, kms)
        self._defaults: dict[tuple[str, str], Defaults] = {}
        self._data_keys: dict[str, DataKey] = {}  # by volume or snapshot id
        self._operations: dict[str, Callable[[Call, HttpRequest, Onward], HttpResponse]] = {
            "AttachVolume": self._attach,
            "CopySnapshot": self._copy_snapshot,
            "CreateSnapshot": self._create_snapshot,
            "CreateSnapshots": self._create_snapshot,
            "CreateVolume": self._create_volume,
            "ModifySnapshotAttribute": self._share,
            "RunInstances": self._run_instances,
        }
        self._settings: dict[str, Callable[[Call, Defaults], dict[str, Any]]] = {
            "DisableEbsEncryptionByDefault": lambda call, defaults: _enable(defaults, enabled=False),
            "EnableEbsEncryptionByDefault": lambda call, defaults: _enable(defaults, enabled=True),
            "GetEbsDefaultKmsKeyId": lambda call, defaults: {"KmsKeyId": defaults.key or MANAGED},
            "GetEbsEncryptionByDefault": lambda call, defaults: {"EbsEncryptionByDefault": defaults.enabled},
            "ModifyEbsDefaultKmsKeyId": self._modify_default_key,
            "ResetEbsDefaultKmsKeyId": _reset_default_key,
        }

    def serve(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Answer an EC2 call."""
        setting = self._settings.get(call.operation)
        if setting is not None:
            operation = get_service_model("ec2").operation_model(call.operation)
            return write_result(operation, "ec2", setting(call, self._defaults_of(call)), call.request_id)
        operate = self._operations.get(call.operation)
        return operate(call, request, onward) if operate else onward(request)

    # --- Encryption by default ---------------------------------------------------------------------------------------

    def _defaults_of(self, call: Call) -> Defaults:
        return self._defaults.setdefault((call.account, call.region), Defaults())

    def _default_key(self, call: Call) -> str:
        """The ARN of the account's default key, or what it was configured as."""
        key_id = self._defaults_of(call).key or MANAGED
        found = self._keys.find(call, key_id)
        return found.arn if found else key_id

    def _modify_default_key(self, call: Call, defaults: Defaults) -> dict[str, Any]:
        found = self._keys.find(call, call.params["KmsKeyId"])
        defaults.key = found.arn if found else call.params["KmsKeyId"]
        return {"KmsKeyId": defaults.key}

    # --- Volumes -----------------------------------------------------------------------------------------------------

    def _create_volume(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        params = call.params
        snapshot = _snapshot(call, params.get("SnapshotId", ""))
        key_id = self._wanted_key(call, snapshot)
        if key_id is None:
            return onward(request)
        found = self._keys.find(call, key_id)
        encrypted = _with_form(request, {"Encrypted": "true", "KmsKeyId": found.arn if found else key_id})
        with _shared(call, snapshot):
            response = onward(encrypted)
        if response.status >= 300:
            return response
        volume = _found(response, "volumeId")
        try:
            if snapshot is not None and snapshot.id in self._data_keys:
                self._keys.open(call, self._data_keys[snapshot.id])
            self._data_keys[volume] = self._keys.new(call, key_id, volume)
        except AwsError:  # the caller has its answer; the volume is never made
            del _ec2(call).volumes[volume]
        return replace(response, body=response.body.replace(b"<status>available<", b"<status>creating<"))

    def _wanted_key(self, call: Call, snapshot: Any) -> str | None:
        """The KMS key of a new volume; None if it is not encrypted (EBS User Guide, encryption scenarios)."""
        params = call.params
        if params.get("KmsKeyId"):
            asked = params.get("Encrypted") or self._defaults_of(call).enabled or (snapshot and snapshot.encrypted)
            return str(params["KmsKeyId"]) if asked else None  # moto refuses a key without Encrypted
        if snapshot is not None and snapshot.encrypted:
            return str(snapshot.kms_key_id) if snapshot.owner_id == call.account else self._default_key(call)
        return self._default_key(call) if params.get("Encrypted") or self._defaults_of(call).enabled else None

    def _attach(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """A grant for the instance, and the instance's Decrypt; refused, the volume stays where it is."""
        volume, instance = call.params.get("VolumeId", ""), call.params.get("InstanceId", "")
        data_key = self._data_keys.get(volume)
        if data_key is not None and volume in _ec2(call).volumes and _is_instance(call, instance):
            try:
                self._keys.attach(call, data_key, instance)
            except AwsError:
                raise AwsError("CustomerKeyHasBeenRevoked", _CANNOT_ATTACH.format(volume)) from None
        return onward(request)

    def _run_instances(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Each encrypted volume takes its data key and its grant; where that fails, the instance ends at once."""
        backend, by_default = _ec2(call), self._defaults_of(call).enabled
        backend.default_kms_key_id = self._defaults_of(call).key or MANAGED  # lest moto makes a key of its own
        before = set(backend.volumes)
        response = onward(request)
        for name in [name for name in backend.volumes if name not in before]:
            volume = backend.volumes[name]
            if not by_default and str(volume.encrypted).lower() != "true":
                continue
            key_id = volume.kms_key_id or self._default_key(call)
            found = self._keys.find(call, key_id)
            volume.encrypted, volume.kms_key_id = True, found.arn if found else key_id
            try:
                self._data_keys[name] = self._keys.new(call, key_id, name)
                self._keys.attach(call, self._data_keys[name], volume.attachment.instance.id)
            except AwsError:
                _end(backend, volume.attachment.instance)
        return response

    # --- Snapshots ---------------------------------------------------------------------------------------------------

    def _create_snapshot(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """A snapshot is under its volume's key, and takes no call to KMS."""
        snapshots = _ec2(call).snapshots
        before = set(snapshots)
        response = onward(request)
        for name in set(snapshots) - before:
            snapshot = snapshots[name]
            snapshot.kms_key_id = snapshot.volume.kms_key_id
            if snapshot.volume.id in self._data_keys:
                self._data_keys[name] = self._data_keys[snapshot.volume.id]
        return response

    def _copy_snapshot(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """A copy has the key that is asked for, or the Region's default key; not its source's."""
        params = call.params
        there = replace(call, region=params.get("SourceRegion") or call.region)
        source = _snapshot(there, params.get("SourceSnapshotId", ""))
        with _shared(there, source):
            response = onward(request)
        if response.status >= 300 or source is None:
            return response
        copy = _ec2(call).snapshots[_found(response, "snapshotId")]
        copy.encrypted = bool(source.encrypted or params.get("Encrypted") or self._defaults_of(call).enabled)
        copy.kms_key_id = None
        if not copy.encrypted:
            return response
        key_id = params.get("KmsKeyId") or self._default_key(call)
        found = self._keys.find(call, key_id)
        copy.kms_key_id = found.arn if found else key_id
        try:
            if source.id in self._data_keys:
                self._keys.open(call, self._data_keys[source.id])
            self._data_keys[copy.id] = self._keys.new(call, key_id, copy.id)
        except AwsError:
            copy.status, copy.state_message = "error", _INACCESSIBLE
        return response

    def _share(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Snapshots under aws/ebs stay in their account, encrypted ones are never public (ModifySnapshotAttribute)."""
        snapshot = _snapshot(call, call.params.get("SnapshotId", ""))
        added = (call.params.get("CreateVolumePermission") or {}).get("Add") or []
        if call.params.get("OperationType") == "add":
            added = [*added, *({"Group": name} for name in call.params.get("GroupNames") or [])]
            added += [{"UserId": name} for name in call.params.get("UserIds") or []]
        if snapshot is not None and snapshot.encrypted and added:
            key = self._keys.find(call, snapshot.kms_key_id)
            if key is not None and key.manager == "AWS":
                raise AwsError("OperationNotPermitted", _DEFAULT_KEY_SHARED)
            if any(each.get("Group") for each in added):
                raise AwsError("OperationNotPermitted", _PUBLIC)
        return onward(request)


def _enable(defaults: Defaults, *, enabled: bool) -> dict[str, Any]:
    defaults.enabled = enabled
    return {"EbsEncryptionByDefault": enabled}


def _reset_default_key(_call: Call, defaults: Defaults) -> dict[str, Any]:
    defaults.key = None
    return {"KmsKeyId": MANAGED}


def _ec2(call: Call) -> Any:
    return ec2_backends[call.account][call.region]


def _is_instance(call: Call, name: str) -> bool:
    return any(each.id == name for each in _ec2(call).all_instances())


def _end(backend: Any, instance: Any) -> None:
    """The instance that EC2 could not start."""
    backend.terminate_instances([instance.id])
    instance._reason = _NO_INSTANCE_KEY
    code, message = "Client.InternalError", _NO_INSTANCE_KEY
    instance.state_reason = type(instance.state_reason)(message, code)


def _snapshot(call: Call, name: str) -> Any:
    """A snapshot of the account, or one that another account shares with it; None if there is none."""
    for account in list(ec2_backends):
        snapshot = ec2_backends[account][call.region].snapshots.get(name)
        if snapshot is not None and (
            account == call.account
            or call.account in snapshot.create_volume_permission_userids
            or "all" in snapshot.create_volume_permission_groups
        ):
            return snapshot
    return None


@contextmanager
def _shared(call: Call, snapshot: Any) -> Iterator[None]:
    """moto finds snapshots of the caller's account alone: a shared one stands there while it is read."""
    snapshots = _ec2(call).snapshots
    lent = snapshot is not None and snapshot.id not in snapshots
    if lent:
        snapshots[snapshot.id] = snapshot
    try:
        yield
    finally:
        if lent:
            del snapshots[snapshot.id]


def _with_form(request: HttpRequest, fields: dict[str, str]) -> HttpRequest:
    """The request with these form fields."""
    form = dict(parse_qsl(request.body.decode(), keep_blank_values=True)) | fields
    return replace(request, body=urlencode(form).encode())


def _found(response: HttpResponse, element: str) -> str:
    """The first value of an element of an answer."""
    match = re.search(f"<{element}>([^<]+)</{element}>".encode(), response.body)
    assert match, f"the answer has a {element}"
    return match[1].decode()
