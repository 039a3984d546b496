"""Condition operators: does a condition hold for what was seen, and why.

Pure. Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Multivalued context keys".
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from .documents import Condition
from .patterns import Values, arn_matches, expand, glob, literal

Compare = Callable[[str, str], bool]
"""(value written, value seen) -> whether they match."""


@dataclass(frozen=True, slots=True)
class ConditionAnalysis:
    """One condition, the values seen (None: the key was not in the request), and whether it holds.

    `note` says why, where the values alone do not: a missing key, a variable without a value.
    """

    condition: Condition
    seen: tuple[str, ...] | None
    matched: bool
    note: str = ""


def analyse(condition: Condition, values: Values, with_variables: bool = True) -> ConditionAnalysis:
    """Test one condition against the request's keys."""
    seen = values.get(condition.key.lower())
    if condition.base == "Null":
        wanted = {v.lower() for v in condition.values}
        matched = ("true" if seen is None else "false") in wanted
        return ConditionAnalysis(condition, seen, matched)
    if seen is None:
        return _without_key(condition)
    compare, negated, variables = _OPERATORS[condition.base]
    written = condition.values
    note = ""
    if variables and with_variables and any("${" in w for w in written):
        expanded = [expand(w, values) for w in written]
        if None in expanded:
            note = "a policy variable has no value in this request"
        written = tuple(e for e in expanded if e is not None)

    def holds(value: str) -> bool:
        return any(compare(w, value) for w in written) != negated

    if condition.set_operator == "ForAllValues":
        # Values that come to nothing, such as one empty string, count as none ("ForAllValues").
        matched = all(holds(v) for v in seen) or not any(seen)
    elif condition.set_operator == "ForAnyValue" or len(seen) == 1:
        matched = any(holds(v) for v in seen)
    else:
        # AWS requires a set operator for keys with several values and documents no result without one.
        matched = any(any(compare(w, v) for w in written) for v in seen) != negated
        note = note or "the key has several values; a set operator (ForAnyValue or ForAllValues) is missing"
    return ConditionAnalysis(condition, seen, matched, note)


def unreadable(condition: Condition) -> tuple[str, ...]:
    """List the written values that the operator can make nothing of: no number, date, truth value, network, Base64.

    Values with policy variables are left out where the operator takes variables.
    """
    reads = next((read for kind, read in _READS.items() if condition.base.startswith(kind)), None)
    if reads is None:
        return ()
    return tuple(v for v in condition.values if not reads(v) and not ("${" in v and takes_variables(condition)))


def takes_variables(condition: Condition) -> bool:
    """Tell whether policy variables count in the operator's values."""
    return condition.base in _OPERATORS and _OPERATORS[condition.base][2]


def _without_key(condition: Condition) -> ConditionAnalysis:
    """A key that is not in the request: false, except for IfExists, ForAllValues and negated operators."""
    passes = ""
    if condition.if_exists:
        passes = "IfExists"
    elif condition.set_operator == "ForAllValues":
        passes = "ForAllValues"
    elif not condition.set_operator and _OPERATORS[condition.base][1]:
        passes = "a negated operator"
    note = "the key is not in the request" + (f"; {passes} lets that pass" if passes else "")
    return ConditionAnalysis(condition, None, bool(passes), note)


def _equal(written: str, seen: str) -> bool:
    return literal(written) == seen


def _equal_ignoring_case(written: str, seen: str) -> bool:
    return literal(written).lower() == seen.lower()


def _arn(written: str, seen: str) -> bool:
    return seen.count(":") >= 5 and arn_matches(written, seen)


@lru_cache(maxsize=1024)
def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


_DATE_FORMS = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%MZ", "%Y-%m-%dT%H:%M:%S%z",
               "%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M%z", "%Y-%m-%d", "%Y-%m", "%Y")  # fmt: skip


@lru_cache(maxsize=1024)
def _date(text: str) -> Decimal | None:
    """Seconds since 1970 of an ISO 8601 date (W3C forms) or of epoch seconds; None for anything else."""
    for form in _DATE_FORMS:
        try:
            moment = datetime.strptime(text, form)
        except ValueError:
            continue
        return Decimal(str((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()))
    return _number(text)


def _ordered(read: Callable[[str], Decimal | None], holds: Callable[[Decimal, Decimal], bool]) -> Compare:
    def compare(written: str, seen: str) -> bool:
        limit, value = read(written), read(seen)
        return limit is not None and value is not None and holds(value, limit)

    return compare


def _boolean(written: str, seen: str) -> bool:
    return written.lower() == seen.lower() and seen.lower() in ("true", "false")


def _binary(written: str, seen: str) -> bool:
    try:
        return base64.b64decode(written, validate=True) == base64.b64decode(seen, validate=True)
    except (binascii.Error, ValueError):
        return False


@lru_cache(maxsize=1024)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _in_network(written: str, seen: str) -> bool:
    network = _network(written)
    try:
        address = ipaddress.ip_address(seen)
    except ValueError:
        return False
    return network is not None and address.version == network.version and address in network


def _base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


_READS: dict[str, Callable[[str], bool]] = {
    # the beginning of operators' names -> whether a value can be read
    "Numeric": lambda text: _number(text) is not None,
    "Date": lambda text: _date(text) is not None,
    "Bool": lambda text: text.lower() in ("true", "false"),
    "Null": lambda text: text.lower() in ("true", "false"),
    "IpAddress": lambda text: _network(text) is not None,
    "NotIpAddress": lambda text: _network(text) is not None,
    "BinaryEquals": _base64,
}


def _both(name: str, compare: Compare, variables: bool) -> dict[str, tuple[Compare, bool, bool]]:
    """An operator and its negation: "Equals" under "String{}Equals" gives StringEquals and StringNotEquals."""
    return {name.format(""): (compare, False, variables), name.format("Not"): (compare, True, variables)}


def _order(kind: str, read: Callable[[str], Decimal | None]) -> dict[str, tuple[Compare, bool, bool]]:
    return _both(kind + "{}Equals", _ordered(read, lambda value, limit: value == limit), False) | {
        kind + "LessThan": (_ordered(read, lambda value, limit: value < limit), False, False),
        kind + "LessThanEquals": (_ordered(read, lambda value, limit: value <= limit), False, False),
        kind + "GreaterThan": (_ordered(read, lambda value, limit: value > limit), False, False),
        kind + "GreaterThanEquals": (_ordered(read, lambda value, limit: value >= limit), False, False),
    }


_OPERATORS: dict[str, tuple[Compare, bool, bool]] = (
    # name -> (comparison, negated, policy variables work in it)
    _both("String{}Equals", _equal, True)
    | _both("String{}EqualsIgnoreCase", _equal_ignoring_case, True)
    | _both("String{}Like", glob, True)
    | _both("Arn{}Equals", _arn, True)
    | _both("Arn{}Like", _arn, True)
    | _order("Numeric", _number)
    | _order("Date", _date)
    | {
        "Bool": (_boolean, False, True),
        "BinaryEquals": (_binary, False, False),
        "IpAddress": (_in_network, False, False),
        "NotIpAddress": (_in_network, True, False),
    }
)
