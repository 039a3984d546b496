"""Every exercise in its three states, in the place where it stands in its notebook, and after the notebook's end.

At each exercise a learner does nothing, gives a typical wrong answer, or runs the shipped solution.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..engine import COME_BACK, Outcome
from .page import Page
from .problem import Problem
from .saved_form import RUN_AGAIN
from .walking import CHECK, after_run_all, walk


def saved_untouched_problems(page: Page) -> Iterator[Problem]:
    """Find exercises whose saved output is not that of an untouched one; nbval compares the outputs to the letter."""
    cells = {found[1]: cell for cell in page.cells("code") if (found := CHECK.match(cell.source))}
    for spec in page.specs():
        outputs = cells[spec.id].outputs if spec.id in cells else []
        told = outputs[-1].get("data", {}).get("text/plain", "") if outputs else ""
        if not told.startswith("not attempted:"):
            yield Problem(
                page.path,
                f"The saved output below {spec.id!r} is not `not attempted`.",
                "The check counts what the notebook's own cells make, or the output is an old one. "
                + RUN_AGAIN.format(page.path),
            )


def untouched_problems(page: Page) -> Iterator[Problem]:
    """Walk and do nothing: find exercises that do not say `not attempted`."""
    outcomes = walk(page, lambda spec: "")
    yield from _unlike(page, outcomes, "not attempted", "when nothing was done", "The check counts what cells make.")


def solution_problems(page: Page) -> Iterator[Problem]:
    """Walk and run each shipped solution: find those that do not solve, and exercises that the walk does not meet."""
    yield from unsolved_problems(page, walk(page, lambda spec: spec.solution))


def unsolved_problems(page: Page, outcomes: dict[str, Outcome]) -> Iterator[Problem]:
    """Find the same in the outcomes of a walk."""
    yield from _unlike(page, outcomes, "solved", "after its solution", "Mend `solution`, or the check.")
    for spec in page.specs():
        if spec.id not in outcomes:
            yield Problem(
                page.path,
                f"No cell begins with `lab.exercise({spec.id!r}).check(`.".replace("'", '"'),
                "Add the cell below the work cell.",
            )


def rounds(page: Page) -> range:
    """Count the walks in which every wrong answer is tried once: the first of each exercise, the second …"""
    return range(max(len(spec.wrong) for spec in page.specs()))


def wrong_answer_problems(page: Page, number: int) -> Iterator[Problem]:
    """Walk and give each exercise's wrong answer of this number: find those that are not told why."""
    tried = {spec.id: spec.wrong[number] for spec in page.specs() if len(spec.wrong) > number}
    outcomes = walk(page, lambda spec: tried[spec.id].code if spec.id in tried else None)
    when = f"to its wrong answer {number + 1}"
    yield from _unlike(page, outcomes, "not yet", when, "The check takes it for something else.")
    for name, outcome in outcomes.items():
        if tried[name].says not in outcome.message:
            yield Problem(
                page.checks,
                f"The check of {name!r} says {outcome.message!r} {when}.",
                f"`says` promises {tried[name].says!r}: let one of them follow the other.",
            )


def going_back_problems(page: Page, past: Collection[str]) -> Iterator[Problem]:
    """Run all cells, then each solution: find exercises that can't be solved any more, save those that are `past`.

    Of the `past` ones the lab itself has taken away what they need: they are not yet, and say how to come back.
    """
    yield from late_problems(page, after_run_all(page, past), past)


def late_problems(page: Page, outcomes: dict[str, tuple[Outcome, Outcome]], past: Collection[str]) -> Iterator[Problem]:
    """Find the same in the outcomes of a walk."""
    for name, (_, after) in outcomes.items():
        wanted = "not yet" if name in past else "solved"
        if after.status != wanted:
            yield Problem(
                page.checks,
                f"After all cells, the solution of {name!r} is answered with `{after}`.",
                f"It should be {wanted}. If later cells take away what it needs, raise MovedOn: it tells the way back.",
            )
    yield from _no_way_back(page, outcomes)


def way_back_problems(page: Page) -> Iterator[Problem]:
    """Run all cells, then each solution: find exercises that are not solved, and do not tell the way back either."""
    yield from _no_way_back(page, after_run_all(page, [spec.id for spec in page.specs()]))


def _no_way_back(page: Page, outcomes: dict[str, tuple[Outcome, Outcome]]) -> Iterator[Problem]:
    for name, (before, after) in outcomes.items():
        for outcome, fits in ((before, "not attempted"), (after, "solved")):
            if outcome.status != fits and not outcome.message.endswith(COME_BACK):
                yield Problem(
                    page.checks,
                    f"After all cells, the check of {name!r} says `{outcome}`, and no way back.",
                    "Raise MovedOn in the check, with what the lab has done since.",
                )


def _unlike(page: Page, outcomes: dict[str, Outcome], wanted: str, when: str, mend: str) -> Iterator[Problem]:
    for name, outcome in outcomes.items():
        if outcome.status != wanted:
            yield Problem(
                page.checks, f"The check of {name!r} says `{outcome}` {when}.", f"It should be {wanted}. {mend}"
            )
