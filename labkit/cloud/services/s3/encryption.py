"""What an S3 request says about encryption, and what S3 keeps and answers about it. Pure: no calls, no moto.

Sources: S3 API Reference (PutObject, ServerSideEncryptionByDefault), S3 User Guide ("Using server-side encryption
with AWS KMS keys"), botocore's model of S3, and answers of the real service as recorded in public.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...core.call import Call
from ...core.errors import MALFORMED_XML, AwsError
from .blocked_types import asked_for
from .headers import BUCKET_KEY_HEADER, CONTEXT_HEADER, DSSE_KMS, HEADER, KEY_HEADER, SSE_KMS, SSE_S3, invalid

# aws-samples/cql-replicator 92 (2024): what S3 answered when KMS throttled it, with status 503.
_SLOW_DOWN = "Please reduce your request rate for operations involving AWS KMS."
_NO_SIGNATURE_V4 = (
    "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4."
)
_BAD_CONTEXT = (
    "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding JSON which "
    "represents a string-string map"
)
_KEY_WITHOUT_KMS_DEFAULT = (
    "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
)


@dataclass(frozen=True, slots=True)
class Default:
    """A bucket's default encryption."""

    algorithm: str = SSE_S3
    key_id: str | None = None  # as it was configured: key id, ARN or alias; S3 does not check it
    bucket_key: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """How an object is to be encrypted; `key_id` None means aws/s3 where a KMS key is needed."""

    algorithm: str
    key_id: str | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    bucket_key: bool = False


@dataclass(frozen=True, slots=True)
class ObjectEncryption:
    """How an object is encrypted: what S3 keeps beside it. `data_key` is the key under the KMS key (a ciphertext)."""

    algorithm: str = SSE_S3
    key_arn: str = ""
    data_key: bytes = field(default=b"", repr=False)
    context: Mapping[str, str] = field(default_factory=dict)
    bucket_key: bool = False

    @property
    def uses_kms(self) -> bool:
        """Whether reading the object takes a KMS key."""
        return self.algorithm != SSE_S3

    def headers(self) -> dict[str, str]:
        """Return the response headers; the bucket key is named only where there is one (recorded)."""
        headers = {HEADER: self.algorithm}
        if self.uses_kms:
            headers[KEY_HEADER] = self.key_arn
        if self.bucket_key:
            headers[BUCKET_KEY_HEADER] = "true"
        return headers


def wanted(params: Mapping[str, Any], default: Default) -> Wanted:
    """Tell how a write asks its object to be encrypted, the bucket's default filled in.

    A request that says aws:kms and names no key gets aws/s3, whatever key the bucket's default names; whether it
    uses a bucket key is the bucket's matter unless it says so itself.
    """
    algorithm, key_id = params.get("ServerSideEncryption"), params.get("SSEKMSKeyId")
    bucket_key = bool(params.get("BucketKeyEnabled", default.bucket_key))
    context = _context(params.get("SSEKMSEncryptionContext"))
    if algorithm is None and key_id is None:
        # the request's own context goes with the bucket's key
        uses_kms = default.algorithm != SSE_S3
        bucket_key = bucket_key and default.algorithm == SSE_KMS
        return Wanted(default.algorithm, default.key_id, context if uses_kms else {}, bucket_key)
    if algorithm not in (SSE_KMS, DSSE_KMS):
        return Wanted(SSE_S3)
    return Wanted(algorithm, key_id, context, bucket_key and algorithm == SSE_KMS)


def _context(header: str | None) -> dict[str, str]:
    """The encryption context that a request adds: base64 of a JSON object of strings."""
    if header is None:
        return {}
    try:
        pairs = json.loads(base64.b64decode(header, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        pairs = None
    if not isinstance(pairs, dict) or not all(isinstance(value, str) for value in pairs.values()):
        raise invalid(_BAD_CONTEXT, CONTEXT_HEADER, header)
    return pairs


def default_of(configuration: Mapping[str, Any] | None) -> Default:
    """Return a bucket's default from moto's form of its configuration (strings where XML has them)."""
    if not configuration:
        return Default()
    rule = configuration["Rule"]
    by_default = rule["ApplyServerSideEncryptionByDefault"]
    bucket_key = str(rule.get("BucketKeyEnabled", "")).lower() == "true"
    return Default(by_default["SSEAlgorithm"], by_default.get("KMSMasterKeyID"), bucket_key)


def check_default(params: Mapping[str, Any]) -> None:
    """Refuse what PutBucketEncryption refuses (recorded)."""
    rules = (params.get("ServerSideEncryptionConfiguration") or {}).get("Rules") or []
    if len(rules) != 1:
        raise AwsError("MalformedXML", MALFORMED_XML)
    asked_for(rules[0])
    by_default = rules[0].get("ApplyServerSideEncryptionByDefault") or {}
    algorithm = by_default.get("SSEAlgorithm")
    if by_default.get("KMSMasterKeyID") and algorithm == SSE_S3:
        raise AwsError("InvalidArgument", _KEY_WITHOUT_KMS_DEFAULT, ArgumentName="ApplyServerSideEncryptionByDefault")
    if algorithm not in (SSE_S3, SSE_KMS, DSSE_KMS):
        raise AwsError("MalformedXML", MALFORMED_XML)


def refuse_customer_keys(call: Call, action: str, arn: str, *, blocked: bool) -> None:
    """SSE-C: new buckets block it since April 2026 (S3 User Guide, "Troubleshoot access denied errors").

    Where somebody has unblocked it, it is still not simulated, and that is said.
    """
    if not any(name.startswith(("SSECustomer", "CopySourceSSECustomer")) for name in call.params):
        return
    if not blocked:
        raise AwsError("NotImplemented", "The simulated account does not encrypt with customer-provided keys.", 501)
    assert call.principal
    raise AwsError(
        "AccessDenied",
        f'User: {call.principal.arn} is not authorized to perform: {action} on resource: "{arn}" because this bucket '
        "has blocked upload requests that specify Server Side Encryption with Customer provided keys (SSE-C). Please "
        "specify a different server-side encryption type",
        403,
    )


def no_signature_v4() -> AwsError:
    """Return what a request that is anonymous, or signed with Signature Version 2, is told of a KMS key."""
    return invalid(_NO_SIGNATURE_V4, "Authorization", "null")  # aws/aws-cli 1006, next-s3-upload 115


def in_words_of_s3(refused: AwsError) -> AwsError:
    """KMS's refusal as S3 passes it on: AccessDenied with KMS's message, or KMS's code behind "KMS." (recorded)."""
    if refused.code == "AccessDeniedException":
        return AwsError("AccessDenied", refused.message, 403)
    if refused.code == "ThrottlingException":
        return AwsError("SlowDown", _SLOW_DOWN, 503)
    return AwsError(f"KMS.{refused.code}", refused.message, refused.status)
