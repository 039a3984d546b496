"""The live quiz: a question, its choices, three buttons, and what is said to the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ...exercises.engine import with_code
from ...quiz.grading import MARKS
from ..parts import button, html, row
from ..twin import Heading, Words

if TYPE_CHECKING:
    from .quiz_widget import QuizWidget

# Choices are sentences: they wrap.
_STYLE = """<style>
.labkit-widget .labkit-choices, .labkit-widget .labkit-choices .widget-radio-box { width: 100%; height: auto }
.labkit-widget .labkit-choices label, .labkit-widget .labkit-choices .widget-label-basic {
  white-space: normal; height: auto; line-height: 1.4; width: auto; max-width: 60em; margin: .25em 0 }
.labkit-widget .labkit-choices .widget-radio-box label { display: flex; gap: .4em; align-items: center }
.labkit-widget .labkit-choices .widget-radio-box label input { margin: 0; flex: none; order: -1 }
</style>"""


class QuizView:
    """`box` is the widget; `draw` shows the question that the quiz is at."""

    def __init__(self, quiz: QuizWidget) -> None:
        self._quiz = quiz
        self._text = w.HTML()
        self._choices = w.VBox()
        self._said = w.HTML()
        self._result = w.HTML()
        self._back = button("Previous question", lambda: self._go(-1))
        self._answer = button("Answer", self._answered, "primary")
        self._next = button("Next question", lambda: self._go(1))
        title = w.HTML(_STYLE + html([Heading(quiz.quiz.title)]))
        buttons = row(self._answer, self._back, self._next)
        self.box = w.VBox([title, self._text, self._choices, buttons, self._said, self._result])
        self.draw()

    def draw(self) -> None:
        """Show the question, what is ticked, and what was said."""
        quiz = self._quiz
        self._text.value = "<p>" + "<br>".join(map(with_code, quiz.words.split("\n"))) + "</p>"
        several = quiz.question.has_several
        box = _ticks(quiz) if several else _radios(quiz)
        box.add_class("labkit-choices")
        self._choices.children = [box]
        self._first = box.children[0] if several else box
        self._back.disabled = quiz.at == 1
        self._next.disabled = quiz.at == len(quiz.questions)
        self._tell()

    def _tell(self) -> None:
        said = self._quiz.said
        told = ""
        if said is not None:
            kind = {"right": "done", "not right": "refused"}.get(said.status, "note")
            told = f'<p class="labkit-{kind}">{MARKS[said.status]} <b>{said.status}</b>: {with_code(said.message)}</p>'
        self._said.value = f'<div role="status">{told}</div>'
        self._result.value = html([Words(repr(self._quiz.value), "note")])

    def _go(self, by: int) -> None:
        self._quiz.go(self._quiz.at + by)
        self.draw()
        self._first.focus()

    def _answered(self) -> None:
        self._quiz.answer_chosen()
        self._tell()


def _radios(quiz: QuizWidget) -> Any:
    """One of the choices."""
    made = w.RadioButtons(options=quiz.options, value=next(iter(quiz.chosen), None), layout={"width": "auto"})
    made.observe(lambda change: quiz.choose(frozenset({change["new"]} if change["new"] else ())), "value")
    return made


def _ticks(quiz: QuizWidget) -> Any:
    """Any of the choices."""

    def tick(letter: str, ticked: bool) -> None:
        quiz.choose(quiz.chosen | {letter} if ticked else quiz.chosen - {letter})

    boxes = []
    for words, letter in quiz.options:
        box = w.Checkbox(letter in quiz.chosen, description=words, indent=False, layout={"width": "auto"})
        box.observe(lambda change, letter=letter: tick(letter, change["new"]), "value")
        boxes.append(box)
    return w.VBox(boxes)
