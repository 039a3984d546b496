"""Sessions: who began them, with which access key, and what was done in them; and all that a key or an address did.

An access key is the thread: a call that begins a session answers with the key that the session's calls are signed
with. Sessions can begin sessions (role chaining), so a stolen key leads to others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas

from ..record.callers import opened, part
from .any_frame import chosen
from .uses import ONCE, each_call_once

# STS's operations that answer with credentials: its API Reference.
BEGINNINGS = (
    *("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot"),
    *("GetSessionToken", "GetFederationToken"),
)
COLUMNS = (
    *("access_key", "session", "principal", "began", "begun_by", "parent", "chain"),
    *("calls", "refused", "first", "last", "addresses"),
)
_TEMPORARY = "ASIA"  # "Unique identifiers" in the IAM User Guide; AKIA is a user's own
_ARROW = " > "


def sessions(events: Any) -> Any:
    """Find the sessions in a trail: a row for each, in the order in which they began or were first seen.

    Columns: access_key (the session's own); session (role/name as its caller, or what its beginning says); principal
    (whose permissions it has); began, begun_by, parent (when, by which principal and with which access key it was
    begun; missing where no record of that was read: a role of a service, a sign-in, another account's trail); chain
    (the access keys from the first one to this, with " > " between); calls, refused, first, last, addresses (how many
    different ones) of what was done in it. Index: 0, 1, ...
    Limits: a service that calls with a session's permissions may sign with a key of its own, which is a session here
    without a beginning. Sessions of which neither the beginning nor a call was recorded are missing.
    """
    begun = chosen(events, _begun)
    parents = dict(zip(begun["given"], begun["access_key"], strict=True))
    calls = chosen(events, _of_sessions)
    calls = each_call_once(calls).assign(is_refused=lambda table: table["error"].notna())
    grouped = calls.groupby(calls["access_key"].astype("str"))
    table = grouped.agg(
        session=("caller", "first"),
        principal=("principal", "first"),
        calls=("time", "size"),
        refused=("is_refused", "sum"),
        first=("time", "min"),
        last=("time", "max"),
        addresses=("source_ip", "nunique"),
    )
    beginnings = begun.drop_duplicates("given").set_index("given")
    table = table.reindex(table.index.union(beginnings.index)).rename_axis("access_key")
    beginnings = beginnings.reindex(table.index)
    for name, found in (("session", beginnings["named"]), ("principal", beginnings["role"])):
        table[name] = table[name].astype("str").where(table[name].notna(), found)
    table["began"], table["begun_by"] = beginnings["time"], beginnings["principal"].astype("str")
    table["parent"] = beginnings["access_key"].astype("str")
    table["chain"] = [_ARROW.join(_chain(str(key), parents)) for key in table.index]
    numbers = ["calls", "refused", "addresses"]
    table[numbers] = table[numbers].fillna(0).astype("int64")
    table["order"] = table["began"].fillna(table["first"])
    table = table.sort_values(["order", "access_key"], kind="stable").reset_index()[list(COLUMNS)]
    return table.astype(dict.fromkeys(("access_key", "session", "principal", "begun_by", "parent", "chain"), "str"))


def everything_by(
    events: Any, *, key: str | None = None, address: str | None = None, session: str | None = None
) -> Any:
    """Find all events of an access key, an address or a session, oldest first, with the columns and numbers of `load`.

    key: the id of an access key; of a user's key also what the sessions did that were begun with it, and theirs. With
    address: what is recorded as source_ip, so a service's name, too. session: role/name, as `caller` has it, or an ARN
    of a role session. Give one of the three.
    Limits: behind a service the address is the service's name: look for the key, too. One name of a session can be many
    sessions.
    Errors: ValueError if not exactly one of them is given.
    """
    given = [each for each in (key, address, session) if each is not None]
    if len(given) != 1:
        raise ValueError("Give one of the three: everything_by(events, key=...), address=... or session=...")
    if key is not None:
        begun = chosen(events, _begun)
        keys = descendants(key, zip(begun["given"], begun["access_key"], strict=True))
        return chosen(events, lambda table: table[table["access_key"].isin(keys)])
    if address is not None:
        return chosen(events, lambda table: table[table["source_ip"] == address])
    name = str(session).partition(":assumed-role/")[2] or str(session)
    return chosen(events, lambda table: table[table["caller"] == name])


def descendants(key: str, begun: Iterable[tuple[Any, Any]]) -> set[str]:
    """Find an access key, and those of all sessions that were begun with it or with one of these."""
    children: dict[Any, list[Any]] = {}
    for child, parent in begun:
        children.setdefault(parent, []).append(child)
    found, waiting = {key}, [key]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if isinstance(child, str) and child not in found:
                found.add(child)
                waiting.append(child)
    return found


def _begun(table: Any) -> Any:
    """The calls that began sessions: who made them, with which access key, and which one they gave."""
    found = table[(table["source"] == "sts") & table["event"].isin(BEGINNINGS) & table["error"].isna()]
    found = found[["time", "event_id", "principal", "access_key", "request_parameters", "response_elements"]]
    given, named, roles = [], [], []
    for asked, answer in zip(found["request_parameters"], found["response_elements"], strict=True):
        asked, answer = opened(_text(asked)), opened(_text(answer))
        user = part(answer, "assumedRoleUser") or part(answer, "federatedUser")
        given.append(_text(part(answer, "credentials").get("accessKeyId")))
        named.append((_text(user.get("arn")) or "").partition(":assumed-role/")[2] or None)
        roles.append(_text(asked.get("roleArn")) if isinstance(asked, dict) else None)
    made = found.drop(columns=["request_parameters", "response_elements"])
    for name, values in (("given", given), ("named", named), ("role", roles)):
        made[name] = pandas.Series(values, index=made.index, dtype="str")
    # Of a role of another account there are two records: the caller's has the access key that it was called with.
    return made[made["given"].notna()].sort_values(["access_key", "time"], na_position="last", kind="stable")


def _of_sessions(table: Any) -> Any:
    """The calls that were signed with a session's access key."""
    names = list(dict.fromkeys(["time", "caller", "principal", "access_key", "source_ip", *ONCE]))
    return table.loc[table["access_key"].astype("str").str.startswith(_TEMPORARY).fillna(False).astype(bool), names]


def _chain(key: str, parents: Mapping[str, Any]) -> list[str]:
    """The access keys from the first one to this. A circle, which no real trail has, is cut."""
    found = [key]
    while isinstance(parent := parents.get(found[0]), str) and parent not in found:
        found.insert(0, parent)
    return found


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
