"""Whether log files are as CloudTrail has delivered them: by its digest files, without a connection to AWS.

What `aws cloudtrail validate-logs` does for files in S3, for a folder too. A digest file names the log files of an hour
with their SHA-256, and the digest before it; it is signed. S3 keeps the signature in the object's metadata, which a
downloaded file has lost: then it is taken from the next digest, which repeats it. Source: CloudTrail User Guide,
"Custom implementations of CloudTrail log file integrity validation".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ..load.fetching import fetched
from ..load.sources import DELIVERED, pieces
from ..record.callers import opened
from .findings import a_list

COLUMNS = ("file", "kind", "state", "reason")
ALGORITHM = "SHA256withRSA"
VALID, INVALID, MISSING, UNPROVEN = "valid", "invalid", "missing", "unproven"
_NEEDED = (
    *("digestPublicKeyFingerprint", "digestS3Bucket", "digestS3Object", "previousDigestSignature"),
    *("digestEndTime", "digestStartTime", "logFiles"),
)
Row = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class _Digest:
    """A digest file: its name, the SHA-256 of its content, what it says, the signature that came with it."""

    name: str
    sha256: str
    says: Mapping[str, Any]
    signature: str

    def text(self, member: str) -> str:
        """A member that is text; empty if it is none."""
        value = self.says.get(member)
        return value if isinstance(value, str) else ""

    @property
    def signed(self) -> bytes:
        """What the signature is of."""
        place = f"{self.text('digestS3Bucket')}/{self.text('digestS3Object')}"
        before = self.text("previousDigestSignature") or "null"
        return "\n".join((self.text("digestEndTime"), place, self.sha256, before)).encode()


def validate(source: Any, public_keys: Any, signatures: Mapping[str, str] | None = None) -> Any:
    """Hold log files against the digest files beside them: a row for each file, with what is known of it.

    source: a folder with the files under the names that AWS gives them, or s3://bucket/prefix. public_keys: what
    `list_public_keys()` of CloudTrail answers for the time, kept from before. signatures: of digest files whose
    signature is nowhere else, as the last one of a folder: by the digest's name (or the end of it), in hexadecimal, as
    in the object's metadata.
    Columns: file; kind ("log" or "digest"); state; reason (if it is not valid).
    valid: as delivered. invalid: not as delivered. missing: named by a digest, and not there. unproven: nothing can be
    said: a log file in no digest (delivered since the last one, or never by CloudTrail), a digest without signature or
    key, or a log file in such a digest.
    Limits: a file that is left out together with all later digests is not noticed, nor a file before the first digest.
    Errors: as `load` for the source.
    """
    keys = dict(_keys(public_keys))
    digests, logs = _read(source, dict(signatures or {}))
    rows: list[Row] = []
    named: set[str] = set()
    following = {each.text("previousDigestS3Object"): each for each in digests if each.text("previousDigestS3Object")}
    for digest in digests:
        state, reason = _judged(digest, following.get(digest.text("digestS3Object")), keys)
        rows.append((digest.name, "digest", state, reason))
        for listed in a_list(digest.says.get("logFiles")):
            row = _log(listed, logs, state)
            named.add(row[0])
            rows.append(row)
    rows += _broken(digests)
    there = [name for files in logs.values() for name in files]
    rows += [(name, "log", UNPROVEN, "in no digest file") for name in there if name not in named]
    table = pandas.DataFrame(sorted(set(rows)), columns=list(COLUMNS), dtype="str")
    return table.sort_values(["kind", "file", "state"], kind="stable", ignore_index=True)


def _keys(given: Any) -> Iterator[tuple[str, bytes]]:
    """Fingerprint and PKCS #1 DER of each key."""
    if isinstance(given, Mapping) and "PublicKeyList" not in given:
        yield from ((str(name), bytes(value)) for name, value in given.items())
        return
    for each in given["PublicKeyList"] if isinstance(given, Mapping) else given:
        yield each["Fingerprint"], bytes(each["Value"])


