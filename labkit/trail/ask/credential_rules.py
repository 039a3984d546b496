"""The rules of `detections` on credentials: access keys that are made, and a run on secrets. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy
import pandas

from ..record.actors import actors
from .findings import a_list, an_object, asked_of, done, findings, windows
from .uses import each_call_once

WINDOW, SECRETS = numpy.timedelta64(10, "m"), 10
BY_FILTER = 20  # secrets that one answer of BatchGetSecretValue can hold: its page in the API Reference
_NOT_NAMED = "(of call "
# Calls whose answer is a password: service -> operations.
READS = {
    "secretsmanager": ("GetSecretValue", "BatchGetSecretValue"),
    "ssm": ("GetParameter", "GetParameters", "GetParametersByPath"),
    "ec2": ("GetPasswordData",),
}


def access_key_made(events: Any, ours: frozenset[str]) -> Any:
    """CreateAccessKey that succeeded."""
    found = done(events, "iam", ("CreateAccessKey",))
    words = []
    for asked, answer in zip(asked_of(found), asked_of(found, "response_elements"), strict=True):
        made = an_object(answer.get("accessKey"))
        user = made.get("userName") or asked.get("userName") or "the caller"
        words.append(f"access key {made.get('accessKeyId') or '(not recorded)'} for {user}")
    return findings(found, words)


def run_on_secrets(events: Any, ours: frozenset[str]) -> Any:
    """Many secrets that one actor asks for in a short time, given or refused: one finding for each time.

    A call that names none, as most refused ones, counts for one; one by a filter for as many as it can bring.
    """
    is_read = pandas.Series(False, index=events.index)
    for source, names in READS.items():
        is_read |= (events["source"] == source) & events["event"].isin(names)
    reads = each_call_once(events[is_read]).sort_values("time", kind="stable")
    wanted = [list(_secrets(at, asked)) for at, asked in enumerate(asked_of(reads))]
    rows = numpy.repeat(numpy.arange(len(reads)), [len(names) for names in wanted])
    secrets = pandas.Series([name for names in wanted for name in names], dtype="str")
    asked = reads.iloc[rows]
    times = asked["time"].dt.tz_localize(None).to_numpy()
    places: list[int] = []
    words: list[str] = []
    for mine in asked.groupby(actors(reads).to_numpy()[rows]).indices.values():
        for first, end in windows(times[mine], WINDOW, SECRETS):
            window = mine[first:end]
            if (different := secrets.iloc[window].unique()).size >= SECRETS:
                calls = reads.iloc[numpy.unique(rows[window])]
                named = sum(not name.startswith(_NOT_NAMED) for name in different)
                refused = int(calls["error"].notna().sum())
                places.append(window[0])
                number = f"{len(calls)} call{'s' * (len(calls) != 1)}"
                words.append(f"{number} for secrets, {named} different ones named, {refused} refused or failed")
    return findings(asked.iloc[places], words)


def _secrets(number: int, asked: dict[str, Any]) -> Iterator[str]:
    """The secrets that a call asks for; of one that names none, such as a refused one, the call's own number."""
    names = a_list(asked.get("secretIdList")) or a_list(asked.get("names"))
    single = [asked[name] for name in ("secretId", "instanceId", "name", "path") if asked.get(name)]
    is_parameter = bool(a_list(asked.get("names")) or asked.get("name") or asked.get("path"))
    if is_parameter and asked.get("withDecryption") not in (True, "true"):
        return
    if a_list(asked.get("filters")) and not names:
        yield from (f"{_NOT_NAMED}{number}, {at})" for at in range(BY_FILTER))
    else:
        yield from map(str, names or single or [f"{_NOT_NAMED}{number})"])
