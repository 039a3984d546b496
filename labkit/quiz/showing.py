"""A quiz as text and as HTML, the same words in both; everything is escaped, and no answer is in either."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..exercises.engine import with_code
from .questions import LETTERS, Question

SEVERAL = "Choose all that are right."


def asked(question: Question) -> str:
    """Give the question's text, and whether several choices may be right."""
    return f"{question.text} {SEVERAL}" if question.has_several else question.text


def how_to(example: str) -> str:
    """Say how to answer, with a number and letters as an example."""
    return (
        f"Answer a question by its number: `lab.quiz().answer({example})`. `lab.quiz().result()` says how far you are."
    )


def as_text(title: str, questions: Sequence[Question]) -> str:
    """Write the quiz as plain text."""
    lines = [title, how_to(example_of(questions)).replace("`", "")]
    for number, question in enumerate(questions, 1):
        first, *rest = asked(question).split("\n")
        lines += ["", f"{number}. {first}", *(f"   {line}" for line in rest)]
        lines += [f"   {letter}) {choice.text}" for letter, choice in zip(LETTERS, question.choices, strict=False)]
    return "\n".join(lines)


def as_html(title: str, questions: Sequence[Question]) -> str:
    """Write the quiz as HTML."""
    parts = [f'<div class="labkit-quiz"><p><b>{escape(title)}</b><br>{with_code(how_to(example_of(questions)))}</p>']
    for number, question in enumerate(questions, 1):
        text = "<br>".join(map(with_code, asked(question).split("\n")))
        # The letters as text: JupyterLab numbers every <ol> with digits, whatever its type.
        lettered = zip(LETTERS, question.choices, strict=False)
        choices = "".join(f"<li>{letter}) {with_code(choice.text)}</li>" for letter, choice in lettered)
        parts.append(f'<p><b>{number}.</b> {text}</p><ul style="list-style:none">{choices}</ul>')
    return "".join(parts) + "</div>"


def example_of(questions: Sequence[Question]) -> str:
    """Write an example of an answer: of several letters where there is such a question."""
    several = next((number for number, question in enumerate(questions, 1) if question.has_several), 0)
    return f'{several}, "ab"' if several else '1, "a"'
