"""The events in a file's content, whatever its form. Pure: bytes in, events out; never an exception.

Forms: {"Records": [...]} as CloudTrail delivers it; LookupEvents' {"Events": [{"CloudTrailEvent": "..."}]}; an event
from EventBridge; one event; a list of them; one a line; CloudTrail Lake's QueryResultRows; CSV from Athena or Lake.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
from msgspec import Raw

from . import exports, salvage
from .event import NULL, UNREADABLE, Event, event_from, event_from_parts

BOM = b"\xef\xbb\xbf"
CUT = "cut off, damaged or not JSON"
NOT_AN_EVENT = "not an event of CloudTrail"
DIGEST = "digest of log files"
SIGNATURE = "signature of a query's results"


class _File(msgspec.Struct, forbid_unknown_fields=True):
    Records: list[Event]


_FILE = msgspec.json.Decoder(_File)
_PARTS = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])
_TEXT = msgspec.json.Decoder(str)
_ROWS = msgspec.json.Decoder(list[list[dict[str, str | None]]])


@dataclass(slots=True)
class Content:
    """What was in a file: events; rejected records by reason; what is wrong or special about the file itself."""

    events: list[Event] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)
    problem: str = ""
    set_aside: str = ""


def read(data: bytes) -> Content:
    """The events in the content of a file; gzip is not looked into here."""
    text = data.removeprefix(BOM) if data.startswith(BOM) else data
    try:
        return Content(_FILE.decode(text).Records)
    except UNREADABLE:
        return _read_slowly(text.strip())


def _read_slowly(text: bytes) -> Content:
    content = Content()
    if not text:
        content.problem = "empty"
    elif text[:1] == b"{":
        _object_or_more(text, content)
    elif text[:1] == b"[":
        try:
            _add_all(_LIST.decode(text), content)
        except UNREADABLE:
            _salvage(text, content)
    else:
        rows = exports.rows(text)
        if rows is None:
            content.problem = "neither JSON nor a CSV export with CloudTrail's columns"
        else:
            _add_rows(rows, content)
    return content


def _object_or_more(text: bytes, content: Content) -> None:
    try:
        parts = _PARTS.decode(text)
    except UNREADABLE:
        lines = text.split(b"\n")
        if len(lines) > 1 and _is_object(lines[0]):
            _add_lines(lines, content)
        else:
            _salvage(text, content)
        return
    if not _add_parts(parts, content):
        content.problem = "JSON, but not CloudTrail's"


def _add_lines(lines: Iterable[bytes], content: Content) -> None:
    for line in lines:
        if line.strip():
            _add(line, content)


def _salvage(text: bytes, content: Content) -> None:
    for found in salvage.objects(text, _is_object):
        if found is None:
            content.rejected[CUT] += 1
        else:
            _add(found, content)
    if not content.rejected and salvage.is_list(text):
        content.problem = "the list of records has no end"


def _add_all(records: Iterable[bytes | Raw], content: Content) -> None:
    for record in records:
        _add(record, content)


def _add(record: bytes | Raw, content: Content) -> None:
    """One record, which may be a wrapping of others."""
    try:
        event = event_from(record)
        if event.eventTime is not None:
            content.events.append(event)
            return
        understood = _add_parts(_PARTS.decode(record), content)
    except UNREADABLE:
        content.rejected[CUT] += 1
        return
    if not understood:
        content.rejected[NOT_AN_EVENT] += 1


def _add_parts(parts: dict[str, Raw], content: Content) -> bool:
    """Add the events in an object by the form that its members tell; False if it is none of ours."""
    if "Records" in parts:
        return _add_members(parts["Records"], content)
    if "CloudTrailEvent" in parts:
        try:
            _add(_TEXT.decode(parts["CloudTrailEvent"]).encode(), content)
        except UNREADABLE:
            content.rejected["CloudTrailEvent is not JSON text"] += 1
        return True
    if "Events" in parts:
        return _add_members(parts["Events"], content)
    if "detail-type" in parts and "detail" in parts:
        _add(parts["detail"], content)
        return True
    if "QueryResultRows" in parts:
        try:
            rows = _ROWS.decode(parts["QueryResultRows"])
        except UNREADABLE:
            return False
        _add_rows([{name: value for cell in row for name, value in cell.items()} for row in rows], content)
        return True
    if "digestStartTime" in parts and "logFiles" in parts:
        content.set_aside = DIGEST
        return True
    if "hashSignature" in parts and "files" in parts:
        content.set_aside = SIGNATURE
        return True
    if parts.get("eventTime", NULL) != NULL:
        content.events.append(event_from_parts(parts))
        return True
    if "eventtime" in parts:  # rows that SQL has written as JSON
        _add_rows([{name: exports.text_of(raw) for name, raw in parts.items()}], content)
        return True
    return False


def _add_members(raw: Raw, content: Content) -> bool:
    try:
        records = _LIST.decode(raw)
    except UNREADABLE:
        return False
    _add_all(records, content)
    return True


def _add_rows(rows: Iterable[dict[str, str | None] | None], content: Content) -> None:
    for row in rows:
        if row is None:
            content.rejected["a row with other columns than the first line"] += 1
            continue
        parts = exports.parts_of(row)
        if parts.get("eventTime", NULL) == NULL:
            content.rejected[NOT_AN_EVENT] += 1
        else:
            content.events.append(event_from_parts(parts))


def _is_object(text: bytes) -> bool:
    try:
        _PARTS.decode(text)
    except UNREADABLE:
        return False
    return True
