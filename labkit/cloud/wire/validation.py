"""Checks a call's parameters against botocore's model of the operation and says what is wrong in AWS's own words.

Works for any input shape. Pure: reads the parameters and the model, touches nothing else. The wording is
that of the framework behind AWS's JSON services, as recorded from the real service (KMS, 2023-2025):
"1 validation error detected: Value 'x' at 'keySpec' failed to satisfy constraint: Member must …".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from ..core.errors import AwsError
from .java_patterns import matcher

Problem = tuple[str, str, str]
"""What stands for the value (" 'x'", " null" or nothing for secrets), the path, the constraint."""

_LONG = 256

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


@dataclass(frozen=True, eq=False)
class Corrections:
    """What a real service asks and says beyond its model, by the shape's name: recordings beat the model."""

    patterns: Mapping[str, str]  # of strings that have none in the model
    lists: Mapping[str, tuple[str, ...]]  # what an error lists as the enum's values
    takes: Mapping[str, frozenset[str]]  # values that are let through besides the enum's


NO_CORRECTIONS = Corrections(MappingProxyType({}), MappingProxyType({}), MappingProxyType({}))


def validate(params: Mapping[str, Any], input_shape: Shape | None, corrections: Corrections = NO_CORRECTIONS) -> None:
    """Raise AwsError if `params` (by botocore member names, blobs as bytes) do not satisfy `input_shape`.

    ValidationException lists every broken constraint; a value of the wrong JSON type is a
    SerializationException, as the real service answers before it looks at constraints.
    """
    if not isinstance(input_shape, StructureShape):
        return
    problems = problems_of(params, input_shape, corrections)
    if problems:
        raise AwsError("ValidationException", in_words(problems))


def problems_of(
    params: Mapping[str, Any], input_shape: StructureShape, corrections: Corrections = NO_CORRECTIONS
) -> list[Problem]:
    """Return every constraint that `params` break; AwsError("SerializationException") for a value of the wrong type."""
    _check_types(params, input_shape)
    return list(_structure(params, input_shape, "", corrections))


def in_words(problems: list[Problem]) -> str:
    """Return all of them in one message."""
    count = len(problems)
    said = "; ".join(f"Value{value} at '{path}' failed to satisfy constraint: {rule}" for value, path, rule in problems)
    return f"{count} validation error{'s' * (count > 1)} detected: {said}"


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


def _structure(
    params: Mapping[str, Any], shape: StructureShape, path: str, corrections: Corrections
) -> Iterator[Problem]:
    for name, shown, member, required in _members(shape):
        value = params.get(name)
        if value is not None:
            yield from _member(value, member, path + shown, corrections)
        elif required:  # of what the model marks as sensitive, not even that it is null is told (recorded)
            yield "" if member.metadata.get("sensitive") else " null", path + shown, "Member must not be null"


@lru_cache(maxsize=2048)
def _members(shape: StructureShape) -> tuple[tuple[str, str, Shape, bool], ...]:
    """Of each member: its name, the name that messages show, its shape, and whether it must be there."""
    required = frozenset(shape.required_members)
    return tuple((name, name[:1].lower() + name[1:], each, name in required) for name, each in shape.members.items())


def _member(value: Any, shape: Shape, path: str, corrections: Corrections) -> Iterator[Problem]:
    for rule, holds in _constraints(shape, corrections):
        if not holds(value):
            yield _shown(value, shape), path, rule
    if isinstance(shape, StructureShape):
        yield from _structure(value, shape, path + ".", corrections)
    elif isinstance(shape, ListShape):
        yield from _items(list(value), shape, path, corrections)
    elif isinstance(shape, MapShape):
        for item in value.values():
            yield from _member(item, shape.value, f"{path}.member", corrections)


def _items(items: list[Any], shape: ListShape, path: str, corrections: Corrections) -> Iterator[Problem]:
    """A structure in a list is named by its place; of a list of plain values the list itself is reported."""
    if isinstance(shape.member, StructureShape):
        for number, item in enumerate(items, start=1):
            yield from _member(item, shape.member, f"{path}.{number}.member", corrections)
        return
    rules = _constraints(shape.member, corrections)
    if any(not holds(item) for item in items for _, holds in rules):
        yield _shown(items, shape.member), path, f"Member must satisfy constraint: [{', '.join(r for r, _ in rules)}]"


@lru_cache(maxsize=2048)
def _constraints(shape: Shape, corrections: Corrections) -> tuple[tuple[str, Callable[[Any], bool]], ...]:
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
    pattern = corrections.patterns.get(shape.name) or limits.get("pattern")
    matches = matcher(pattern) if pattern and shape.type_name == "string" else None
    if matches is not None:
        longest = high or _LONG  # a pattern is not tried on a text far too long, which could take minutes
        rules.append(
            (
                f"Member must satisfy regular expression pattern: {pattern}",
                lambda v: len(v) > longest + _LONG or matches(v) is not None,
            )
        )
    if isinstance(shape, StringShape) and shape.enum:
        known = frozenset(shape.enum) | corrections.takes.get(shape.name, frozenset())
        listed = ", ".join(corrections.lists.get(shape.name, shape.enum))
        rules.append((f"Member must satisfy enum value set: [{listed}]", lambda v: v in known))
    return tuple(rules)


@lru_cache(maxsize=2048)
def _may_hold_secrets(shape: Shape) -> bool:
    """Blobs, what the model marks as sensitive, and whatever contains either."""
    return any(each.metadata.get("sensitive") or each.type_name == "blob" for each in _parts(shape, set()))


def _parts(shape: Shape, seen: set[str]) -> Iterator[Shape]:
    """A shape and all that it can contain, each by name once: some contain themselves."""
    yield shape
    if shape.name in seen:
        return
    seen.add(shape.name)
    if isinstance(shape, StructureShape):
        for member in shape.members.values():
            yield from _parts(member, seen)
    elif isinstance(shape, ListShape):
        yield from _parts(shape.member, seen)
    elif isinstance(shape, MapShape):
        yield from _parts(shape.value, seen)


def _shown(value: Any, shape: Shape) -> str:
    """How the value appears in the message: quoted, or not at all where it could be a secret."""
    if _may_hold_secrets(shape):
        return ""
    if isinstance(value, list):
        return f" '[{', '.join(str(item) for item in value)}]'"
    if isinstance(value, Mapping):
        return f" '{{{', '.join(f'{key}={item}' for key, item in value.items())}}}'"
    return f" '{value}'"
