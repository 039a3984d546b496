"""What is known of a class: who is in which lab, what is solved, what errors the room meets. Pure, and in memory.

`keeping` puts it on disk. Each learner's own progress is on the learner's own disk, whatever becomes of this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .events import is_name, read

STUCK = 3
"""So often was an exercise checked and not solved, when it counts as stuck."""
MOST_HINTS = 100
HINT_LASTS = 4 * 3600.0
"""Seconds after which a hint reaches nobody any more: tomorrow's learners are at something else."""
MOST_ITEMS = 500
"""Exercises, questions and errors that are kept of one learner: the whole course has fewer."""
MOST_CHOICES = 16
"""Different wrong answers to one question that are kept of one learner."""
Key = tuple[str, str]
"""A lab, and an exercise, a question or an error in it."""


@dataclass
class Work:
    """One learner's work on one exercise."""

    status: str = "not yet"
    tries: int = 0

    @property
    def is_stuck(self) -> bool:
        """Whether it was tried often, and not solved."""
        return self.status != "solved" and self.tries >= STUCK


@dataclass
class Answered:
    """One learner's answers to one question, in the version that it had: the first, the last, and the wrong choices."""

    version: str
    first: str
    last: str
    wrong: list[str] = field(default_factory=list)


@dataclass
class Learner:
    """One learner, as far as they have told. `hint` is the number of the last hint that they have got."""

    name: str
    lab: str = ""
    seen: float = 0.0
    work: dict[Key, Work] = field(default_factory=dict)
    answers: dict[Key, Answered] = field(default_factory=dict)
    errors: dict[Key, int] = field(default_factory=dict)
    hint: int = 0
    resets: list[str] = field(default_factory=list)

    @property
    def stuck(self) -> list[Key]:
        """The exercises that the learner is stuck at, in order."""
        return sorted(key for key, work in self.work.items() if work.is_stuck)


@dataclass(frozen=True, slots=True)
class Hint:
    """A hint, for all or for those in one lab."""

    number: int
    lab: str
    text: str
    at: float


@dataclass
class Room:
    """The class. `report` takes what a learner's kernel tells, and answers what it has to say there."""

    learners: dict[str, Learner] = field(default_factory=dict)
    hints: list[Hint] = field(default_factory=list)
    paused: bool = False

    def report(self, name: str, told: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Take one event of a learner; answer pause, hints and resets for them. NotUnderstood for another form."""
        event = read(told)
        learner = self.learners.setdefault(name, Learner(name))
        learner.lab, learner.seen = event.lab, now
        if event.kind == "check":
            _checked(learner, (event.lab, event.item), event.status)
        elif event.kind == "answer":
            new = Answered(event.version, event.status, event.status)
            _answered(learner, (event.lab, event.item), new, event.choice)
        elif event.kind == "error":
            key = (event.lab, event.code)
            if _has_place(learner.errors, key):
                learner.errors[key] = learner.errors.get(key, 0) + 1
        return self._notices(learner, now)

    def _notices(self, learner: Learner, now: float) -> dict[str, Any]:
        new = [hint for hint in self.hints if hint.number > learner.hint]
        texts = [hint.text for hint in new if hint.lab in ("", learner.lab) and now - hint.at < HINT_LASTS]
        learner.hint = max((hint.number for hint in new), default=learner.hint)
        resets, learner.resets = learner.resets, []
        return {"paused": self.paused, "hints": texts, "resets": resets}

    def hint(self, text: str, lab: str, now: float) -> None:
        """Give a hint to all, or to those in one lab; the oldest ones are forgotten."""
        text = " ".join(text.split())[:500]
        if text:
            number = self.hints[-1].number + 1 if self.hints else 1
            new = Hint(number, lab if is_name(lab) else "", text, now)
            self.hints = [*self.hints, new][-MOST_HINTS:]

    def reset(self, name: str, lab: str) -> None:
        """Forget a learner's work on a lab here, and have their kernel forget it, too. Nothing for a stranger."""
        learner = self.learners.get(name)
        if learner is not None and is_name(lab):
            learner.work = {key: work for key, work in learner.work.items() if key[0] != lab}
            learner.answers = {key: answer for key, answer in learner.answers.items() if key[0] != lab}
            learner.resets = [*learner.resets, lab][-10:]

    def forget(self, name: str) -> None:
        """Forget one learner here. Their own progress stays."""
        self.learners.pop(name, None)

    def forget_all(self) -> None:
        """Forget the learners, the hints and the pause."""
        self.learners, self.hints, self.paused = {}, [], False

    def silent_since(self, moment: float) -> list[str]:
        """Name the learners that were last heard of before this moment."""
        return sorted(name for name, learner in self.learners.items() if learner.seen < moment)


def _has_place(kept: Mapping[Key, object], key: Key) -> bool:
    return key in kept or len(kept) < MOST_ITEMS


def _checked(learner: Learner, key: Key, status: str) -> None:
    if not _has_place(learner.work, key):
        return
    work = learner.work.setdefault(key, Work())
    if work.status != "solved":
        work.status = status
        work.tries += 1


def _answered(learner: Learner, key: Key, answer: Answered, choice: str) -> None:
    if not _has_place(learner.answers, key):
        return
    kept = learner.answers.get(key)
    if kept is None or kept.version != answer.version:  # other data, another question
        kept = learner.answers[key] = answer
    kept.last = answer.last
    if answer.last == "not right" and choice not in kept.wrong and len(kept.wrong) < MOST_CHOICES:
        kept.wrong.append(choice)
