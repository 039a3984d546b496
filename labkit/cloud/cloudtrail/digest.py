"""Digest files: each names the log files of an hour with their hashes, and is signed; each signs for the one before.

Holds the signing keys; puts nothing anywhere. Source: CloudTrail User Guide, "CloudTrail digest file structure" and
"Custom implementations of CloudTrail log file integrity validation".
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..core.clock import iso

ALGORITHM = "SHA256withRSA"


@dataclass(frozen=True, slots=True)
class LogFile:
    """A delivered log file, as its digest names it."""

    bucket: str
    key: str
    sha256: str  # of the uncompressed content
    oldest: str
    newest: str


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest file: its place, its uncompressed content, its signature in hexadecimal."""

    bucket: str
    key: str
    content: bytes
    signature: str


@dataclass
class Chain:
    """The digests of one trail in one Region: when the next begins, what it will name, the one before."""

    start: datetime
    files: list[LogFile] = field(default_factory=list)
    last: Digest | None = None


class SigningKeys:
    """CloudTrail's key pair for each Region; a seed can't make RSA keys, so signatures differ between runs."""

    def __init__(self) -> None:
        self._keys: dict[str, rsa.RSAPrivateKey] = {}

    def public(self, region: str) -> bytes:
        """Return the public key, PKCS #1 DER, as ListPublicKeys answers it."""
        return self._private(region).public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)

    def fingerprint(self, region: str) -> str:
        """32 hexadecimal digits that name the public key."""
        return hashlib.md5(self.public(region), usedforsecurity=False).hexdigest()

    def sign(self, region: str, text: str) -> str:
        """Return the signature of `text`, in hexadecimal."""
        return self._private(region).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()).hex()

    def _private(self, region: str) -> rsa.RSAPrivateKey:
        if region not in self._keys:
            self._keys[region] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return self._keys[region]


def make(keys: SigningKeys, region: str, account: str, chain: Chain, bucket: str, key: str, end: datetime) -> Digest:
    """Return the digest of the chain's files up to `end`, signed with the Region's key."""
    last = chain.last
    content: dict[str, Any] = {
        "awsAccountId": account,
        "digestStartTime": iso(chain.start),
        "digestEndTime": iso(end),
        "digestS3Bucket": bucket,
        "digestS3Object": key,
        "digestPublicKeyFingerprint": keys.fingerprint(region),
        "digestSignatureAlgorithm": ALGORITHM,
        "newestEventTime": max((file.newest for file in chain.files), default=None),
        "oldestEventTime": min((file.oldest for file in chain.files), default=None),
        "previousDigestS3Bucket": last.bucket if last else None,
        "previousDigestS3Object": last.key if last else None,
        "previousDigestHashValue": hashlib.sha256(last.content).hexdigest() if last else None,
        "previousDigestHashAlgorithm": "SHA-256" if last else None,
        "previousDigestSignature": last.signature if last else None,
        "logFiles": [
            {
                "s3Bucket": file.bucket,
                "s3Object": file.key,
                "hashValue": file.sha256,
                "hashAlgorithm": "SHA-256",
                "newestEventTime": file.newest,
                "oldestEventTime": file.oldest,
            }
            for file in chain.files
        ],
    }
    text = json.dumps(content, separators=(",", ":")).encode()
    before = last.signature if last else "null"
    signed = "\n".join((iso(end), f"{bucket}/{key}", hashlib.sha256(text).hexdigest(), before))
    return Digest(bucket, key, text, keys.sign(region, signed))
