"""Where in a JSON text each value stands. Pure; the text must be valid JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

Path = tuple[str | int, ...]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_DEEPEST = 12  # no policy nests deeper: what is further in has no place of its own


@dataclass(frozen=True, slots=True)
class Places:
    """By path, where a member's name (or else the value) begins; the texts among the values; names that come twice."""

    starts: Mapping[Path, int]
    texts: Mapping[Path, str]
    twice: tuple[tuple[int, str], ...]


@dataclass(slots=True)
class _Frame:
    path: Path
    is_object: bool
    index: int = 0
    key: str | None = None
    key_at: int = 0
    seen: set[str] = field(default_factory=set)

    def child(self) -> Path:
        return (*self.path, self.key if self.is_object and self.key is not None else self.index)[: _DEEPEST + 1]


def places(text: str) -> Places:
    """Find every value of a valid JSON text."""
    starts: dict[Path, int] = {}
    texts: dict[Path, str] = {}
    twice: list[tuple[int, str]] = []
    frames: list[_Frame] = []
    for found in _TOKEN.finditer(text):
        word, at = found.group(), found.start()
        frame = frames[-1] if frames else None
        if word in "}]" and frames:
            frames.pop()
        elif word == "," and frame:
            frame.index, frame.key = frame.index + 1, None
        elif word == ":":
            continue
        elif frame and frame.is_object and frame.key is None and word[0] == '"':
            frame.key, frame.key_at = json.loads(word, strict=False), at
            if frame.key in frame.seen:
                twice.append((at, str(frame.key)))
            frame.seen.add(str(frame.key))
        else:
            path = frame.child() if frame else ()
            starts.setdefault(path, frame.key_at if frame and frame.is_object else at)
            if word in "{[":
                frames.append(_Frame(path, word == "{"))
            elif word[0] == '"':
                texts.setdefault(path, json.loads(word, strict=False))
    return Places(starts, texts, tuple(twice))


def line_and_column(text: str, at: int) -> tuple[int, int]:
    """Return line and column, from 1, of a place in a text."""
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1
