"""Reads what was answered, and says whether it is right. Whatever is given, the answer is words, never an exception."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from ..exercises.engine import with_code
from .questions import LETTERS, Question

Status = Literal["right", "not right", "no answer"]
MARKS: dict[Status, str] = {"right": "✔", "not right": "✘", "no answer": "○"}
_LONGEST = 40  # characters: what is longer is no list of letters
_BETWEEN = re.compile(r"[\s,;+&/().]+|\band\b")


@dataclass(frozen=True, slots=True)
class Feedback:
    """What is said to one answer: of a wrong one why it is wrong, not which one is right. `chosen` has its letters."""

    number: int
    status: Status
    message: str
    chosen: str = ""

    def __repr__(self) -> str:
        return f"{self._about}{self.status}: {self.message}"

    def _repr_html_(self) -> str:
        told = escape(f"{self._about}{self.status}")
        return f"<p>{MARKS[self.status]} <b>{told}</b>: {with_code(self.message)}</p>"

    @property
    def _about(self) -> str:
        return f"Question {self.number}, " if self.number else ""


@dataclass(frozen=True, slots=True)
class Result:
    """How far a quiz has come: the numbers of the questions by the last answer to each."""

    right: tuple[int, ...]
    wrong: tuple[int, ...]
    open: tuple[int, ...]

    @property
    def is_done(self) -> bool:
        """Whether every question has a right answer."""
        return not self.wrong and not self.open

    def __repr__(self) -> str:
        told = f"{len(self.right)} of {len(self.right) + len(self.wrong) + len(self.open)} right"
        if self.wrong:
            told += f"; not right yet: {', '.join(map(str, self.wrong))}"
        if self.open:
            told += f"; not answered: {', '.join(map(str, self.open))}"
        return told + "."

    def _repr_html_(self) -> str:
        return f"<p>{'✔' if self.is_done else '…'} <b>Quiz</b>: {escape(repr(self))}</p>"


def number_of(given: Any, questions: int) -> int:
    """Read a question's number, 1 to `questions`; 0 for what is none."""
    if isinstance(given, str):
        given = given.strip().removesuffix(".")
        given = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else None
    if given is None or isinstance(given, bool):
        return 0
    try:
        number = operator.index(given)
    except TypeError:
        return 0
    return number if 1 <= number <= questions else 0


def letters_of(given: Any, choices: int) -> frozenset[str] | None:
    """Read one letter or several: "b", "B ", "a, c", ["a", "c"]. None for what is no choice of the question."""
    parts = given if isinstance(given, (list, tuple, set, frozenset)) else [given]
    found: set[str] = set()
    for part in _texts(parts):
        told = _BETWEEN.sub("", part.casefold()) if len(part) <= _LONGEST else ""
        if not told or not set(told) <= set(LETTERS[:choices]):
            return None
        found |= set(told)
    return frozenset(found) or None


def _texts(parts: Iterable[Any]) -> Iterable[str]:
    return (part if isinstance(part, str) else "" for part in parts)


def grade(number: int, question: Question, chosen: frozenset[str]) -> Feedback:
    """Say whether these letters are the right ones; of each wrong one why."""
    letters = LETTERS[: len(question.choices)]
    if len(chosen) > 1 and not question.has_several:
        return Feedback(number, "no answer", "This question has one right answer. Give one letter.")
    by_letter = dict(zip(letters, question.choices, strict=True))
    if chosen == question.right:
        more = " ".join(by_letter[letter].why for letter in letters if letter in chosen and by_letter[letter].why)
        return Feedback(number, "right", more or "That is it.", "".join(sorted(chosen)))
    wrong = [letter for letter in letters if letter in chosen - question.right]
    told = [f"({letter}) {by_letter[letter].why}" if len(chosen) > 1 else by_letter[letter].why for letter in wrong]
    if question.right - chosen and question.has_several:
        told.append("What you chose is right, but there is more." if not wrong else "And something is missing.")
    return Feedback(number, "not right", " ".join(told), "".join(sorted(chosen)))
