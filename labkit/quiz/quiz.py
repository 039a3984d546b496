"""`lab.quiz()`: the questions of a lab, shown and graded; works without widgets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..exercises.engine import LabView, printed_in_scripts
from ..exercises.loader import LabFolder
from .files import entries
from .grading import Feedback, Result, grade, letters_of, number_of
from .makers import made
from .questions import LETTERS, Question
from .showing import as_html, as_text

Told = Callable[[Question, Feedback], None]


class NoQuiz(LookupError):
    """This lab has no quiz."""


def _ignore(_question: Question, _feedback: Feedback) -> None:
    """Keep nothing."""


class Quiz:
    """The questions of one lab, as the account is when the quiz is opened. Showing it gives no answer away."""

    def __init__(self, name: str, questions: tuple[Question, ...], told: Told = _ignore) -> None:
        self.name = name
        self.questions = questions
        self._told = told
        self._last: dict[int, Feedback] = {}

    @classmethod
    def of(cls, lab: LabView, folder: LabFolder | None, told: Told = _ignore) -> Quiz:
        """Open the quiz of a lab's folder. NoQuiz if it has none."""
        found = entries(folder.path) if folder else ()
        if not found:
            raise NoQuiz(f"Lab {lab.name!r} has no quiz. The notebooks' own labs have one: see lab 00.")
        return cls(lab.name, tuple(each.question or replace(made(each, lab), is_made=True) for each in found), told)

    @property
    def title(self) -> str:
        """What stands above the questions."""
        return f"Check yourself: {len(self.questions)} questions on lab {self.name}"

    def answer(self, number: Any, choice: Any = None) -> Feedback:
        """Answer question `number` with a letter, or with several ("ac"); says right or not right, and why not."""
        return printed_in_scripts(self.graded(number, choice))

    def graded(self, number: Any, choice: Any) -> Feedback:
        """Grade without printing, for views."""
        if not (found := number_of(number, len(self.questions))):
            return Feedback(0, "no answer", f"The questions have the numbers 1 to {len(self.questions)}.")
        question = self.questions[found - 1]
        letters = LETTERS[: len(question.choices)]
        if (chosen := letters_of(choice, len(letters))) is None:
            many = ', or several letters as in "ab"' if question.has_several else ""
            return Feedback(found, "no answer", f"Give one letter, a to {letters[-1]}{many}.")
        feedback = grade(found, question, chosen)
        if feedback.status != "no answer":
            self._last[found] = feedback
            self._told(question, feedback)
        return feedback

    def result(self) -> Result:
        """Say how many questions are right so far, and which are not."""
        return printed_in_scripts(self.so_far())

    def so_far(self) -> Result:
        """Give the result without printing, for views."""
        numbers = range(1, len(self.questions) + 1)
        by_status = {
            wanted: tuple(n for n in numbers if n in self._last and self._last[n].status == wanted)
            for wanted in ("right", "not right")
        }
        return Result(by_status["right"], by_status["not right"], tuple(n for n in numbers if n not in self._last))

    def __repr__(self) -> str:
        return as_text(self.title, self.questions)

    def _repr_html_(self) -> str:
        return as_html(self.title, self.questions)
