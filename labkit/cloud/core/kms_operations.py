"""What is said of each operation of KMS, once: reads kms/operations.tsv, one row an operation.

It stands in the lowest room because kms, policy, cloudtrail and labkit.trail read it, and policy may not import kms.
It imports nothing of the cloud: it opens a file beside that room, and holds it against botocore's model.
A missing row or cell, a word that is none of the column's, or a member that the API lacks is a ValueError.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from botocore.model import ServiceModel, StructureShape

from . import botocore_data

NONE = "-"
OWN_CHECK = "own check"
SPECIAL = "special plan"
ON_ACCOUNT = "account"
_KEYS_OF_OTHERS = frozenset({"key of any account", "key or alias of any account"})
_YES_OR_NO = frozenset({"yes", "no"})
_WORDS: MappingProxyType[str, frozenset[str]] = MappingProxyType(
    {
        "takes": frozenset({"own key", *_KEYS_OF_OTHERS, ON_ACCOUNT, SPECIAL}),
        "asked on": frozenset({"key", ON_ACCOUNT}),
        "across accounts": _YES_OR_NO,
        "grantable": _YES_OR_NO,
        "readOnly": frozenset({"true", "false"}),
        "resources": _YES_OR_NO,
        "price": frozenset({"symmetric", "asymmetric", "by algorithm", "by key pair"}),
    }
)
_EVENTS_OWN = frozenset({"clusterId"})  # CloudHsmClusterId in AWS's sample events of custom key stores
COLUMNS = (
    *("operation", "takes", "permission", "asked on", "across accounts", "grantable", "key states", "key usage"),
    *("algorithm", "page", "defaults", "condition keys", "readOnly", "requestParameters", "responseElements"),
    *("additionalEventData", "resources", "price"),
)


@dataclass(frozen=True, slots=True)
class OperationFacts:
    """One row of the table: an operation of KMS."""

    name: str
    takes: str
    """What its KeyId may be; "account" if it has no resource, "special plan" if a function finds what it is about."""
    permissions: tuple[str, ...]
    """The IAM actions that are its own, without "kms:"."""
    on_key: bool
    """Whether its permission is asked on a KMS key."""
    across_accounts: bool
    """Whether it works with another account's key ("Cross-account use")."""
    grantable: bool
    """Whether a grant can allow it (GrantOperation)."""
    states: str
    """The row of key-states.tsv that holds for it; "" if it is about no key."""
    usage: str
    """The key usage that it asks of its key. With one it is a cryptographic operation; "" for all others."""
    algorithms: tuple[str, ...]
    """The parameters that name an algorithm, one a key; none where a function of its own checks the key's spec."""
    page: tuple[int, int] | None
    """Items of a page: how many unless Limit says so, and the most. None for a list that is given whole."""
    lists: bool
    """Whether it has a Limit."""
    defaults: Mapping[str, Any]
    """The parameters that AWS fills in before policies are asked, with their values."""
    condition_keys: tuple[str, ...]
    """The condition keys that a request for it can carry, beside those of every operation on a key."""
    read_only: bool
    """CloudTrail's readOnly."""
    parameters: tuple[str, ...]
    """What CloudTrail shows of the request (requestParameters)."""
    shown_defaults: Mapping[str, Any]
    """The parameters that CloudTrail shows with this value where the request left them out."""
    elements: tuple[str, ...]
    """What CloudTrail shows of the answer (responseElements)."""
    additional: tuple[str, ...]
    """What stands in additionalEventData."""
    has_resources: bool
    """Whether its event has resources."""
    price: str
    """The kind of request in AWS's price list: by itself, or by its algorithm or kind of key pair."""

    @property
    def cryptographic(self) -> bool:
        """Whether it uses a key: KMS tracks it (GetKeyLastUsage), CloudWatch counts it, the trail calls it a use."""
        return bool(self.usage)


def service_model() -> ServiceModel:
    """botocore's model of KMS: read once, it never changes."""
    return botocore_data.service_model("kms")


@lru_cache(maxsize=1)
def table() -> MappingProxyType[str, OperationFacts]:
    """Return every operation of KMS by its name, in the order of the API's documentation."""
    return read(text(), service_model())


def text() -> str:
    """Return the table as it is written."""
    return (files("labkit.cloud") / "kms" / "operations.tsv").read_text(encoding="utf-8")


def read(written: str, model: ServiceModel) -> MappingProxyType[str, OperationFacts]:
    """Return the table's rows. ValueError, naming operation and column, for what is missing or is none of the words."""
    head, *lines = (line for line in written.splitlines() if not line.startswith("#"))
    if tuple(head.split("\t")) != COLUMNS:
        raise ValueError(f"operations.tsv has other columns than {', '.join(COLUMNS)}.")
    rows = [_Row(line, model) for line in lines]
    names = [row.name for row in rows]
    if missing := sorted(set(model.operation_names) - set(names)):
        raise ValueError(f"operations.tsv has no row for {', '.join(missing)}: every operation of KMS needs one.")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"operations.tsv has more than one row for {', '.join(twice)}.")
    return MappingProxyType({row.name: row.facts() for row in rows})


