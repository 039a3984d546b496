"""The format of a sealed file: a header, a commitment, frames. Touches KMS and the two streams that it is given.

    SLOG1\\n | length of the header, 4 bytes | header (JSON) | commitment, 32 bytes | frames

The header holds the encrypted data key, the encryption context and the size of a frame. From data key and header follow
the frames' key and the commitment (HKDF-SHA256): another header, or another data key, gives another commitment. A frame
is AES-256-GCM. Its nonce, never stored, is its number and a mark for the last one (the construction STREAM,
https://eprint.iacr.org/2015/189). So frames that are changed, moved, repeated, left out or cut off at the end fail.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"SLOG1\n"
FRAME_BYTES = 64 * 1024
LONGEST_HEADER = 32 * 1024
LARGEST_FRAME = 1024 * 1024
TAG_BYTES = 16
LONGEST_KEY = 6144  # bytes that KMS takes as a ciphertext


class NotSealed(ValueError):
    """This is no sealed file, or its header makes no sense."""


class WrongFile(ValueError):
    """It is a sealed file, of another application or another name than was asked for."""


class Damaged(ValueError):
    """It has been changed, or cut, or something was added."""


class Readable(Protocol):
    """What bytes can be read from: a file, or the body of an S3 object."""

    def read(self, size: int, /) -> bytes: ...


def seal(
    source: Readable,
    target: BinaryIO,
    kms: Any,
    key_id: str,
    context: Mapping[str, str],
    frame_bytes: int = FRAME_BYTES,
    progress: Callable[[], object] = lambda: None,
) -> None:
    """Read `source` to its end and write it sealed, in constant memory. One call of GenerateDataKey.

    `progress` is called after each frame. Raises what KMS refuses with.
    """
    made = kms.generate_data_key(KeyId=key_id, KeySpec="AES_256", EncryptionContext=dict(context))
    wrapped = base64.b64encode(made["CiphertextBlob"]).decode()
    header = json.dumps({"context": dict(context), "frame": frame_bytes, "key": wrapped}, sort_keys=True).encode()
    cipher, commitment = _derived(made["Plaintext"], header)
    target.write(MAGIC + len(header).to_bytes(4) + header + commitment)
    for nonce, piece in _numbered(source, frame_bytes):
        target.write(cipher.encrypt(nonce, piece, None))
        progress()


def unseal(source: Readable, target: BinaryIO, kms: Any, key_id: str, context: Mapping[str, str]) -> None:
    """Open a sealed file, frame by verified frame. One call of Decrypt.

    `key_id` and `context` are those that you expect, whatever the file says of itself. If this raises, throw away what
    `target` holds: the frames in it are genuine, but they are not all.
    """
    header, commitment = read_header(source)
    if header["context"] != dict(context):
        raise WrongFile(f"This is {header['context']}, and not {dict(context)}.")
    wrapped = base64.b64decode(header["key"])
    opened = kms.decrypt(CiphertextBlob=wrapped, KeyId=key_id, EncryptionContext=dict(context))["Plaintext"]
    cipher, expected = _derived(opened, header["as it stands"])
    if commitment != expected:
        raise Damaged("The header has been changed, or belongs to another data key.")
    for nonce, frame in _numbered(source, header["frame"] + TAG_BYTES):
        try:
            target.write(cipher.decrypt(nonce, frame, None))
        except InvalidTag:
            raise Damaged("A frame has been changed or moved, or the file has been cut.") from None


def read_header(source: Readable) -> tuple[dict[str, Any], bytes]:
    """Read what stands before the frames: the header's fields, and the commitment. NotSealed if it is none."""
    if _exactly(source, len(MAGIC)) != MAGIC:
        raise NotSealed("This does not begin as a sealed file does.")
    length = int.from_bytes(_exactly(source, 4))
    if length > LONGEST_HEADER:
        raise NotSealed("Its header is too long.")
    raw = _exactly(source, length)
    commitment = _exactly(source, 32)
    try:
        fields = json.loads(raw)
        good = isinstance(fields["context"], dict) and isinstance(fields["key"], str)
        good = good and type(fields["frame"]) is int and 0 < fields["frame"] <= LARGEST_FRAME
        good = good and 0 < len(base64.b64decode(fields["key"], validate=True)) <= LONGEST_KEY
    except (ValueError, TypeError, KeyError, RecursionError):
        good = False
    if not good or len(commitment) != 32:
        raise NotSealed("Its header makes no sense.")
    return {**fields, "as it stands": raw}, commitment


def _derived(data_key: bytes, header: bytes) -> tuple[AESGCM, bytes]:
    """The frames' cipher and the commitment, both from the data key and the whole header."""
    both = HKDF(SHA256(), length=64, salt=None, info=MAGIC + header).derive(data_key)
    return AESGCM(both[:32]), both[32:]


def _numbered(source: Readable, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Pieces of a stream, each with its nonce: 11 bytes of number, and 1 for the last piece. There is one at least."""
    piece, number = _exactly(source, size), 0
    while True:
        following = _exactly(source, size) if len(piece) == size else b""
        yield number.to_bytes(11) + (b"\0" if following else b"\1"), piece
        if not following:
            return
        piece, number = following, number + 1


def _exactly(source: Readable, size: int) -> bytes:
    """So many bytes, or what is left of them; streams may give less at a time."""
    found = b""
    while len(found) < size and (more := source.read(size - len(found))):
        found += more
    return found
