"""S3 behind moto, with server-side encryption that really uses KMS keys.

Every object has an encryption. One under a KMS key is written after a GenerateDataKey and read after a Decrypt, both
made for the caller: authorized, recorded, and refused when the key's policy or state says so. The bytes themselves
are moto's; nothing here lets them out without that Decrypt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote
from weakref import WeakKeyDictionary

from moto.s3.models import FakeBucket, FakeKey, FakeMultipart, s3_backends

from ...core.call import Call
from ...core.clock import Clock
from ...core.errors import AwsError
from ...identity.sigv4 import read_signature
from ...kms.service import Kms
from ...wire.protocols import HttpRequest, HttpResponse
from .bucket_keys import BucketKeys, DataKey
from .encryption import (
    HEADER,
    SSE_S3,
    ObjectEncryption,
    check_default,
    default_of,
    in_words_of_s3,
    no_signature_v4,
    refuse_customer_keys,
    wanted,
)
from .requests import check_request

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

Onward = Callable[[HttpRequest], HttpResponse]
SERVICE = "s3.amazonaws.com"
# moto takes these for a PutObject.
_NOT_SIMULATED = frozenset({"RenameObject", "UpdateObjectEncryption"})
_UNCONFIGURED = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": SSE_S3}, "BucketKeyEnabled": "false"}}


class S3:
    """The wrap round moto's S3."""

    def __init__(self, gateway: Gateway, kms: Kms, clock: Clock) -> None:
        self._gateway = gateway
        self._kms = kms
        self._bucket_keys = BucketKeys(clock)
        self._objects: WeakKeyDictionary[FakeKey, ObjectEncryption] = WeakKeyDictionary()
        self._uploads: WeakKeyDictionary[FakeMultipart, ObjectEncryption] = WeakKeyDictionary()
        self._operations: dict[str, Callable[[Call, FakeBucket, HttpRequest, Onward], HttpResponse]] = {
            "CompleteMultipartUpload": self._complete_upload,
            "CopyObject": self._copy,
            "CreateMultipartUpload": self._create_upload,
            "GetBucketEncryption": self._get_default,
            "GetObject": self._get,
            "HeadObject": self._head,
            "PutBucketEncryption": self._put_default,
            "PutObject": self._put,
            "SelectObjectContent": self._get,
            "UploadPart": self._upload_part,
            "UploadPartCopy": self._upload_part,
        }

    def serve(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Answer an S3 call."""
        bucket = _bucket(call.params.get("Bucket", ""))
        check_request(call, request)
        if call.operation in _NOT_SIMULATED:
            raise AwsError("NotImplemented", f"The simulated account does not do s3:{call.operation}.", 501)
        operation = self._operations.get(call.operation)
        if operation is None or bucket is None:  # moto says NoSuchBucket
            return onward(request)
        return operation(call, bucket, request, onward)

    def keep(self, stored: FakeKey, encryption: ObjectEncryption) -> None:
        """How an object is encrypted that a service of AWS has put itself."""
        self._objects[stored] = encryption

    # --- Writing -----------------------------------------------------------------------------------------------------

    def _put(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        encryption = self._encrypt(call, bucket)
        return self._written(call, bucket, onward(request), encryption)

    def _copy(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Decrypt what is copied, encrypt the copy: its encryption does not come with the object (recorded)."""
        self._read_source(call)
        return self._put(call, bucket, request, onward)

    def _written(
        self, call: Call, bucket: FakeBucket, response: HttpResponse, encryption: ObjectEncryption
    ) -> HttpResponse:
        if response.status >= 300:
            return response
        stored = bucket.keys[call.params["Key"]]
        stored.encryption, stored.kms_key_id, stored.bucket_key_enabled = encryption.algorithm, None, None
        self._objects[stored] = encryption
        return _answered(response, encryption)

    def _encrypt(self, call: Call, bucket: FakeBucket) -> ObjectEncryption:
        """The encryption of a new object or upload, with a data key from KMS where a KMS key is wanted."""
        arn = f"arn:aws:s3:::{bucket.name}/{call.params['Key']}"
        refuse_customer_keys(call, "s3:PutObject", arn)
        want = wanted(call.params, default_of(bucket.encryption))
        if want.algorithm == SSE_S3:
            return ObjectEncryption()
        _require_signature_v4(call)
        if want.key_id is None:
            self._kms.managed_key(call.account, bucket.region_name, "s3")  # aws/s3 is made when it is first needed
        key_id = want.key_id or "alias/aws/s3"
        # S3 adds its own pair to the request's: the object's ARN, or with a bucket key the bucket's.
        context = {**want.context, "aws:s3:arn": f"arn:aws:s3:::{bucket.name}" if want.bucket_key else arn}
        if not want.bucket_key:
            made = self._data_key(call, bucket, key_id, context)
            return ObjectEncryption(want.algorithm, made.key_arn, made.data_key, context)
        assert call.principal
        held = self._bucket_keys.for_writing(call.principal, bucket.name, key_id, context)
        if held is None:
            held = self._data_key(call, bucket, key_id, context)
            self._bucket_keys.keep(call.principal, bucket.name, key_id, context, held)
        return ObjectEncryption(want.algorithm, held.key_arn, held.data_key, context, bucket_key=True)

    def _data_key(self, call: Call, bucket: FakeBucket, key_id: str, context: dict[str, str]) -> DataKey:
        parameters = {"KeyId": key_id, "KeySpec": "AES_256", "EncryptionContext": context}
        made = self._ask_kms(call, bucket, "GenerateDataKey", parameters)
        return DataKey(made["KeyId"], made["CiphertextBlob"])

    # --- Reading -----------------------------------------------------------------------------------------------------

    def _get(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        response = onward(request)
        stored = _stored(bucket, call.params["Key"], call.params.get("VersionId"))
        if response.status >= 300 or stored is None:
            return response
        encryption = self._encryption_of(stored)
        self._decrypt(call, bucket, encryption)
        return _answered(response, encryption)

    def _head(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Metadata are not encrypted; a checksum is (HeadObject, ChecksumMode)."""
        if call.params.get("ChecksumMode") == "ENABLED":
            stored = _stored(bucket, call.params["Key"], call.params.get("VersionId"))
            if stored is not None and stored.checksum_value:
                return self._get(call, bucket, request, onward)
        response = onward(request)
        stored = _stored(bucket, call.params["Key"], call.params.get("VersionId"))
        return response if stored is None else _answered(response, self._encryption_of(stored))

    def _read_source(self, call: Call) -> None:
        """Decrypt what a copy reads."""
        path, _, query = str(call.params.get("CopySource", "")).partition("?")
        name, _, key = unquote(path).lstrip("/").partition("/")
        bucket = _bucket(name)
        stored = _stored(bucket, key, parse_qs(query).get("versionId", [None])[0]) if bucket else None
        if bucket is not None and stored is not None:  # else moto says what is missing
            self._decrypt(call, bucket, self._encryption_of(stored))

    def _decrypt(self, call: Call, bucket: FakeBucket, encryption: ObjectEncryption) -> None:
        if not encryption.uses_kms:
            return
        _require_signature_v4(call)
        assert call.principal
        if encryption.bucket_key and self._bucket_keys.may_read(call.principal, encryption.data_key):
            return
        parameters = {"CiphertextBlob": encryption.data_key, "EncryptionContext": dict(encryption.context)}
        self._ask_kms(call, bucket, "Decrypt", parameters)
        if encryption.bucket_key:
            self._bucket_keys.decrypted(call.principal, encryption.data_key)

    def _encryption_of(self, stored: FakeKey) -> ObjectEncryption:
        """What was kept at the write; objects that other services of the lab have put are under S3's own keys."""
        return self._objects.get(stored) or ObjectEncryption()

    # --- Multipart uploads -------------------------------------------------------------------------------------------

    def _create_upload(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        """One data key for the whole upload, made here (CreateMultipartUpload, "Permissions")."""
        encryption = self._encrypt(call, bucket)
        before = set(bucket.multiparts)
        response = onward(request)
        if response.status >= 300:
            return response
        for upload_id in set(bucket.multiparts) - before:
            self._uploads[bucket.multiparts[upload_id]] = encryption
        return _answered(response, encryption)

    def _upload_part(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Each part takes kms:Decrypt on the upload's data key (CreateMultipartUpload, "Permissions")."""
        encryption = self._encryption_of_upload(call, bucket)
        if encryption is None:
            return onward(request)
        refuse_customer_keys(call, "s3:PutObject", f"arn:aws:s3:::{bucket.name}/{call.params['Key']}")
        if "CopySource" in call.params:
            self._read_source(call)
        self._decrypt(call, bucket, encryption)
        response = onward(request)
        return response if response.status >= 300 else _answered(response, encryption)

    def _complete_upload(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        """kms:Decrypt is asked for where parts have checksums (CompleteMultipartUpload, "Permissions")."""
        encryption = self._encryption_of_upload(call, bucket)
        if encryption is None:
            return onward(request)
        if bucket.multiparts[call.params["UploadId"]].metadata.get("x-amz-checksum-algorithm"):
            self._decrypt(call, bucket, encryption)
        return self._written(call, bucket, onward(request), encryption)

    def _encryption_of_upload(self, call: Call, bucket: FakeBucket) -> ObjectEncryption | None:
        upload = bucket.multiparts.get(call.params.get("UploadId", ""))
        return None if upload is None else self._uploads.get(upload)

    # --- The bucket's default ----------------------------------------------------------------------------------------

    def _put_default(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        check_default(call.params)
        return onward(request)

    def _get_default(self, call: Call, bucket: FakeBucket, request: HttpRequest, onward: Onward) -> HttpResponse:
        """A bucket that nobody has configured says SSE-S3 (recorded)."""
        if bucket.encryption is not None:
            return onward(request)
        bucket.encryption = _UNCONFIGURED
        try:
            return onward(request)
        finally:
            bucket.encryption = None

    def _ask_kms(self, call: Call, bucket: FakeBucket, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """KMS in the bucket's Region, called for the caller; its refusal in S3's words."""
        try:
            return self._gateway.on_behalf(replace(call, region=bucket.region_name), SERVICE, operation, parameters)
        except AwsError as refused:
            raise in_words_of_s3(refused) from None


def _bucket(name: str) -> FakeBucket | None:
    """moto's bucket of this name, of whichever account."""
    partition, account = s3_backends.bucket_accounts.get(name, ("", ""))
    return s3_backends[account][partition].buckets.get(name) if account else None


def _stored(bucket: FakeBucket, key: str, version_id: str | None) -> FakeKey | None:
    """moto's object; None where there is none, or a delete marker."""
    versions = bucket.keys.getlist(key, [])
    found = versions[-1:] if version_id is None else [each for each in versions if each.version_id == version_id]
    return found[0] if found and isinstance(found[0], FakeKey) else None


def _require_signature_v4(call: Call) -> None:
    signature = read_signature(call.http)
    if signature is None or signature.version != 4:
        raise no_signature_v4()


def _answered(response: HttpResponse, encryption: ObjectEncryption) -> HttpResponse:
    """The response with the headers of the object's encryption in place of moto's."""
    headers = {name: value for name, value in response.headers.items() if not name.lower().startswith(HEADER)}
    return replace(response, headers=headers | encryption.headers())
