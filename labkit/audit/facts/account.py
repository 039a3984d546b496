"""The account that is audited: who and where it is, its time, its keys. Each fact is read when a check asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, TypeVar

from .finding import Fault
from .keys import Key
from .people import People
from .reader import CouldNotRead, Reader
from .trail import Trail

Found = Fault | CouldNotRead
T = TypeVar("T")
F = TypeVar("F")


class Account:
    """One account in one Region. Every property may raise CouldNotRead."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.region = reader.region
        self.people = People(self)
        self.trail = Trail(self)
        self._remembered: dict[tuple[str, str], Any] = {}

    def once(self, what: str, about: str, work: Callable[[], T]) -> T:
        """Do the work about something once, for all checks that ask for it."""
        if (what, about) not in self._remembered:
            self._remembered[what, about] = work()
        found: T = self._remembered[what, about]
        return found

    @cached_property
    def _identity(self) -> dict[str, Any]:
        return self.reader.ask("sts", "get_caller_identity")

    @property
    def id(self) -> str:
        """The twelve digits."""
        return str(self._identity["Account"])

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn`, `aws-us-gov`: the second part of its ARNs."""
        return str(self._identity["Arn"]).split(":")[1]

    @property
    def name(self) -> str:
        """How Security Hub writes an account as a resource."""
        return f"AWS::::Account:{self.id}"

    @cached_property
    def now(self) -> datetime:
        """The account's time: AWS's is in the Date header of its answers; elsewhere the newest record of its trail.

        A simulated account has a clock of its own, and shows it nowhere but in what it records.
        """
        said = self._identity["ResponseMetadata"].get("HTTPHeaders", {}).get("date", "")
        if "amazonaws.com" not in str(self.reader.client("sts").meta.endpoint_url):
            newest, _ = self.reader.first("cloudtrail", "lookup_events", "Events", 1)
            return newest[0]["EventTime"].astimezone(UTC) if newest else datetime.now(UTC)
        with suppress(ValueError, TypeError):
            return parsedate_to_datetime(said).astimezone(UTC)
        return datetime.now(UTC)

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """Every KMS key of the Region, those that AWS manages too."""
        listed = self.reader.listed("kms", "list_keys", "Keys")
        return tuple(Key(self.reader, each["KeyId"], each["KeyArn"], self._names_of) for each in listed)

    def _names_of(self, key_id: str) -> list[str]:
        return [each["AliasName"] for each in self.aliases if each.get("TargetKeyId") == key_id]

    @cached_property
    def keys_by_name(self) -> dict[str, Key]:
        """The keys by everything that may name them: key id, ARN, alias, alias ARN."""
        found = {name: key for key in self.keys for name in (key.id, key.arn)}
        for alias in self.aliases:
            if target := found.get(alias.get("TargetKeyId", "")):
                found |= {alias["AliasName"]: target, alias["AliasArn"]: target}
        return found

    @cached_property
    def aliases(self) -> list[dict[str, Any]]:
        """The aliases of the Region, as ListAliases has them."""
        return self.reader.listed("kms", "list_aliases", "Aliases")

    def customer_keys(self, judge: Callable[[Key], Iterable[Found]]) -> Iterator[Found]:
        """Judge each customer managed key; one that can't be read does not hide the others."""
        yield from each_of(self.keys, lambda key: judge(key) if key.is_customers else ())


def each_of(things: Iterable[T], judge: Callable[[T], Iterable[F | CouldNotRead]]) -> Iterator[F | CouldNotRead]:
    """Judge each thing; what could not be read of one is said, and the next is judged."""
    for thing in things:
        try:
            yield from judge(thing)
        except CouldNotRead as unread:
            yield unread
