"""CopyVolumes: a copy of a volume in its zone, encrypted like its source, or anew, or under another KMS key.

Source: EC2 API Reference, CopyVolumes (Encrypted, KmsKeyId, Size, VolumeType). It names no calls to KMS: they are those
of a volume that is made from a snapshot.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.utils import get_service_model

from ...core.call import Call
from ...core.errors import AwsError
from ...moto.faults import as_error
from ...wire.protocols import HttpRequest, HttpResponse, write_result
from .state import EbsState, ec2_of

Onward = Callable[[HttpRequest], HttpResponse]
_DEFAULT_TYPE = "gp2"  # "If not specified, the volume type defaults to gp2."


class VolumeCopies:
    """Answers CopyVolumes, which moto does not know."""

    def __init__(self, state: EbsState) -> None:
        self._state = state

    def copy(self, call: Call, _request: HttpRequest, _onward: Onward) -> HttpResponse:
        """Make the copy; where its key can't be had it is gone at the next look, as with CreateVolume."""
        params, backend = call.params, ec2_of(call)
        source = backend.volumes.get(params["SourceVolumeId"])
        if source is None:
            raise AwsError("InvalidVolume.NotFound", f"The volume '{params['SourceVolumeId']}' does not exist.")
        size = int(params.get("Size") or source.size)
        if size < source.size:
            told = f"The copy's size, {size} GiB, must be equal to or greater than the source's, {source.size} GiB."
            raise AwsError("InvalidParameterValue", told)
        key = self._key(call, source)
        operation = get_service_model("ec2").operation_model(call.operation)
        try:
            volume = backend.create_volume(
                size=size,
                zone_name=source.zone.name,
                encrypted=key is not None,
                kms_key_id=key,
                volume_type=params.get("VolumeType") or _DEFAULT_TYPE,
                iops=params.get("Iops"),
                throughput=params.get("Throughput"),
                multi_attach_enabled=params.get("MultiAttachEnabled"),
            )
        except ServiceException as refused:
            raise as_error(call, operation, refused) from None
        tags = _tags(params)
        volume.add_tags(tags)
        answer = {"Volumes": [_told(volume, source, tags)]}
        if key is not None:
            try:
                self._state.copy_data_key(call, source.id, key, volume.id)
            except AwsError:  # the caller has its answer; the volume is never made
                del backend.volumes[volume.id]
        return write_result(operation, "ec2", answer, call.request_id)

    def _key(self, call: Call, source: Any) -> str | None:
        """The KMS key of the copy; None where it is not encrypted.

        An encrypted source's copy is always encrypted; without KmsKeyId, under the source's key.
        """
        params, by_default = call.params, self._state.defaults_of(call).enabled
        if params.get("KmsKeyId") and (params.get("Encrypted") or source.encrypted or by_default):
            return self._state.arn_of(call, params["KmsKeyId"])
        if source.encrypted and not params.get("Encrypted"):
            return str(source.kms_key_id)
        return self._state.default_key(call) if params.get("Encrypted") or by_default else None


def _tags(params: dict[str, Any]) -> dict[str, str]:
    said = [each for each in params.get("TagSpecifications") or [] if each.get("ResourceType") == "volume"]
    return {tag["Key"]: tag["Value"] for each in said for tag in each.get("Tags") or []}


def _told(volume: Any, source: Any, tags: dict[str, str]) -> dict[str, Any]:
    """The copy as the answer shows it: it is not ready yet."""
    told = {
        "VolumeId": volume.id,
        "SourceVolumeId": source.id,
        "Size": volume.size,
        "AvailabilityZone": volume.zone.name,
        "State": "creating",
        "CreateTime": volume.create_time,
        "VolumeType": volume.volume_type,
        "Iops": volume.iops,
        "Throughput": volume.throughput,
        "Encrypted": volume.encrypted,
        "KmsKeyId": volume.kms_key_id if volume.encrypted else None,
        "MultiAttachEnabled": bool(volume.multi_attach_enabled),
        "Tags": [{"Key": name, "Value": value} for name, value in tags.items()],
    }
    return {name: value for name, value in told.items() if value not in (None, [])}
