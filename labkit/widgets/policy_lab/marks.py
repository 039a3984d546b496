"""What is wrong with a policy document, line by line: the refusals of the engine's own grammar, each at its place.

Pure. A problem is what AWS refuses; a note is what AWS stores, and what does not do what it looks like. After each
problem the place is mended in a copy, and the check goes on, so that all of them are seen at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...cloud.core.errors import AwsError
from ...cloud.policy import grammar
from ...cloud.policy.documents import DocumentKind, parse_document
from .places import Path, Places, line_and_column, places

MOST = 50  # marks of one document
_NUMBER = re.compile(r"statement (\d+)")
_BY_TOPIC = {
    "action": ("Action", "NotAction"),
    "prefix": ("Action", "NotAction"),
    "resource": ("Resource", "NotResource"),
    "principal given": ("Principal", "NotPrincipal"),
    "principal missing": ("Principal", "NotPrincipal"),
    "principal": ("Principal", "NotPrincipal"),
    "sid": ("Sid",),
    "effect": ("Effect",),
}
_BY_WORDS = (
    (re.compile(r"unknown element '(.*)'$", re.DOTALL), "{0}"),
    (re.compile(r": (Effect) must be"), "{0}"),
    (re.compile(r": (Sid) is a string"), "{0}"),
    (re.compile(r": (\w+) and Not\w+ exclude"), "Not{0}"),
    (re.compile(r": (\w+) is a string or a list"), "{0}"),
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing at one place of a document; `problem` is False for a note: AWS stores such a document."""

    line: int
    column: int
    says: str
    problem: bool = True

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {'' if self.problem else 'note: '}{self.says}"


def json_marks(text: str, code: str) -> tuple[Any, tuple[Mark, ...]]:
    """Read a JSON text: its value, or None and what is wrong with it."""
    try:
        return json.loads(text, parse_constant=_no_constant), ()
    except json.JSONDecodeError as wrong:
        return None, (Mark(wrong.lineno, wrong.colno, f"{code}: {wrong.msg}"),)
    except (ValueError, RecursionError) as wrong:
        return None, (Mark(1, 1, f"{code}: {wrong}"),)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def problems(text: str, kind: DocumentKind) -> tuple[Mark, ...]:
    """Find what AWS would refuse in a policy document, in the order of the lines."""
    try:
        parse_document(text, kind)
    except AwsError as refused:
        first = refused
    else:
        return ()
    raw, unread = json_marks(text, grammar.CODES[kind])
    if unread:
        where = unread[0]
        return (Mark(where.line, where.column, f"{first.code}: {first.message}"),)
    where_all = places(text)
    refuse = grammar.refuser(kind)
    found = [(at, refuse("syntax", f"{name!r} is there twice in one object")) for at, name in where_all.twice]
    if isinstance(raw, dict):
        found += list(_all(raw, kind, where_all))
    if not found:
        found = [(0, first)]
    marks = [Mark(*line_and_column(text, at), f"{wrong.code}: {wrong.message}") for at, wrong in found]
    return tuple(sorted(dict.fromkeys(marks), key=lambda mark: (mark.line, mark.column)))[:MOST]


class _Noted(Exception):
    """What the grammar refuses: the topic and the detail, apart."""

    def __init__(self, topic: str, detail: str) -> None:
        super().__init__(detail)
        self.topic, self.detail = topic, detail


def _all(raw: dict[str, Any], kind: DocumentKind, where: Places) -> Iterator[tuple[int, AwsError]]:
    """Check, mend what is refused, and check again."""
    refuse, before = grammar.refuser(kind), ""
    for _ in range(MOST):
        try:
            grammar.check(raw, kind, _Noted)  # type: ignore[arg-type]  # an exception all the same
            return
        except _Noted as noted:
            again = f"{noted.topic} {noted.detail}" == before
            before = f"{noted.topic} {noted.detail}"
            if not again:
                more = "; an action begins with its service, as in kms:Decrypt" if noted.topic == "prefix" else ""
                yield _place(raw, noted, where), refuse(noted.topic, noted.detail + more)
            if (mended := _mended(raw, noted, kind, whole=again)) is None:
                return
            raw = mended


