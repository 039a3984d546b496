"""CSV and rows that Athena and CloudTrail Lake export: from columns of text back to an event's members.

SQL writes names in lower case, and a struct or map as {name=value, name=value} without quotes. That form is ambiguous:
a value that itself holds ", word=" or "}" can't be told from its surroundings; then the text is kept as it stands.
Columns: Athena User Guide, "Create a table for CloudTrail logs"; CloudTrail User Guide, "Supported SQL schemas for
event data stores". Athena writes SQL's NULL and an empty text as the same empty field: both are absent here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw
from pyarrow import ArrowInvalid, BufferReader, csv, string

from ..record.event import NESTED, PROPER, UNREADABLE

LONGEST_FIELD = 1 << 20  # characters: CloudTrail keeps a whole event under 256 KB
# Names inside userIdentity and resources, in AWS's spelling.
_NAMES = (
    "type", "principalId", "arn", "accountId", "accessKeyId", "userName", "invokedBy", "identityProvider",
    "onBehalfOf", "userId", "identityStoreArn", "sessionContext", "attributes", "creationDate", "mfaAuthenticated",
    "sessionIssuer", "webIdFederationData", "federatedProvider", "sourceIdentity", "ec2RoleDelivery",
    "ec2IssuedInVpc", "inScopeOf", "sourceArn", "sourceAccount", "issuerType", "credentialsIssuedTo", "assumedRoot",
    "invokedByDelegate", "tlsVersion", "cipherSuite", "clientProvidedHostHeader", "keyExchange",
)  # fmt: skip
# Columns that hold a whole event as JSON text: CloudTrail Lake's, Splunk's, those of CloudWatch Logs.
_WHOLE = ("eventjson", "_raw", "@message", "message")
_TELLING = {b"eventtime", *(name.encode() for name in _WHOLE)}
_INSIDE = {name.lower(): name for name in _NAMES}
_SPELLED = frozenset({"userIdentity", "resources", "tlsDetails"})
_NAME = re.compile(r"([A-Za-z_][\w:./-]*)=")
_IN_OBJECT = re.compile(r"(?=, [A-Za-z_][\w:./-]*=|\})")
_IN_LIST = re.compile(r"(?=, |\])")
_JSON = json.JSONDecoder()


def rows(text: bytes) -> Iterator[dict[str, str | None] | None] | None:
    """Read the rows of a CSV export by column; None for one that doesn't fit; None for all if it is no such file."""
    first = text[:LONGEST_FIELD].partition(b"\n")[0].lower()
    names = {name.strip().strip(b'"') for name in first.split(b",")}
    return _rows(text) if names & _TELLING else None


def _rows(text: bytes) -> Iterator[dict[str, str | None] | None]:
    """Read all columns as text: what looks like a number in one file may be none in the next."""
    data = text.decode("utf-8", errors="replace").encode()
    misfits: list[csv.InvalidRow] = []

    def leave_out(row: csv.InvalidRow) -> str:
        misfits.append(row)
        return "skip"

    block = csv.ReadOptions(block_size=len(data) + 1, use_threads=False)  # a row must not lie across two blocks
    form = csv.ParseOptions(newlines_in_values=True, invalid_row_handler=leave_out)
    try:
        names = csv.open_csv(BufferReader(data), block, form).schema.names
    except ArrowInvalid:
        names = []
    misfits.clear()
    kinds = csv.ConvertOptions(column_types=dict.fromkeys(names, string()), strings_can_be_null=False)
    try:
        table = csv.read_csv(BufferReader(data), block, form, kinds)
    except ArrowInvalid:
        yield None
        return
    yield from table.to_pylist()
    yield from (None for _ in misfits)


def text_of(raw: Raw) -> str | None:
    """Write a JSON value as SQL would have written it into a column: text as it is, null as None, the rest as JSON."""
    value = msgspec.json.decode(raw)
    return value if isinstance(value, str) or value is None else bytes(raw).decode()


def whole(row: dict[str, str | None]) -> str | None:
    """Find the text of the whole event, if a column holds it."""
    texts = (value.strip() for name, value in row.items() if name.lower() in _WHOLE and value)
    return next((text for text in texts if text.startswith("{")), None)


def parts_of(row: dict[str, str | None]) -> dict[str, Raw]:
    """Find the members of the event in a row, by AWS's names; columns that are none of AWS's stay under their own."""
    parts: dict[str, Raw] = {}
    for column, value in row.items():
        if value is None or value == "":
            continue
        name = PROPER.get(column.lower(), column)
        parts[name] = _nested(name, value) if name in NESTED else Raw(msgspec.json.encode(value))
    return parts


def _nested(name: str, text: str) -> Raw:
    """The JSON of a nested part, from JSON or from SQL's text form."""
    try:
        value = msgspec.json.decode(text)
        if name not in _SPELLED:
            return Raw(text.encode())
    except UNREADABLE:
        try:
            value, end = _value(text, 0, _IN_LIST)
            if end != len(text):
                value = text
        except (ValueError, RecursionError):
            value = text
    return Raw(msgspec.json.encode(_spelled(value) if name in _SPELLED else value))


def _value(text: str, at: int, ends: re.Pattern[str]) -> tuple[Any, int]:
    """The value that begins here, and where it ends."""
    sign = text[at : at + 1]
    if sign in ("{", "["):
        try:
            return _JSON.raw_decode(text, at)
        except ValueError:
            return _object(text, at + 1) if sign == "{" else _list(text, at + 1)
    end = ends.search(text, at)
    if end is None:
        raise ValueError("no end")
    word = text[at : end.start()]
    return None if word == "null" else word, end.start()


def _object(text: str, at: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    while text[at : at + 1] != "}":
        name = _NAME.match(text, at)
        if name is None:
            raise ValueError("no name")
        value, at = _value(text, name.end(), _IN_OBJECT)
        if value is not None:
            found[name.group(1)] = value
        at = at + 2 if text.startswith(", ", at) else at
    return found, at + 1


def _list(text: str, at: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    while text[at : at + 1] != "]":
        value, at = _value(text, at, _IN_LIST)
        found.append(value)
        at = at + 2 if text.startswith(", ", at) else at
        if at >= len(text):
            raise ValueError("no end")
    return found, at + 1


def _spelled(value: Any) -> Any:
    """The value with AWS's spelling of the names in it; in resources, "arn" is ARN."""
    if isinstance(value, list):
        return [
            {"ARN" if name.lower() == "arn" else name: inner for name, inner in _spelled(item).items()}
            if isinstance(item, dict)
            else item
            for item in value
        ]
    if isinstance(value, dict):
        return {_INSIDE.get(name.lower(), name): _spelled(inner) for name, inner in value.items()}
    return value
