"""What looks like a secret in plain text: by its name, or by its form. Pure; what is found is never shown again."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAMES = (
    r"pass(?:word|wd|phrase|code)|pwd|secret(?:[_-]?(?:key|access[_-]?key))?|token|api[_-]?key|access[_-]?key|"
    r"private[_-]?key|client[_-]?secret|credentials?|cvv|pin|ssn|plaintext"
)
_NAME = re.compile(rf"(?:.*[^a-z])?(?:{_NAMES})", re.IGNORECASE | re.DOTALL)
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")  # camelCase
_HIDDEN = re.compile(
    r"[*xX•.#-]+|<[^>]*>|\[[^\]]*\]|\{+[^}]*\}+|null|none|true|false|redacted|masked|hidden", re.IGNORECASE
)
_REFERENCE = re.compile(r"arn:[\w-]+:|alias/|/(?:[\w.-]+/)*[\w.-]+$", re.IGNORECASE)
_LINE = re.compile(
    rf"(?<![A-Za-z])(?P<name>(?:[A-Za-z0-9]+[_-])*(?:{_NAMES}))[\"']?\s*(?:=>|[:=])\s*"
    r"(?:b?[\"'](?P<quoted>[^\"']*)|(?P<bare>[^\s,;&\"')}]+))",
    re.IGNORECASE,
)
_FORMS = (
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")),
    ("a JSON Web Token", re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}")),
    ("a password in a URL", re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s:/@]+:[^\s:/@]{3,}@", re.IGNORECASE)),
)
_CARD = re.compile(r"(?<![\d.-])\d(?:[ -]?\d){12,18}(?![\d.-])")
_SHORTEST = 3


def kind_of_pair(name: str, value: str) -> str:
    """Say what a name and its value give away; "" if nothing. References to a secret (an ARN, a path) are none."""
    if _is_secret_name(name) and _is_value(value):
        return f"a value named “{name}”"
    return kind_of_form(value)


def kind_in_line(line: str) -> str:
    """Say what a line of a log gives away; "" if nothing."""
    for found in _LINE.finditer(_WORDS.sub("_", line)):
        if _is_value(found["quoted"] if found["quoted"] is not None else found["bare"]):
            return f"a value named “{found['name']}”"
    return kind_of_form(line)


def kind_of_form(text: str) -> str:
    """Say what a text is by its form alone: a private key, a token, a card number; "" if none of these."""
    for kind, form in _FORMS:
        if form.search(text):
            return kind
    cards = (re.sub(r"[ -]", "", found[0]) for found in _CARD.finditer(text))
    return "a card number" if any(_is_card(digits) for digits in cards) else ""


def kinds_of_pairs(pairs: Mapping[str, str]) -> list[str]:
    """Say what each pair gives away, those that give away nothing left out."""
    return [kind for kind in (kind_of_pair(name, value) for name, value in pairs.items()) if kind]


def _is_secret_name(name: str) -> bool:
    return _NAME.fullmatch(_WORDS.sub("_", name)) is not None


def _is_value(value: str) -> bool:
    value = value.strip()
    return len(value) >= _SHORTEST and not _HIDDEN.fullmatch(value) and not _REFERENCE.match(value)


def _is_card(digits: str) -> bool:
    """Luhn's check, over the lengths and beginnings that cards have (ISO/IEC 7812)."""
    if digits[0] not in "23456" or len(set(digits)) == 1:
        return False
    double = [int(d) * 2 if place % 2 else int(d) for place, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in double) % 10 == 0
