"""The fields of a sealed file of `labkit.envelope`: where each stands, what it says, and what protects it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from ...envelope.frames import TAG_BYTES
from ...envelope.header import COMMITMENT_BYTES, FIXED, read_parts

PLAIN, KMS, DATA_KEY, PROOF = "anybody", "KMS", "the data key", "a check"
"""Whose bytes they are: anybody reads them; KMS alone opens them; the data key alone does; they prove something."""
_MOST_FRAMES = 4  # that are listed one by one


@dataclass(frozen=True, slots=True)
class Field:
    """Bytes that belong together: from `start`, so many; `whose` they are, and what they say."""

    name: str
    start: int
    length: int
    whose: str
    says: str

    @property
    def place(self) -> str:
        """Where it stands in the file."""
        return f"{self.start} to {self.start + self.length - 1}" if self.length > 1 else str(self.start)


def fields(data: bytes) -> tuple[Field, ...]:
    """Take a sealed file apart; of many frames, the middle ones are one field. EnvelopeError for another file."""
    header, packed, _ = read_parts(BytesIO(data))
    wrapped, context = len(header.wrapped_key), len(packed) - FIXED.size - len(header.wrapped_key)
    pairs = ", ".join(f"{name} = {value}" for name, value in header.context.items()) or "no pairs"
    given = [
        ("Magic", 8, PLAIN, "LABENV and a line end: what kind of file this is"),
        ("Version", 1, PLAIN, f"format version {data[8]}"),
        ("Frame size", 4, PLAIN, f"a frame has {header.frame_bytes} bytes of plaintext"),
        ("Lengths", 4, PLAIN, f"of the wrapped data key ({wrapped}) and of the context ({context})"),
        ("Wrapped data key", wrapped, KMS, "KMS opens it, with the right key and the right context"),
        ("Encryption context", context, PLAIN, pairs),
        ("Commitment", COMMITMENT_BYTES, PROOF, "made of the data key and of all bytes before"),
    ]
    found, at = [], 0
    for name, length, whose, says in given:
        if length:
            found.append(Field(name, at, length, whose, says))
        at += length
    return (*found, *_frames(at, len(data), header.frame_bytes + TAG_BYTES))


def _frames(start: int, end: int, longest: int) -> Iterator[Field]:
    starts = list(range(start, end, longest))
    last = len(starts) - 1
    for number, at in enumerate(starts):
        if len(starts) > _MOST_FRAMES and 2 <= number < last:
            if number == 2:
                says = f"{last - 2} more frames with their tags"
                yield Field(f"Frames 2 to {last - 1}", at, starts[last] - at, DATA_KEY, says)
            continue
        length = min(longest, end - at)
        which = ", the last one" if number == last else ""
        if length > TAG_BYTES:
            yield Field(f"Frame {number}", at, length - TAG_BYTES, DATA_KEY, f"contents, encrypted{which}")
        tag = min(TAG_BYTES, length)
        yield Field(f"Tag {number}", at + length - tag, tag, PROOF, f"shows every change of frame {number}{which}")
