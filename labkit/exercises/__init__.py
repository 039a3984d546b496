"""The exercises of the labs: found by the lab's name, opened in an account.

`loader` reads them from the labs' folders, `engine` carries them out. Changes nothing.
"""

from __future__ import annotations

from .engine import Exercise, Hint, LabView, Outcome, Solution, Spec, Told, Wrong, tell_nobody
from .loader import LabFileError, labs

__all__ = [
    "Exercise",
    "Exercises",
    "Hint",
    "LabFileError",
    "LabView",
    "Outcome",
    "Solution",
    "Spec",
    "UnknownExercise",
    "Wrong",
    "labs",
    "notebooks",
    "read",
]


class UnknownExercise(LookupError):
    """There is no such exercise in this lab; the message lists those there are."""


def notebooks() -> tuple[str, ...]:
    """List the names of the notebooks that have exercises, in order: "00-start-here", …"""
    return tuple(labs())


def read(notebook: str) -> tuple[Spec, ...]:
    """Read the exercises of one notebook, in order; none for a lab that is no notebook."""
    lab = labs().get(notebook)
    return lab.specs() if lab else ()


class Exercises:
    """The exercises of one lab; each is opened once, so that its hints go on from where they were."""

    def __init__(self, lab: LabView, told: Told = tell_nobody) -> None:
        self._lab = lab
        self._told = told
        self._folder = labs().get(lab.name)
        self._specs = {spec.id: spec for spec in self._folder.specs()} if self._folder else {}
        self._open: dict[str, Exercise] = {}

    def get(self, exercise_id: str) -> Exercise:
        """Open the exercise of that id; UnknownExercise if this lab has none of that name."""
        if self._folder is None or exercise_id not in self._specs:
            known = ", ".join(self._specs) or "none: only the notebooks' own labs have exercises"
            raise UnknownExercise(f"Lab {self._lab.name!r} has no exercise {exercise_id!r}. It has: {known}.")
        if exercise_id not in self._open:
            check = self._folder.check(exercise_id)
            self._open[exercise_id] = Exercise(self._specs[exercise_id], self._lab, check, self._told)
        return self._open[exercise_id]
