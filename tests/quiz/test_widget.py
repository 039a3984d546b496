"""The quiz as a widget, headless: state, view and twin say the same; the page is in tests/browser/widgets."""

from __future__ import annotations

import pytest

from labkit.quiz import Choice, Question, Quiz
from labkit.widgets.quiz import QuizWidget
from labkit.widgets.quiz.quiz_view import QuizView

ONE = Question(
    "one", "Which `x`?\nSay.", (Choice("<b>x", why="wx"), Choice("y", True), Choice("z", why="wz")), "s", "v"
)
TWO = Question("two", "Which?", (Choice("x", True), Choice("y", True), Choice("z", why="wz")), "s", "v")


@pytest.fixture
def widget() -> QuizWidget:
    """A quiz of two questions."""
    return QuizWidget(Quiz("90-any", (ONE, TWO)))


def test_it_works_without_a_click(widget: QuizWidget) -> None:
    """Its value is there from the start; the twin is the quiz, and no answer is in it."""
    assert repr(widget.value) == "0 of 2 right; not answered: 1, 2."
    assert repr(widget) == repr(widget.quiz)
    assert widget.quiz._repr_html_() in widget._repr_html_()
    assert "wx" not in widget._repr_html_()


def test_an_answer_in_a_cell_is_in_the_twin_and_in_the_view(widget: QuizWidget) -> None:
    """Whichever way it is answered."""
    view = widget.view.children[1]
    widget.answer(1, "a")
    assert "Question 1, not right: wx" in repr(widget)
    assert "not right" in view.children[4].value
    assert repr(widget.result()) == "0 of 2 right; not right yet: 1; not answered: 2."
    widget.answer(99, "a")
    assert repr(widget).count("not right: wx") == 1


def test_clicking_through(widget: QuizWidget) -> None:
    """Choices of one question are radio buttons, of the other boxes; what is ticked stays when one comes back."""
    view = QuizView(widget)
    text, choices, buttons, said = view.box.children[1:5]
    answer, back, forward = buttons.children
    assert (back.disabled, forward.disabled) == (True, False)
    answer.click()
    assert "no answer" in said.value
    choices.children[0].value = "b"
    answer.click()
    assert "<b>right</b>: That is it." in said.value
    assert 'role="status"' in said.value
    forward.click()
    assert (back.disabled, forward.disabled) == (False, True)
    assert "Question 2 of 2: Which? Choose all that are right." in text.value
    first, _, third = choices.children[0].children
    first.value = third.value = True
    answer.click()
    assert "(c) wz And something is missing." in said.value
    back.click()
    assert choices.children[0].value == "b"
    forward.click()
    assert [box.value for box in choices.children[0].children] == [True, False, True]
    choices.children[0].children[1].value = True
    choices.children[0].children[2].value = False
    answer.click()
    assert widget.value.is_done
    widget.go(99)
    assert widget.at == 2
    widget.go(-1)
    assert widget.at == 1


def test_markup_in_a_question_is_text(widget: QuizWidget) -> None:
    """In the view, code is code, lines are lines, and the rest is escaped; choices are no HTML at all."""
    view = QuizView(widget)
    assert view.box.children[1].value == "<p>Question 1 of 2: Which <code>x</code>?<br>Say.</p>"
    assert view.box.children[2].children[0].options[0] == ("a) <b>x", "a")
