"""The runs of this machine that may have left something, and one run's clean-up from its first question to its last."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from ....errors import LabError
from ..ledger import Ledger, LedgerUnreadable, open_ledger
from ..ledger.store import FILE
from . import report
from .account import Account, in_words
from .search import Search
from .work import clean

_ID = re.compile(r"[a-z][a-z0-9]{7}")
CONSENT = "LABKIT_CONSENT"
REFUSED = 2


@dataclass(frozen=True, slots=True)
class Talk:
    """How a clean-up speaks with a person: prints, asks (the answer as typed), waits."""

    say: Callable[[str], None]
    ask: Callable[[str], str]
    sleep: Callable[[float], None]
    yes: bool = False
    dry: bool = False


def on_this_machine(within: Path) -> list[str]:
    """List the runs that have a ledger here, by their ids."""
    return sorted(path.parent.name for path in within.glob(f"*/{FILE}") if _ID.fullmatch(path.parent.name))


def clean_up(run_id: str, within: Path, talk: Talk, region: str, session: Session) -> int:
    """Clean up one run; answers the exit status. LabError where it is refused before anything is looked at."""
    if not _ID.fullmatch(run_id):
        raise LabError(f"{run_id!r} is no run's id: one has eight letters and digits, and labkit.start names it.")
    ledger, damage = _ledger(within / run_id)
    told = ledger.run() if ledger else None
    if told is not None and told[0] != run_id:
        raise LabError(f"The ledger in {within / run_id} is of run {told[0]}. It was copied here: nothing is done.")
    home = told[2] if told else region
    account = Account(home, session)
    try:
        caller = account.id()
    except (ClientError, BotoCoreError) as problem:
        raise LabError(f"AWS does not say whose credentials these are ({in_words(problem)}). Sign in again.") from None
    rows = ledger.entries() if ledger and told else ()
    elsewhere = Counter(each.account for each in rows if each.account != caller)
    if told is not None and told[1] != caller and len(rows) == elsewhere.total():
        raise LabError(
            f"Run {run_id} was made in account {told[1]}, and these credentials are of account {caller}. Nothing was "
            "looked at. Sign in to the account of the run."
        )
    if damage:
        talk.say(damage)
    entries = tuple(each for each in rows if each.account == caller) if told else None
    if entries is None:
        _agree(caller, run_id, talk)
    search = Search(account, run_id, caller, home, entries)
    found = search.look()
    changed = ledger.settings() if ledger and (told is None or told[1] == caller) else ()
    for line in report.before(run_id, caller, found, changed):
        talk.say(line)
    for other, count in elsewhere.items():
        talk.say(f"  not looked at: its things in account {other} ({count})")
    if talk.dry:
        return report.LEFT if elsewhere or found.things or changed or found.unread else report.NOTHING
    if (found.things or changed) and not talk.yes and talk.ask("Go on? Type yes: ").strip() != "yes":
        talk.say("Nothing was done.")
        return report.LEFT
    done = clean(search, found, ledger if told else None, changed, talk.say, talk.sleep)
    if damage:
        done.left["settings of the account"] = "the ledger can't be read, so nobody knows whether the run changed any"
    for other, count in elsewhere.items():
        done.left[f"its things in account {other} ({count})"] = "sign in to that account, and run this again"
    for line in report.after(run_id, done):
        talk.say(line)
    return report.status(done)


def _ledger(place: Path) -> tuple[Ledger | None, str]:
    """Open a run's ledger; None where there is none, and what is wrong where it can't be read."""
    if not (place / FILE).is_file():
        return None, ""
    try:
        ledger = open_ledger(place)
        ledger.run(), ledger.entries(), ledger.settings()
    except LedgerUnreadable as problem:
        return None, f"{problem} Going on by names and tags alone."
    return ledger, ""


def _agree(account: str, run_id: str, talk: Talk) -> None:
    """Ask for the account's id where no ledger says that this run was made in it."""
    given = os.environ.get(CONSENT, "").partition(":")[0]
    if given == account or (
        not talk.yes
        and talk.ask(
            f"There is no ledger of run {run_id} here: it is looked for by names and tags in account {account}. "
            "Type the account's id: "
        ).strip()
        == account
    ):
        return
    raise LabError(
        f"Without a ledger, say which account you mean: set {CONSENT}={account}:<region>, if it is that one. Nothing "
        "was looked at."
    )
