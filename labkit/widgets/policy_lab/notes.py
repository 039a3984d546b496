"""Notes on a policy document that AWS stores as it is: names that mean nothing, statements without effect. Pure.

The sentences are those that `lab.explain` says of the same elements.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ...cloud.core.errors import AwsError
from ...cloud.policy.documents import DocumentKind, parse_document
from ...cloud.policy.element_remarks import Found
from ...cloud.policy.grammar import refuser
from ...cloud.policy.remarks import document_remarks
from .marks import Mark
from .places import Path, line_and_column, places


def notes(text: str, kind: DocumentKind) -> tuple[Mark, ...]:
    """Find what a stored document does not do, though it looks as if it did."""
    try:
        document = parse_document(text, kind)
    except AwsError:
        return ()
    raw = json.loads(text)
    where = places(text)
    several = isinstance(raw["Statement"], list)
    found: list[Mark] = []
    for index, each in document_remarks(document):
        statement = raw["Statement"][index] if several else raw["Statement"]
        path: Path = (*(("Statement", index) if several else ("Statement",)), *_place(statement, each))
        at = next((where.starts[path[:end]] for end in range(len(path), -1, -1) if path[:end] in where.starts), 0)
        found.append(Mark(*line_and_column(text, at), each.text, problem=False))
    return tuple(dict.fromkeys(found))


def _place(statement: Any, found: Found) -> Path:
    """Where a remark belongs in its statement."""
    inside: Any = statement
    for step in found.path:
        inside = inside[step]
    return (*found.path, found.place) if found.place is not None and isinstance(inside, list) else found.path


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
