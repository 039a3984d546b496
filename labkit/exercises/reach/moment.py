"""When permissions are asked: at the moment of the check, and long after it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

_LATER = "2099-12-31T00:00:00Z"
LATER: Mapping[str, str] = {
    "aws:CurrentTime": _LATER,
    "aws:EpochTime": str(int(datetime.fromisoformat(_LATER).timestamp())),
}
"""The condition keys of a request in many years: a permission that ends before it is none for good."""

NOW = {"aws:currenttime": "now", "aws:epochtime": "now", "aws:sourceip": "from where you call"}
"""How a sentence calls what every direct call carries, where no other value was tried."""


def moment(events: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    """Return what a direct call carries now: the time, and the address, of the account's last direct call."""
    if not events:
        return {}
    time = str(events[-1]["eventTime"])
    found = {"aws:CurrentTime": time, "aws:EpochTime": str(int(datetime.fromisoformat(time).timestamp()))}
    addresses = [str(each.get("sourceIPAddress", "")) for each in events]
    address = next((each for each in reversed(addresses) if each[:1].isdigit()), "")
    return found | ({"aws:SourceIp": address} if address else {})


def is_past(situation: Mapping[str, str | Sequence[str]], now: Mapping[str, str]) -> bool:
    """Tell whether the situation is of a time that is over: it does not come again."""
    time, epoch = situation.get("aws:CurrentTime"), situation.get("aws:EpochTime")
    if isinstance(time, str) and now and time < now["aws:CurrentTime"]:
        return True
    return isinstance(epoch, str) and bool(now) and int(epoch) < int(now["aws:EpochTime"])
