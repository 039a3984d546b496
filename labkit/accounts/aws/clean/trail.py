"""What CloudTrail says a lab's role has made: for a thing without a name whose row was never settled.

A role's request is left as the lab wrote it, so such a thing has no tag until it is tagged afterwards. If the process
was killed in between, CloudTrail has the call: by a session of a role whose name carries the run's id. It may take up
to about 15 minutes until the call is there (CloudTrail User Guide, event history).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..ledger.makings import makings
from .thing import Marks, pages

DELAY = 15  # minutes


def made_by_roles(cloudtrail: Any, service: str, operation: str, marks: Marks) -> Iterator[str]:
    """List the ids of what the run's own roles and users have made by an operation, by CloudTrail's records."""
    path = makings()[service, operation].id.replace("[]", "").split(".")
    asked = [{"AttributeKey": "EventName", "AttributeValue": operation}]
    for each in pages(cloudtrail, "lookup_events", "Events", LookupAttributes=asked):
        event = json.loads(each["CloudTrailEvent"])
        who = event.get("userIdentity", {})
        caller = " ".join((str(who.get("arn", "")), str(who.get("userName", ""))))
        if marks.named(caller.replace("/", " ")) and not event.get("errorCode"):
            yield from _ids(event.get("responseElements"), path)


def _ids(told: Any, path: list[str]) -> Iterator[str]:
    """Read ids from a record: member names begin with a small letter, and EC2's lists are `...Set.items`."""
    if isinstance(told, str) and not path:
        yield told
    elif isinstance(told, list):
        for each in told:
            yield from _ids(each, path)
    elif isinstance(told, Mapping) and path:
        name = path[0][:1].lower() + path[0][1:]
        if name in told:
            yield from _ids(told[name], path[1:])
        elif f"{name}Set" in told:
            yield from _ids(told[f"{name}Set"].get("items", []), path[1:])
