"""EBS behind moto's EC2: volumes and snapshots that really need their KMS keys.

EC2 checks a key after it has answered: a volume whose key can't be used appears, and is gone at the next look
(CreateVolume's documentation, KmsKeyId). moto's own idea of KMS keys is never asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from moto.core.utils import get_service_model

from ...core.call import Call
from ...core.errors import AwsError
from ...kms.service import Kms
from ...wire.protocols import HttpRequest, HttpResponse, write_result
from . import vpc_endpoints
from .images import Images
from .instances import Instances
from .keys import MANAGED, EbsKeys
from .snapshots import Snapshots, found, lent, snapshot_of
from .state import Defaults, EbsState, ec2_of, instance_of
from .volume_copies import VolumeCopies

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

Onward = Callable[[HttpRequest], HttpResponse]
_CANNOT_ATTACH = "Volume {} cannot be attached. The encrypted volume was unable to access the KMS key."
_DEVICE_TAKEN = "Invalid value '{0}' for unixDevice. Attachment point {0} is already in use"


class Ebs:
    """The wrap round moto's EC2."""

    def __init__(self, gateway: Gateway, kms: Kms) -> None:
        self._state = EbsState(EbsKeys(gateway, kms))
        gateway.forgets.append(self._state.forget)
        self.instances = Instances(self._state)
        self._operations: dict[str, Callable[[Call, HttpRequest, Onward], HttpResponse]] = {
            "AttachVolume": self._attach,
            "CopyVolumes": VolumeCopies(self._state).copy,
            "CreateVolume": self._create_volume,
            "CreateVpcEndpoint": vpc_endpoints.create,
            "DescribeVolumes": _describe_volumes,
            "DetachVolume": self._detach,
            "ModifyVpcEndpoint": vpc_endpoints.modify,
            **Images(self._state).operations,
            **self.instances.operations,
            **Snapshots(self._state).operations,
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
            return write_result(operation, "ec2", setting(call, self._state.defaults_of(call)), call.request_id)
        operate = self._operations.get(call.operation)
        return operate(call, request, onward) if operate else onward(request)

    def _modify_default_key(self, call: Call, defaults: Defaults) -> dict[str, Any]:
        defaults.key = self._state.arn_of(call, call.params["KmsKeyId"])
        return {"KmsKeyId": defaults.key}

    # --- Volumes -----------------------------------------------------------------------------------------------------

    def _create_volume(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        snapshot = snapshot_of(call, call.params.get("SnapshotId", ""))
        key_id = self._wanted_key(call, snapshot)
        if key_id is None:
            with lent(call, snapshot):
                return _creating(onward(request))
        key_arn = self._state.arn_of(call, key_id)
        with lent(call, snapshot):
            response = onward(_with_form(request, {"Encrypted": "true", "KmsKeyId": key_arn}))
        if response.status >= 300:
            return response
        volume = found(response, "volumeId")
        try:
            if snapshot is None:
                self._state.data_keys[volume] = self._state.keys.new(call, key_id, volume)
            else:
                self._state.copy_data_key(call, snapshot.id, key_arn, volume)
        except AwsError:  # the caller has its answer; the volume is never made
            del ec2_of(call).volumes[volume]
        return _creating(response)

    def _wanted_key(self, call: Call, snapshot: Any) -> str | None:
        """The KMS key of a new volume; None if it is not encrypted (EBS User Guide, encryption scenarios)."""
        params, by_default = call.params, self._state.defaults_of(call).enabled
        if params.get("KmsKeyId"):
            asked = params.get("Encrypted") or by_default or (snapshot and snapshot.encrypted)
            return str(params["KmsKeyId"]) if asked else None  # moto refuses a key without Encrypted
        if snapshot is not None and snapshot.encrypted:
            return str(snapshot.kms_key_id) if snapshot.owner_id == call.account else self._state.default_key(call)
        return self._state.default_key(call) if params.get("Encrypted") or by_default else None

    def _attach(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """A grant for the instance, and the instance's Decrypt; refused, the volume stays where it is."""
        volume = ec2_of(call).volumes.get(call.params.get("VolumeId", ""))
        instance = instance_of(call, call.params.get("InstanceId", ""))
        if volume is not None and instance is not None:
            _refuse_misplaced(volume, instance, call.params.get("Device", ""))
            try:
                self._state.attach(call, volume.id, instance.id)
            except AwsError:
                raise AwsError("CustomerKeyHasBeenRevoked", _CANNOT_ATTACH.format(volume.id)) from None
        return onward(request)

    def _detach(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """The volume alone is enough to ask for (InstanceId is optional); its grant is retired."""
        volume = ec2_of(call).volumes.get(call.params.get("VolumeId", ""))
        if volume is None:
            return onward(_with_form(request, {"InstanceId": call.params.get("InstanceId", "")}))
        if volume.attachment is None:
            raise AwsError("IncorrectState", f"Volume '{volume.id}' is in the 'available' state.")
        instance = volume.attachment.instance
        if volume.attachment.device == instance.root_device_name and instance.state == "running":
            said = f"Unable to detach root volume '{volume.attachment.device}' from instance '{instance.id}'"
            raise AwsError("OperationNotPermitted", said)
        response = onward(_with_form(request, {"InstanceId": call.params.get("InstanceId") or instance.id}))
        if volume.attachment is None:
            self._state.detach(call, volume.id)
        return response


def _refuse_misplaced(volume: Any, instance: Any, device: str) -> None:
    """What moto lets pass. Codes and messages as recorded in public (kubernetes-sigs/aws-ebs-csi-driver, terraform)."""
    if volume.attachment is not None:
        raise AwsError("VolumeInUse", f"{volume.id} is already attached to an instance")
    if instance.state not in ("running", "stopped"):
        raise AwsError("IncorrectState", f"Instance '{instance.id}' is not 'running'.")
    if volume.availability_zone != instance.availability_zone:
        said = f"The volume '{volume.id}' is not in the same availability zone as instance '{instance.id}'"
        raise AwsError("InvalidVolume.ZoneMismatch", said)
    if device in instance.block_device_mapping:
        raise AwsError("InvalidParameterValue", _DEVICE_TAKEN.format(device))


def _describe_volumes(call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
    """moto's refusal shows a Python set where AWS shows an id."""
    missing = [name for name in call.params.get("VolumeIds") or [] if name not in ec2_of(call).volumes]
    if missing:
        raise AwsError("InvalidVolume.NotFound", f"The volume '{missing[0]}' does not exist.")
    return onward(request)


def _creating(response: HttpResponse) -> HttpResponse:
    """CreateVolume's answer comes before the volume is ready; moto has it ready at once."""
    return replace(response, body=response.body.replace(b"<status>available<", b"<status>creating<"))


def _enable(defaults: Defaults, *, enabled: bool) -> dict[str, Any]:
    defaults.enabled = enabled
    return {"EbsEncryptionByDefault": enabled}


def _reset_default_key(_call: Call, defaults: Defaults) -> dict[str, Any]:
    defaults.key = None
    return {"KmsKeyId": MANAGED}


def _with_form(request: HttpRequest, fields: dict[str, str]) -> HttpRequest:
    """The request with these form fields."""
    form = dict(parse_qsl(request.body.decode(), keep_blank_values=True)) | fields
    return replace(request, body=urlencode(form).encode())
