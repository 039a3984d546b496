"""The names under which other tools keep CloudTrail's events: an event is looked for in each, in this order.

CloudWatch Logs: {"logEvents": [{"message": "..."}]} from subscriptions, {"events": [{"message": "..."}]} from
GetLogEvents and FilterLogEvents, {"results": [[{"field": "@message", "value": "..."}]]} from Logs Insights; lines of a
time, a space and the message, as its exports to S3 have them. Splunk: {"result": {"_raw": "..."}}, and
{"event": {...}} as its HTTP collector takes it. OpenSearch and Elasticsearch: {"_source": {...}}, the original text
in `message` or `event.original`. EventBridge's `detail`; SNS's `Message` and SQS's `Body`.
"""

from __future__ import annotations

import codecs
import re

import msgspec
from msgspec import Raw

MEMBERS = (
    "_raw", "logEvents", "events", "hits", "results", "result", "_source", "detail", "event", "original", "message",
    "@message", "Messages", "Sns", "Message", "Body", "body",
)  # fmt: skip
CONTROL = Raw(b'"CONTROL_MESSAGE"')  # CloudWatch Logs asks whether the destination can be reached
S3_NOTIFICATION = "a notification of S3, not an event of CloudTrail"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_EXPORTED = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z\s+(?=\{)")


class _Cell(msgspec.Struct):
    field: str
    value: str | None = None


_CELLS = msgspec.json.Decoder(list[_Cell])


def as_utf8(data: bytes) -> bytes:
    """Give the text without a byte order mark; UTF-16, as PowerShell's > writes it, as UTF-8."""
    if data.startswith(_UTF16):
        # As far as it goes: a half character at the end is left off; what is no character is no UTF-8 afterwards.
        return codecs.utf_16_decode(data, "surrogatepass", False)[0].encode("utf-8", "surrogatepass")
    return data.removeprefix(codecs.BOM_UTF8)


def messages(text: bytes) -> list[bytes] | None:
    """Find the messages of an export of CloudWatch Logs, a line each; None if the text is none."""
    if not _EXPORTED.match(text):
        return None
    return [_EXPORTED.sub(b"", line, count=1) for line in text.split(b"\n")]


def row_of(cells: bytes | Raw) -> dict[str, Raw]:
    """Read a row of Logs Insights by column; msgspec.ValidationError if it is none."""
    return {cell.field: Raw(msgspec.json.encode(cell.value)) for cell in _CELLS.decode(cells)}


def inner(raw: Raw) -> Raw | None:
    """Open the object or list in a member, be it as it is or as JSON text; None for anything else."""
    sign = bytes(memoryview(raw)[:1])
    if sign == b'"':
        text = msgspec.json.decode(raw, type=str).strip()
        return Raw(text.encode()) if text.startswith(("{", "[")) else None
    return raw if sign in (b"{", b"[") else None


def with_time(parts: dict[str, Raw]) -> dict[str, Raw]:
    """Give the members; with eventTime where Logstash's codec for CloudTrail has renamed it @timestamp."""
    if "eventTime" not in parts and "@timestamp" in parts and "eventVersion" in parts:
        return {**parts, "eventTime": parts["@timestamp"]}
    return parts
