"""The exercises of the notebooks: found by the notebook's name, opened in a lab.

Reads the data files beside it (NN-name.toml) and imports their checks (checks_NN.py); changes nothing.
"""

from __future__ import annotations

import tomllib
from importlib import import_module, resources
from typing import Any

from .engine import Exercise, Hint, LabView, Outcome, Solution, Spec, Wrong
from .needs import Made

__all__ = [
    "Exercise",
    "Exercises",
    "Hint",
    "LabView",
    "Made",
    "Outcome",
    "Solution",
    "Spec",
    "UnknownExercise",
    "Wrong",
]


class UnknownExercise(LookupError):
    """There is no such exercise in this lab; the message lists those there are."""


def notebooks() -> tuple[str, ...]:
    """Names of the notebooks that have exercises, in order: "00-start-here", …"""
    files = resources.files(__name__).iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def read(notebook: str) -> tuple[Spec, ...]:
    """The exercises of one notebook, in order; none for a lab that is no notebook."""
    if notebook not in notebooks():
        return ()
    text = resources.files(__name__).joinpath(f"{notebook}.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    made = {row["id"]: Made(**{"having": {}, "under": "", **row}) for row in data.get("made", [])}
    return tuple(_spec(entry, made) for entry in data["exercise"])


def _spec(entry: dict[str, Any], made: dict[str, Made]) -> Spec:
    wrong = tuple(Wrong(code=item["code"], says=item["says"]) for item in entry["wrong"])
    return Spec(
        id=entry["id"],
        title=entry["title"],
        task=" ".join(entry["task"].split()),
        hints=tuple(entry["hints"]),
        solution=entry["solution"],
        wrong=wrong,
        answer=entry.get("answer", "any") if "answer = " in entry["solution"] else None,
        needs=tuple(made[name] for name in entry.get("needs", [])),
    )


class Exercises:
    """The exercises of one lab; each is opened once, so that its hints go on from where they were."""

    def __init__(self, lab: LabView) -> None:
        self._lab = lab
        self._specs = {spec.id: spec for spec in read(lab.name)}
        self._open: dict[str, Exercise] = {}

    def get(self, exercise_id: str) -> Exercise:
        """The exercise of that id; UnknownExercise if this lab has none of that name."""
        if exercise_id not in self._specs:
            known = ", ".join(self._specs) or "none: only the notebooks' own labs have exercises"
            raise UnknownExercise(f"Lab {self._lab.name!r} has no exercise {exercise_id!r}. It has: {known}.")
        if exercise_id not in self._open:
            checks = import_module(f"{__name__}.checks_{self._lab.name[:2]}")
            check = getattr(checks, exercise_id.replace("-", "_"))
            self._open[exercise_id] = Exercise(self._specs[exercise_id], self._lab, check)
        return self._open[exercise_id]
