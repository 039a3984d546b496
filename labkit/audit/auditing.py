"""`audit`: reads an account, lets every check judge, and makes the report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial

import boto3

from ..errors import LabError
from .checks import CHECKS, Judge
from .facts.account import Account, Found
from .facts.finding import SEVERITIES, UNREAD, Finding, Mend, checks
from .facts.reader import Clients, CouldNotRead, Reader
from .progress import Progress, silent
from .report import Report


def audit(
    clients: Clients | None = None, *, only: Collection[str] = (), region: str = "", progress: Progress = silent
) -> Report:
    """Read an account in one Region and report what its keys, and what should be under them, are lacking.

    `only` names the checks to make; without it, all are made. ValueError for one that there is not.

    `clients` makes a client of a service in a Region; without it, boto3's default session does, by the settings in the
    environment. Only Get, List, Describe and Lookup calls are made. What can't be read is in the report as such.
    LabError if there is no account to look at.
    """
    make = clients or _by_default_session
    reader = Reader(make, region or boto3.Session().region_name or "us-east-1")
    account = Account(reader)
    try:
        _ = account.id
    except CouldNotRead as refused:
        raise LabError(f"There is no account to look at: {refused.permission} answered {refused.text}") from None
    found: list[Finding] = []
    chosen = _chosen(only)
    total = len(chosen)
    for done, (check, judge) in enumerate(chosen.items()):
        reader.watched(partial(_tell, progress, done, total, checks()[check].title))
        found += judged(account, check, judge)
    progress(total, total, "")
    order = list(checks())
    found.sort(key=lambda each: (_rank(each), order.index(each.check)))
    return Report(account.id, account.region, tuple(found), account)


def _chosen(only: Collection[str]) -> Mapping[str, Judge]:
    """The checks of these names, in the usual order."""
    if unknown := sorted(set(only) - set(checks())):
        raise ValueError(f"There is no check {unknown[0]!r}. There are: {', '.join(checks())}.")
    wanted = {check.removesuffix("-in-use") for check in only}
    return {check: judge for check, judge in CHECKS.items() if check in wanted or not wanted}


def _rank(each: Finding) -> int:
    """The worst first; what is not known, last."""
    return (*SEVERITIES, UNREAD).index(each.severity)


def _by_default_session(service: str, region: str) -> object:
    return boto3.client(service, region_name=region)


def _tell(progress: Progress, done: int, total: int, what: str, calls: int) -> None:
    progress(done, total, f"{what} ({calls:,} calls)")


def judged(account: Account, check: str, judge: Judge) -> Iterator[Finding]:
    """Run one check: its faults as findings, and what it could not read as findings of that kind."""
    unread: list[CouldNotRead] = []
    for found in _tried(judge, account):
        if isinstance(found, CouldNotRead):
            unread.append(found)
        else:
            yield found.finding(account.region)
    yield from _told(check, unread, account.region)


def _tried(judge: Judge, account: Account) -> Iterator[Found]:
    try:
        yield from judge(account)
    except CouldNotRead as refused:
        yield refused


def _told(check: str, unread: Iterable[CouldNotRead], region: str) -> Iterator[Finding]:
    """One row for each permission that was missing, however many resources it was missing on."""
    grouped: dict[tuple[str, str], list[CouldNotRead]] = defaultdict(list)
    for each in unread:
        grouped[each.permission, each.code].append(each)
    for (permission, code), several in grouped.items():
        first = several[0]
        more = len({each.resource for each in several}) - 1
        about = first.resource or "the account"
        row = checks()[check]
        why = f"Not known: {permission} answered {code}. {first.text}".strip()
        if more:
            why += f" The same for {more} more."
        mend = Mend(
            f"aws iam put-role-policy … # allow {permission} to whoever audits, then look again",
            f"# allow {permission} to whoever audits, then look again",
        )
        yield Finding(check, UNREAD, about, why, mend, row.controls, row.course, row.source, region)
