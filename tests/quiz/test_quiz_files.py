"""Every quiz.toml: whole, sourced, in plain English, and with nothing in its form that gives answers away."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from labkit.exercises import LabFileError, labs
from labkit.exercises.lab_rules.page import page_of
from labkit.exercises.lab_rules.quizzes import quiz_problems
from labkit.quiz import Quiz
from labkit.quiz.files import entries
from labkit.quiz.questions import Choice, Question
from tests.notebooks.test_language import LONGEST_SENTENCE, MOST_BRACKETS, RELATIVE, brackets, sentences

WRITTEN = [(name, each.question) for name, lab in labs().items() for each in entries(lab.path) if each.question]
IDS = [f"{name}:{question.id}" for name, question in WRITTEN]


@pytest.mark.parametrize("name", labs())
def test_each_lab_has_one_that_fits_its_notebook(name: str) -> None:
    """Five questions or more, each from a section of the notebook or a page of AWS, shown by one cell."""
    assert list(map(str, quiz_problems(page_of(name)))) == []


@pytest.mark.parametrize("name", labs())
def test_each_lab_asks_the_account_or_the_engine(name: str) -> None:
    """One question or more is made when the quiz is opened."""
    assert [each.id for each in entries(labs()[name].path) if each.maker]


def texts(question: Question) -> list[str]:
    """Everything that a learner reads of a question."""
    return [question.text, *(choice.text for choice in question.choices), *(choice.why for choice in question.choices)]


@pytest.mark.parametrize(("name", "question"), WRITTEN, ids=IDS)
def test_a_question_is_plain_and_fair(name: str, question: Question) -> None:
    """Feedback on each wrong choice, choices that differ, sentences that can be said, and no letter inside a text."""
    assert all(choice.why for choice in question.choices if not choice.is_right)
    assert len({choice.text for choice in question.choices}) == len(question.choices)
    told = [sentence for text in texts(question) for sentence in sentences(text)]
    assert [each for each in told if len(each.split()) > LONGEST_SENTENCE] == []
    assert [each for each in told if RELATIVE.match(each) and "?" not in each] == []
    assert [text for text in texts(question) if brackets(text) > MOST_BRACKETS] == []
    assert [text for text in texts(question) if re.search(r"\b(answer|choice) [a-d]\b|of the above", text)] == []
    for right in question.choices:
        if right.is_right and len(right.text) > 12:  # the feedback says why it is wrong, not what is right
            assert [each.why for each in question.choices if not each.is_right and right.text in each.why] == []


def test_letters_and_lengths_tell_nothing() -> None:
    """No letter holds more than two answers of five, and the longest choice is right about as often as any."""
    single = [question for _, question in WRITTEN if not question.has_several]
    letters = Counter(letter for question in single for letter in question.right)
    assert max(letters.values()) <= 0.4 * len(single)
    longest = [max(question.choices, key=lambda choice: len(choice.text)).is_right for question in single]
    shortest = [min(question.choices, key=lambda choice: len(choice.text)).is_right for question in single]
    assert sum(longest) <= 0.4 * len(single)
    assert sum(shortest) <= 0.4 * len(single)


def test_some_have_several_right_answers() -> None:
    """And none has only right ones."""
    several = [question for _, question in WRITTEN if question.has_several]
    assert several
    assert all(len(question.right) < len(question.choices) for question in several)


WHOLE = '[[question]]\nid = "a"\nsource = "s"\ntext = "t"\nchoices = [\n{ text = "x", right = true },\n'
REST = '{ text = "y", why = "w" },\n{ text = "z", why = "w" },\n]\n'

BAD = {
    "no question": ("", "has no question"),
    "no TOML": ("[[question", "is not valid TOML"),
    "no id": (WHOLE.replace('id = "a"\n', "") + REST, "has no text `id`"),
    "no source": (WHOLE.replace('source = "s"\n', "") + REST, "has no text `source`"),
    "an empty text": (WHOLE.replace('"t"', '" "') + REST, "has no text `text`"),
    "two choices": (WHOLE + '{ text = "y", why = "w" },\n]\n', "is a list of 3 to 8"),
    "no feedback": (WHOLE + REST.replace(', why = "w"', "", 1), "has no text `why`"),
    "no right one": (WHOLE.replace(", right = true", ', why = "w"') + REST, "has no right choice"),
    "no wrong one": (WHOLE + REST.replace('why = "w"', "right = true"), "has no wrong choice"),
    "right as text": (WHOLE.replace("= true", '= "yes"') + REST, "is true, or is left out"),
    "another key": (WHOLE + REST + "answer = 1\n", "`answer` is not understood"),
    "another maker": ('[[question]]\nid = "a"\nsource = "s"\nmade = "magic"\n', "no maker 'magic'"),
    "twice": (WHOLE + REST + WHOLE + REST, "stands twice"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_is_wrong_is_told(case: str, tmp_path: Path) -> None:
    """By its name, what is missing, and the mend."""
    text, told = BAD[case]
    (tmp_path / "quiz.toml").write_text(text)
    with pytest.raises(LabFileError, match=re.escape(told)) as problem:
        entries(tmp_path)
    assert "quiz.toml" in str(problem.value)


def test_nothing_that_is_shown_holds_the_answers() -> None:
    """With another choice right, a question looks the same in every form; and no feedback is in any."""
    for _, question in WRITTEN:
        turned = tuple(replace(each, is_right=other.is_right) for each, other in pairs(question))
        shown = [shown_as(each) for each in (question, replace(question, choices=turned))]
        assert shown[0] == shown[1]
        assert not any(choice.why and choice.why in text for choice in question.choices for text in shown[0])


def pairs(question: Question) -> zip[tuple[Choice, Choice]]:
    """Each choice with the one before it."""
    return zip(question.choices, (question.choices[-1], *question.choices[:-1]), strict=True)


def shown_as(question: Question) -> tuple[str, ...]:
    """What a learner gets to see, in every form."""
    quiz = Quiz("lab", (question,))
    return repr(quiz), quiz._repr_html_(), repr(quiz.questions), repr(vars(quiz))
