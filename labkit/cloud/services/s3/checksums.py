"""The checksum that S3 keeps with each object, and where it shows it. Pure but for moto's objects, which hold it.

Sources: S3 User Guide, "Checking object integrity" (CRC64NVME where the client gives none; of parts or of the whole
object); what each answer shows is recorded from the real service (LocalStack's validated snapshots, 2026).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.s3.models import FakeKey

from ...core.errors import AwsError
from .bodies import Claim
from .crc import ALGORITHMS, digest

PREFIX = "x-amz-checksum-"
DEFAULT = "CRC64NVME"
WHOLE, COMPOSITE = "FULL_OBJECT", "COMPOSITE"
_OF_PARTS_ALONE = ("SHA1", "SHA256")


@dataclass(frozen=True, slots=True)
class Checksum:
    """A digest in base64: of a whole object, or of the digests of its parts, as many as `parts`."""

    algorithm: str
    value: str
    kind: str = WHOLE
    parts: int = 0

    def headers(self) -> dict[str, str]:
        """Return the response headers of an object's checksum."""
        return {f"{PREFIX}{self.algorithm.lower()}": self.shown, f"{PREFIX}type": self.kind}

    def members(self) -> dict[str, str]:
        """Return the members of an answer's body."""
        return {f"Checksum{self.algorithm}": self.shown, "ChecksumType": self.kind}

    @property
    def shown(self) -> str:
        """The value; of a composite one with the number of parts (recorded)."""
        return f"{self.value}-{self.parts}" if self.parts else self.value


@dataclass(frozen=True, slots=True)
class Plan:
    """How the checksum of a multipart upload is made; without a plan of the client's own it is the default's."""

    algorithm: str = DEFAULT
    kind: str = WHOLE
    asked: bool = False

    def headers(self) -> dict[str, str]:
        """Return what CreateMultipartUpload answers of it."""
        return {f"{PREFIX}algorithm": self.algorithm, f"{PREFIX}type": self.kind} if self.asked else {}


def of_content(content: bytes, algorithm: str = DEFAULT) -> Checksum:
    """Return the checksum of a whole object."""
    return Checksum(algorithm, encoded(algorithm, content))


def of_write(claim: Claim | None, content: bytes) -> Checksum:
    """Return the client's checksum, which is right; else S3 makes its own."""
    return of_content(content) if claim is None else Checksum(claim.algorithm, claim.value)


def of_object(stored: FakeKey) -> Checksum | None:
    """Return what is kept with the object."""
    if not stored.checksum_algorithm or not stored.checksum_value:
        return None
    kind = stored.checksum_type or WHOLE
    return Checksum(stored.checksum_algorithm, stored.checksum_value, kind, stored.checksum_parts or 0)


def keep(stored: FakeKey, checksum: Checksum | None) -> None:
    """Put the checksum with moto's object, which lists its algorithm."""
    stored.checksum_algorithm = checksum.algorithm if checksum else None
    stored.checksum_value = checksum.value if checksum else None
    stored.checksum_type = checksum.kind if checksum else None
    stored.checksum_parts = checksum.parts if checksum else None


def plan_of(headers: Mapping[str, str]) -> Plan:
    """Return what a CreateMultipartUpload asks for (refusals recorded)."""
    algorithm, kind = headers.get(f"{PREFIX}algorithm"), headers.get(f"{PREFIX}type")
    if algorithm is None:
        if kind is not None:
            said = "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
            raise AwsError("InvalidRequest", said)
        return Plan()
    algorithm = known_algorithm(algorithm)
    kind = kind or (WHOLE if algorithm == DEFAULT else COMPOSITE)
    if kind == (COMPOSITE if algorithm == DEFAULT else WHOLE) and algorithm in (DEFAULT, *_OF_PARTS_ALONE):
        said = f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum algorithm."
        raise AwsError("InvalidRequest", said)
    return Plan(algorithm, kind, asked=True)


def known_algorithm(name: str) -> str:
    """Return the algorithm of this name; AwsError where there is none (recorded)."""
    if name.upper() in ALGORITHMS:
        return name.upper()
    known = ", ".join(ALGORITHMS)
    said = f"Checksum algorithm provided is unsupported. Please try again with any of the valid types: [{known}]"
    raise AwsError("InvalidRequest", said)


def of_part(plan: Plan, claim: Claim | None, content: bytes) -> str | None:
    """Return the checksum of a part by the upload's plan; None where the client planned none."""
    if not plan.asked:
        return None
    if claim is not None and claim.algorithm != plan.algorithm:
        raise AwsError(
            "InvalidRequest",
            f"Checksum Type mismatch occurred, expected checksum Type: {plan.algorithm.lower()}, "
            f"actual checksum Type: {claim.algorithm.lower()}",
        )
    return encoded(plan.algorithm, content)


def of_upload(plan: Plan, contents: Sequence[bytes]) -> Checksum:
    """Return the checksum of an object from its parts."""
    if plan.kind == WHOLE:
        return of_content(b"".join(contents), plan.algorithm)
    digests = b"".join(digest(plan.algorithm, content) for content in contents)
    return Checksum(plan.algorithm, encoded(plan.algorithm, digests), COMPOSITE, len(contents))


def encoded(algorithm: str, content: bytes) -> str:
    """Return a digest in base64."""
    return base64.b64encode(digest(algorithm, content)).decode()


def of_members(members: Mapping[str, Any]) -> dict[str, str]:
    """Return the checksums that a structure of a request names, by algorithm."""
    return {name: members[f"Checksum{name}"] for name in ALGORITHMS if members.get(f"Checksum{name}")}
