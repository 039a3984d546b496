"""What is known of a class: who is in which lab, what is solved, what errors the room meets. Pure, and in memory.

A service that is started again has forgotten it; each learner's own progress is on the learner's own disk.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STUCK = 3
"""So often was an exercise checked and not solved, when it counts as stuck."""
MOST_HINTS = 100
MOST_ITEMS = 500
"""Exercises and errors that are kept of one learner: the whole course has fewer."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ /-]{0,79}", re.ASCII)
_KINDS = {"start": (), "cell": (), "check": ("item", "status"), "error": ("code",)}
_STATUSES = ("solved", "not yet")


class NotUnderstood(ValueError):
    """A report is not of the form that labkit sends."""


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
class Learner:
    """One learner, as far as they have told."""

    name: str
    lab: str = ""
    seen: float = 0.0
    work: dict[tuple[str, str], Work] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    hints_given: int = 0
    resets: list[str] = field(default_factory=list)


@dataclass
class Room:
    """The class. `report` takes what a learner's kernel tells, and answers what it has to say there."""

    learners: dict[str, Learner] = field(default_factory=dict)
    hints: list[tuple[str, str]] = field(default_factory=list)
    paused: bool = False

    def report(self, name: str, event: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Take one event of a learner; answer pause, hints and resets for them. NotUnderstood for another form."""
        kind, lab = event.get("kind"), event.get("lab")
        if not isinstance(kind, str) or kind not in _KINDS or not _is_name(lab):
            raise NotUnderstood("kind and lab are needed")
        if event.keys() != {"kind", "lab", *_KINDS[kind]} or not all(map(_is_name, event.values())):
            raise NotUnderstood(f"an event of the kind {kind!r} has other fields")
        if event.get("status", "solved") not in _STATUSES:
            raise NotUnderstood("a status is 'solved' or 'not yet'")
        learner = self.learners.setdefault(name, Learner(name))
        learner.lab, learner.seen = str(lab), now
        if kind == "check":
            self._checked(learner, event)
        elif kind == "error" and (event["code"] in learner.errors or len(learner.errors) < MOST_ITEMS):
            learner.errors[event["code"]] += 1
        return self._notices(learner)

    def _checked(self, learner: Learner, event: Mapping[str, Any]) -> None:
        key = (event["lab"], event["item"])
        if key not in learner.work and len(learner.work) >= MOST_ITEMS:
            return
        work = learner.work.setdefault(key, Work())
        if work.status != "solved":
            work.status = event["status"]
            work.tries += 1

    def _notices(self, learner: Learner) -> dict[str, Any]:
        hints = [text for lab, text in self.hints[learner.hints_given :] if lab in ("", learner.lab)]
        learner.hints_given = len(self.hints)
        resets, learner.resets = learner.resets, []
        return {"paused": self.paused, "hints": hints, "resets": resets}

    def hint(self, text: str, lab: str = "") -> None:
        """Give a hint to all, or to those in one lab."""
        text = " ".join(text.split())[:500]
        if text and len(self.hints) < MOST_HINTS:
            self.hints.append((lab if _is_name(lab) else "", text))

    def reset(self, name: str, lab: str) -> None:
        """Forget a learner's work on a lab here, and have their kernel forget it, too. Nothing for a stranger."""
        learner = self.learners.get(name)
        if learner is not None and _is_name(lab):
            learner.work = {key: work for key, work in learner.work.items() if key[0] != lab}
            learner.resets = [*learner.resets, lab][-10:]

    def labs(self) -> dict[str, int]:
        """Count the learners in each lab."""
        return dict(sorted(Counter(each.lab for each in self.learners.values()).items()))

    def errors(self) -> list[tuple[str, int, int]]:
        """List the errors: name, how often, how many learners; what most learners met comes first."""
        names = {name for each in self.learners.values() for name in each.errors}
        rows = []
        for name in names:
            counts = [each.errors[name] for each in self.learners.values() if name in each.errors]
            rows.append((name, sum(counts), len(counts)))
        return sorted(rows, key=lambda row: (-row[2], -row[1], row[0]))

    def exercises(self) -> list[tuple[str, str, int, int, int]]:
        """List the exercises that were tried: lab, exercise, how many solved it, are at it, are stuck."""
        keys = sorted({key for each in self.learners.values() for key in each.work})
        rows = []
        for lab, item in keys:
            works = [each.work[lab, item] for each in self.learners.values() if (lab, item) in each.work]
            solved, stuck = sum(work.status == "solved" for work in works), sum(work.is_stuck for work in works)
            rows.append((lab, item, solved, len(works) - solved - stuck, stuck))
        return rows


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(_NAME.fullmatch(value))
