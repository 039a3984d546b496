"""The pattern language of CloudWatch Logs: which log events a filter pattern matches.

Pure. JSON patterns (`{ $.eventName = DisableKey && … }`), terms, and the empty pattern; regular expressions,
space-delimited patterns and selectors with [*] are not there, and say so.
Source: CloudWatch Logs User Guide, "Filter pattern syntax for metric filters, subscription filters, ...".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from ...core.errors import AwsError

Test = Callable[[str], bool]
_Condition = Callable[[Any], bool]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<selector>\$(?:\.?[A-Za-z0-9_-]+|\.?\[\s*(?:\d+|\*)\s*\]|\.)*) |
        (?P<mark>&&|\|\||[()]|!=|<=|>=|=|<|>) |
        (?P<quoted>"(?:[^"\\]|\\.)*") |
        (?P<regex>%[^%]*%) |
        (?P<bare>[^\s()&|"=!<>]+)
    )""",
    re.VERBOSE,
)
_STEP = re.compile(r"\.?([A-Za-z0-9_-]+)|\.?\[\s*(\d+)\s*\]")
_TERM = re.compile(r'\s*([-?]?)("(?:[^"\\]|\\.)*"|[^\s"]+)')
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_ABSENT = object()


def parsed(pattern: str) -> Test:
    """Make what tells whether a log event's text matches; InvalidParameterException if the pattern is not in form."""
    text = pattern.strip()
    if text.startswith("{"):
        if not text.endswith("}"):
            raise _invalid()
        return _json_test(_Parser(text[1:-1]).condition())
    if text.startswith("["):
        raise _not_simulated("Space-delimited filter patterns are")
    return _terms(text)


def value_at(message: str, selector: str) -> Any:
    """Return the value that a selector (`$.latency`) finds in a JSON log event; None where there is none."""
    found = _resolve(_steps(selector), _content(message))
    return None if found is _ABSENT else found


class _Parser:
    """A recursive descent over `||`, then `&&`, then parentheses and comparisons."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._place = 0

    def condition(self) -> _Condition:
        """The whole pattern."""
        found = self._either()
        if self._place != len(self._tokens):
            raise _invalid()
        return found

    def _either(self) -> _Condition:
        parts = [self._both()]
        while self._take("||"):
            parts.append(self._both())
        return lambda content: any(part(content) for part in parts)

    def _both(self) -> _Condition:
        parts = [self._single()]
        while self._take("&&"):
            parts.append(self._single())
        return lambda content: all(part(content) for part in parts)

    def _single(self) -> _Condition:
        if self._take("("):
            inner = self._either()
            if not self._take(")"):
                raise _invalid()
            return inner
        kind, selector = self._next()
        if kind != "selector":
            raise _invalid()
        steps = _steps(selector)
        kind, word = self._next()
        if kind == "mark":
            return _compared(steps, word, *self._next())
        following = (word.upper(), self._next()[1].upper())
        if following == ("NOT", "EXISTS"):
            return lambda content: _resolve(steps, content) is _ABSENT
        wanted = {"NULL": None, "TRUE": True, "FALSE": False}
        if following[0] == "IS" and following[1] in wanted:
            return lambda content: _resolve(steps, content) is wanted[following[1]]
        raise _invalid()

    def _next(self) -> tuple[str, str]:
        if self._place >= len(self._tokens):
            raise _invalid()
        self._place += 1
        return self._tokens[self._place - 1]

    def _take(self, mark: str) -> bool:
        found = self._tokens[self._place : self._place + 1] == [("mark", mark)]
        self._place += found
        return found


def _tokens(text: str) -> list[tuple[str, str]]:
    found, place, text = [], 0, text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise _invalid()
        if match.lastgroup == "regex":
            raise _not_simulated("Regular expressions in filter patterns are")
        found.append((match.lastgroup, match[match.lastgroup]))
        place = match.end()
    return found


def _steps(selector: str) -> list[str | int]:
    if "*" in selector:
        raise _not_simulated("Selectors with [*] are")
    steps: list[str | int] = []
    place = 1
    while place < len(selector):
        match = _STEP.match(selector, place)
        if match is None:
            raise _invalid()
        steps.append(match[1] if match[1] is not None else int(match[2]))
        place = match.end()
    if not steps:
        raise _invalid()
    return steps


def _compared(steps: list[str | int], operator: str, kind: str, written: str) -> _Condition:
    """A comparison of what the selector finds with a text or a number.

    What is absent, an object or an array compares with nothing, not even by != ("the filter will not be applied").
    """
    if kind not in ("quoted", "bare") or operator in ("&&", "||", "(", ")"):
        raise _invalid()
    text = json.loads(written) if kind == "quoted" else written
    number = float(text) if kind == "bare" and _NUMBER.fullmatch(text) else None
    if operator not in ("=", "!=") and number is None:
        raise _invalid()

    def test(content: Any) -> bool:
        found = _resolve(steps, content)
        if found is _ABSENT or found is None or isinstance(found, dict | list):
            return False
        if operator in ("=", "!="):
            return _equal(found, text, number) == (operator == "=")
        if isinstance(found, bool) or not isinstance(found, int | float) or number is None:
            return False
        return {"<": found < number, ">": found > number, "<=": found <= number, ">=": found >= number}[operator]

    return test


def _equal(found: str | float, text: str, number: float | None) -> bool:
    if number is not None and isinstance(found, int | float) and not isinstance(found, bool):
        return found == number
    shown = found if isinstance(found, str) else json.dumps(found)
    return _like(shown, text)


def _like(text: str, pattern: str) -> bool:
    """A star counts at the ends only: "Ev*ent" means itself. Case matters."""
    before, after = pattern.startswith("*"), pattern.endswith("*")
    core = pattern[before : len(pattern) - (after and len(pattern) > 1)]
    if before and after:
        return core in text
    if before:
        return text.endswith(core)
    return text.startswith(core) if after else text == pattern


def _resolve(steps: list[str | int], content: Any) -> Any:
    for step in steps:
        if isinstance(step, int):
            if not isinstance(content, list) or step >= len(content):
                return _ABSENT
            content = content[step]
        elif isinstance(content, dict) and step in content:
            content = content[step]
        else:
            return _ABSENT
    return content


def _content(message: str) -> Any:
    try:
        return json.loads(message)
    except ValueError:
        return _ABSENT


def _json_test(condition: _Condition) -> Test:
    def test(message: str) -> bool:
        content = _content(message)
        return isinstance(content, dict) and condition(content)

    return test


def _terms(pattern: str) -> Test:
    """All terms must stand in the event, none with a minus, and one at least of those with a question mark."""
    if pattern.startswith("%"):
        raise _not_simulated("Regular expressions in filter patterns are")
    found: dict[str, list[str]] = {"": [], "-": [], "?": []}
    place = 0
    while place < len(pattern):
        match = _TERM.match(pattern, place)
        if match is None:
            raise _invalid()
        found[match[1]].append(json.loads(match[2]) if match[2].startswith('"') else match[2])
        place = match.end()

    def test(message: str) -> bool:
        if any(term not in message for term in found[""]) or any(term in message for term in found["-"]):
            return False
        return not found["?"] or any(term in message for term in found["?"])

    return test


def _invalid() -> AwsError:
    return AwsError("InvalidParameterException", "Invalid metric filter pattern")


def _not_simulated(what: str) -> AwsError:
    return AwsError("NotImplemented", f"{what} not simulated.", 501)
