"""Reads the outside of a sealed file: its header, and how much its frames hold. Opens nothing; pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

MAGIC = b"SLOG1\n"
COMMITMENT, TAG = 32, 16


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the frames: the encryption context, a frame's size, where the frames begin."""

    context: dict[str, Any]
    frame: int
    end: int


def header_of(raw: bytes) -> Header | None:
    """Read a file's header; None if it is no sealed file."""
    start = len(MAGIC) + 4
    length = int.from_bytes(raw[len(MAGIC) : start])
    try:
        fields = json.loads(raw[start : start + length])
        found = Header(dict(fields["context"]), int(fields["frame"]), start + length + COMMITMENT)
    except (ValueError, TypeError, KeyError):
        return None
    return found if raw.startswith(MAGIC) and found.frame > 0 and len(raw) >= found.end + TAG else None


def frames_of(raw: bytes, header: Header) -> int:
    """Count the bytes of text that the frames hold."""
    body = len(raw) - header.end
    frames = -(-body // (header.frame + TAG))
    return body - frames * TAG
