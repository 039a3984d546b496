"""A quiz to click through, question by question; without clicks, `.answer(3, "b")` does it. No ipywidgets here.

Its twin has all questions, and what was said to the last answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...quiz import Feedback, Question, Quiz, Result
from ...quiz.questions import LETTERS
from ...quiz.showing import asked
from ..frame import Widget
from ..twin import Drawn, Twin, Words

if TYPE_CHECKING:
    from .quiz_view import QuizView


class QuizWidget(Widget):
    """A lab's quiz. `value` is the result so far; `answer` and `result` work in any cell."""

    def __init__(self, quiz: Quiz) -> None:
        self.quiz = quiz
        self.at = 1
        self._chosen: dict[int, frozenset[str]] = {}
        self._said: dict[int, Feedback] = {}

    @property
    def value(self) -> Result:
        """The result so far."""
        return self.quiz.so_far()

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions, in order; nothing in them shows which choices are right."""
        return self.quiz.questions

    def answer(self, number: Any, choice: Any = None) -> Feedback:
        """Answer question `number` with a letter, or with several ("ac"); says right or not right, and why not."""
        feedback = self.quiz.answer(number, choice)
        if feedback.number:
            self._said[feedback.number] = feedback
            self.redraw()
        return feedback

    def result(self) -> Result:
        """Say how many questions are right so far, and which are not."""
        return self.quiz.result()

    # What the view does

    @property
    def question(self) -> Question:
        """The question that the view is at."""
        return self.questions[self.at - 1]

    @property
    def words(self) -> str:
        """The text of that question, with its number."""
        return f"Question {self.at} of {len(self.questions)}: {asked(self.question)}"

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """The choices of that question, as (words, letter): labels of boxes and buttons, which know no code."""
        pairs = zip(LETTERS, self.question.choices, strict=False)
        return tuple((f"{letter}) {choice.text.replace('`', '')}", letter) for letter, choice in pairs)

    @property
    def chosen(self) -> frozenset[str]:
        """The letters that are ticked at that question, answered or not."""
        return self._chosen.get(self.at, frozenset())

    @property
    def said(self) -> Feedback | None:
        """What was said to the last answer to that question."""
        return self._said.get(self.at)

    def go(self, number: int) -> None:
        """Go to a question; before the first and after the last one, nothing happens."""
        self.at = min(max(number, 1), len(self.questions))

    def choose(self, letters: frozenset[str]) -> None:
        """Tick these letters at the question, and no others."""
        self._chosen[self.at] = letters

    def answer_chosen(self) -> None:
        """Answer the question with what is ticked."""
        self._said[self.at] = self.quiz.graded(self.at, sorted(self.chosen))
        self.changed()

    # What every widget has

    def twin(self) -> Twin:
        """Give all questions, and what was said so far."""
        said = [Words(repr(self._said[number])) for number in sorted(self._said)]
        so_far = [Words(repr(self.value))] if said else []
        return Twin((Drawn(self.quiz._repr_html_(), repr(self.quiz)), *said, *so_far))

    def make_view(self) -> QuizView:
        """Make the view."""
        from .quiz_view import QuizView

        return QuizView(self)
