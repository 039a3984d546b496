"""The body of an envelope: frames of AES-256-GCM, each tied to its place, the last one marked as the last.

Every frame but the last holds F bytes of plaintext (F stands in the header), the last one what is left: up to F, and
none only if there is nothing at all. A frame is ciphertext and a tag of 16 bytes. Its nonce, never stored, is its
number (11 bytes, from 0) and one byte: 1 for the last frame, 0 for the others. That is the construction STREAM (Hoang,
Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance",
https://eprint.iacr.org/2015/189): a frame that is moved, repeated, left out or taken from another envelope fails its
check, and so does the end of a file that has been cut. Each envelope has a key of its own, so no nonce is used twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .errors import DamagedFrame, EnvelopeError, TrailingData, Truncated
from .keys import wiped
from .streams import Source, Target, buffer, fill, write_all

Progress = Callable[[int], object]
Place = Literal[b"\x00", b"\x01"]

TAG_BYTES = 16
NUMBER_BYTES = 11
MIDDLE: Place = b"\x00"
LAST: Place = b"\x01"


def seal_frames(
    source: Source, target: Target, cipher: AESGCM, frame_bytes: int, progress: Progress | None = None
) -> None:
    """Read the plaintext to its end, write the frames.

    The buffer holds a byte more than a frame: as long as that one is filled too, the frame is not the last.
    """
    plain, sealed = buffer(frame_bytes + 1), buffer(frame_bytes + TAG_BYTES)
    frame, rest = plain[:frame_bytes], plain[1:]
    number = 0
    with wiped(plain):
        size = fill(source, plain)
        while size > frame_bytes:
            cipher.encrypt_into(_nonce(number, MIDDLE), frame, None, sealed)
            write_all(target, sealed)
            number += 1
            if progress:
                progress(number * frame_bytes)
            plain[0] = plain[frame_bytes]
            size = 1 + fill(source, rest)
        last = sealed[: size + TAG_BYTES]
        cipher.encrypt_into(_nonce(number, LAST), plain[:size], None, last)
        write_all(target, last)
        if progress:
            progress(number * frame_bytes + size)


def open_frames(
    source: Source, target: Target, cipher: AESGCM, frame_bytes: int, progress: Progress | None = None
) -> None:
    """Read the frames to their end; write the plaintext of each once it is verified, and of no other."""
    full = frame_bytes + TAG_BYTES
    sealed, plain = buffer(full + 1), buffer(frame_bytes)
    frame, rest = sealed[:full], sealed[1:]
    number = 0
    with wiped(plain):  # a failed check, too, may leave something in it
        size = fill(source, sealed)
        while size > full:
            _open_frame(cipher, number, MIDDLE, frame, plain)
            write_all(target, plain)
            number += 1
            if progress:
                progress(number * frame_bytes)
            sealed[0] = sealed[full]
            size = 1 + fill(source, rest)
        if size < TAG_BYTES:
            raise Truncated(f"The file ends where frame {number} should be.")
        last = plain[: size - TAG_BYTES]
        _open_frame(cipher, number, LAST, sealed[:size], last)
        write_all(target, last)
        if progress:
            progress(number * frame_bytes + len(last))


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
