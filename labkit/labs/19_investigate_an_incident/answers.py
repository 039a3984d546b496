"""One answer each against the evidence of notebook 19: what is wrong with it, or None. A report is made of several."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from labkit.exercises.engine import Outcome, no_number, no_text, not_yet, solved

from .evidence import Evidence

OFFICE = timedelta(hours=1)  # the shop's clocks are that much ahead of UTC in January
YEAR = 2026  # of all the logs: the lab's tables don't print it
_CLOCK = re.compile(r"\s*\d{1,2}(:\d\d){1,2}\s*(Z|UTC|[ap]m)?\s*", re.IGNORECASE)  # a time of no day


def first_sign(seen: Evidence, answer: Any) -> Outcome | None:
    """Judge the time of the first call from the stranger's address."""
    right, given = seen.first(), moment(answer)
    if given is None:
        return no_time(answer)
    if given == seen.first_refusal():
        return not_yet("That is the first refusal. A call that was allowed came before it, from the same address.")
    if given in seen.usual_visits():
        return not_yet("That is the agent's own visit of each night. Look at the address that it came from.")
    wrong = at_time(given, right, "")
    return None if wrong.status == "solved" else wrong


def way_in(seen: Evidence, answer: Any) -> Outcome | None:
    """Judge the access key of that call."""
    if (wrong := no_text(answer, "the id of an access key")) is not None:
        return wrong
    given = str(answer).strip()
    if given in seen.session_keys():
        return not_yet("That belongs to the session, from AssumeRole on, and ends by itself. What came before it?")
    if given in seen.new_keys():
        return not_yet("That one was made on the morning after, from the office, to replace the old one.")
    if not given.startswith("AKIA"):
        return not_yet(f"{given!r} is no access key of a user: their ids begin with AKIA.")
    return None if given == seen.access_key() else not_yet("That is not the key of the first calls.")


def role(seen: Evidence, answer: Any) -> Outcome | None:
    """Judge the role that was assumed, by name or ARN."""
    if (wrong := no_text(answer, "the role's name or ARN")) is not None:
        return wrong
    given, right = str(answer).strip(), seen.role()
    if given in (right, right.rpartition("/")[2]):
        return None
    if given in seen.session_names() or ":assumed-role/" in given:
        return not_yet("That is a session, and its name was chosen by the one who began it. Whose permissions counted?")
    return not_yet(f"{given!r} is not the role that the access key's holder has assumed.")


def files_read(seen: Evidence, answer: Any) -> Outcome | None:
    """Judge how many customers' files were opened."""
    if (wrong := no_number(answer)) is not None:
        return wrong
    right, by_session, calls_in_all, with_servers = seen.customers()
    if answer == right:
        return None
    if answer == calls_in_all:
        return not_yet("These are calls. Some files were opened twice: by the session, and by the outsider.")
    if answer == by_session:
        return not_yet("So many the session has opened. Has the outsider opened none but these?")
    if answer >= with_servers:
        return not_yet(f"{answer} has the shop's servers in it, which open customers' files all day.")
    if answer == seen.spree():
        return not_yet("That is the number of the finding: all calls of KMS in that time, whatever they were.")
    return not_yet(f"{answer} is not the number of different files. The encryption context names each.")


def orders(seen: Evidence, answer: Any) -> Outcome | None:
    """Judge how many orders were written under the foreign key."""
    if (wrong := no_number(answer)) is not None:
        return wrong
    right = seen.orders()
    if answer == right:
        return None
    if answer == 2 * right:
        return not_yet("Each order is counted twice: once when it was opened, once when it was written.")
    return not_yet(f"{answer} is not the number of orders for which a data key of the foreign key was made.")


def outsider(seen: Evidence, answer: Any) -> Outcome | None:
    """Judge the account that is not ours."""
    if not isinstance(answer, int) and (wrong := no_text(answer, "the twelve digits of an account")) is not None:
        return wrong
    given = str(answer).strip()
    if given in seen.ours():
        return not_yet("That account is the company's own: its files have the other half of each of these calls.")
    if given.startswith("AROA"):
        return not_yet("That is the id of a role and a session's name. The record has the account as well.")
    if given != seen.outsider() and seen.outsider() in given:
        return not_yet("The account is in it. Put in its twelve digits alone.")
    return None if given == seen.outsider() else not_yet(f"{given!r} is not the account in those records.")


