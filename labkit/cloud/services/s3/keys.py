"""The KMS calls of S3: a data key when an object is written, its decryption when it is read, both for the caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from moto.s3.models import FakeBucket

from ...core.call import Call
from ...core.clock import Clock
from ...core.errors import AwsError
from ...identity.sigv4 import read_signature
from ...kms.service import Kms
from .blocked_types import BlockedTypes
from .bucket_keys import BucketKeys, DataKey
from .encryption import ObjectEncryption, default_of, in_words_of_s3, no_signature_v4, refuse_customer_keys, wanted
from .headers import SSE_S3

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

SERVICE = "s3.amazonaws.com"


class ObjectKeys:
    """Encrypts and decrypts as S3 does: KMS in the bucket's Region, and bucket keys."""

    def __init__(self, gateway: Gateway, kms: Kms, clock: Clock) -> None:
        self._gateway = gateway
        self._kms = kms
        self._bucket_keys = BucketKeys(clock)
        gateway.forgets.append(self._bucket_keys.forget)
        self.blocked = BlockedTypes()

    def encrypt(self, call: Call, bucket: FakeBucket) -> ObjectEncryption:
        """Return the encryption of a new object or upload, with a data key from KMS where a KMS key is wanted."""
        arn = f"arn:aws:s3:::{bucket.name}/{call.params['Key']}"
        refuse_customer_keys(call, "s3:PutObject", arn, blocked=self.blocked.blocks(bucket))
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
        held = self.bucket_key(call, bucket, key_id, context)
        return ObjectEncryption(want.algorithm, held.key_arn, held.data_key, context, bucket_key=True)

    def bucket_key(self, call: Call, bucket: FakeBucket, key_id: str, context: Mapping[str, str]) -> DataKey:
        """Return the caller's bucket key under this KMS key: the one that S3 holds, or a new one."""
        assert call.principal
        held = self._bucket_keys.for_writing(call.principal, bucket.name, key_id, context)
        if held is None:
            held = self._data_key(call, bucket, key_id, context)
            self._bucket_keys.keep(call.principal, bucket.name, key_id, context, held)
        return held

    def moved(
        self, call: Call, bucket: FakeBucket, old: ObjectEncryption, key_arn: str, context: Mapping[str, str]
    ) -> DataKey:
        """Return an object's data key under another KMS key (ReEncrypt)."""
        parameters = {
            "CiphertextBlob": old.data_key,
            "SourceEncryptionContext": dict(old.context),
            "DestinationKeyId": key_arn,
            "DestinationEncryptionContext": dict(context),
        }
        made = self._ask_kms(call, bucket, "ReEncrypt", parameters)
        return DataKey(made["KeyId"], made["CiphertextBlob"])

    def wrapped(
        self, call: Call, bucket: FakeBucket, plaintext: bytes, key_arn: str, context: Mapping[str, str]
    ) -> DataKey:
        """Return a data key of S3's own under a KMS key (Encrypt)."""
        parameters = {"KeyId": key_arn, "Plaintext": plaintext, "EncryptionContext": dict(context)}
        made = self._ask_kms(call, bucket, "Encrypt", parameters)
        return DataKey(made["KeyId"], made["CiphertextBlob"])

    def decrypt(self, call: Call, bucket: FakeBucket, encryption: ObjectEncryption) -> None:
        """Do what reading needs: nothing, a bucket key that S3 holds, or KMS's Decrypt. AwsError where KMS refuses."""
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

    def _data_key(self, call: Call, bucket: FakeBucket, key_id: str, context: Mapping[str, str]) -> DataKey:
        parameters = {"KeyId": key_id, "KeySpec": "AES_256", "EncryptionContext": dict(context)}
        made = self._ask_kms(call, bucket, "GenerateDataKey", parameters)
        return DataKey(made["KeyId"], made["CiphertextBlob"])

    def _ask_kms(self, call: Call, bucket: FakeBucket, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """KMS in the bucket's Region, called for the caller; its refusal in S3's words."""
        try:
            return self._gateway.on_behalf(replace(call, region=bucket.region_name), SERVICE, operation, parameters)
        except AwsError as refused:
            raise in_words_of_s3(refused) from None


def _require_signature_v4(call: Call) -> None:
    signature = read_signature(call.http)
    if signature is None or signature.version != 4:
        raise no_signature_v4()
