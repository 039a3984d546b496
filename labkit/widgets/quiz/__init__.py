"""The quiz of a lab as a widget: `lab.quiz()`. Grading is `labkit.quiz`'s; here are the state and the view."""

from __future__ import annotations

from .quiz_widget import QuizWidget

__all__ = ["QuizWidget"]
