"""The course as progress sees it: each lab, its exercises and its questions, with the versions of their data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ..exercises import Spec, labs
from ..exercises.loader import NOTEBOOKS, LabFolder
from ..quiz.files import entries
from ..quiz.questions import version_of

EXERCISE, QUESTION = "exercise", "question"


@dataclass(frozen=True, slots=True)
class Row:
    """One lab of the course: what there is to do, by id, each with its version."""

    lab: str
    exercises: Mapping[str, str]
    questions: Mapping[str, str]

    def has(self, kind: str) -> Mapping[str, str]:
        """Give the versions of a kind, by id."""
        return self.exercises if kind == EXERCISE else self.questions


def version_of_exercise(spec: Spec) -> str:
    """Make the version of an exercise: a hash of its texts, its solution and its wrong answers."""
    return version_of(asdict(spec))


def course() -> dict[str, Row]:
    """Read labkit's own labs and projects, in order."""
    return {name: row_of(lab) for name, lab in labs().items() if lab.path.parent in NOTEBOOKS}


def row_of(lab: LabFolder) -> Row:
    """Read one lab."""
    exercises = {spec.id: version_of_exercise(spec) for spec in lab.specs()}
    return Row(lab.name, exercises, {entry.id: entry.version for entry in entries(lab.path)})
