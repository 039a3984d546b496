"""What the page knows of the course: titles, first words to say, and the quizzes' choices. From course.json beside it.

`make trainer` writes that file from the labs, so that this service needs nothing of labkit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("course.json")


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a quiz. One that is made when the quiz is opened has no choices here, and a text for trainers."""

    version: str
    source: str
    text: str
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By letter: `text`, `why` it is wrong; a right one has `right`."""

    @property
    def right(self) -> set[str]:
        """The letters that are right."""
        return {letter for letter, choice in self.choices.items() if "right" in choice}


@dataclass(frozen=True, slots=True)
class Exercise:
    """An exercise: its title, and what to say step by step."""

    title: str
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab, as the trainer's pack has it."""

    title: str
    exercises: Mapping[str, Exercise] = field(default_factory=dict)
    questions: Mapping[str, Question] = field(default_factory=dict)


Course = Mapping[str, Lab]


def course(file: Path = FILE) -> Course:
    """Read the labs, in the course's order."""
    data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return {name: _lab(lab) for name, lab in data.items()}


def _lab(data: Mapping[str, Any]) -> Lab:
    exercises = {name: Exercise(each["title"], tuple(each["hints"])) for name, each in data["exercises"].items()}
    return Lab(data["title"], exercises, {name: Question(**each) for name, each in data["questions"].items()})
