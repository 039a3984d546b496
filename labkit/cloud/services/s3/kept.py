"""What the lab keeps of S3's objects and uploads beside moto: their encryption, and the parts they came in."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import md5
from weakref import WeakKeyDictionary

from moto.s3.models import FakeKey, FakeMultipart

from .checksums import Checksum, Plan, keep, of_content
from .encryption import ObjectEncryption


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an object that was uploaded in parts; its checksum if the upload asked for one."""

    size: int
    checksum: Checksum | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A multipart upload: how its object is to be encrypted, and its checksum to be made."""

    encryption: ObjectEncryption
    plan: Plan


@dataclass(slots=True)
class Kept:
    """Everything that is kept, for as long as moto keeps the object."""

    _encryptions: WeakKeyDictionary[FakeKey, ObjectEncryption] = field(default_factory=WeakKeyDictionary)
    _parts: WeakKeyDictionary[FakeKey, tuple[Part, ...]] = field(default_factory=WeakKeyDictionary)
    uploads: WeakKeyDictionary[FakeMultipart, Upload] = field(default_factory=WeakKeyDictionary)

    def encryption_of(self, stored: FakeKey) -> ObjectEncryption:
        """Tell what was kept at the write; what other services of the lab have put is under S3's own keys."""
        return self._encryptions.get(stored) or ObjectEncryption()

    def parts_of(self, stored: FakeKey) -> tuple[Part, ...]:
        """Return the parts of an object that was uploaded in parts; else none."""
        return self._parts.get(stored, ())

    def reencrypt(self, stored: FakeKey, encryption: ObjectEncryption) -> None:
        """Keep another encryption of an object whose bytes, ETag, checksum and times stay as they are."""
        stored.encryption = encryption.algorithm
        self._encryptions[stored] = encryption

    def write(
        self,
        stored: FakeKey,
        encryption: ObjectEncryption,
        request_id: str,
        checksum: Checksum | None = None,
        parts: tuple[Part, ...] = (),
    ) -> None:
        """Keep how a written object is encrypted."""
        stored.encryption, stored.kms_key_id, stored.bucket_key_enabled = encryption.algorithm, None, None
        self._encryptions[stored] = encryption
        keep(stored, checksum or of_content(stored.value))
        if parts:
            self._parts[stored] = parts
        else:
            stored.multipart = None  # moto gives a copy the parts of its source
            hide_content(stored, encryption, request_id)


def hide_content(stored: FakeKey, encryption: ObjectEncryption, request_id: str) -> None:
    """Under a KMS key the ETag is no MD5 of the content (botocore's S3 model, Object; recorded): one of each write."""
    if encryption.uses_kms:
        hashed = md5(encryption.data_key + request_id.encode() + stored.value, usedforsecurity=False)
        stored._etag = hashed.hexdigest()
