"""What the class's page knows of one learner, as that learner sees it. Pure."""

from __future__ import annotations

from html import escape

from .page import document
from .room import Learner
from .tables import ago, table


def mine(name: str, learner: Learner | None, days: float, now: float, xsrf: str) -> str:
    """Make a learner's own page: everything that is known of them, and the button that forgets it."""
    if learner is None:
        known = "<p>Your trainer's page knows nothing of you.</p>"
    else:
        known = (
            f'<form method="post" action="forget-me"><input type="hidden" name="_xsrf" value="{escape(xsrf)}">'
            "<button>Forget this</button></form>"
            "<p>What you tell from now on comes here again. To tell nothing more, run "
            "<code>%env LABKIT_CLASS=off</code> in each open notebook. Say no when your server starts next.</p>"
            f"<p>If you do nothing, this is deleted {days:g} days after the page last heard of you.</p>"
            f"{_known(learner, now)}"
        )
    return document("What your trainer sees", f"<h1>What your trainer sees of {escape(name)}</h1>{known}")


def _known(learner: Learner, now: float) -> str:
    work = (
        (escape(lab), escape(item), escape(each.status), str(each.tries))
        for (lab, item), each in sorted(learner.work.items())
    )
    answers = (
        (escape(lab), escape(item), escape(each.first), escape(each.last), escape(", ".join(filter(None, each.wrong))))
        for (lab, item), each in sorted(learner.answers.items())
    )
    errors = ((escape(lab), escape(code), str(times)) for (lab, code), times in sorted(learner.errors.items()))
    return "".join(
        (
            f"<p>You are in the lab {escape(learner.lab)}. Last heard of: {ago(learner.seen, now)}.</p>",
            table("exercises", "Exercises", ("lab", "exercise", "status", "checks"), work),
            table("quizzes", "Quizzes", ("lab", "question", "at first", "now", "wrong choices"), answers),
            table("errors", "Errors", ("lab", "error", "times"), errors),
        )
    )
