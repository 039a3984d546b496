"""The account that is cleaned up: its clients, its Regions, and a list of what carries the run's marks in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from ..hooks import plain
from ..hooks.lens import ITEM_TAG, RUN_TAG
from . import computing, identities, keys, storage, watching
from .thing import Kind, Marks, Thing

KINDS: tuple[Kind, ...] = tuple(
    sorted(
        (*keys.KINDS, *storage.KINDS, *identities.KINDS, *computing.KINDS, *watching.KINDS), key=lambda kind: kind.order
    )
)
BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}
GLOBAL = "us-east-1"  # where services without Regions are asked
OPEN = 40  # clients at a time: one for each service and Region would be hundreds of connections, and open files
# Answers of a Region that the account has not switched on.
_OFF = frozenset({"UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure", "OptInRequired"})


class Account:
    """The account of the credentials in the environment."""

    def __init__(self, region: str, session: botocore.session.Session) -> None:
        self._session = session
        self._clients: dict[tuple[str, str], Any] = {}
        self._region = region

    def client(self, service: str, region: str) -> Any:
        """Return a client, one of those used last if it can be. A client that is closed opens a connection anew."""
        found = self._clients.pop((service, region), None)
        if found is None:
            found = plain.client(self._session, service, region, attempts=8)
        self._clients[service, region] = found
        if len(self._clients) > OPEN:
            self._clients.pop(next(iter(self._clients))).close()
        return found

    def id(self) -> str:
        """Ask whose credentials these are (GetCallerIdentity)."""
        return str(self.client("sts", self._region).get_caller_identity()["Account"])

    def regions(self) -> tuple[str, ...]:
        """List the Regions that the account has switched on; where that is refused, all that botocore knows."""
        partition = self._session.get_partition_for_region(self._region)
        known = tuple(self._session.get_available_regions("kms", partition_name=partition))
        try:
            told = self.client("ec2", self._region).describe_regions()["Regions"]
        except (ClientError, BotoCoreError):
            return known
        names = sorted(each["RegionName"] for each in told)
        return tuple(each for each in names if self._session.get_partition_for_region(each) == partition)

    def tagged(self, run_id: str, region: str) -> dict[str, str]:
        """List the ARNs in a Region that carry the run's tag, each with the tag of the thing."""
        tagging = self.client("resourcegroupstaggingapi", region)
        filters = [{"Key": RUN_TAG, "Values": [run_id]}]
        found = {}
        for page in tagging.get_paginator("get_resources").paginate(TagFilters=filters):
            for each in page["ResourceTagMappingList"]:
                tags = {tag["Key"]: tag["Value"] for tag in each["Tags"]}
                found[each["ResourceARN"]] = tags.get(ITEM_TAG, "")
        return found

    def find(self, kind: Kind, region: str, marks: Marks) -> Iterator[Thing]:
        """List the things of a kind in a Region (or in all, where the kind has one list) with the run's marks."""
        yield from kind.find(self.client(kind.service, GLOBAL if kind.everywhere else region), marks)

    def remove(self, thing: Thing) -> None:
        """Take a thing away, or begin to."""
        kind = BY_NAME[thing.kind]
        kind.remove(self.client(kind.service, thing.region), thing)


def is_off(problem: Exception) -> bool:
    """Tell whether an error means that the account has this Region switched off."""
    return isinstance(problem, ClientError) and problem.response.get("Error", {}).get("Code") in _OFF


def in_words(problem: Exception) -> str:
    """Say an error in short: AWS's code and what it said first."""
    if isinstance(problem, ClientError):
        told = problem.response.get("Error", {})
        return f"{problem.operation_name}: {told.get('Code', '?')}: {str(told.get('Message', '')).strip()[:200]}"
    return f"{type(problem).__name__}: {str(problem)[:200]}"