def _statement(raw: dict[str, Any], detail: str) -> int:
    """Which statement a refusal is about, from 0; -1 for the document itself."""
    found = _NUMBER.match(detail)
    return int(found[1]) - 1 if found and "Statement" in raw else -1


def _element(noted: _Noted, statement: Any) -> str:
    for pattern, form in _BY_WORDS:
        if found := pattern.search(noted.detail):
            return form.format(found[1])
    names = _BY_TOPIC.get(noted.topic, ("Condition",))
    return next((name for name in names if isinstance(statement, dict) and name in statement), names[0])


def _place(raw: dict[str, Any], noted: _Noted, where: Places) -> int:
    number = _statement(raw, noted.detail)
    path: Path = ()
    if number >= 0:
        path = ("Statement", number) if isinstance(raw["Statement"], list) else ("Statement",)
        statement = grammar.listed(raw["Statement"])[number]
        path = path if path in where.starts else ("Statement",)
        inside = (*path, _element(noted, statement))
        path = inside if inside in where.starts else path
    elif noted.topic == "version":
        path = ("Version",)
    elif noted.topic == "sid twice":
        return _second_sid(noted.detail, where)
    else:
        path = next(((name,) for name in _named_in(noted.detail, raw)), ())
    named = [each for each in where.starts if each[: len(path)] == path and _is_named(each, noted.detail, where)]
    best = max(named, key=lambda each: (len(each), len(str(each[-1]))), default=path)
    return where.starts.get(best, where.starts.get((), 0))


def _named_in(detail: str, raw: dict[str, Any]) -> list[str]:
    return [name for name in raw if repr(name) in detail or detail.startswith((f"{name} ", f"the {name} "))]


def _is_named(path: Path, detail: str, where: Places) -> bool:
    """Whether a refusal's detail names this member, or this text, in so many letters."""
    text = where.texts.get(path, "")
    if text and (repr(text) in detail or f'"{text}"' in detail):
        return True
    name = path[-1] if path else 0
    return isinstance(name, str) and len(path) > 3 and name != "" and (repr(name) in detail or f" {name} " in detail)


def _second_sid(detail: str, where: Places) -> int:
    at = [where.starts[path] for path, text in where.texts.items() if path[-1:] == ("Sid",) and repr(text) == detail]
    return at[1] if len(at) > 1 else 0


_VALID: dict[str, Any] = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": {}}


def _valid(kind: DocumentKind) -> dict[str, Any]:
    if kind == "rcp":
        return dict(grammar.FULL_ACCESS)
    principal = {"Principal": "*"} if kind in ("key", "resource", "trust", "endpoint") else {}
    return _VALID | principal


def _mended(raw: dict[str, Any], noted: _Noted, kind: DocumentKind, *, whole: bool) -> dict[str, Any] | None:
    """A copy in which this problem is gone; None where the check can't go on."""
    number = _statement(raw, noted.detail)
    if number < 0:
        if noted.topic == "sid twice":
            return None  # the last thing that is checked
        known = {name: raw[name] for name in ("Statement",) if raw.get(name)}
        return None if whole or not known else {**known, "Version": "2012-10-17"}
    statements = grammar.listed(raw["Statement"])
    statement, valid = statements[number], _valid(kind)
    name = _element(noted, statement)
    if whole or kind == "rcp" or not isinstance(statement, dict):
        statement = valid
    else:
        statement = {key: value for key, value in statement.items() if key != name}
        if name in valid and "Not" + name not in statement:
            statement[name] = valid[name]
        elif name.removeprefix("Not") in valid and name.removeprefix("Not") not in statement:
            statement[name.removeprefix("Not")] = valid[name.removeprefix("Not")]
    return {**raw, "Statement": [*statements[:number], statement, *statements[number + 1 :]]}
