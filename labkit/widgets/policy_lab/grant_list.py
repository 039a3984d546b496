"""Grants as a document: a JSON list in the form of ListGrants, read for the decision, with its marks. Pure.

Sources: KMS API Reference, CreateGrant and GrantListEntry; "Grants in AWS KMS", grantee principals.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...cloud.policy.grants import GRANT_OPERATIONS
from ...cloud.policy.question import Grant
from ...policy import as_grant
from .marks import Mark, json_marks
from .places import Path, line_and_column, places

_CODE = "ValidationException"
_CONTEXTS = ("EncryptionContextEquals", "EncryptionContextSubset")
_MEMBERS = frozenset(
    ("KeyId", "GrantId", "Name", "CreationDate", "GranteePrincipal", "RetiringPrincipal", "IssuingAccount",
     "Operations", "Constraints", "GranteeServicePrincipal", "RetiringServicePrincipal")
)  # fmt: skip
_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:(iam|sts)::\d{12}:(root|(user|role|federated-user|assumed-role)/.+)")
_SERVICE = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+){2,}")


def grant_marks(text: str) -> tuple[Mark, ...]:
    """Find what KMS would refuse in these grants."""
    raw, unread = json_marks(text, _CODE) if text.strip() else ([], ())
    if unread or not text.strip():
        return unread
    where = places(text)
    found = [(at, f"{name!r} is there twice in one object") for at, name in where.twice]
    for path, said in _wrong(raw):
        found.append((where.starts.get(path, where.starts.get(path[:1], 0)), said))
    marks = [Mark(*line_and_column(text, at), f"{_CODE}: {said}") for at, said in found]
    return tuple(sorted(marks, key=lambda mark: (mark.line, mark.column)))


def grants_of(text: str) -> tuple[Grant, ...]:
    """Read grants for the decision; the text must have no marks."""
    listed = json.loads(text) if text.strip() else []
    return tuple(as_grant({"GrantId": f"grant {number}", **each}) for number, each in enumerate(listed, 1))


def as_text(grants: Sequence[Grant]) -> str:
    """Write grants as their document."""
    return json.dumps([_entry(each) for each in grants], indent=2, ensure_ascii=False) if grants else ""


def _entry(grant: Grant) -> dict[str, Any]:
    service = "" if grant.grantee.startswith("arn:") else "Service"
    entry: dict[str, Any] = {"GrantId": grant.id, f"Grantee{service}Principal": grant.grantee}
    if grant.retiring:
        service = "" if grant.retiring.startswith("arn:") else "Service"
        entry[f"Retiring{service}Principal"] = grant.retiring
    entry["Operations"] = list(grant.operations)
    limits = grant.constraints
    constraints = {
        "EncryptionContextEquals": limits.encryption_context_equals,
        "EncryptionContextSubset": limits.encryption_context_subset,
        "SourceArn": limits.source_arn,
    }
    if given := {name: value for name, value in constraints.items() if value is not None}:
        entry["Constraints"] = given
    if grant.issuing_account:
        entry["IssuingAccount"] = f"arn:aws:iam::{grant.issuing_account}:root"
    return entry


def _wrong(raw: Any) -> Iterator[tuple[Path, str]]:
    if not isinstance(raw, list):
        yield (), "grants are a list, as ListGrants gives it"
        return
    for number, grant in enumerate(raw):
        if not isinstance(grant, dict):
            yield (number,), "a grant is a JSON object"
            continue
        for name, value in grant.items():
            if name not in _MEMBERS:
                yield (number, name), f"a grant has no {name!r}"
            elif name not in ("Operations", "Constraints") and not isinstance(value, str):
                yield (number, name), f"{name} is a string"
        yield from _principals(grant, number)
        yield from _operations(grant.get("Operations"), number)
        yield from _constraints(grant.get("Constraints", {}), number)


def _principals(grant: Mapping[str, Any], number: int) -> Iterator[tuple[Path, str]]:
    given = [name for name in ("GranteePrincipal", "GranteeServicePrincipal") if grant.get(name)]
    if not given:
        yield (number,), "GranteePrincipal is missing"
    if len(given) > 1:
        yield (number, given[1]), "Specify GranteePrincipal or GranteeServicePrincipal, not both."
    for name in ("GranteePrincipal", "RetiringPrincipal"):
        value = grant.get(name)
        if isinstance(value, str) and value and not (_PRINCIPAL.fullmatch(value) or _SERVICE.fullmatch(value)):
            yield (number, name), f"ARN does not refer to a valid principal: {value}"


def _operations(given: Any, number: int) -> Iterator[tuple[Path, str]]:
    path = (number, "Operations")
    if not isinstance(given, list) or not given:
        yield path, "Operations is a list of grant operations, such as Decrypt"
        return
    for at, each in enumerate(given):
        if each not in GRANT_OPERATIONS:
            yield (*path, at), f"a grant can't allow {each!r}; it can allow {', '.join(GRANT_OPERATIONS)}"
    if given == ["CreateGrant"]:
        yield path, "Grants must not contain only the CreateGrant operation."


def _constraints(given: Any, number: int) -> Iterator[tuple[Path, str]]:
    path = (number, "Constraints")
    if not isinstance(given, dict):
        yield path, "Constraints is an object"
        return
    for name, value in given.items():
        if name in _CONTEXTS:
            if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
                yield (*path, name), f"{name} is an object of strings"
        elif name != "SourceArn":
            yield (*path, name), f"there is no constraint {name!r}"
        elif not isinstance(value, str):
            yield (*path, name), f"{name} is a string"
    if all(given.get(name) for name in _CONTEXTS):
        yield path, "More than one constraint supplied"
