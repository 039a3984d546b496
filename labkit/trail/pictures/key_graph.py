"""The graph of keys: which principals use which keys of KMS, how often, and who is refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ..ask.nested_parts import kms_keys
from ..ask.uses import USES
from ..record.callers import opened
from .facts import Names, calls, chosen, labels, texts
from .key_graph_picture import Box, KeyGraph, Line

_READ = (
    *("source", "event", "principal", "error", "error_message"),
    *("user_identity", "request_parameters", "response_elements", "resources"),
)
_NAME = 28
_ACCOUNT = re.compile(r"[0-9]{12}")
SERVICES, UNKNOWN, OTHERS = "services of AWS", "account not recorded", "others"


def key_graph(events: Any, *, top: int = 15, names: Names | None = None) -> KeyGraph:
    """Draw who uses which KMS key: principals on the left, keys on the right, both under the account that owns them.

    A line is for the cryptographic operations of a principal with a key; the thicker, the more. Those that were refused
    or failed have a dashed line of their own, and are counted apart. A line that leads to another account's key ends in
    a ring. ReEncrypt is a call of two keys and counts for both. Other calls (DescribeKey, say) are not in the picture.
    Limits: a refused call often doesn't say which key was meant; such calls lead to "(not recorded)".
    top: so many principals, and keys, those with the most calls; all others make one box. names: what to call one, as
    in {"arn:aws:kms:...": "orders"}.
    """
    table = calls(events, _READ, "kms")
    used = table[table["event"].isin(USES)]
    if used.empty:
        return KeyGraph((), (), (), len(table))
    keys = kms_keys(used)
    arns = keys["key_arn"].where(keys["key_arn"].notna(), keys["key"]).rename("key_arn")
    rows = used[["principal", "error", "user_identity"]].join(arns, how="left")
    who, what = texts(rows["principal"]), texts(rows["key_arn"])
    owners = _owners(who, rows["user_identity"])
    accounts = {arn: _account(arn) or UNKNOWN for arn in set(what)}
    kept, others = chosen(who.value_counts().to_dict(), top)
    kept_keys, other_keys = chosen(what.value_counts().to_dict(), top)
    failed = rows["error"].notna()
    abroad = [_is_abroad(owners[one], accounts[other]) for one, other in zip(who, what, strict=True)]
    ends = who.where(who.isin(kept), ""), what.where(what.isin(kept_keys), "")
    lines = tuple(Line(*place, number) for place, number in Counter(zip(*ends, failed, abroad, strict=True)).items())
    return KeyGraph(
        _boxes(kept, others, owners, (Counter(who[~failed]), Counter(who[failed])), names or {}),
        _boxes(kept_keys, other_keys, accounts, (Counter(what[~failed]), Counter(what[failed])), names or {}),
        tuple(sorted(lines, key=lambda each: (-each.calls, each.principal, each.key, each.failed, each.abroad))),
        len(table) - len(used),
    )


def _boxes(
    kept: list[str],
    others: Collection[str],
    owners: Mapping[str, str],
    counts: tuple[Counter[str], Counter[str]],  # of calls that succeeded, of those that did not
    names: Names,
) -> tuple[Box, ...]:
    """The boxes of one side: the accounts with the most calls first, and in them who has the most."""
    called = labels(kept, names, _NAME)
    used, failed = counts
    made = [Box(name, called[name], owners[name], used[name], failed[name]) for name in kept]
    total: Counter[str] = Counter()
    for box in made:
        total[box.owner] += box.total
    made.sort(key=lambda box: (-total[box.owner], box.owner, -box.total, box.value))
    if others:
        rest = [sum(each[name] for name in others) for each in counts]
        made.append(Box("", f"{len(others):,} others together", OTHERS, *rest))
    return tuple(made)


def _owners(who: Iterable[str], identities: Iterable[Any]) -> dict[str, str]:
    """For each principal the account that it is of: as its ARN says, else its records."""
    said: dict[str, set[str]] = {}
    for name, identity in zip(who, identities, strict=True):
        told = said.setdefault(name, set())
        if not name.startswith("arn:") and isinstance(identity, str):
            told.add(identity)
    return {name: _account(name) or _recorded(name, told) for name, told in said.items()}


def _recorded(name: str, identities: Iterable[str]) -> str:
    """The account that the identities name; of several the first, so that it is the same each time."""
    found = [opened(text) for text in identities]
    said = [str(each.get("accountId")) for each in found if isinstance(each, dict)]
    accounts = sorted(account for account in said if _ACCOUNT.fullmatch(account))
    if accounts:
        return accounts[0]
    return SERVICES if name.endswith(".amazonaws.com") or name == "AWS Internal" else UNKNOWN


def _account(arn: str) -> str:
    """The account in an ARN; empty if it is none."""
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 and parts[0] == "arn" and _ACCOUNT.fullmatch(parts[4]) else ""


def _is_abroad(one: str, other: str) -> bool:
    """Whether both accounts are known and differ."""
    return one != other and {one, other}.isdisjoint((SERVICES, UNKNOWN))
