"""Take away, in order: settings first, then round by round what is there, until nothing more goes.

One refusal never stops the rest. What waits for another thing (DeleteConflict, DependencyViolation) comes again in the
next round; what AWS does in its own time is waited for, for as long as `patience` says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError

from ..hooks import settings
from ..ledger import Ledger, Setting
from .account import BY_NAME, Account, in_words
from .search import Found, Search
from .thing import Thing

ROUNDS = 90
PAUSE = 10.0  # seconds between rounds: a quarter of an hour in all, for databases and servers
STILL = 5  # rounds without any progress, where AWS refuses for the moment
# Refusals that end by themselves, or once another thing is gone.
_FOR_NOW = re.compile(
    r"DependencyViolation|DeleteConflict|InUse|IncorrectState|InvalidState|InvalidDB|BucketNotEmpty|Conflict|Throttl|"
    r"TooManyRequests|RequestLimit|SlowDown|Internal|Unavailable|OperationAborted|LimitExceeded|Pending|Timeout"
)
GONE = (
    "NotFound", "NoSuch", "DoesNotExist", "NonExistent", "DBInstanceNotFound", "ResourceNotFound", "TrailNotFound",
)  # fmt: skip


@dataclass(slots=True)
class Done:
    """What came of it: what is left, with the reason; what waits for a date; settings; things of others."""

    removed: int = 0
    left: dict[str, str] = field(default_factory=dict)
    waiting: list[Thing] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def clean(
    search: Search,
    found: Found,
    ledger: Ledger | None,
    changed: Sequence[Setting],
    tell: Callable[[str], None],
    sleep: Callable[[float], None],
) -> Done:
    """Take away what was found, look again, and say what is left."""
    done = Done(notes=list(found.others))
    for setting in changed:
        _put_back(search.account, setting, ledger, done)
    problems: dict[tuple[str, str, str], str] = {}
    things, still = found.things, 0
    for _ in range(ROUNDS):
        for thing in sorted(things, key=_order):
            if thing.until is None or thing.kind == "key":
                problem = _remove(search.account, thing)
                problems.pop(thing.place, None)
                if problem:
                    problems[thing.place] = problem
        after = search.again(things)
        moved, things = len(after) < len(things), after
        open_ones = [each for each in things if each.until is None and each.going != "its replicas are deleted"]
        accepted = [each for each in open_ones if each.place not in problems]
        refused = [each for each in open_ones if _FOR_NOW.search(problems.get(each.place, ""))]
        still = 0 if moved or accepted else still + 1
        if not (accepted or refused) or still >= STILL:
            break
        tell(f"waiting for {len(accepted or refused)}: {(accepted or refused)[0]}")
        sleep(PAUSE)
    again = search.look()
    there = {each.place: each for each in (*things, *again.things, *again.companions)}
    for unread in again.unread:
        done.left[unread] = "could not be read, so nobody knows whether something is left"
    for name, each in there.items():
        waits = each.until is not None or (each.going and name not in problems)
        if waits and (each.until is None or each.kind == "key") and name not in problems:
            done.waiting.append(each)
        else:
            done.left[str(each)] = problems.get(name, f"it waits until {each.going}" if each.going else "still there")
    done.removed = len({each.place for each in found.things} - there.keys())
    if ledger is not None and not again.unread:
        _settle(ledger, search.account_id, there.values())
    return done


def _order(thing: Thing) -> tuple[int, str, str]:
    """Order of deletion. A multi-Region key's replicas stand in other Regions than its primary: any order will do."""
    return BY_NAME[thing.kind].order, thing.region, thing.id


def _remove(account: Account, thing: Thing) -> str:
    """Take one thing away; answers what AWS said against it."""
    try:
        account.remove(thing)
    except ClientError as refused:
        code = str(refused.response.get("Error", {}).get("Code", ""))
        return "" if any(each in code for each in GONE) else in_words(refused)
    except (BotoCoreError, LookupError) as problem:
        return in_words(problem)
    return ""


def _put_back(account: Account, setting: Setting, ledger: Ledger | None, done: Done) -> None:
    """Set a setting back, unless somebody else has set it since."""
    what, before, after = f"{setting.setting} in {setting.region}", json.loads(setting.before), setting.after
    try:
        ec2 = account.client("ec2", setting.region)
        now = settings.now(ec2, setting.setting)
        if now != before and not _same(now, json.loads(after or "null")):
            done.notes.append(f"{what} is {now!r}: neither what it was nor what this run set, so it stays as it is")
        elif now != before:
            settings.put_back(ec2, setting.setting, before)
            if settings.now(ec2, setting.setting) != before:
                done.left[what] = f"is not {before!r} again"
                return
            done.notes.append(f"{what} is {before!r} again")
        if ledger is not None:
            ledger.forget(setting.region, setting.setting)
    except (ClientError, BotoCoreError) as problem:
        done.left[what] = f"was {before!r}: {in_words(problem)}"


def _same(now: object, after: object) -> bool:
    """Tell whether a setting is what the run last set. A key may be told by its id, its ARN or an alias."""
    if isinstance(now, bool) or isinstance(after, bool):
        return now == after
    one, other = str(now).rpartition("/")[2], str(after).rpartition("/")[2]
    return one == other or "alias/" in str(after)


def _settle(ledger: Ledger, account: str, there: Iterable[Thing]) -> None:
    """Note in the ledger what is gone. A row without an id may be of any thing of its kind that is still there."""
    left = list(there)
    kinds = {(each.kind, each.region) for each in left}
    for entry in ledger.entries():
        if entry.account != account:
            continue
        ids = {*entry.identifiers, entry.name} - {""}
        is_there = any(one.id.endswith(each) for one in left for each in ids)
        if not is_there and (ids or (entry.kind, entry.region) not in kinds):
            ledger.gone(entry.number)
