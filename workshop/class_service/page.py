"""The trainer's page, as HTML. Pure; everything that learners told is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from .room import Learner, Room

STYLE = """
:root { color-scheme: light dark; font-family: system-ui, sans-serif; }
body { margin: 1rem auto; max-width: 60rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #8888; padding: .3rem .6rem; text-align: left; }
form { margin: .5rem 0; }
input, button { font: inherit; padding: .2rem .5rem; }
"""


def page(room: Room, now: float, xsrf: str) -> str:
    """Make the whole page."""
    hidden = f'<input type="hidden" name="_xsrf" value="{escape(xsrf)}">'
    verb, label = ("resume", "Go on") if room.paused else ("pause", "Pause the class")
    state = "<b>The class is paused.</b>" if room.paused else "The class is at work."
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>The class</title>
<style>{STYLE}</style></head><body><main>
<h1>The class</h1>
<p>Only learners who agreed to it are shown. {state}</p>
<form method="post" action="{verb}">{hidden}<button>{label}</button></form>
<form method="post" action="hint">{hidden}<label>Hint <input name="text" size="50" required maxlength="500"></label>
<label>only for those in lab <input name="lab" placeholder="all labs"></label> <button>Send</button></form>
<form method="post" action="reset">{hidden}<label>Reset for <input name="name" required></label>
<label>the lab <input name="lab" required></label> <button>Reset</button></form>
<div id="tables">{tables(room, now)}</div>
</main><script src="page.js"></script></body></html>
"""


def tables(room: Room, now: float) -> str:
    """Make the four tables: labs, exercises, errors, learners."""
    return "".join(
        (
            _table("Who is where", ("lab", "learners"), room.labs().items()),
            _table("Exercises", ("lab", "exercise", "solved", "at it", "stuck"), room.exercises()),
            _table("Errors that the room meets", ("error", "times", "learners"), room.errors()),
            _table(
                "Learners",
                ("name", "lab", "solved", "stuck at", "last heard of"),
                (_row(each, now) for each in sorted(room.learners.values(), key=lambda each: each.name)),
            ),
        )
    )


def _row(learner: Learner, now: float) -> tuple[str, ...]:
    solved = sum(work.status == "solved" for work in learner.work.values())
    stuck = ", ".join(f"{lab}: {item}" for (lab, item), work in sorted(learner.work.items()) if work.is_stuck)
    minutes = int(max(0.0, now - learner.seen) // 60)
    heard = "now" if minutes < 1 else f"{minutes} min ago"
    return learner.name, learner.lab, str(solved), stuck or "nothing", heard


def _table(title: str, columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in columns)
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    shown = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if body else "<p>Nothing so far.</p>"
    return f"<h2>{escape(title)}</h2>{shown}"
