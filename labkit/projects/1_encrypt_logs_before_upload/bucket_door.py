"""Whom a bucket policy's check asks about, and where: more than the policy's writer thought of. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

ROLES = ("WebShipper", "BillingShipper", "LogAuditor", "LabAdministrator")
SOMEBODY, ABROAD = "A role that no document names", "A role of another account"
OTHER_NAMES = (
    "web/today.log", "billing/today.log", "billing/today.csv", "x.sealed", "other/a.sealed", "webs/a.sealed",
    "billing.sealed", "today.log",
)  # fmt: skip
NAMED = re.compile(r"arn:aws:iam::(?:\d{12}|\*):(?:role|user)/[\w+=,.@/*?-]+")
OF_THE_CALLER = ("aws:principal", "aws:userid", "aws:username", "s3:if-none-match")


def callers_at(text: str, account: str) -> dict[str, str]:
    """List the ARNs of those that might come: the page's roles, two strangers, and all that the policy names."""
    found = {name: f"arn:aws:iam::{account}:role/{name}" for name in ROLES}
    found |= {SOMEBODY: f"arn:aws:iam::{account}:role/SomebodyElse", ABROAD: "arn:aws:iam::999999999999:role/Stranger"}
    named = {_one_of(arn.replace("::*:", f"::{account}:")) for arn in NAMED.findall(text)}
    return found | {arn: arn for arn in sorted(named - set(found.values()))}


def places_in(policy: dict[str, Any], bucket: str) -> Iterator[str]:
    """Make an object's name for each place that the policy names. `bucket` is an ARN."""
    for statement in _listed(policy["Statement"]):
        for place in (*_listed(statement.get("Resource", [])), *_listed(statement.get("NotResource", []))):
            if place.startswith(f"{bucket}/"):
                yield _one_of(place.removeprefix(f"{bucket}/"))


def circumstances_in(policy: dict[str, Any]) -> list[dict[str, str]]:
    """List nothing special, and each circumstance that a Deny looks at besides the caller: a date, an endpoint."""
    found: list[dict[str, str]] = [{}]
    for statement in _listed(policy["Statement"]):
        for block in statement.get("Condition", {}).values():
            for key, values in block.items():
                if not key.lower().startswith(OF_THE_CALLER):
                    found += [{key: _one_of(str(value))} for value in _listed(values)]
    return found


def _one_of(pattern: str) -> str:
    return pattern.replace("*", "x").replace("?", "0")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
