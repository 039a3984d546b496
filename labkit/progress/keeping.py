"""What a lab tells of its learner, and the page that it shows them. Nothing that fails here disturbs a lab."""

from __future__ import annotations

from contextlib import suppress

from ..exercises import Outcome, Spec
from ..presence import folder, is_kept
from ..quiz import Feedback, Question
from .course import EXERCISE, QUESTION, course, version_of_exercise
from .page import Page
from .store import NotKept, Store


class Keeper:
    """Keeps the outcomes of one lab, if somebody is there (`labkit.presence`)."""

    def __init__(self, lab: str) -> None:
        self._lab = lab

    def checked(self, spec: Spec, outcome: Outcome) -> None:
        """Keep what a check found, unless nothing was attempted, or it could not tell."""
        if outcome.status in ("solved", "not yet"):
            self._keep(EXERCISE, spec.id, version_of_exercise(spec), outcome.status)

    def answered(self, question: Question, feedback: Feedback) -> None:
        """Keep whether an answer was right; the letter is not kept."""
        if feedback.status in ("right", "not right"):
            self._keep(QUESTION, question.id, question.version, feedback.status)

    def _keep(self, kind: str, item: str, version: str, status: str) -> None:
        if is_kept():
            with suppress(NotKept):  # the page says so
                Store(folder()).keep(self._lab, kind, item, version, status)


def progress() -> Page:
    """Make the map of the course for whoever is there; for a program that runs a notebook, a fresh one."""
    if not is_kept():
        return Page.of(course(), ())
    return of_folder()


def of_folder() -> Page:
    """Make the map of the course from the learner's file."""
    store = Store(folder())
    try:
        kept, notes = store.all(), []
    except NotKept as problem:
        kept, notes = (), [str(problem)]
    notes += [
        f"An older file could not be read. It is kept as {path}, and counts no more." for path in store.put_aside()
    ]
    return Page.of(course(), kept, notes)
