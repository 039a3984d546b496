"""What S3 refuses in a request by itself: bucket names, numbers and bodies that moto would take or trip over.

Pure. Sources: S3 User Guide, "General purpose bucket naming rules"; S3 API Reference, "Error responses"; answers of S3
in versity/versitygw issues 820 and 1231 (empty and malformed bodies), ceph/s3-tests and minio's tests (max-keys).
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from botocore.model import OperationModel
from moto.core.utils import get_service_model

from ...core.call import Call
from ...core.errors import MALFORMED_XML, AwsError
from ...moto.requests import has_document
from ...wire.protocols import HttpRequest

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3", "-an")
_COUNTS = {"MaxKeys": "maxKeys", "MaxUploads": "max-uploads", "MaxParts": "max-parts"}
_ACL_HEADERS = ("x-amz-acl", "x-amz-grant-")


def check_request(call: Call, request: HttpRequest) -> None:
    """Raise AwsError in S3's words for a request that S3 would not take."""
    if call.operation == "CreateBucket":
        _check_name(call.params.get("Bucket", ""))
    for member, argument in _COUNTS.items():
        if call.params.get(member, 0) < 0:
            said = f"Argument {argument} must be an integer between 0 and 2147483647"
            raise AwsError("InvalidArgument", said)
    model = get_service_model("s3").operation_model(call.operation)
    if call.operation.startswith("Put") and has_document(model):
        _check_body(call, model, request)


def _check_name(name: str) -> None:
    reserved = name.startswith(_RESERVED_STARTS) or name.endswith(_RESERVED_ENDS)
    if not _NAME.fullmatch(name) or ".." in name or _ADDRESS.fullmatch(name) or reserved:
        raise AwsError("InvalidBucketName", "The specified bucket is not valid.")


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
