"""The table of creating operations (makings.tsv): what each makes, and how it is found again.

A creating operation that has no row is refused before it is sent: what nobody knows how to take away is not made in
somebody's account. `way` is one of these.

makes    a thing of its own: in the ledger, named and tagged, taken away by clean-up
part     something inside a thing of the run, which goes with it
setting  a setting of the whole account and Region: its old value is kept, and restored
passes   nothing that could be taken away
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

CREATING = re.compile(
    r"(Create|Put|Run|Copy|Register|Replicate|Import|Restore|Allocate|Request|Upload|Purchase|Provision|Publish"
    r"(?!$|Batch$|Version$)|Clone|Build|Launch|Generate(?!DataKey|Mac|Random)|Export|Share|Accept|Invite|Issue)"
)
READING = re.compile(
    r"(Get|List|Describe|Head|Lookup|Search|Select|Query|Scan|BatchGet|Filter|Test|Validate|Simulate|Verify|Preview)"
)
WAYS = ("makes", "part", "setting", "passes")


@dataclass(frozen=True, slots=True)
class Making:
    """One row: a creating operation. Empty texts stand for what it does not have."""

    service: str
    operation: str
    way: str
    kind: str
    name: str
    id: str
    arn: str
    tags: str

    def identifiers(self, answer: Mapping[str, Any]) -> tuple[str, ...]:
        """Read the ids of what was made from an answer."""
        return tuple(_at(self.id.split("."), answer)) if self.id else ()

    def arn_in(self, answer: Mapping[str, Any]) -> str:
        """Read the ARN of what was made from an answer; "" where it has none."""
        return next(_at(self.arn.split("."), answer), "") if self.arn else ""

    def tagged(self, params: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
        """Return the parameters with these tags added, in this operation's form; as they are where it takes none."""
        member, _, form = self.tags.partition(":")
        if not member:
            return dict(params)
        if member == "TagSpecifications":
            return dict(params) | {member: _specifications(params.get(member), form.split(","), tags)}
        if form == "{}":
            return dict(params) | {member: {**(params.get(member) or {}), **tags}}
        key, value, *more = form.split(",")
        added = [{key: name, value: text, **dict.fromkeys(more, False)} for name, text in tags.items()]
        return dict(params) | {member: [*(params.get(member) or []), *added]}


def _specifications(given: Any, types: list[str], tags: Mapping[str, str]) -> list[Any]:
    """EC2's form: the tags of each type of resource that the call makes."""
    added = [{"Key": key, "Value": value} for key, value in tags.items()]
    kept = [each for each in given or [] if not (isinstance(each, Mapping) and each.get("ResourceType") in types)]
    own = {
        kind: [
            tag
            for each in given or []
            if isinstance(each, Mapping) and each.get("ResourceType") == kind
            for tag in each.get("Tags", [])
        ]
        for kind in types
    }
    return [*kept, *({"ResourceType": kind, "Tags": [*own[kind], *added]} for kind in types)]


def _at(path: list[str], answer: Any) -> Iterator[str]:
    """Read the texts at a path such as Instances[].InstanceId."""
    if not path:
        if isinstance(answer, str):
            yield answer
        return
    inner = answer.get(path[0].removesuffix("[]")) if isinstance(answer, Mapping) else None
    for each in inner if isinstance(inner, list) else [inner]:
        yield from _at(path[1:], each)


@cache
def makings() -> Mapping[tuple[str, str], Making]:
    """Read the table, by service and operation. ValueError for a row that can't be right."""
    text = resources.files(__package__).joinpath("makings.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    found = {}
    for row in rows:
        making = Making(*("" if cell == "-" else cell for cell in row))
        if making.way not in WAYS or (making.service, making.operation) in found:
            raise ValueError(f"makings.tsv: {row}")
        found[making.service, making.operation] = making
    return found


@cache
def known_services() -> frozenset[str]:
    """List the services of which the table knows the creating operations."""
    return frozenset(service for service, _ in makings()) | {"sts"}


def why_not(service: str, operation: str) -> str:
    """Say why an operation is not sent in a real run; "" where it may be."""
    if (service, operation) in makings() or READING.match(operation):
        return ""
    if service not in known_services():
        return f"labkit does not know what {service}'s {operation} leaves in an account"
    if CREATING.match(operation):
        return f"labkit does not know how to take away again what {service}'s {operation} makes"
    return ""
