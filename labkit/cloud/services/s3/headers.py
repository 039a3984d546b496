"""The headers of server-side encryption: which operations take them, and which values.

Pure. Sources: "header is not supported for this operation." in s3tools/s3cmd 146 and 276 and ClickHouse 64570
(UploadPart, CompleteMultipartUpload); S3 API Reference, GetObject and HeadObject (400 there); "The encryption method
specified is not supported" in aws/aws-sdk-cpp 1771, thoughtbot/paperclip 2243; customer-provided keys recorded from the
real service (LocalStack's validated snapshots, 2026).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from functools import cache
from hashlib import md5

from moto.core.utils import get_service_model

from ...core.errors import AwsError

HEADER = "x-amz-server-side-encryption"
SSE_S3, SSE_KMS, DSSE_KMS = "AES256", "aws:kms", "aws:kms:dsse"
KEY_HEADER = f"{HEADER}-aws-kms-key-id"
BUCKET_KEY_HEADER = f"{HEADER}-bucket-key-enabled"
CONTEXT_HEADER = f"{HEADER}-context"

_UNSUPPORTED_HEADER = f"{HEADER} header is not supported for this operation."
_UNSUPPORTED_METHOD = "The encryption method specified is not supported"
_KEY_WITHOUT_KMS = (
    "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms"
)
_BAD_CUSTOMER_ALGORITHM = "The Encryption request you specified is not valid. Supported value: AES256."
_CUSTOMER_KEYS = "Server Side Encryption with Customer provided key"
_INCOMPATIBLE = f"{_CUSTOMER_KEYS} is incompatible with the encryption method specified"
_NO_CUSTOMER_ALGORITHM = f"Requests specifying {_CUSTOMER_KEYS}s must provide a valid encryption algorithm."
_NO_CUSTOMER_KEY = f"Requests specifying {_CUSTOMER_KEYS}s must provide an appropriate secret key."
_BAD_CUSTOMER_KEY = "The secret key was invalid for the specified algorithm."
_OTHER_CUSTOMER_KEY = "The calculated MD5 hash of the key did not match the hash that was provided."


def check_encryption_headers(operation: str, headers: Mapping[str, str]) -> None:
    """Raise AwsError in S3's words for headers of encryption that the operation, or nobody, can mean."""
    algorithm = headers.get(HEADER)
    if algorithm is not None and not _takes_encryption(operation):
        raise invalid(_UNSUPPORTED_HEADER, HEADER, algorithm)
    for prefix in (f"{HEADER}-customer", "x-amz-copy-source-server-side-encryption-customer"):
        _check_customer_algorithm(headers.get(f"{prefix}-algorithm"))
        if _takes_encryption(operation) or operation.startswith("UploadPart"):
            _check_customer_keys(headers, prefix)
    if algorithm is not None and any(name.startswith(f"{HEADER}-customer-") for name in headers):
        raise invalid(_INCOMPATIBLE, HEADER, algorithm)
    if algorithm not in (None, SSE_S3, SSE_KMS, DSSE_KMS):
        raise invalid(_UNSUPPORTED_METHOD, HEADER, algorithm)
    if KEY_HEADER in headers and _takes_encryption(operation) and algorithm not in (SSE_KMS, DSSE_KMS):
        raise invalid(_KEY_WITHOUT_KMS, HEADER, algorithm)


def invalid(said: str, argument: str, value: str | None, code: str = "InvalidArgument") -> AwsError:
    """Return the error for an argument that S3 does not take, told by name and, if any, value (recorded)."""
    members = {"ArgumentName": argument} | ({} if value is None else {"ArgumentValue": value})
    return AwsError(code, said, 400, **members)


@cache
def _takes_encryption(operation: str) -> bool:
    shape = get_service_model("s3").operation_model(operation).input_shape
    return shape is not None and any(
        member.serialization.get("name", "").lower() == HEADER for member in shape.members.values()
    )


def _check_customer_algorithm(algorithm: str | None) -> None:
    if algorithm not in (None, SSE_S3):
        raise invalid(_BAD_CUSTOMER_ALGORITHM, HEADER, algorithm, "InvalidEncryptionAlgorithmError")


def _check_customer_keys(headers: Mapping[str, str], prefix: str) -> None:
    """Algorithm, key and the key's MD5, in the order in which the service looks at them (recorded)."""
    algorithm, key, hashed = (headers.get(f"{prefix}-{part}") for part in ("algorithm", "key", "key-md5"))
    if algorithm is None and key is None and hashed is None:
        return
    if algorithm is None:
        raise invalid(_NO_CUSTOMER_ALGORITHM, HEADER, None)
    if key is None:
        raise invalid(_NO_CUSTOMER_KEY, HEADER, None)
    try:
        content = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if len(content) != 32 or hashed is None:
        raise invalid(_BAD_CUSTOMER_KEY, HEADER, None)
    if base64.b64encode(md5(content, usedforsecurity=False).digest()).decode() != hashed:
        raise invalid(_OTHER_CUSTOMER_KEY, HEADER, None)
