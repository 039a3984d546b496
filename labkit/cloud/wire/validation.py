"""Checks a call's parameters against botocore's model of the operation and says what is wrong in AWS's own words.

Works for any input shape. Pure: reads the parameters and the model, touches nothing else. The wording is
that of the framework behind AWS's JSON services, as recorded from the real service (KMS, 2023-2025):
"1 validation error detected: Value 'x' at 'keySpec' failed to satisfy constraint: Member must …".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from ..core.errors import AwsError

Problem = tuple[str, str, str]
"""What stands for the value (" 'x'", " null" or nothing for secrets), the path, the constraint."""

_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "blob": (bytes, bytearray),
    "integer": (int,),
    "long": (int,),
    "boolean": (bool,),
    "structure": (Mapping,),
    "map": (Mapping,),
    "list": (list, tuple),
}


def validate(params: Mapping[str, Any], input_shape: Shape | None) -> None:
    """Raise AwsError if `params` (by botocore member names, blobs as bytes) do not satisfy `input_shape`.

    ValidationException lists every broken constraint; a value of the wrong JSON type is a
    SerializationException, as the real service answers before it looks at constraints.
    """
    if not isinstance(input_shape, StructureShape):
        return
    _check_types(params, input_shape)
    problems = list(_structure(params, input_shape, ""))
    if problems:
        count = len(problems)
        said = "; ".join(
            f"Value{value} at '{path}' failed to satisfy constraint: {rule}" for value, path, rule in problems
        )
        raise AwsError("ValidationException", f"{count} validation error{'s' * (count > 1)} detected: {said}")


def _check_types(value: Any, shape: Shape) -> None:
    if value is None:
        return
    expected = _PYTHON_TYPES.get(shape.type_name)
    if expected and (not isinstance(value, expected) or (isinstance(value, bool) and shape.type_name != "boolean")):
        raise AwsError("SerializationException", None)
    if isinstance(shape, StructureShape):
        members = shape.members
        for name, item in value.items():
            if name in members:
                _check_types(item, members[name])
    elif isinstance(shape, ListShape):
        for item in value:
            if item is None:
                raise AwsError("SerializationException", None)
            _check_types(item, shape.member)
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            _check_types(key, shape.key)
            if item is None:
                raise AwsError("SerializationException", None)
            _check_types(item, shape.value)


def _structure(params: Mapping[str, Any], shape: StructureShape, path: str) -> Iterator[Problem]:
    for name, shown, member, required in _members(shape):
        value = params.get(name)
        if value is not None:
            yield from _member(value, member, path + shown)
        elif required:
            yield " null", path + shown, "Member must not be null"


@lru_cache(maxsize=2048)
def _members(shape: StructureShape) -> tuple[tuple[str, str, Shape, bool], ...]:
    """Of each member: its name, the name that messages show, its shape, and whether it must be there."""
    required = frozenset(shape.required_members)
    return tuple((name, name[:1].lower() + name[1:], each, name in required) for name, each in shape.members.items())


def _member(value: Any, shape: Shape, path: str) -> Iterator[Problem]:
    for rule, holds in _constraints(shape):
        if not holds(value):
            yield _shown(value, shape), path, rule
    if isinstance(shape, StructureShape):
        yield from _structure(value, shape, path + ".")
    elif isinstance(shape, ListShape):
        yield from _items(list(value), shape, path)
    elif isinstance(shape, MapShape):
        for item in value.values():
            yield from _member(item, shape.value, f"{path}.member")


def _items(items: list[Any], shape: ListShape, path: str) -> Iterator[Problem]:
    """A structure in a list is named by its place; of a list of plain values the list itself is reported."""
    if isinstance(shape.member, StructureShape):
        for number, item in enumerate(items, start=1):
            yield from _member(item, shape.member, f"{path}.{number}.member")
        return
    rules = _constraints(shape.member)
    if any(not holds(item) for item in items for _, holds in rules):
        yield _shown(items, shape.member), path, f"Member must satisfy constraint: [{', '.join(r for r, _ in rules)}]"


@lru_cache(maxsize=2048)
def _constraints(shape: Shape) -> tuple[tuple[str, Callable[[Any], bool]], ...]:
    """The rules that a value of this shape must satisfy, each with its sentence.

    Cached by the shape object: a service model keeps its operations' shapes, so that each is read once.
    """
    rules: list[tuple[str, Callable[[Any], bool]]] = []
    limits = shape.metadata
    low, high = limits.get("min"), limits.get("max")
    if shape.type_name in ("integer", "long", "float", "double"):
        if high is not None:
            rules.append((f"Member must have value less than or equal to {high}", lambda v: v <= high))
        if low is not None:
            rules.append((f"Member must have value greater than or equal to {low}", lambda v: v >= low))
        return tuple(rules)
    if high is not None:
        rules.append((f"Member must have length less than or equal to {high}", lambda v: len(v) <= high))
    if low:
        rules.append((f"Member must have length greater than or equal to {low}", lambda v: len(v) >= low))
    pattern = limits.get("pattern")
    matches = _matcher(pattern) if pattern and shape.type_name == "string" else None
    if matches is not None:
        rules.append((f"Member must satisfy regular expression pattern: {pattern}", lambda v: matches(v) is not None))
    if isinstance(shape, StringShape) and shape.enum:
        known = frozenset(shape.enum)
        rules.append((f"Member must satisfy enum value set: [{', '.join(shape.enum)}]", lambda v: v in known))
    return tuple(rules)


def _matcher(pattern: str) -> Callable[[str], Any] | None:
    """None where Python can't read the pattern (STS's tags: Java's classes of Unicode); that rule is not checked."""
    try:
        return re.compile(pattern, re.ASCII).fullmatch
    except re.error:
        return None


def _may_hold_secrets(shape: Shape) -> bool:
    """Blobs, what the model marks as sensitive, and whatever contains either."""
    if isinstance(shape, StructureShape):
        return any(_may_hold_secrets(member) for member in shape.members.values())
    if isinstance(shape, ListShape):
        return _may_hold_secrets(shape.member)
    if isinstance(shape, MapShape):
        return _may_hold_secrets(shape.value)
    return bool(shape.metadata.get("sensitive")) or shape.type_name == "blob"


def _shown(value: Any, shape: Shape) -> str:
    """How the value appears in the message: quoted, or not at all where it could be a secret."""
    if _may_hold_secrets(shape):
        return ""
    if isinstance(value, list):
        return f" '[{', '.join(str(item) for item in value)}]'"
    if isinstance(value, Mapping):
        return f" '{{{', '.join(f'{key}={item}' for key, item in value.items())}}}'"
    return f" '{value}'"
