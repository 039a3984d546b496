"""The events in a file's content, whatever its form. Pure: bytes in, events out; never an exception.

Forms: {"Records": [...]} as CloudTrail delivers it; LookupEvents' {"Events": [{"CloudTrailEvent": "..."}]}, and what
--query and jq leave of it; an event from EventBridge; one event; a list of them, or of such lists; one a line;
CloudTrail Lake's QueryResultRows; CSV from Athena or Lake; OCSF, as Security Lake keeps it (`ocsf`); what other tools
wrap around events (`wrapped`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
from msgspec import Raw

from ..record.event import NULL, UNREADABLE, Event, event_from, event_from_parts
from . import damaged_json, ocsf, sql_exports, wrappers

CUT = "cut off, damaged or not JSON"
NOT_AN_EVENT = "not an event of CloudTrail"
NO_TIME = "no time, or neither name nor type"
DIGEST = "digest of log files"
SIGNATURE = "signature of a query's results"
# "CloudTrail record contents for aggregated events" in the User Guide: counts of events that a trail has one by one.
AGGREGATED = "aggregated events: counts, not events"


class _File(msgspec.Struct, forbid_unknown_fields=True):
    Records: list[Event]


_FILE = msgspec.json.Decoder(_File)
_PARTS = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])
_IN_A_ROW = json.JSONDecoder()
_ROWS = msgspec.json.Decoder(list[list[dict[str, str | None]]])


@dataclass(slots=True)
class Content:
    """What was in a file: events; rejected records by reason; what is wrong or special about the file itself."""

    events: list[Event] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)
    problem: str = ""
    set_aside: str = ""


def read(data: bytes) -> Content:
    """Read the events in the content of a file; gzip is not looked into here."""
    text = wrappers.as_utf8(data)
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
    elif text.startswith(b'"{'):  # what jq makes of LookupEvents' answers without -r
        _add_lines(text.split(b"\n"), content)
    elif (messages := wrappers.messages(text)) is not None:
        _add_lines(messages, content)
    else:
        rows = sql_exports.rows(text)
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
            _salvage(_add_in_a_row(text, content), content)
        return
    if not _add_parts(parts, content):
        content.problem = "JSON, but not CloudTrail's"


def _add_lines(lines: Iterable[bytes], content: Content) -> None:
    for line in lines:
        if line.strip():
            _add(line, content)


def _add_in_a_row(text: bytes, content: Content) -> bytes:
    """Add whole values that stand one after the other, however long; what is left where one is not whole."""
    try:
        characters = text.decode()
    except UnicodeDecodeError:
        return text
    at = 0
    while at < len(characters):
        try:
            _, end = _IN_A_ROW.raw_decode(characters, at)
        except (ValueError, RecursionError):
            break
        _add(characters[at:end].encode(), content)
        at = end
        while at < len(characters) and characters[at].isspace():
            at += 1
    return characters[at:].encode() if at else text


def _salvage(text: bytes, content: Content) -> None:
    for found in damaged_json.objects(text, _is_object):
        if found is None:
            content.rejected[CUT] += 1
        else:
            _add(found, content)
    if not content.rejected and damaged_json.is_list(text):
        content.problem = "the list of records has no end"


def _add_all(records: Iterable[bytes | Raw], content: Content) -> None:
    for record in records:
        _add(record, content)


def _add(record: bytes | Raw, content: Content) -> None:
    """One record, which may be a wrapping of others."""
    try:
        understood = _add_one(record, content)
    except UNREADABLE:
        content.rejected[CUT] += 1
        return
    if not understood:
        content.rejected[NOT_AN_EVENT] += 1


def _add_one(record: bytes | Raw, content: Content) -> bool:
    """As `_add_parts`, of JSON text; UNREADABLE if it is none."""
    try:
        event = event_from(record)
    except msgspec.ValidationError:  # no object
        return _add_other(record, content)
    if event.eventSource == "aws:s3":
        content.rejected[wrappers.S3_NOTIFICATION] += 1
        return True
    if event.eventTime is None or (event.extra != NULL and b'"_raw"' in bytes(event.extra)):
        return _add_parts(_PARTS.decode(record), content)
    content.events.append(event)
    return True


def _add_other(record: bytes | Raw, content: Content) -> bool:
    """As `_add_one`, of a list or a text: a row of Logs Insights, the records of a file, an event as text."""
    try:
        return _add_parts(wrappers.row_of(record), content)
    except msgspec.ValidationError:
        return _add_inner(Raw(record), content)


def _add_parts(parts: dict[str, Raw], content: Content) -> bool:
    """Add the events in an object by the form that its members tell; False if it is none of ours."""
    if "Records" in parts:
        return _add_members(parts["Records"], content)
    if "CloudTrailEvent" in parts:
        whole = wrappers.inner(parts["CloudTrailEvent"])  # text, or an object, if somebody has opened it
        if whole is None:
            content.rejected["CloudTrailEvent is not JSON text"] += 1
        else:
            _add(whole, content)
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
    if "_raw" in parts and _add_inner(parts["_raw"], content):  # Splunk's, beside members that it has taken out of it
        return True
    if ocsf.is_one(parts):
        made = ocsf.parts_of(parts)
        if made is None:
            return False
        parts = made
    parts = wrappers.with_time(parts)
    if parts.get("eventTime", NULL) != NULL:
        content.events.append(event_from_parts(parts))
        return True
    if "eventtime" in parts:  # rows that SQL has written as JSON
        _add_rows([{name: sql_exports.text_of(raw) for name, raw in parts.items()}], content)
        return True
    if parts.get("messageType") == wrappers.CONTROL:
        return True
    if parts.get("eventType") == Raw(b'"AwsAggregatedEvent"'):
        content.set_aside = AGGREGATED
        return True
    if any(_add_inner(parts[name], content) for name in wrappers.MEMBERS if name in parts):
        return True
    if "eventSource" in parts and "eventName" in parts:
        content.rejected[NO_TIME] += 1
        return True
    return False


def _add_inner(raw: Raw, content: Content) -> bool:
    """Add the events in a member of a wrapping; False if there is none."""
    found = wrappers.inner(raw)
    if found is None:
        return False
    return _add_members(found, content) if bytes(memoryview(found)[:1]) == b"[" else _add_one(found, content)


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
        whole = sql_exports.whole(row)
        if whole is not None:
            _add(whole.encode(), content)
            continue
        parts = sql_exports.parts_of(row)
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
