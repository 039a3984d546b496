"""What a question is: plain facts, read from a file or made from an account."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LETTERS = "abcdefgh"


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose. `why` says why it is wrong; of a right one, what is to be known besides (may be empty)."""

    text: str
    is_right: bool = field(default=False, repr=False)
    why: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Question:
    """One question as it is asked. Texts are plain, with `code` in backquotes; `source` is a lab's section or a page.

    `version` changes with its data. `is_made` tells that a maker drew it, so that its letters mean nothing elsewhere.
    Neither `repr` nor anything shown holds which choices are right.
    """

    id: str
    text: str
    choices: tuple[Choice, ...]
    source: str
    version: str
    is_made: bool = False

    @property
    def right(self) -> frozenset[str]:
        """The letters of the right choices."""
        return frozenset(letter for letter, choice in zip(LETTERS, self.choices, strict=False) if choice.is_right)

    @property
    def has_several(self) -> bool:
        """Whether more than one choice is right."""
        return len(self.right) > 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One [[question]] of a quiz.toml: a whole question, or the name of a maker and what it is told (`about`)."""

    id: str
    source: str
    version: str
    question: Question | None = None
    maker: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)


def version_of(data: Mapping[str, Any]) -> str:
    """Make a short hash of the data of a question or an exercise: other data, another version."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
