"""The trainer's page as a whole: what can be done, above what is seen. Pure; everything that was told is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from .course import Course
from .room import Room
from .summing_up import in_order
from .tables import SORTS, View, tables

PARTS: Mapping[str, str] = {
    "stuck": "Stuck",
    "learners": "Learners",
    "labs": "Labs",
    "questions": "Quizzes",
    "errors": "Errors",
    "anew": "Begin a lab anew",
    "kept": "What is kept",
}
STUCK = "An exercise that was checked three times and is not solved counts as stuck."


def page(room: Room, course: Course, view: View, now: float, xsrf: str, notes: Iterable[str] = ()) -> str:
    """Make the whole page. `notes` say where the class is kept, and until when."""
    hidden = _hidden(view, xsrf)
    verb, label = ("resume", "Go on") if room.paused else ("pause", "Pause the class")
    kept = "".join(f"<p>{escape(note)}</p>" for note in notes)
    labs = {name: name for name in in_order({*course, *(each.lab for each in room.learners.values())}, course)}
    return document(
        "The class",
        f"""<h1>The class</h1>
<div class="verbs">
<form method="post" action="{verb}">{hidden}<button>{label}</button></form>
<form method="post" action="hint">{hidden}<label>Hint <input name="text" size="40" required maxlength="500"></label>
<label>for {_select("lab", {"": "all labs"} | labs, view.lab)}</label> <button>Send</button></form>
</div>
<form method="get"><label>Show {_select("lab", {"": "all labs"} | labs, view.lab)}</label>
<label>learners {_select("sort", SORTS, view.sort)}</label> <button>Show</button></form>
<p id="live" role="status"></p>
<nav aria-label="On this page">{" ".join(f'<a href="#{name}">{text}</a>' for name, text in PARTS.items())}</nav>
<div id="tables">{tables(room, course, view, now)}</div>
<h2 id="anew">Begin a lab anew for a learner</h2>
<form method="post" action="reset">{hidden}<label>Learner <input name="name" list="names" required></label>
<label>lab {_select("lab", labs, view.lab)}</label> <button>Reset</button></form>
<datalist id="names">{"".join(f'<option value="{escape(name)}">' for name in sorted(room.learners))}</datalist>
<h2 id="kept">What is kept</h2>
<p>Only learners who agreed to it are shown. {STUCK}</p>{kept}
<form method="post" action="forget">{hidden}<label>Learner <input name="name" list="names" required></label>
<button>Forget this learner</button></form>
<form method="post" action="forget-all">{hidden}<label><input type="checkbox" name="sure" value="yes" required>
The class is over</label> <button>Forget all of it</button></form>
<script src="page.js"></script>""",
    )


def document(title: str, body: str) -> str:
    """Make a page of the service."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="class.css"></head><body><main>\n{body}\n'
        "</main></body></html>\n"
    )


def _hidden(view: View, xsrf: str) -> str:
    told = {"_xsrf": xsrf, "view": view.query()}
    return "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in told.items())


def _select(name: str, options: Mapping[str, str], chosen: str) -> str:
    made = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(text)}</option>'
        for value, text in options.items()
    )
    return f'<select name="{name}">{made}</select>'
