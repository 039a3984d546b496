"""UpdateObjectEncryption: an object under another KMS key, or a KMS key at all, while its bytes stay where they are.

Source: S3 API Reference, UpdateObjectEncryption (rules and messages, in which botocore's model writes out "AWS"). It
names the permissions, and no calls. Here an object under S3's own keys has its data key encrypted (kms:Encrypt); one
under a KMS key has it moved (kms:ReEncrypt*); with a bucket key, S3 takes that (kms:GenerateDataKey), once it has
opened the old one (kms:Decrypt).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from moto.s3.models import FakeBucket, FakeKey

from ...core.call import Call
from ...core.errors import AwsError
from ...moto.buckets import owner_of_bucket
from ...wire.protocols import HttpRequest, HttpResponse
from .encryption import ObjectEncryption
from .headers import DSSE_KMS, SSE_KMS
from .kept import Kept
from .keys import ObjectKeys
from .objects import Place, find, find_object, place_of

Onward = Callable[[HttpRequest], HttpResponse]
_KEY_ARN = re.compile(r"arn:aws[-a-z0-9]*:kms:[-a-z0-9]*:(?P<account>[0-9]{12}):key/.+")
_NO_TYPE = (
    "Requests that modify an object encryption configuration require a valid new encryption type. Valid values are "
    "SSEKMS. Modify the request to specify SSE-KMS for the updated encryption type, and then try again."
)
_NO_ARN = (
    "Requests that modify an object's encryption type to SSE-KMS require an AWS KMS key Amazon Resource "
    "Name (ARN). Modify the request to specify a KMS key ARN, and then try again."
)
_BAD_ARN = (
    "Requests that modify an object's encryption type to SSE-KMS require a valid AWS KMS key Amazon "
    "Resource Name (ARN). Confirm that you have a correctly formatted KMS key ARN in your request, and then try again."
)
_NOT_OURS = (
    "The AWS KMS key in the request must be owned by the same account as the bucket. Modify the request "
    "to specify a KMS key from the same account, and then try again."
)
_DUAL_LAYER = (
    "The UpdateObjectEncryption operation doesn't support source objects with the encryption type DSSE-KMS or SSE-C. "
    "Only source objects encrypted with SSE-S3 or SSE-KMS are supported."
)
_LOCKED = (
    "The encryption type for the specified object can’t be updated because that object is protected by S3 Object Lock."
    " If the object has a governance-mode retention period or a legal hold, you must first remove the Object Lock"
    " status on the object before you issue your UpdateObjectEncryption request. You can't use the"
    " UpdateObjectEncryption operation with objects that have an Object Lock compliance mode retention period applied"
    " to them."
)


class Reencryption:
    """Changes how a stored object is encrypted."""

    def __init__(self, keys: ObjectKeys, kept: Kept) -> None:
        self._keys = keys
        self._kept = kept

    def update(self, call: Call, bucket: FakeBucket, _request: HttpRequest, _onward: Onward) -> HttpResponse:
        """Answer UpdateObjectEncryption; nothing is asked of moto."""
        place = place_of(call)
        stored = _stored(bucket, place)
        arn, bucket_key = _asked(call.params.get("ObjectEncryption") or {})
        if arn.split(":")[4] != owner_of_bucket(bucket.name):
            raise AwsError("AccessDenied", _NOT_OURS, 403)
        old = self._kept.encryption_of(stored)
        if old.algorithm == DSSE_KMS:
            raise AwsError("InvalidRequest", _DUAL_LAYER)
        if stored.lock_mode or stored.lock_legal_status == "ON":
            raise AwsError("AccessDenied", _LOCKED, 403)
        self._kept.reencrypt(stored, self._new(call, bucket, old, arn, bucket_key=bucket_key))
        return HttpResponse(200, {"Content-Length": "0"}, b"")

    def _new(
        self, call: Call, bucket: FakeBucket, old: ObjectEncryption, arn: str, *, bucket_key: bool
    ) -> ObjectEncryption:
        of_bucket = f"arn:aws:s3:::{bucket.name}"
        context = {"aws:s3:arn": of_bucket if bucket_key else f"{of_bucket}/{call.params['Key']}"}
        if bucket_key:
            self._keys.decrypt(call, bucket, old)
            made = self._keys.bucket_key(call, bucket, arn, context)
        elif old.uses_kms:
            made = self._keys.moved(call, bucket, old, arn, context)
        else:  # the lab keeps no data key of S3's own: one that follows from the call stands in for it
            plaintext = sha256(f"{context} {call.request_id}".encode()).digest()
            made = self._keys.wrapped(call, bucket, plaintext, arn, context)
        return ObjectEncryption(SSE_KMS, made.key_arn, made.data_key, context, bucket_key)


def _stored(bucket: FakeBucket, place: Place) -> FakeKey:
    stored = find_object(bucket, place)
    if stored is not None:
        return stored
    if find(bucket, place) is None and place.version_id is not None:
        raise AwsError("NoSuchVersion", "The specified version does not exist.", 404)
    raise AwsError("NoSuchKey", "The specified key does not exist.", 404, Key=place.key)


def _asked(wanted: dict[str, Any]) -> tuple[str, bool]:
    """The key's ARN, and whether a bucket key is used."""
    kms = wanted.get("SSEKMS")
    if kms is None:
        raise AwsError("InvalidRequest", _NO_TYPE)
    arn = str(kms.get("KMSKeyArn") or "")
    if not arn:
        raise AwsError("InvalidRequest", _NO_ARN)
    if not _KEY_ARN.fullmatch(arn):
        raise AwsError("InvalidRequest", _BAD_ARN)
    return arn, bool(kms.get("BucketKeyEnabled", False))