def _read(source: Any, signatures: Mapping[str, str]) -> tuple[list[_Digest], dict[str, dict[str, str]]]:
    """The digest files, the oldest first, and the SHA-256 of each log file by the end of its name, and its name."""
    digests: list[_Digest] = []
    logs: dict[str, dict[str, str]] = {}
    for got in fetched(pieces(source)):
        name, content = got.piece.name, got.content or b""
        sha256 = hashlib.sha256(content).hexdigest()
        says = opened(content) if "_CloudTrail-Digest_" in name else None
        if isinstance(says, dict):
            digests.append(_Digest(name, sha256, says, _signature(name, signatures)))
        elif "_CloudTrail-Digest_" in name:
            digests.append(_Digest(name, sha256, {}, ""))
        elif DELIVERED.search(name):
            logs.setdefault(name.rpartition("/")[2], {})[name] = sha256
    return sorted(digests, key=lambda each: (each.text("digestEndTime"), each.name)), logs


def _signature(name: str, given: Mapping[str, str]) -> str:
    """The signature of a digest file: as given, else from the object's metadata."""
    if found := next((value for key, value in given.items() if _is_at(name, key)), ""):
        return found
    if not name.startswith("s3://"):
        return ""
    import boto3

    bucket, _, key = name.removeprefix("s3://").partition("/")
    return str(boto3.client("s3").head_object(Bucket=bucket, Key=key)["Metadata"].get("signature", ""))


def _judged(digest: _Digest, after: _Digest | None, keys: Mapping[str, bytes]) -> tuple[str, str]:
    """State and reason of a digest file."""
    if any(name not in digest.says for name in _NEEDED) or not isinstance(digest.says["logFiles"], list):
        return INVALID, "not in the form of a digest file"
    if not _is_at(digest.name, digest.text("digestS3Object")):
        return INVALID, "moved from the place where it was delivered"
    if after is not None and after.text("previousDigestHashValue") not in ("", digest.sha256):
        return INVALID, "the next digest file names another content"
    signature = digest.signature or (after.text("previousDigestSignature") if after else "")
    if not signature:
        return UNPROVEN, "no signature: S3 has it in the object's metadata"
    fingerprint = digest.text("digestPublicKeyFingerprint")
    if fingerprint not in keys:
        return UNPROVEN, f"no public key with the fingerprint {fingerprint}"
    if digest.text("digestSignatureAlgorithm") not in ("", ALGORITHM):
        return UNPROVEN, f"signed with {digest.text('digestSignatureAlgorithm')}"
    if not _is_signed(digest.signed, signature, keys[fingerprint]):
        return INVALID, "the signature is wrong"
    return VALID, ""


def _is_signed(signed: bytes, signature: str, key: bytes) -> bool:
    try:
        public = load_der_public_key(key)
        if not isinstance(public, rsa.RSAPublicKey):
            return False
        public.verify(bytes.fromhex(signature), signed, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _log(listed: Any, logs: Mapping[str, Mapping[str, str]], state: str) -> Row:
    """The row of a log file that a digest of this state names."""
    said = listed if isinstance(listed, dict) else {}
    key = str(said.get("s3Object"))
    name = next((each for each in logs.get(key.rpartition("/")[2], ()) if _is_at(each, key)), None)
    if name is None:
        return key, "log", MISSING, "named by a digest file"
    if state != VALID:
        return name, "log", UNPROVEN, "its digest file is not valid"
    if (
        said.get("hashAlgorithm") not in (None, "SHA-256")
        or said.get("hashValue") != logs[key.rpartition("/")[2]][name]
    ):
        return name, "log", INVALID, "changed since it was delivered"
    return name, "log", VALID, ""


def _broken(digests: Iterable[_Digest]) -> Iterator[Row]:
    """A row for each digest file that another one names as the one before it, and that is not there."""
    there = {digest.text("digestS3Object") for digest in digests}
    for digest in digests:
        before = digest.text("previousDigestS3Object")
        if before and before not in there:
            yield before, "digest", MISSING, "named by the next digest file"


def _is_at(name: str, key: str) -> bool:
    """Whether a file's name here is that of an object's key: one is the end of the other."""
    short, long = sorted((name, key), key=len)
    return bool(short) and (long == short or long.endswith("/" + short))
