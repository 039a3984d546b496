"""Attestation documents: COSE_Sign1 around CBOR, read strictly.

Each rule is one of "Syntactical validation" (aws-nitro-enclaves-nsm-api, docs/attestation_process.md, 3.2.2), which the
EC2 User Guide repeats for NitroTPM with `nitrotpm_pcrs` in place of `pcrs`. A document that breaks one is `Unsound`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cbor2

COSE_SIGN1 = 18  # the tag; real documents come without it, and AWS's guide allows both
ES384 = {1: -35}
PAYLOAD = 16384  # bytes
SIGNATURE = 96  # r and s of P-384
CERTIFICATE = range(1, 1025)
PUBLIC_KEY = range(1, 1025)
FREE = range(513)  # user_data, nonce
REGISTER_SIZES = (32, 48, 64)
MOST_REGISTERS = 32
_ENCLAVE, _TPM = "pcrs", "nitrotpm_pcrs"
_MANDATORY = frozenset({"module_id", "digest", "timestamp", "certificate", "cabundle"})
_OPTIONAL = frozenset({"public_key", "user_data", "nonce"})


class Unsound(Exception):
    """Why a document is not accepted, in plain words."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """COSE_Sign1, not yet verified."""

    protected: bytes
    payload: bytes
    signature: bytes

    def signed(self) -> bytes:
        """Return the bytes that the signature is of (RFC 9052, 4.4: Sig_structure)."""
        return cbor2.dumps(["Signature1", self.protected, b"", self.payload])


@dataclass(frozen=True, slots=True)
class Document:
    """What an attestation document says."""

    module_id: str
    timestamp: int  # milliseconds since 1970
    pcrs: Mapping[int, bytes]
    of_tpm: bool  # NitroTPM's, of an EC2 instance; else a Nitro enclave's
    certificate: bytes
    cabundle: tuple[bytes, ...]
    public_key: bytes | None


def envelope(blob: bytes) -> Envelope:
    """Read COSE_Sign1. Unsound unless it is one, by ES384, with nothing behind it."""
    found = _decoded(blob, "the document")
    if isinstance(found, cbor2.CBORTag) and found.tag == COSE_SIGN1:
        found = found.value
    parts = list(found) if isinstance(found, (list, tuple)) else []
    if len(parts) != 4:
        raise Unsound("it is no COSE_Sign1 structure, an array of four")
    protected, unprotected, payload, signature = parts
    if not isinstance(protected, bytes) or not isinstance(payload, bytes) or not isinstance(signature, bytes):
        raise Unsound("a part of its COSE_Sign1 structure is no byte string")
    if not isinstance(unprotected, Mapping) or unprotected:
        raise Unsound("its COSE_Sign1 structure has unprotected headers")
    if _decoded(protected, "its protected header") != ES384:
        raise Unsound("it is signed by another algorithm than ES384")
    if not 1 <= len(payload) <= PAYLOAD or len(signature) != SIGNATURE:
        raise Unsound("its payload or its signature has another length than AWS's documents have")
    return Envelope(protected, payload, signature)


def document(payload: bytes) -> Document:
    """Read what was signed. Unsound, naming the field, where one is missing, unknown or not as it must be."""
    found = _decoded(payload, "what was signed")
    if not isinstance(found, Mapping):
        raise Unsound("what was signed is no map")
    registers = [name for name in (_ENCLAVE, _TPM) if name in found]
    lacking = _MANDATORY - found.keys()
    if lacking or len(registers) != 1:
        raise Unsound(f"it lacks {', '.join(sorted(lacking)) or 'pcrs, or has two kinds of them'}")
    if more := found.keys() - _MANDATORY - _OPTIONAL - set(registers):
        raise Unsound(f"it has a field that no document has: {str(sorted(map(str, more))[0])[:40]}")
    _require("module_id", isinstance(found["module_id"], str) and found["module_id"] != "")
    _require("digest", found["digest"] == "SHA384")
    stamp = found["timestamp"]
    _require("timestamp", type(stamp) is int and 0 < stamp < 2**64)
    _require("certificate", _bytes(found["certificate"], CERTIFICATE))
    bundle = found["cabundle"]
    whole = isinstance(bundle, (list, tuple)) and bool(bundle) and all(_bytes(each, CERTIFICATE) for each in bundle)
    _require("cabundle", whole)
    for name, sizes in (("public_key", PUBLIC_KEY), ("user_data", FREE), ("nonce", FREE)):
        # Real documents have null for what the enclave did not give (recorded), although the guide forbids null.
        _require(name, found.get(name) is None or _bytes(found[name], sizes))
    return Document(
        found["module_id"],
        stamp,
        _registers(found, registers[0]),
        registers[0] == _TPM,
        found["certificate"],
        tuple(bundle),
        found.get("public_key"),
    )


def _registers(found: Mapping[Any, Any], name: str) -> Mapping[int, bytes]:
    registers = found[name]
    _require(name, isinstance(registers, Mapping) and 1 <= len(registers) <= MOST_REGISTERS)
    for index, value in registers.items():
        _require(name, type(index) is int and 0 <= index < MOST_REGISTERS)
        _require(name, isinstance(value, bytes) and len(value) in REGISTER_SIZES)
    return dict(registers)


def _require(name: str, good: bool) -> None:
    if not good:
        raise Unsound(f"its field {name} is not as a document's must be")


def _bytes(value: Any, sizes: range) -> bool:
    return isinstance(value, bytes) and len(value) in sizes


def _decoded(blob: bytes, what: str) -> Any:
    """One CBOR value and nothing behind it; whatever a decoder trips over is Unsound."""
    stream = io.BytesIO(blob)
    try:
        found = cbor2.CBORDecoder(stream).decode()
        behind = stream.tell() != len(blob)
    except Exception as wrong:  # a stranger's bytes: cbor2 raises what its values' types raise, too
        raise Unsound(f"{what} can't be read as CBOR") from wrong
    if behind:
        raise Unsound(f"{what} has bytes behind its end")
    return found
