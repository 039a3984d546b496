"""What the calls of a trail cost, and what they made: keys and secrets by the hour, requests by their kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas

from .any_frame import chosen
from .costs import request_kind
from .findings import an_object, asked_of
from .prices import Price, price_list
from .uses import NETWORK, ONCE, each_call_once

COLUMNS = ("what", "thing", "quantity", "unit", "dollars")
_READ = [
    *dict.fromkeys(
        ("time", "source", "event", "region", "account", "key_arn", "request_parameters", "response_elements", *ONCE)
    )
]
ROTATIONS_CHARGED = 2
# Calls that make what is charged, and whose prices are not in the table.
NOT_PRICED = frozenset({
    ("ec2", "RunInstances"), ("ec2", "CreateVolume"), ("ec2", "CreateSnapshot"), ("ec2", "CopySnapshot"),
    ("rds", "CreateDBInstance"), ("rds", "CopyDBSnapshot"), ("lambda", "CreateFunction20150331"),
    ("dynamodb", "CreateTable"), ("cloudtrail", "CreateTrail"), ("monitoring", "PutMetricAlarm"),
    ("logs", "CreateLogGroup"), ("s3", "CreateBucket"), ("kms", "CreateCustomKeyStore"),
})  # fmt: skip


@dataclass(slots=True)
class _Life:
    """When a key or secret was there to be charged."""

    price: str
    begun: datetime
    ended: datetime | None = None
    rotations: list[datetime] = field(default_factory=list)

    def hours(self, until: datetime, since: datetime | None = None) -> float:
        """Count the hours from `since` (None: its making) until its end, or until then."""
        end = min(self.ended or until, until)
        return max((end - (since or self.begun)).total_seconds() / 3600, 0)


def bill(events: Any, until: datetime | None = None) -> Any:
    """Reckon what the calls cost on AWS, and what they made: a row for each key, secret and kind of request.

    events: the table of `load`. until: to when keys and secrets that are still there are charged; by default to the
    last event. Columns: what (the price's name), thing (ARN; "" for requests), quantity, unit (hours or requests),
    dollars (missing where the table of prices has none). Prices: `prices.tsv`, US dollars in most Regions.
    Limits: an estimate. Keys and secrets that were made before the trail begins are not charged; a key costs nothing
    while its deletion is scheduled, and cancelling charges as if it had never been ("AWS KMS pricing"). The free tier
    is not taken off. Whether refused calls are charged AWS doesn't say: they count. Things of other services have a
    row without a price; requests of theirs, storage and traffic have none.
    """
    known = each_call_once(chosen(events, _of_bill)).sort_values("time", kind="stable")
    if until is None and len(known):
        until = chosen(events, lambda part: part[["time"]])["time"].max().to_pydatetime()
    prices = price_list()
    rows = [*_things(known, until, prices), *_requests(known, prices), *_without_price(known)]
    table = pandas.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"what": "str", "thing": "str", "quantity": "float", "unit": "str", "dollars": "float"})


def _of_bill(table: Any) -> Any:
    """The rows that cost something, or end something that does, in one partition."""
    pairs = pandas.Series(zip(table["source"].astype("str"), table["event"].astype("str"), strict=True), table.index)
    is_one = table["source"].isin(["kms", "secretsmanager"]) | pairs.isin(NOT_PRICED)
    return table.loc[is_one & ~table["event_type"].isin(NETWORK), _READ]


def _things(known: Any, until: datetime | None, prices: Mapping[str, Price]) -> Iterator[tuple[Any, ...]]:
    """Keys, their rotations, and secrets: the hours of each."""
    for thing, life in _lives(known).items():
        end = until or life.begun
        hours = life.hours(end)
        yield (life.price, thing, round(hours, 2), "hours", hours * prices[life.price].each)
        for rotated in life.rotations[:ROTATIONS_CHARGED]:
            hours = life.hours(end, rotated)
            yield ("rotation", thing, round(hours, 2), "hours", hours * prices["rotation"].each)


def _lives(known: Any) -> dict[str, _Life]:
    """The keys and secrets that the trail saw made, by ARN."""
    found: dict[str, _Life] = {}
    done = known[known["error"].isna()]
    columns = [done[name] for name in ("time", "source", "event", "key_arn")]
    parts = zip(asked_of(done), asked_of(done, "response_elements"), strict=True)
    for time, source, event, key, (asked, answer) in zip(*columns, parts, strict=True):
        made = an_object(answer.get("keyMetadata"))
        if source == "kms" and event == "CreateKey" and made.get("keyManager") != "AWS":
            found[str(made.get("arn") or key)] = _Life("key", time.to_pydatetime())
        elif source == "secretsmanager" and event == "CreateSecret":
            found[str(answer.get("aRN") or answer.get("arn") or asked.get("name"))] = _Life(
                "secret", time.to_pydatetime()
            )
        else:
            _change(found, str(event), time.to_pydatetime(), _named(source, key, asked, answer))
    return found


def _named(source: str, key: Any, asked: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    """The ARN of the thing that an event is about, as far as it is known."""
    if source == "kms":
        return str(key)
    return str(answer.get("aRN") or answer.get("arn") or asked.get("secretId"))


def _change(found: dict[str, _Life], event: str, time: datetime, thing: str) -> None:
    life = found.get(thing)
    if life is None:
        return
    if event in ("ScheduleKeyDeletion", "DeleteSecret", "DeleteKey") and life.ended is None:
        life.ended = time
    elif event in ("CancelKeyDeletion", "RestoreSecret"):
        life.ended = None
    elif event == "RotateKey":
        life.rotations.append(time)


def _requests(known: Any, prices: Mapping[str, Price]) -> Iterator[tuple[Any, ...]]:
    """KMS's requests by their kind, and those of Secrets Manager; what a service does by itself is none."""
    calls = known[(known["event_type"] != "AwsServiceEvent") & (known["caller_type"] != "AWSAccount")]
    of_kms = calls[calls["source"] == "kms"]
    asked = asked_of(of_kms)
    counts = Counter(request_kind(str(event), said) for event, said in zip(of_kms["event"], asked, strict=True))
    counts["secret request"] = int((calls["source"] == "secretsmanager").sum())
    for name in prices:
        if counts[name]:
            yield (name, "", counts[name], "requests", counts[name] * prices[name].each)


def _without_price(known: Any) -> Iterator[tuple[Any, ...]]:
    """What was made of other services."""
    done = known[known["error"].isna()]
    pairs = Counter(zip(done["source"].astype("str"), done["event"].astype("str"), strict=True))
    for source, event in sorted(NOT_PRICED & pairs.keys()):
        yield (f"{source}:{event}", "", pairs[source, event], "requests", None)
