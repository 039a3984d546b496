"""What a learner's kernel may tell: the forms of events, and nothing else gets through. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ /-]{0,79}", re.ASCII)
_VERSION = re.compile(r"[0-9a-f]{12}", re.ASCII)
_CHOICE = re.compile(r"[a-h]{0,8}", re.ASCII)
_CHECKED, _ANSWERED = re.compile("solved|not yet"), re.compile("right|not right")
_FIELDS: Mapping[str, Mapping[str, re.Pattern[str]]] = {
    "start": {},
    "cell": {},
    "check": {"item": _NAME, "status": _CHECKED},
    "answer": {"item": _NAME, "status": _ANSWERED, "version": _VERSION, "choice": _CHOICE},
    "error": {"code": _NAME},
}


class NotUnderstood(ValueError):
    """A report is not of the form that labkit sends."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a learner. What its kind does not have is empty."""

    kind: str
    lab: str
    item: str = ""
    status: str = ""
    version: str = ""
    choice: str = ""
    code: str = ""


def read(told: Any) -> Event:
    """Read an event. NotUnderstood for any other form, another field, or a long text."""
    if not isinstance(told, Mapping):
        raise NotUnderstood("an event is an object")
    kind = told.get("kind")
    if not isinstance(kind, str) or kind not in _FIELDS:
        raise NotUnderstood("there is no such kind of event")
    forms = {"lab": _NAME, **_FIELDS[kind]}
    if told.keys() != {"kind", *forms}:
        raise NotUnderstood(f"an event of the kind {kind!r} has other fields")
    if not all(isinstance(told[name], str) and form.fullmatch(told[name]) for name, form in forms.items()):
        raise NotUnderstood("a field has another form")
    return Event(**{str(name): value for name, value in told.items()})


def is_name(value: Any) -> bool:
    """Tell whether this can be the name of a lab, an exercise or an error."""
    return isinstance(value, str) and bool(_NAME.fullmatch(value))
