"""Quizzes: questions at the end of a lab that test understanding, graded in Python.

`quiz.toml` in a lab's folder has the questions (`files`). Some name a maker instead of choices: those are made from the
lab's account when the quiz is opened, and the engine that decides in the account says which choice is right (`makers`).
`quiz` shows and grades. Nothing that is shown holds the answers.
"""

from __future__ import annotations

from .grading import Feedback, Result
from .questions import Choice, Entry, Question
from .quiz import NoQuiz, Quiz

__all__ = ["Choice", "Entry", "Feedback", "NoQuiz", "Question", "Quiz", "Result"]
