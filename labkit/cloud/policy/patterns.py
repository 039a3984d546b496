"""Wildcards and policy variables: how a written value is compared with a seen one.

Pure text functions; the only thing they keep is a cache of compiled patterns.
Source: IAM User Guide, "IAM JSON policy elements: Resource", "... Condition operators" and
"IAM policy elements: Variables and tags".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

Values = Mapping[str, tuple[str, ...]]
"""Condition keys in lower case, each with the values seen."""

# A literal "*" or "?" that came out of a variable must not act as a wildcard: it travels as a private character.
_STAR, _MARK = "\ue000", "\ue001"
_TO_LITERAL = str.maketrans({_STAR: "*", _MARK: "?"})
_TO_PRIVATE = str.maketrans({"*": _STAR, "?": _MARK})
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_VARIABLE_BODY = re.compile(r"\s*([^,'\s][^,']*?)\s*(?:,\s*'(.*)'\s*)?")
_MANY_STARS = 2  # from here on a regular expression's backtracking costs more than it should
_SPECIAL = {"*": _STAR, "?": _MARK, "$": "$"}


def expand(text: str, values: Values) -> str | None:
    """`text` with its policy variables replaced; None if one of them has no value and no default.

    A variable with several values has none that could be put in its place. A replaced value is literal.
    """
    if "${" not in text:
        return text
    missing = False

    def value_of(match: re.Match[str]) -> str:
        nonlocal missing
        if match[1] in _SPECIAL:
            return _SPECIAL[match[1]]
        body = _VARIABLE_BODY.fullmatch(match[1])
        if body is None:
            missing = True
            return ""
        seen = values.get(body[1].lower(), ())
        if len(seen) == 1:
            return seen[0].translate(_TO_PRIVATE)
        if body[2] is None:
            missing = True
            return ""
        return body[2].translate(_TO_PRIVATE)

    expanded = _VARIABLE.sub(value_of, text)
    return None if missing else expanded


@dataclass(frozen=True, slots=True)
class Variable:
    """A policy variable as written: `name` is the condition key; None where it can't be read."""

    written: str
    name: str | None
    has_default: bool


def variables_in(text: str) -> tuple[Variable, ...]:
    """List the policy variables of a text, but the three that stand for a special character."""
    found = []
    for match in _VARIABLE.finditer(text):
        if match[1] not in _SPECIAL:
            body = _VARIABLE_BODY.fullmatch(match[1])
            found.append(Variable(match[0], body[1] if body else None, bool(body and body[2] is not None)))
    left = _VARIABLE.sub("", text)
    return (*found, Variable(left[left.index("${") :], None, False)) if "${" in left else tuple(found)


def literal(expanded: str) -> str:
    """Return what `expand` answered, as plain text: for comparisons without wildcards."""
    return expanded.translate(_TO_LITERAL)


@lru_cache(maxsize=8192)
def _compiled(pattern: str) -> re.Pattern[str]:
    pieces = {"*": ".*", "?": ".", _STAR: r"\*", _MARK: r"\?"}
    return re.compile("".join(pieces.get(c) or re.escape(c) for c in pattern), re.DOTALL)


def glob(pattern: str, value: str) -> bool:
    """Tell whether `value` matches `pattern`: "*" any text, "?" any one character; case counts."""
    if pattern == "*":
        return True
    if "*" not in pattern and "?" not in pattern:
        return literal(pattern) == value
    if pattern.count("*") > _MANY_STARS:
        return _walk(pattern, value)
    return _compiled(pattern).fullmatch(value) is not None


def _walk(pattern: str, value: str) -> bool:
    """`glob` in time proportional to pattern times value, for patterns with many stars."""
    p = v = 0
    star, resume = -1, 0
    while v < len(value):
        if p < len(pattern) and pattern[p] == "*":
            star, resume = p, v
            p += 1
        elif p < len(pattern) and (pattern[p] == "?" or literal(pattern[p]) == value[v]):
            p, v = p + 1, v + 1
        elif star >= 0:
            resume += 1
            p, v = star + 1, resume
        else:
            return False
    return all(c == "*" for c in pattern[p:])


def arn_matches(pattern: str, value: str) -> bool:
    """Tell whether `value` matches the ARN `pattern`, each of the six parts by itself; parts left out mean "*"."""
    if pattern == "*":
        return True
    parts = value.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        return glob(pattern, value)
    wanted = pattern.split(":", 5)
    wanted += ["*"] * (6 - len(wanted))
    return all(w == p or glob(w, p) for w, p in zip(wanted, parts, strict=True))


def resource_matches(pattern: str, resource: str, values: Values) -> bool:
    """Tell whether a Resource element's `pattern` covers `resource`; variables count only in the ARN's last part."""
    if pattern == "*" or pattern == resource:
        return True
    if "${" in pattern:
        *head, last = pattern.split(":", 5)
        expanded = expand(last, values) if len(head) == 5 else None
        if expanded is None:
            return False
        pattern = ":".join([*head, expanded])
    return arn_matches(pattern, resource)


@lru_cache(maxsize=8192)
def first_action(patterns: tuple[str, ...], action: str) -> int:
    """Return the place of the first pattern that covers `action`, all in lower case; -1 if none does."""
    return next((place for place, pattern in enumerate(patterns) if glob(pattern, action)), -1)


def first_resource(patterns: tuple[str, ...], resource: str, values: Values) -> str:
    """Return the first of a Resource element's patterns that covers `resource`; empty if none does."""
    if any("${" in pattern for pattern in patterns):
        return next((p for p in patterns if resource_matches(p, resource, values)), "")
    return _first_plain(patterns, resource)


@lru_cache(maxsize=8192)
def _first_plain(patterns: tuple[str, ...], resource: str) -> str:
    return next((p for p in patterns if resource_matches(p, resource, {})), "")
