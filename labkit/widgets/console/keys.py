"""The console's lists of keys: aliases and key IDs at once, a key's details when its row is looked at.

ListAliases and ListKeys are read over all their pages; DescribeKey and ListResourceTags only for keys on the page, or
where a filter asks for them, so many at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..calls import Call, Caller, Outcome
from . import words

ROWS = 10
LOOKED_AT = 500  # keys that one search describes at most before it asks whether to go on
AWS_ALIAS = "alias/aws/"
SORTS = ("Key ID", "Aliases", "Key type")
COLUMNS = ("Aliases", "Key ID", "Status", "Key type", "Key spec", "Key usage")
MORE_COLUMNS = ("Origin", "Custom key store ID", "Creation date", "Expiration date", "Regionality")


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of the account, as the lists tell it."""

    key_id: str
    arn: str
    aliases: tuple[str, ...] = ()

    @property
    def aws_managed(self) -> bool:
        """Whether an alias of AWS's own points to it."""
        return any(alias.startswith(AWS_ALIAS) for alias in self.aliases)

    @property
    def named(self) -> str:
        """The first alias and how many more there are, as the console writes it."""
        shown = [alias.removeprefix("alias/") for alias in self.aliases]
        return words.NOTHING if not shown else shown[0] + (f" +{len(shown) - 1} more" if len(shown) > 1 else "")


@dataclass(frozen=True, slots=True)
class Filter:
    """What the console filters by; empty: all. `text` is found in an alias or the key ID."""

    text: str = ""
    key_type: str = ""
    regionality: str = ""
    tag_key: str = ""
    tag_value: str = ""
    sort: str = "Key ID"

    @property
    def needs_details(self) -> bool:
        """Whether keys must be described to know."""
        return bool(self.key_type or self.regionality or self.tag_key or self.tag_value or self.sort == "Key type")


@dataclass(frozen=True, slots=True)
class Page:
    """Rows to show, the page's number from 1, how many keys match (None: not all were looked at), and a word on it."""

    entries: tuple[Entry, ...]
    number: int
    found: int
    complete: bool
    note: str = ""

    @property
    def last(self) -> bool:
        """Whether no page follows."""
        return self.complete and self.number * ROWS >= self.found


class Keys:
    """The keys of the account in this Region, read once; `read` reads them anew."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._read = False
        self._entries: tuple[Entry, ...] = ()
        self._details: dict[str, Outcome] = {}
        self._tags: dict[str, Outcome] = {}
        self.refused: tuple[Outcome, ...] = ()

    def read(self) -> None:
        """Ask for the lists. What is refused stands in `refused`."""
        aliases, first = self._caller.pages(Call("ListAliases", {"Limit": 100}), "Aliases")
        keys, second = self._caller.pages(Call("ListKeys", {"Limit": 1000}), "Keys")
        names: dict[str, list[str]] = {}
        for alias in aliases:
            names.setdefault(alias.get("TargetKeyId", ""), []).append(alias["AliasName"])
        self._entries = tuple(
            Entry(each["KeyId"], each["KeyArn"], tuple(sorted(names.get(each["KeyId"], ())))) for each in keys
        )
        self.refused = tuple(each for each in (first, second) if not each.done)
        self._details, self._tags, self._read = {}, {}, True

    def entries(self, *, aws_managed: bool) -> tuple[Entry, ...]:
        """List AWS managed keys, or the customer's own."""
        if not self._read:
            self.read()
        return tuple(each for each in self._entries if each.aws_managed == aws_managed)

    def arn(self) -> str:
        """The ARN of any key; empty where there is none."""
        if not self._read:
            self.read()
        return self._entries[0].arn if self._entries else ""

    def details(self, key_id: str) -> Outcome:
        """Describe a key, once until the lists are read again."""
        if key_id not in self._details:
            self._details[key_id] = self._caller.make(Call("DescribeKey", {"KeyId": key_id}))
        return self._details[key_id]

    def metadata(self, key_id: str) -> Mapping[str, Any]:
        """The key's KeyMetadata; empty where DescribeKey is refused."""
        found: Mapping[str, Any] = (self.details(key_id).answer or {}).get("KeyMetadata", {})
        return found

    def tags(self, key_id: str) -> Sequence[Mapping[str, str]]:
        """The key's tags; none where they may not be read."""
        if key_id not in self._tags:
            self._tags[key_id] = self._caller.make(Call("ListResourceTags", {"KeyId": key_id}))
        found: Sequence[Mapping[str, str]] = (self._tags[key_id].answer or {}).get("Tags", [])
        return found

    def page(self, by: Filter, number: int, *, aws_managed: bool = False) -> Page:
        """Find one page of keys. Where details decide, LOOKED_AT more keys are described at most."""
        entries = [each for each in self.entries(aws_managed=aws_managed) if _named_like(each, by.text)]
        note = ""
        if by.sort == "Aliases":
            entries.sort(key=lambda each: (not each.aliases, each.aliases, each.key_id))
        if by.needs_details:
            new = [each.key_id for each in entries if each.key_id not in self._details]
            left = set(new[LOOKED_AT:])
            if left:
                note = f"Looked at {len(entries) - len(left)} of {len(entries)} keys so far. Search again to go on."
            entries = [each for each in entries if each.key_id not in left and self._matches(each, by)]
            if by.sort == "Key type":
                entries.sort(key=lambda each: words.key_type(self.metadata(each.key_id).get("KeySpec", "")))
        last = max(1, -(-len(entries) // ROWS))
        number = min(max(1, number), last)
        rows = tuple(entries[(number - 1) * ROWS : number * ROWS])
        return Page(rows, number, len(entries), not note, note)

    def row(self, entry: Entry, columns: Sequence[str]) -> list[str]:
        """Write a key's row; what may not be seen is a dash, and the status says so."""
        return [self._cell(entry, column) for column in columns]

    def _cell(self, entry: Entry, column: str) -> str:
        if column == "Aliases":
            return entry.named
        if column == "Key ID":
            return entry.key_id
        key = self.metadata(entry.key_id)
        if not key:
            return f"({self.details(entry.key_id).code})" if column == "Status" else words.NOTHING
        return _CELLS[column](key)

    def _matches(self, entry: Entry, by: Filter) -> bool:
        key = self.metadata(entry.key_id)
        if by.key_type and (not key or words.key_type(key["KeySpec"]) != by.key_type):
            return False
        if by.regionality and (not key or words.regionality(key).split()[0] != by.regionality):
            return False
        if not by.tag_key and not by.tag_value:
            return True
        return any(
            (not by.tag_key or tag["TagKey"] == by.tag_key) and (not by.tag_value or tag["TagValue"] == by.tag_value)
            for tag in self.tags(entry.key_id)
        )


_CELLS = {
    "Status": lambda key: words.state(key["KeyState"]),
    "Key type": lambda key: words.key_type(key["KeySpec"]),
    "Key spec": lambda key: str(key["KeySpec"]),
    "Key usage": lambda key: words.usage(key["KeyUsage"]),
    "Origin": lambda key: words.origin(key["Origin"]),
    "Custom key store ID": lambda key: str(key.get("CustomKeyStoreId", words.NOTHING)),
    "Creation date": lambda key: words.moment(key["CreationDate"]),
    "Expiration date": lambda key: words.moment(key.get("ValidTo")),
    "Regionality": words.regionality,
}


def _named_like(entry: Entry, text: str) -> bool:
    wanted = text.strip().lower().removeprefix("alias/")
    return not wanted or wanted in entry.key_id or any(wanted in alias.lower() for alias in entry.aliases)
