"""The part of the trainer's page that changes: what needs help now, then learners, labs, quizzes, errors. Pure.

Everything that learners told is escaped. What may keep the focus or stay open has an id of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import quote, urlencode

from . import summing_up
from .course import Course, Exercise
from .events import is_name
from .room import Key, Learner, Room

SORTS: Mapping[str, str] = {
    "stuck": "stuck first",
    "silent": "silent for longest",
    "lab": "by lab",
    "name": "by name",
}
MOST_QUESTIONS = 10
_CODE = re.compile(r"`([^`\n]+)`")
Row = Iterable[str]  # cells, in HTML


@dataclass(frozen=True, slots=True)
class View:
    """What the trainer looks at: one lab or all of them (""), and the order of the learners."""

    lab: str = ""
    sort: str = "stuck"

    @classmethod
    def of(cls, lab: str, sort: str) -> View:
        """Read what a query says; what is none of it is the whole class, stuck first."""
        return cls(lab if is_name(lab) else "", sort if sort in SORTS else "stuck")

    def query(self) -> str:
        """Write it as a query."""
        return urlencode({"lab": self.lab, "sort": self.sort})


def tables(room: Room, course: Course, view: View, now: float) -> str:
    """Make all tables of a view."""
    of_lab = f" in {view.lab}" if view.lab else ""
    parts = [_headline(room), _stuck(room, course, view, of_lab), _learners(room, course, view, now, of_lab)]
    parts += [_exercises(room, course, view) if view.lab else _labs(room, course, view)]
    parts += [_questions(room, course, view, of_lab), _errors(room, view, of_lab)]
    return "".join(parts)


def _headline(room: Room) -> str:
    learners = len(room.learners)
    stuck = sum(bool(each.stuck) for each in room.learners.values())
    told = f"{learners} {'learner' if learners == 1 else 'learners'}, {stuck or 'nobody'} stuck."
    state = "<b>The class is paused.</b>" if room.paused else "The class is at work."
    return f'<p id="headline">{told} {state}</p>'


def _stuck(room: Room, course: Course, view: View, of_lab: str) -> str:
    rows = (
        (
            f"{len(row.names)}: {escape(', '.join(row.names))}",
            _link(view, row.key[0], "stuck-in", *row.key),
            escape(_title(course, row.key)) + _hints(course, row.key),
        )
        for row in summing_up.stuck(room, view.lab)
    )
    return table("stuck", f"Stuck{of_lab}", ("learners", "lab", "exercise, and what to say"), rows, "Nobody is stuck.")


def _learners(room: Room, course: Course, view: View, now: float, of_lab: str) -> str:
    shown = summing_up.ordered(room.learners.values(), view.sort)
    rows = (_learner(each, course, view, now) for each in shown if view.lab in ("", each.lab))
    columns = ("name", "lab", "stuck at", "last heard of", "solved in it", "solved in all")
    nobody = "Nobody so far. Only learners who agreed are shown, from their first check or start on."
    return table("learners", f"Learners{of_lab}", columns, rows, f"Nobody is{of_lab}." if view.lab else nobody)


def _learner(learner: Learner, course: Course, view: View, now: float) -> Row:
    solved = [key for key, work in learner.work.items() if work.status == "solved"]
    here = sum(key[0] == learner.lab for key in solved)
    of = f" of {len(course[learner.lab].exercises)}" if learner.lab in course else ""
    titles = ((key[0], _title(course, key)) for key in learner.stuck)
    stuck = "; ".join(title if lab == learner.lab else f"{title} ({lab})" for lab, title in titles)
    name = f'<span id="{_id("learner", learner.name)}">{escape(learner.name)}</span>'
    return (
        name,
        _link(view, learner.lab, "lab-of", learner.name),
        escape(stuck),
        ago(learner.seen, now),
        f"{here}{of}",
        str(len(solved)),
    )


def ago(moment: float, now: float) -> str:
    """Say how long ago something was."""
    minutes = int(max(0.0, now - moment) // 60)
    if minutes < 1:
        return "now"
    if minutes < 120:
        return f"{minutes} min ago"
    hours = minutes // 60
    return f"{hours} hours ago" if hours < 48 else f"{hours // 24} days ago"


def _labs(room: Room, course: Course, view: View) -> str:
    rows = ((_link(view, lab, "lab", lab), *map(str, counts)) for lab, *counts in summing_up.labs(room, course))
    return table("labs", "Who is where", ("lab", "learners in it", "exercises solved", "learners stuck"), rows)


def _exercises(room: Room, course: Course, view: View) -> str:
    found = summing_up.exercises(room, view.lab, course)
    rows = ((escape(_title(course, row.key)), str(row.solved), str(row.at_it), str(row.stuck)) for row in found)
    return table("labs", f"Exercises in {view.lab}", ("exercise", "solved", "at it", "stuck"), rows)


def _questions(room: Room, course: Course, view: View, of_lab: str) -> str:
    found = summing_up.questions(room, course, view.lab)[:MOST_QUESTIONS]
    rows = (
        (
            _link(view, row.key[0], "asked-in", *row.key),
            _question(course, row),
            f"{row.wrong_first} of {row.answered}",
            str(row.right_since),
        )
        for row in found
    )
    columns = ("lab", "question, and what to say", "wrong at first", "right since")
    return table("questions", f"Questions that the room gets wrong most{of_lab}", columns, rows)


def _question(course: Course, row: summing_up.Asked) -> str:
    question = summing_up.question_of(course, row.key)
    if question is None:
        return escape(row.key[1])
    if not question.choices:
        return f"{escape(row.key[1])}: {with_code(question.text)} In the lab: {escape(question.source)}."
    said = []
    for letter, times in row.choices:
        choice = question.choices.get(letter)
        what = "a right choice was missed"
        if choice:
            what = f"<b>{letter})</b> {with_code(choice['text'])}. <i>Say: {with_code(choice['why'])}</i>"
        said.append(f"<li>{times} × {what}</li>")
    right = "; ".join(with_code(question.choices[letter]["text"]) for letter in sorted(question.right))
    more = f"<ul>{''.join(said)}</ul><p>Right: {right}. In the lab: <i>{escape(question.source)}</i>.</p>"
    name = _id("question", *row.key)
    return f'<details id="{name}"><summary id="{name}-s">{with_code(question.text)}</summary>{more}</details>'


def _errors(room: Room, view: View, of_lab: str) -> str:
    found = summing_up.errors(room, view.lab)
    rows = ((escape(row.name), str(row.learners), str(row.times)) for row in found)
    return table("errors", f"Errors that the room meets{of_lab}", ("error", "learners", "times"), rows)


def _title(course: Course, key: Key) -> str:
    return _exercise(course, key).title


def _exercise(course: Course, key: Key) -> Exercise:
    lab = course.get(key[0])
    return lab.exercises.get(key[1], Exercise(key[1])) if lab else Exercise(key[1])


def _hints(course: Course, key: Key) -> str:
    said = "".join(f"<li>{with_code(hint)}</li>" for hint in _exercise(course, key).hints)
    name = _id("stuck", *key)
    return f'<details id="{name}"><summary id="{name}-s">What to say</summary><ol>{said}</ol></details>' if said else ""


def _link(view: View, lab: str, *names: str) -> str:
    query = escape(View(lab, view.sort).query())
    return f'<a id="{_id(*names)}" href="?{query}">{escape(lab)}</a>'


def _id(*names: str) -> str:
    """Make the id of an element that the page's script finds again."""
    return escape(":".join(quote(name) for name in names))


def with_code(text: str) -> str:
    """Write a text of the course as HTML, with its `code`."""
    return _CODE.sub(r"<code>\1</code>", escape(text)).replace("\n", "<br>")


def table(
    name: str, title: str, columns: tuple[str, ...], rows: Iterable[Row], nothing: str = "Nothing so far."
) -> str:
    """Make a heading with a table below it, whose cells are HTML; a wide one is scrolled inside its own frame."""
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in columns)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    shown = (
        f'<div class="wide" id="{name}-t" role="region" tabindex="0" aria-labelledby="{name}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
    return f'<section><h2 id="{name}">{escape(title)}</h2>{shown if body else f"<p>{escape(nothing)}</p>"}</section>'
