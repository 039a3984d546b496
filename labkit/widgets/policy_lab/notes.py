"""Notes on a policy document that AWS stores as it is: names that mean nothing, statements without effect. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from ...cloud.core.errors import AwsError
from ...cloud.policy import condition_keys
from ...cloud.policy.documents import DocumentKind, parse_document
from ...cloud.policy.grammar import listed, refuser
from ...cloud.policy.patterns import glob
from ...exercises.reach.actions import kms_actions
from .marks import Mark
from .places import Path, line_and_column, places

_LOWERED = {each.lower(): each for each in kms_actions()}


def notes(text: str, kind: DocumentKind) -> tuple[Mark, ...]:
    """Find what a stored document does not do, though it looks as if it did."""
    try:
        parse_document(text, kind)
    except AwsError:
        return ()
    raw = json.loads(text)
    where = places(text)
    found: list[Mark] = []
    for path, said in _said(raw, kind):
        at = next((where.starts[path[:end]] for end in range(len(path), -1, -1) if path[:end] in where.starts), 0)
        found.append(Mark(*line_and_column(text, at), said, problem=False))
    return tuple(found)


def _said(raw: dict[str, Any], kind: DocumentKind) -> Iterator[tuple[Path, str]]:
    several = isinstance(raw["Statement"], list)
    if raw.get("Version") != "2012-10-17" and "${" in json.dumps(raw):
        yield ("Version",), "Only version 2012-10-17 replaces variables: ${…} is plain text here."
    for number, statement in enumerate(listed(raw["Statement"])):
        path: Path = ("Statement", number) if several else ("Statement",)
        yield from _actions(statement, path, kind)
        yield from _conditions(statement.get("Condition", {}), (*path, "Condition"), kind)
        for name in ("Action", "Resource") if kind == "key" else ():
            if not listed(statement.get(name, statement.get(f"Not{name}", []))):
                yield path, f"Without {name}, KMS stores this statement, and it has no effect."


def _actions(statement: dict[str, Any], path: Path, kind: DocumentKind) -> Iterator[tuple[Path, str]]:
    for name in ("Action", "NotAction"):
        value = statement.get(name, [])
        for number, action in enumerate(listed(value)):
            at = (*path, name, number) if isinstance(value, list) else (*path, name)
            service = action.partition(":")[0].lower()
            if service == "kms" and not any(glob(action.lower(), each) for each in _LOWERED):
                near = get_close_matches(action.lower(), _LOWERED, 1, 0.7)
                meant = f" Did you mean {_LOWERED[near[0]]}?" if near else ""
                yield at, f"KMS has no action {action}: it is stored, and means nothing.{meant}"
            elif kind == "key" and service != "kms" and not {"*", "?"} & set(service):
                yield at, f"A key policy is about KMS: {action} means nothing here."


def _conditions(block: dict[str, Any], path: Path, kind: DocumentKind) -> Iterator[tuple[Path, str]]:
    for operator, keys in block.items():
        for key in keys:
            at = (*path, operator, key)
            if key.lower().startswith("kms:") and condition_keys.lookup(key) is None:
                yield at, f"KMS has no condition key {key}: no request brings it."
            elif kind == "key" and condition_keys.identity_only(key):
                yield at, f"{key} works in IAM policies only."


def nobody(text: str, principals: Iterable[str], account: str) -> tuple[Mark, ...]:
    """Find roles and users of the account that a key policy names and that do not exist: KMS refuses these.

    `principals` are the ARNs of all roles and users. Those of other accounts are not looked up.
    """
    try:
        document = parse_document(text, "key")
    except AwsError:
        return ()
    there = set(principals)
    sessions = {f":assumed-role/{arn.rpartition('/')[2]}/" for arn in there if ":role/" in arn}
    where, found = places(text), []
    for kind, value in document.principals():
        own = value.startswith("arn:") and f"::{account}:" in value and not value.endswith(":root")
        is_there = value in there or ":federated-user/" in value or any(each in value for each in sessions)
        if kind == "AWS" and own and not is_there:
            refused = refuser("key")("principal", f'nobody is "{value}"')
            at = next((where.starts[path] for path, written in where.texts.items() if written == value), 0)
            found.append(Mark(*line_and_column(text, at), f"{refused.code}: {refused.message}"))
    return tuple(dict.fromkeys(found))
