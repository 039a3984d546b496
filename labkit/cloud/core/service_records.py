"""What a service says of its CloudTrail records. A service's room fills one in (`facts.py`); CloudTrail is handed them.

What a service leaves out has the rule that most services follow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from .call import Call
from .errors import AwsError

ServiceRecords = Mapping[str, "Records"]


@dataclass(frozen=True, slots=True)
class Records:
    """One service's answers to: which of its calls are data events, and what do its records show?"""

    source: str = ""  # in eventSource, where it is not botocore's name of the service
    event_name: Callable[[str], str] = lambda operation: operation
    reads: frozenset[str] = frozenset()  # read-only operations whose names don't say so
    data_event: Callable[[str, Mapping[str, Any]], bool] = lambda _operation, _params: False
    data_types: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # for basic event selectors
    resources: Callable[[Call], list[dict[str, str]]] = lambda _: []  # members in CloudTrail's order
    hidden: frozenset[str] = frozenset()  # members that are never shown, in CloudTrail's casing
    member_names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # shown under another name
    answered_reads: frozenset[str] = frozenset()  # reads that show their answer all the same
    silent: frozenset[str] = frozenset()  # operations whose answer is not shown, though they are no reads
    error_code: Callable[[AwsError], str] = lambda error: error.code
    shows_denied_parameters: bool = False  # of a call that was refused at authorization
    tells_key_exchange: bool = False  # in tlsDetails
    owners_get_records: bool = False  # the accounts of `resources`, where they are not the caller's


USUAL = Records()
"""A service that says nothing of its records."""


def among(*operations: str) -> Callable[[str, Mapping[str, Any]], bool]:
    """Return a service whose data events are these operations."""
    names = frozenset(operations)
    return lambda operation, _params: operation in names