def still_open(seen: Evidence, answer: Any) -> Outcome | None:
    """Judge the names of the changes that are still there."""
    given = names(answer)
    if given is None:
        return not_yet("The answer should be a set of names of events.")
    done, tried, undone = seen.changes()
    if refused := given & tried - done:
        return not_yet(f"{listed(refused)} {_was(refused)} refused: there is nothing to undo.")
    if strange := given - done:
        return not_yet(f"{listed(strange)}: no change of the stranger's has such a name.")
    if closed := given & undone:
        return not_yet(f"{listed(closed)}: somebody has undone that, on the same morning.")
    if missing := done - undone - given:
        return not_yet(f"{len(missing)} more of the eight changes: no later call takes them back.")
    return None


def touched(used: set[str], changed: set[str]) -> str:
    """Tell which of these keys were used, and which were not used and changed: one sentence about each lot."""
    told = [f"{listed(used)} {_was(used)} used"] if used else []
    told += [f"{listed(changed)} {_was(changed)} not used, but changed"] if changed else []
    return f"{'; '.join(told)}."


def listed(names: set[str]) -> str:
    """Names in a sentence: "disks", "disks and orders", "disks, orders and trail"."""
    *first, last = sorted(names)
    return f"{', '.join(first)} and {last}" if first else last


def _was(names: set[str]) -> str:
    return "was" if len(names) == 1 else "were"


def moment(answer: Any) -> datetime | None:
    """Read a time in any of the usual forms, to the second; without a zone it is UTC. None if it is none, or of no day.

    As the lab's tables print it, too: "13 02:51:07" is of the logs' year, and of January, where it names no month.
    """
    import pandas  # a check of this notebook needs it anyway

    if isinstance(answer, str) and _CLOCK.fullmatch(answer):  # pandas would take today
        return None
    try:
        given = pandas.Timestamp(answer)
        if given is not pandas.NaT and given.year == 1:  # what pandas, like dateutil, puts for a year that is not there
            given = given.replace(year=YEAR)
    except (ValueError, TypeError):
        return None
    if given is pandas.NaT or isinstance(answer, (int, float)):
        return None
    given = given.tz_localize("UTC") if given.tzinfo is None else given.tz_convert("UTC")
    return given.floor("s").to_pydatetime()


def span(answer: Any) -> timedelta | None:
    """Read a span of time, as Python, numpy or pandas has it or as text, without its sign. None if it is none."""
    import pandas  # a check of this notebook needs it anyway

    if isinstance(answer, (bool, int, float)):  # of what unit?
        return None
    try:
        given = pandas.Timedelta(answer)
    except (ValueError, TypeError):
        return None
    return None if given is pandas.NaT else abs(given.to_pytimedelta())


def at_time(given: datetime, right: datetime, praise: str) -> Outcome:
    """Tell whether a time is the right one, and what to say."""
    if given == right:
        return solved(praise)
    if given - right == OFFICE:
        return not_yet("That is by the shop's clock, an hour ahead. Records, and reports, are in UTC.")
    return not_yet(f"Not {given:%d %B, %H:%M:%S} UTC.")


def no_time(answer: Any) -> Outcome:
    """Tell what to say if the answer should be a time and is none."""
    return not_yet(f"The answer should be a time, like '2026-01-12 08:30:00'; this is {str(answer)[:40]!r}.")


def names(answer: Any, called: Mapping[str, str] = MappingProxyType({})) -> set[str] | None:
    """Names in a set, list, column or one text, ARNs by what they are `called`; None if it holds none."""
    if isinstance(answer, str):
        answer = [answer]
    try:
        given = {called.get(str(each), str(each).rpartition(":")[2]) for each in answer}
    except TypeError:
        return None
    return given or None