class _Row:
    """A line of the table, while it is read."""

    def __init__(self, line: str, model: ServiceModel) -> None:
        cells = line.split("\t")
        self.name = cells[0]
        if self.name not in model.operation_names:
            raise ValueError(f"operations.tsv has a row for {self.name!r}, which is no operation of KMS.")
        if len(cells) != len(COLUMNS) or not all(cells):
            empty = [column for column, cell in zip(COLUMNS, cells, strict=False) if not cell]
            said = f"lacks a cell: {', '.join(empty or COLUMNS[len(cells) :]) or 'it has too many'}"
            raise ValueError(f'operations.tsv, {self.name}: the row {said}. Write "-" for none.')
        self._cells = dict(zip(COLUMNS, cells, strict=True))
        self._model = model

    def facts(self) -> OperationFacts:
        """The row in its types."""
        takes, usage, page = self._word("takes"), self._usage(), self._page()
        shown = self._values("requestParameters")
        facts = OperationFacts(
            name=self.name,
            takes=takes,
            permissions=self._of("permission", (self.name, f"{self.name}From", f"{self.name}To")),
            on_key=self._word("asked on") == "key",
            across_accounts=self._word("across accounts") == "yes",
            grantable=self._word("grantable") == "yes",
            states=self._cells["key states"].removeprefix(NONE),
            usage=usage,
            algorithms=self._algorithms(),
            page=page,
            lists=self._cells["page"] != NONE,
            defaults=self._given("defaults", self._parameters()),
            condition_keys=self._list("condition keys"),
            read_only=self._word("readOnly") == "true",
            parameters=tuple(self._given("requestParameters", self._shown_parameters())),
            shown_defaults=MappingProxyType({name: value for name, value in shown.items() if value is not None}),
            elements=self._of("responseElements", self._event_members()),
            additional=self._of("additionalEventData", self._event_members()),
            has_resources=self._word("resources") == "yes",
            price=self._word("price"),
        )
        self._require_sense(facts)
        return facts

    def _require_sense(self, facts: OperationFacts) -> None:
        """What two cells say together must be possible."""
        if facts.takes != SPECIAL and facts.across_accounts != (facts.takes in _KEYS_OF_OTHERS):
            raise self._error("across accounts", f"where the operation takes {facts.takes!r}")
        if facts.takes != SPECIAL and facts.on_key != (facts.takes != ON_ACCOUNT):
            raise self._error("asked on", f"where the operation takes {facts.takes!r}")
        if facts.on_key and not facts.states:
            raise self._error("key states", "for an operation on a key")
        if facts.lists != ("Limit" in self._parameters()):
            raise self._error("page", "for the API's parameters: the cell is of operations with a Limit")
        if not facts.permissions:
            raise self._error("permission", "for any operation")

    def _error(self, column: str, why: str) -> ValueError:
        return ValueError(f"operations.tsv, {self.name}: {self._cells[column]!r} is no {column} {why}.")

    def _word(self, column: str) -> str:
        if self._cells[column] not in _WORDS[column]:
            raise self._error(column, f"but one of {', '.join(sorted(_WORDS[column]))} is")
        return self._cells[column]

    def _list(self, column: str) -> tuple[str, ...]:
        return () if self._cells[column] == NONE else tuple(self._cells[column].split(","))

    def _of(self, column: str, known: Iterable[str]) -> tuple[str, ...]:
        """The cell's names, each of which must be known."""
        names = self._list(column)
        if not set(names) <= set(known):
            raise self._error(column, f"that KMS has: {', '.join(sorted(set(names) - set(known)))}")
        return names

    def _values(self, column: str) -> dict[str, Any]:
        """name -> value of a cell such as "limit,origin=AWS_KMS"; None for a name without value."""
        pairs = (entry.partition("=") for entry in self._list(column))
        return {name: _value(value) if equals else None for name, equals, value in pairs}

    def _given(self, column: str, known: Iterable[str]) -> MappingProxyType[str, Any]:
        values = self._values(column)
        if not values.keys() <= set(known):
            raise self._error(column, f"that KMS has: {', '.join(sorted(values.keys() - set(known)))}")
        return MappingProxyType(values)

    def _usage(self) -> str:
        usage = self._cells["key usage"]
        if usage not in (NONE, *self._model.shape_for("KeyUsageType").enum):
            raise self._error("key usage", "of KMS's")
        return usage.removeprefix(NONE)

    def _algorithms(self) -> tuple[str, ...]:
        cell, wanted = self._cells["algorithm"], self._cells["key usage"] != NONE
        if (cell != NONE) != wanted:
            raise self._error("algorithm", f"beside the key usage {self._cells['key usage']!r}")
        return () if cell == OWN_CHECK else self._of("algorithm", self._parameters())

    def _page(self) -> tuple[int, int] | None:
        cell = self._cells["page"]
        if cell in (NONE, "whole"):
            return None
        usual, of, most = cell.partition(" of ")
        if not (of and usual.isdecimal() and most.isdecimal()):
            raise self._error("page", 'but "50 of 100" is (usual, most), or "whole", or "-"')
        return int(usual), int(most)

    def _parameters(self) -> Mapping[str, Any]:
        shape = self._model.operation_model(self.name).input_shape
        return shape.members if isinstance(shape, StructureShape) else {}

    def _shown_parameters(self) -> frozenset[str]:
        return frozenset(_lower_first(name) for name in self._parameters()) | _EVENTS_OWN

    def _event_members(self) -> frozenset[str]:
        return _event_members(self._model) | _EVENTS_OWN


@lru_cache(maxsize=2)
def _event_members(model: ServiceModel) -> frozenset[str]:
    """Every member of the API in CloudTrail's casing: an event shows what its answer lacks too, under such a name."""
    shapes = (model.shape_for(name) for name in model.shape_names)
    members = {member for shape in shapes if isinstance(shape, StructureShape) for member in shape.members}
    return frozenset(_lower_first(member) for member in members)


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


def _value(written: str) -> Any:
    """A value as the API has it: a number, a truth value, or text."""
    if written in ("true", "false"):
        return written == "true"
    return int(written) if written.isdecimal() else written
