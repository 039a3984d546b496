"""What `labkit diagnose` reads: the message in its arguments, or standard input. Prints nothing itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import BinaryIO

from .diagnosis import Diagnosis

MOST = 4_000_000
"""How many bytes of standard input are read: an error is shorter."""


def message_from(words: Sequence[str], stream: BinaryIO | None, *, interactive: bool) -> str:
    """Take the message from the arguments, else from the stream. ValueError in the reader's words if there is none."""
    text = " ".join(words) if words and list(words) != ["-"] else ""
    if not text and not words and interactive:
        raise ValueError("give the message as an argument, or on standard input: labkit diagnose < error.txt")
    if not text and stream is not None:
        text = stream.read(MOST).decode("utf-8", "replace")
    if not text.strip():
        raise ValueError("there is no message: give it as an argument, or on standard input")
    return text


def as_json(found: Diagnosis) -> str:
    """Write the four names as one line of JSON."""
    return json.dumps(found.as_data())


def as_text(found: Diagnosis) -> str:
    """Write it for people."""
    return repr(found)
