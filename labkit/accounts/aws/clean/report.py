"""What `labkit clean-up` says: before it acts, and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ..ledger import Setting
from .search import Found
from .work import Done

NOTHING, LEFT, WAITING = 0, 1, 3
"""Exit status: nothing is left; something is left that needs you; what is left goes by itself, at the dates named."""


def before(run_id: str, account: str, found: Found, settings: Sequence[Setting]) -> Iterator[str]:
    """Say what will be done."""
    kinds = Counter(each.kind for each in found.things)
    many = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    yield f"Run {run_id} in account {account}: {many or 'nothing of it is there'}."
    for thing in found.things:
        if thing.kind == "key":
            waits = f", already scheduled for {thing.until:%Y-%m-%d %H:%M} UTC" if thing.until else ""
            yield f"  schedule the deletion of {thing}, 7 days from now{waits}"
        else:
            yield f"  delete {thing}"
    for setting in settings:
        yield f"  set {setting.setting} in {setting.region} back to {setting.before}"
    for other in found.others:
        yield f"  leave alone: {other}"
    for unread in found.unread:
        yield f"  could not be read: {unread}"


def after(run_id: str, done: Done) -> Iterator[str]:
    """Say what came of it."""
    for note in done.notes:
        yield f"  note: {note}"
    for thing in sorted(done.waiting, key=str):
        until = f"{thing.until:%Y-%m-%d %H:%M} UTC" if thing.until else thing.going
        yield f"  left until {until}: {thing}"
    for name, why in sorted(done.left.items()):
        yield f"  left: {name}: {why}"
    if done.left:
        yield f"Run {run_id}: {len(done.left)} left that need you. Mend what is named, and run this again."
    elif done.waiting:
        yield f"Run {run_id}: {len(done.waiting)} left that go by themselves; nothing else is left."
    else:
        yield f"Run {run_id}: nothing is left."


def status(done: Done) -> int:
    """Return the exit status."""
    return LEFT if done.left else WAITING if done.waiting else NOTHING
