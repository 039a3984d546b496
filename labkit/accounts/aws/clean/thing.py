"""A thing in the account, the marks by which a run's things are told, and what a kind of thing is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from ..hooks.lens import ITEM_TAG, RUN_TAG

TAGGED = f"tag:{RUN_TAG}"  # EC2's filter


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing: where it is, what the account calls it, and whether it is already on its way out."""

    kind: str
    region: str
    id: str
    item: str = ""  # the run's tag of this thing
    until: datetime | None = None  # when AWS takes it away
    going: str = ""  # what it waits for, where there is no date

    @property
    def place(self) -> tuple[str, str, str]:
        """Kind, Region and id: replicas of a multi-Region key have one id in several Regions."""
        return self.kind, self.region, self.id

    def __str__(self) -> str:
        return f"{self.kind} {self.id} ({self.region})"


@dataclass(frozen=True, slots=True)
class Marks:
    """What tells a run's things: the id that names and tags carry, and the ids of one kind that the ledger has."""

    run_id: str
    account: str
    ids: frozenset[str] = frozenset()
    items: frozenset[str] = frozenset()  # of rows that were never settled

    def named(self, name: str) -> bool:
        """Tell whether a name carries the run's id as the hooks put it there."""
        return re.search(f"-{re.escape(self.run_id)}(?![a-z0-9])", name) is not None

    def filters(self) -> list[dict[str, Any]]:
        """EC2's filter for the run's tag."""
        return [{"Name": TAGGED, "Values": [self.run_id]}]


Find = Callable[[Any, Marks], Iterator[Thing]]
Remove = Callable[[Any, Thing], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: its service, its place in the order of deletion, how its things are found and taken away."""

    name: str
    service: str
    order: int
    find: Find
    remove: Remove
    everywhere: bool = field(default=False)  # one list for all Regions


def is_denied(refused: ClientError) -> bool:
    """Tell whether a refusal is one of a policy; SNS has a word of its own."""
    return str(refused.response["Error"]["Code"]).startswith(("AccessDenied", "AuthorizationError"))


def past_policy(remove: Remove, lift: Remove) -> Remove:
    """Return a way to take a thing of the run away whose own policy may forbid it: `lift` takes that policy off.

    The change may not be known at once: the error that says so is one that passes.
    """

    def twice(client: Any, thing: Thing) -> None:
        try:
            remove(client, thing)
            return
        except ClientError as refused:
            if not is_denied(refused):
                raise
            try:
                lift(client, thing)
            except (ClientError, LookupError):
                raise refused from None
        try:
            remove(client, thing)
        except ClientError as refused:
            if not is_denied(refused):
                raise
            told = refused.response["Error"]
            why = "its own policy is off (PolicyChangePending, or you lack a permission): "
            error = {"Code": told["Code"], "Message": why + str(told.get("Message", ""))}
            raise ClientError({"Error": error}, refused.operation_name) from None

    return twice


def pages(client: Any, operation: str, member: str, **params: Any) -> Iterator[Any]:
    """List all that an operation lists, page by page."""
    if client.can_paginate(operation):
        for page in client.get_paginator(operation).paginate(**params):
            yield from page.get(member) or []
    else:
        yield from getattr(client, operation)(**params).get(member) or []


def item_of(tags: Any) -> str:
    """Read the run's tag of a thing from its list of tags."""
    for tag in tags or []:
        if (tag.get("Key") or tag.get("TagKey")) == ITEM_TAG:
            return str(tag.get("Value") or tag.get("TagValue"))
    return ""


def of_run(tags: Any, run_id: str) -> bool:
    """Tell whether a list of tags names the run."""
    return any(
        (tag.get("Key") or tag.get("TagKey")) == RUN_TAG and (tag.get("Value") or tag.get("TagValue")) == run_id
        for tag in tags or []
    )


def region_of(client: Any) -> str:
    """Tell which Region a client calls."""
    return str(client.meta.region_name)


def named(kind: str, operation: str, member: str, name: str = "", **params: Any) -> Find:
    """Return a way to find things by the names in a list. `name` is the member of each; "" where the list has names."""

    def find(client: Any, marks: Marks) -> Iterator[Thing]:
        for each in pages(client, operation, member, **params):
            own: Mapping[str, Any] | str = each
            told = str(own if isinstance(own, str) else own.get(name, ""))
            if marks.named(told):
                yield Thing(kind, region_of(client), told)

    return find
