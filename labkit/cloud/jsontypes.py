"""Is a JSON body of the types that the operation's model asks for? (AWS's SerializationException.)

moto's parser converts where it can; the real services refuse a string in a number's place. The error
code is AWS's; of the messages, those for scalars are recorded ones, the others are worded alike.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from .errors import AwsError

_SCALARS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "string": (str, "a String"),
    "integer": (int, "an Integer"),
    "long": (int, "a Long"),
    "float": ((int, float), "a Float"),
    "double": ((int, float), "a Double"),
    "boolean": (bool, "a Boolean"),
    "timestamp": ((int, float), "a Timestamp"),
}


def check_json(body: bytes, shape: Any) -> None:
    """Raise AwsError("SerializationException") unless `body` is a JSON object that fits `shape`."""
    if not body:
        return
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise AwsError("SerializationException", None) from None
    if not isinstance(value, dict):
        raise AwsError("SerializationException", "Start of structure or map expected.")
    if shape is not None:
        _check(value, shape)


def _check(value: Any, shape: Any) -> None:
    if value is None:
        return
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            raise AwsError("SerializationException", f"{_name(value)} can not be converted to a Structure")
        for name, member in shape.members.items():
            if name in value:
                _check(value[name], member)
    elif kind == "list":
        if not isinstance(value, list):
            raise AwsError("SerializationException", f"{_name(value)} can not be converted to a List")
        for item in value:
            _check(item, shape.member)
    elif kind == "map":
        if not isinstance(value, dict):
            raise AwsError("SerializationException", f"{_name(value)} can not be converted to a Map")
        for item in value.values():
            _check(item, shape.value)
    elif kind == "blob":
        _check_base64(value)
    else:
        expected, article = _SCALARS[kind]
        if isinstance(value, bool) != (kind == "boolean") or not isinstance(value, expected):
            raise AwsError("SerializationException", f"{_name(value)} can not be converted to {article}")
        if isinstance(value, str) and not _is_unicode(value):
            raise AwsError("SerializationException", "The value is not valid Unicode.")


def _check_base64(value: Any) -> None:
    if not isinstance(value, str):
        raise AwsError("SerializationException", f"{_name(value)} can not be converted to a Blob")
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise AwsError("SerializationException", "The value is not valid base64.") from None


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


def _name(value: Any) -> str:
    if isinstance(value, bool):
        return f"{str(value).upper()}_VALUE"
    if isinstance(value, str):
        return "STRING_VALUE"
    if isinstance(value, (int, float)):
        return "NUMBER_VALUE" if isinstance(value, int) else "DECIMAL_VALUE"
    return "Start of list" if isinstance(value, list) else "Start of structure or map"
