"""The body of an envelope: frames of AES-256-GCM, each tied to its place, the last one marked as the last.

Every frame but the last holds F bytes of plaintext (F stands in the header), the last one what is left: up to F, and
none only if there is nothing at all. A frame is ciphertext and a tag of 16 bytes. Its nonce, never stored, is its
number (11 bytes, from 0) and one byte: 1 for the last frame, 0 for the others. That is the construction STREAM (Hoang,
Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance",
https://eprint.iacr.org/2015/189): a frame that is moved, repeated, left out or taken from another envelope fails its
check, and so does the end of a file that has been cut. Each envelope has a key of its own, so no nonce is used twice.
Nonces that count need no limit but their 11 bytes. With random nonces a key would be spent after 2**32 frames (NIST SP
800-38D, 8.3).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .errors import DamagedFrame, EnvelopeError, TrailingData, Truncated
from .keys import wiped
from .streams import Source, Target, buffer, pieces, write_all

Progress = Callable[[int], object]
Place = Literal[b"\x00", b"\x01"]

TAG_BYTES = 16
NUMBER_BYTES = 11
MIDDLE: Place = b"\x00"
LAST: Place = b"\x01"


def seal_frames(
    source: Source, target: Target, cipher: AESGCM, frame_bytes: int, progress: Progress | None = None
) -> None:
    """Read the plaintext to its end, write the frames."""
    sealed = buffer(frame_bytes + TAG_BYTES)
    done = 0
    with closing(pieces(source, frame_bytes)) as plain:
        for number, (piece, last) in enumerate(plain):
            frame = sealed[: len(piece) + TAG_BYTES]
            cipher.encrypt_into(_nonce(number, LAST if last else MIDDLE), piece, None, frame)
            write_all(target, frame)
            done += len(piece)
            if progress:
                progress(done)


def open_frames(
    source: Source, target: Target, cipher: AESGCM, frame_bytes: int, progress: Progress | None = None
) -> None:
    """Read the frames to their end; write the plaintext of each once it is verified, and of no other."""
    opened = buffer(frame_bytes)
    done = 0
    with wiped(opened), closing(pieces(source, frame_bytes + TAG_BYTES)) as sealed:  # a failed check leaves something
        for number, (frame, last) in enumerate(sealed):
            if len(frame) < TAG_BYTES:
                raise Truncated(f"The file ends where frame {number} should be.")
            plain = opened[: len(frame) - TAG_BYTES]
            _open_frame(cipher, number, LAST if last else MIDDLE, frame, plain)
            write_all(target, plain)
            done += len(plain)
            if progress:
                progress(done)


def _nonce(number: int, place: Place) -> bytes:
    return number.to_bytes(NUMBER_BYTES) + place


def _open_frame(cipher: AESGCM, number: int, place: Place, frame: memoryview, opened: memoryview) -> None:
    try:
        cipher.decrypt_into(_nonce(number, place), frame, None, opened)
    except InvalidTag:
        raise _what_is_wrong(cipher, number, place, frame, opened) from None


def _what_is_wrong(cipher: AESGCM, number: int, place: Place, frame: memoryview, opened: memoryview) -> EnvelopeError:
    """Which error a frame deserves that has failed: one that verifies in the other place was cut off, or added to."""
    other = MIDDLE if place == LAST else LAST
    try:
        cipher.decrypt_into(_nonce(number, other), frame, None, opened)
    except InvalidTag:
        if place == LAST:
            return DamagedFrame(number, "fails its check, and the file ends with it: it has been changed or cut.")
        return DamagedFrame(number, "fails its check: it has been changed, or is not in its place.")
    if place == LAST:
        return Truncated(f"The file ends after frame {number}, which is not the last one.")
    return TrailingData(f"Frame {number} is the last one, and there is more behind it.")
