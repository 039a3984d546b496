"""What S3 refuses in a request by itself: bucket names, numbers and bodies that moto would take or trip over.

Pure. Sources: S3 User Guide, "General purpose bucket naming rules"; S3 API Reference, "Error responses"; answers of S3
in versity/versitygw issues 820 and 1231 (empty and malformed bodies) and 1984 (encoding-type), ceph/s3-tests and
minio's tests (max-keys).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree

from botocore.model import OperationModel
from moto.core.utils import get_service_model

from ...core.call import Call
from ...core.errors import MALFORMED_XML, AwsError
from ...moto.requests import has_document
from ...wire.protocols import HttpRequest
from .headers import check_encryption_headers, invalid

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3", "-an")
_COUNTS = {"MaxKeys": "maxKeys", "MaxUploads": "max-uploads", "MaxParts": "max-parts"}
_ACL_HEADERS = ("x-amz-acl", "x-amz-grant-")


def check_request(call: Call, request: HttpRequest) -> None:
    """Raise AwsError in S3's words for a request that S3 would not take."""
    check_encryption_headers(call.operation, request.headers)
    if call.operation == "CreateBucket":
        _check_name(call.params.get("Bucket", ""))
    for member, argument in _COUNTS.items():
        if call.params.get(member, 0) < 0:
            said = f"Argument {argument} must be an integer between 0 and 2147483647"
            raise invalid(said, argument, str(call.params[member]))
    encoding = call.params.get("EncodingType", "url")
    if encoding != "url":
        raise invalid("Invalid Encoding Method specified in Request", "encoding-type", encoding)
    marker = call.params.get("VersionIdMarker", "")
    if marker and not call.params.get("KeyMarker"):
        raise invalid("A version-id marker cannot be specified without a key marker.", "version-id-marker", marker)
    model = get_service_model("s3").operation_model(call.operation)
    if call.operation.startswith("Put") and has_document(model):
        _check_body(call, model, request)
    if call.operation == "PutBucketVersioning":
        _check_versioning(call.params.get("VersioningConfiguration") or {})


def _check_name(name: str) -> None:
    reserved = name.startswith(_RESERVED_STARTS) or name.endswith(_RESERVED_ENDS)
    if not _NAME.fullmatch(name) or ".." in name or _ADDRESS.fullmatch(name) or reserved:
        raise AwsError("InvalidBucketName", "The specified bucket is not valid.")


def _check_versioning(asked: Mapping[str, str]) -> None:
    """A status that is one of two (LocalStack's S3 provider, whose snapshots are recorded of the real service)."""
    if not asked.get("Status"):
        raise AwsError("IllegalVersioningConfigurationException", "The Versioning element must be specified")
    if asked["Status"] not in ("Enabled", "Suspended"):
        raise AwsError("MalformedXML", MALFORMED_XML)


def _check_body(call: Call, model: OperationModel, request: HttpRequest) -> None:
    if not request.body.strip():
        if not call.operation.endswith("Acl"):
            raise AwsError("MissingRequestBodyError", "Request Body is empty")
        if not any(name.startswith(_ACL_HEADERS) for name in request.headers):  # an ACL may come in headers alone
            raise AwsError("MissingSecurityHeader", "Your request was missing a required header")
        return
    payload = model.input_shape.members[model.input_shape.serialization["payload"]]
    if payload.type_name == "structure":
        root = ElementTree.fromstring(request.body).tag.rpartition("}")[2]  # noqa: S314 - it has been parsed before
        if root != payload.serialization["name"] or not call.params.get(model.input_shape.serialization["payload"]):
            raise AwsError("MalformedXML", MALFORMED_XML)
