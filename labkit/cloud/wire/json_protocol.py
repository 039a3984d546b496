"""JSON bodies by botocore's models: read with AWS's strictness about types, written for the JSON protocols.

Ours rather than moto's because moto converts what it can where the real services answer
SerializationException, and because these two functions run for every call. The error's code is AWS's; of
its messages those for scalars are recorded ones, the others are worded alike.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from botocore.utils import parse_timestamp

from ..core.errors import AwsError

_SCALARS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "string": (str, "a String"),
    "character": (str, "a String"),
    "integer": (int, "an Integer"),
    "long": (int, "a Long"),
    "float": ((int, float), "a Float"),
    "double": ((int, float), "a Double"),
    "boolean": (bool, "a Boolean"),
}


def read_json(body: bytes, shape: Any) -> dict[str, Any]:
    """Read an operation's parameters by member names: blobs as bytes, timestamps as aware datetimes, nulls left out.

    AwsError("SerializationException") unless `body` is a JSON object that fits `shape`.
    """
    if not body:
        return {}
    try:
        value = json.loads(body.decode())  # UTF-8 alone
    except (ValueError, RecursionError):
        raise AwsError("SerializationException", None) from None
    if not isinstance(value, dict):
        raise AwsError("SerializationException", "Start of structure or map expected.")
    return {} if shape is None else _structure(value, shape)


def _read(value: Any, shape: Any) -> Any:
    return _READERS.get(shape.type_name, _scalar)(value, shape)


def _structure(value: Any, shape: Any) -> Any:
    if getattr(shape, "is_document_type", False):
        return value
    if not isinstance(value, dict):
        raise _misfit(value, "a Structure")
    found = {}
    for name, sent_as, member, read in _members(shape):
        sent = value.get(sent_as)
        if sent is not None:
            found[name] = read(sent, member)
    return found


@lru_cache(maxsize=2048)
def _members(shape: Any) -> tuple[tuple[str, str, Any, Callable[[Any, Any], Any]], ...]:
    """Of each member: its name, its name on the wire, its shape and what reads it. Models keep their shapes."""
    return tuple(
        (name, member.serialization.get("name", name), member, _READERS.get(member.type_name, _scalar))
        for name, member in shape.members.items()
    )


def _list(value: Any, shape: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _misfit(value, "a List")
    return [None if item is None else _read(item, shape.member) for item in value]


def _map(value: Any, shape: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _misfit(value, "a Map")
    for name in value:
        _check_unicode(name)
    return {name: None if item is None else _read(item, shape.value) for name, item in value.items()}


def _blob(value: Any, _shape: Any) -> bytes:
    if not isinstance(value, str):
        raise _misfit(value, "a Blob")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise AwsError("SerializationException", "The value is not valid base64.") from None


def _timestamp(value: Any, _shape: Any) -> datetime:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise _misfit(value, "a Timestamp")
    try:
        if not isinstance(value, str):
            return datetime.fromtimestamp(value, UTC)
        moment: datetime = parse_timestamp(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError, RuntimeError):  # the last is botocore's for "1e400"
        raise _misfit(value, "a Timestamp") from None


def _scalar(value: Any, shape: Any) -> Any:
    expected, article = _SCALARS[shape.type_name]
    if isinstance(value, bool) != (expected is bool) or not isinstance(value, expected):
        raise _misfit(value, article)
    if isinstance(value, str):
        _check_unicode(value)
    return value


_READERS: dict[str, Callable[[Any, Any], Any]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "blob": _blob,
    "timestamp": _timestamp,
}


def _check_unicode(value: str) -> None:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:  # half of a surrogate pair
            raise AwsError("SerializationException", "The value is not valid Unicode.") from None


def _misfit(value: Any, article: str) -> AwsError:
    return AwsError("SerializationException", f"{_token(value)} can not be converted to {article}")


def _token(value: Any) -> str:
    """What a JSON parser calls this value."""
    if isinstance(value, bool):
        return f"{str(value).upper()}_VALUE"
    if isinstance(value, str):
        return "STRING_VALUE"
    if isinstance(value, (int, float)):
        return "NUMBER_VALUE" if isinstance(value, int) else "DECIMAL_VALUE"
    return "Start of list" if isinstance(value, list) else "Start of structure or map"


_ENCODER = json.JSONEncoder()


def write_json(result: Mapping[str, Any], shape: Any) -> bytes:
    """Return an answer by member names as the body of a JSON protocol: what the model knows, nothing else."""
    return b"" if shape is None else _ENCODER.encode(_written(result, shape)).encode()


def _written(value: Any, shape: Any) -> Any:
    return _WRITERS.get(shape.type_name, _as_it_is)(value, shape)


def _written_structure(value: Mapping[str, Any], shape: Any) -> dict[str, Any]:
    known, made = _answered(shape), {}
    for name, item in value.items():
        if item is not None and name in known:
            sent_as, member, write = known[name]
            made[sent_as] = write(item, member) if write else item
    return made


@lru_cache(maxsize=2048)
def _answered(shape: Any) -> dict[str, tuple[str, Any, Callable[[Any, Any], Any] | None]]:
    """Of each member: its name on the wire, its shape, and what writes it; None where it is written as it is."""
    return {
        name: (member.serialization.get("name", name), member, _WRITERS.get(member.type_name))
        for name, member in shape.members.items()
    }


def _written_timestamp(value: datetime, _shape: Any) -> float:
    seconds = value.timestamp()
    return int(seconds) if seconds == int(seconds) else seconds


def _as_it_is(value: Any, _shape: Any) -> Any:
    return value


_WRITERS: dict[str, Callable[[Any, Any], Any]] = {
    "structure": _written_structure,
    "list": lambda value, shape: [_written(item, shape.member) for item in value],
    "map": lambda value, shape: {name: _written(item, shape.value) for name, item in value.items()},
    "blob": lambda value, _: base64.b64encode(value).decode(),
    "timestamp": _written_timestamp,
}
