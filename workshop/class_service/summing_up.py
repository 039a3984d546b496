"""Sums a class up for the trainer: rows for tables, of the whole room or of one lab. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from .course import Course, Question
from .room import Key, Learner, Room


@dataclass(frozen=True, slots=True)
class Stuck:
    """An exercise, and the names of those that are stuck at it."""

    key: Key
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """An exercise: how many have solved it, are at it, are stuck."""

    key: Key
    solved: int
    at_it: int
    stuck: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: how many were wrong at first, how many of them are right now, who answered; wrong choices."""

    key: Key
    wrong_first: int
    right_since: int
    answered: int
    choices: tuple[tuple[str, int], ...]
    """By letter, the learners that chose it although it is wrong; "" stands for a right choice that was missed."""


@dataclass(frozen=True, slots=True)
class Met:
    """An error: how many learners met it, and how often."""

    name: str
    learners: int
    times: int


def stuck(room: Room, lab: str = "") -> list[Stuck]:
    """List the exercises at which somebody is stuck; those of most learners come first."""
    by_key: dict[Key, list[str]] = {}
    for learner in room.learners.values():
        for key in learner.stuck:
            if lab in ("", key[0]):
                by_key.setdefault(key, []).append(learner.name)
    rows = [Stuck(key, tuple(sorted(names))) for key, names in by_key.items()]
    return sorted(rows, key=lambda row: (-len(row.names), row.key))


def exercises(room: Room, lab: str, course: Course) -> list[Tried]:
    """List the exercises of a lab, in the lab's order, and those that the course does not have."""
    tried = {key[1] for learner in room.learners.values() for key in learner.work if key[0] == lab}
    known = list(course[lab].exercises) if lab in course else []
    return [_tried(room, (lab, item)) for item in [*known, *sorted(tried - set(known))]]


def _tried(room: Room, key: Key) -> Tried:
    works = [learner.work[key] for learner in room.learners.values() if key in learner.work]
    solved, are_stuck = sum(work.status == "solved" for work in works), sum(work.is_stuck for work in works)
    return Tried(key, solved, len(works) - solved - are_stuck, are_stuck)


def labs(room: Room, course: Course) -> list[tuple[str, int, int, int]]:
    """List the labs that somebody has begun: name, learners there now, exercises solved, learners stuck."""
    begun: set[str] = set()
    here, solved, are_stuck = Counter[str](), Counter[str](), Counter[str]()
    for learner in room.learners.values():
        begun |= {learner.lab, *(lab for lab, _ in (*learner.work, *learner.answers))}
        here[learner.lab] += 1
        solved.update(lab for (lab, _), work in learner.work.items() if work.status == "solved")
        are_stuck.update({lab for lab, _ in learner.stuck})
    return [(name, here[name], solved[name], are_stuck[name]) for name in in_order(begun, course)]


def in_order(names: Iterable[str], course: Course) -> list[str]:
    """Put names of labs into the course's order; others come behind, by name."""
    order = {name: number for number, name in enumerate(course)}
    return sorted(names, key=lambda name: (order.get(name, len(order)), name))


def errors(room: Room, lab: str = "") -> list[Met]:
    """List the errors; what most learners met comes first."""
    learners, times = Counter[str](), Counter[str]()
    for learner in room.learners.values():
        met = Counter[str]()
        for (where, name), count in learner.errors.items():
            if lab in ("", where):
                met[name] += count
        learners.update(met.keys())
        times.update(met)
    rows = [Met(name, learners[name], times[name]) for name in times]
    return sorted(rows, key=lambda row: (-row.learners, -row.times, row.name))


def questions(room: Room, course: Course, lab: str = "") -> list[Asked]:
    """List the questions that somebody got wrong at first; those that most did come first."""
    keys = {key for learner in room.learners.values() for key in learner.answers if lab in ("", key[0])}
    rows = (_asked(room, key, question_of(course, key)) for key in keys)
    return sorted(
        (row for row in rows if row.wrong_first),
        key=lambda row: (-row.wrong_first, -row.wrong_first / row.answered, row.key),
    )


def question_of(course: Course, key: Key) -> Question | None:
    """Find a question of the course."""
    lab = course.get(key[0])
    return lab.questions.get(key[1]) if lab else None


def _asked(room: Room, key: Key, question: Question | None) -> Asked:
    """Count; choices are counted where the learner's version of the question is the one that is known here."""
    answers = [learner.answers[key] for learner in room.learners.values() if key in learner.answers]
    wrong = [answer for answer in answers if answer.first == "not right"]
    choices = Counter[str]()
    for answer in answers:
        if question is not None and question.choices and answer.version == question.version:
            choices.update({letter for given in answer.wrong for letter in _wrong_in(given, question)})
    right_since = sum(answer.last == "right" for answer in wrong)
    by_count = tuple(sorted(choices.items(), key=lambda row: (-row[1], row[0])))
    return Asked(key, len(wrong), right_since, len(answers), by_count)


def _wrong_in(given: str, question: Question) -> set[str]:
    return (set(given) & set(question.choices)) - question.right or {""}


def ordered(learners: Iterable[Learner], sort: str) -> list[Learner]:
    """Put learners in order: "stuck" (most first), "silent" (longest first), "lab", else by name."""
    by_name = sorted(learners, key=lambda learner: learner.name.casefold())
    if sort == "stuck":
        return sorted(by_name, key=lambda learner: -len(learner.stuck))
    if sort == "silent":
        return sorted(by_name, key=lambda learner: learner.seen)
    return sorted(by_name, key=lambda learner: learner.lab) if sort == "lab" else by_name
