"""External keys, and where they live: the interface of a key manager, and one whose keys are in a file.

The file is JSON with the mode 0600: {"labkit-xks-keys": 1, "keys": [{"id", "status", "usage", "spec", "versions":
[base64 of 32 bytes, the oldest first]}]}. A real external key manager never lets key material out like this: the file
is for labs and for tests of a proxy.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..cloud.core.entropy import RANDOM, Entropy
from .framing import TAG, decode, encode
from .refusals import Refusal

USUAL = ("ENCRYPT", "DECRYPT")
KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_MARK = "labkit-xks-keys"
_VERSION = re.compile(rb"key_version=(\d{1,6})")


@dataclass(frozen=True, slots=True)
class Sealed:
    """What an encryption gives: metadata says by which version of the key."""

    ciphertext: bytes
    iv: bytes
    tag: bytes
    metadata: bytes


@dataclass(frozen=True, slots=True)
class Instance:
    """One key manager of the fleet, as GetHealthStatus tells of it."""

    id: str
    model: str
    status: str  # ACTIVE, DEGRADED or UNAVAILABLE


@dataclass(slots=True)
class ExternalKey:
    """What the proxy says of a key; its material is the key manager's affair."""

    id: str
    usage: tuple[str, ...] = USUAL
    status: str = "ENABLED"  # or DISABLED
    spec: str = "AES_256"

    def __post_init__(self) -> None:
        if not KEY_ID.fullmatch(self.id):
            raise ValueError("The id of an external key has up to 128 letters, digits, hyphens, dots, underscores.")


class KeyManager(Protocol):
    """Holds external keys. `seal` and `open` frame nothing: `additional` is authenticated as it stands."""

    vendor: str

    def find(self, key_id: str) -> ExternalKey | None:
        """Return what is known of the key."""

    def all(self) -> list[ExternalKey]:
        """List all keys."""

    def version(self, key_id: str) -> bytes:
        """Return the ciphertextMetadata of what the key encrypts now."""

    def seal(self, key_id: str, plaintext: bytes, additional: bytes) -> tuple[bytes, bytes, bytes]:
        """Encrypt by AES-256-GCM: ciphertext, initialization vector, tag."""

    def open(self, key_id: str, ciphertext: bytes, iv: bytes, tag: bytes, additional: bytes, metadata: bytes) -> bytes:
        """Decrypt; InvalidCiphertextException (Refusal) for what does not fit together."""

    def fleet(self) -> list[Instance]:
        """Look whether encryption works, with a key of no use: the instances and their health."""


def invalid() -> Refusal:
    """Return the refusal of a ciphertext that does not open."""
    said = "The ciphertext, its metadata, its IV, its tag or the additional authenticated data is not as it was made."
    return Refusal("InvalidCiphertextException", said)


@dataclass(slots=True)
class _Held:
    key: ExternalKey
    versions: list[bytes] = field(repr=False)


class FileKeys:
    """Keys in memory, and in a file if they have one. Rotating adds a version; older ciphertexts still open."""

    vendor = "labkit"

    def __init__(self, path: Path | None = None, entropy: Entropy | None = None) -> None:
        self._path = path
        self._entropy = entropy or Entropy(RANDOM)
        self._held: dict[str, _Held] = {}
        if path is not None and not path.parent.is_dir():
            raise ValueError(f"There is no folder {path.parent} for a file of external keys.")
        if path is not None and path.exists():
            self._held = {each.key.id: each for each in _read(path)}

    def create(self, key_id: str, usage: Sequence[str] = USUAL, spec: str = "AES_256") -> ExternalKey:
        """Make a key; ValueError for an id that is taken or can't be one."""
        key = ExternalKey(key_id, tuple(usage), spec=spec)
        if key_id in self._held:
            raise ValueError(f"There is an external key {key_id} already.")
        self._held[key_id] = _Held(key, [self._entropy.token_bytes(32)])
        self._write()
        return key

    def rotate(self, key_id: str) -> None:
        """Let the key encrypt with new material from now on; KMS notices nothing."""
        self._held[key_id].versions.append(self._entropy.token_bytes(32))
        self._write()

    def set_status(self, key_id: str, status: str) -> None:
        """Set ENABLED or DISABLED."""
        if status not in ("ENABLED", "DISABLED"):
            raise ValueError("An external key is ENABLED or DISABLED.")
        self._held[key_id].key.status = status
        self._write()

    def delete(self, key_id: str) -> None:
        """Delete the key for good: whatever was encrypted under it is lost."""
        del self._held[key_id]
        self._write()

    def find(self, key_id: str) -> ExternalKey | None:
        """Return what is known of the key."""
        held = self._held.get(key_id)
        return held.key if held else None

    def all(self) -> list[ExternalKey]:
        """List all keys, the oldest first."""
        return [held.key for held in self._held.values()]

    def version(self, key_id: str) -> bytes:
        """Return key_version=N."""
        return b"key_version=%d" % len(self._held[key_id].versions)

    def seal(self, key_id: str, plaintext: bytes, additional: bytes) -> tuple[bytes, bytes, bytes]:
        """Encrypt with the newest version."""
        iv = self._entropy.token_bytes(12)
        sealed = AESGCM(self._held[key_id].versions[-1]).encrypt(iv, plaintext, additional)
        return sealed[:-TAG], iv, sealed[-TAG:]

    def open(self, key_id: str, ciphertext: bytes, iv: bytes, tag: bytes, additional: bytes, metadata: bytes) -> bytes:
        """Decrypt with the version that the metadata names."""
        named, versions = _VERSION.fullmatch(metadata), self._held[key_id].versions
        number = int(named[1]) if named else 0
        if not 1 <= number <= len(versions):
            raise invalid()
        try:
            return AESGCM(versions[number - 1]).decrypt(iv, ciphertext + tag, additional)
        except InvalidTag:
            raise invalid() from None

    def fleet(self) -> list[Instance]:
        """Try a key that is kept nowhere."""
        probe = AESGCM(os.urandom(32))
        well = probe.decrypt(bytes(12), probe.encrypt(bytes(12), b"health", None), None) == b"health"
        return [Instance("key-file-1", "labkit key file 1.0", "ACTIVE" if well else "UNAVAILABLE")]

    def _write(self) -> None:
        if self._path is None:
            return
        keys = [_to_json(each) for each in self._held.values()]
        beside = self._path.with_name(f".{self._path.name}.new")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({_MARK: 1, "keys": keys}, file, indent=1)
        os.replace(beside, self._path)


def _to_json(held: _Held) -> dict[str, Any]:
    key = held.key
    versions = [encode(each) for each in held.versions]
    return {"id": key.id, "status": key.status, "usage": list(key.usage), "spec": key.spec, "versions": versions}


def _read(path: Path) -> list[_Held]:
    """Return a file's keys; ValueError for a file that others may read, or of another form."""
    held: list[_Held] = []
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content[_MARK] != 1:
            raise ValueError(_MARK)
        for each in content["keys"]:
            key = ExternalKey(each["id"], tuple(each["usage"]), each["status"], each["spec"])
            versions = [decode(version) for version in each["versions"]]
            if not versions or {len(version) for version in versions} != {32}:
                raise ValueError("versions")
            held.append(_Held(key, versions))
    except (ValueError, KeyError, TypeError, AttributeError, IsADirectoryError):
        raise ValueError(f"{path} is no file of external keys in the form that labkit.xks.keys describes.") from None
    # Last: advice to change the mode of a file that is none of ours would be wrong.
    if os.name != "nt" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ValueError(f"{path} holds key material and can be read by others: chmod 600 it.")
    return held
