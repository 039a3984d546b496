"""Events into Arrow tables: some thousands at a time, as a table for each small file would cost more than reading it.

Texts that repeat are dictionaries; nested parts are their JSON text, whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

import numpy
import pyarrow
from msgspec import Raw

from ..record.callers import NOBODY, Who, key_arns, opened, who_of
from ..record.columns import COLUMNS
from ..record.event import NULL, Event

TEXT = pyarrow.large_string()  # what pandas holds its texts in: no copy on the way
CATEGORY = pyarrow.dictionary(pyarrow.int32(), TEXT)
TIME = pyarrow.timestamp("us", tz="UTC")
ENOUGH = 4096  # events in a table
# Seconds since 1970, of these years, with a fraction if any, or milliseconds: what other tools make of eventTime.
_EPOCH = re.compile(r"(\d{10})(?:\.(\d+)|(\d{3}))?")
FEW = 100  # events whose times Python reads faster than Arrow begins to

# Column -> member of the event and Arrow type, for what is taken as it stands. DERIVED are made from nested parts.
MEMBERS: dict[str, tuple[str, Any]] = {
    "event_id": ("eventID", TEXT),
    "event": ("eventName", CATEGORY),
    "region": ("awsRegion", CATEGORY),
    "account": ("recipientAccountId", CATEGORY),
    "error": ("errorCode", CATEGORY),
    "error_message": ("errorMessage", TEXT),
    "read_only": ("readOnly", pyarrow.bool_()),
    "source_ip": ("sourceIPAddress", CATEGORY),
    "user_agent": ("userAgent", CATEGORY),
    "request_id": ("requestID", TEXT),
    "shared_event_id": ("sharedEventID", TEXT),
    "event_type": ("eventType", CATEGORY),
    "event_category": ("eventCategory", CATEGORY),
    "event_version": ("eventVersion", CATEGORY),
    "management": ("managementEvent", pyarrow.bool_()),
    "api_version": ("apiVersion", CATEGORY),
    "vpc_endpoint": ("vpcEndpointId", CATEGORY),
    "vpc_endpoint_account": ("vpcEndpointAccountId", CATEGORY),
    "from_console": ("sessionCredentialFromConsole", CATEGORY),
    "user_identity": ("userIdentity", CATEGORY),
    "request_parameters": ("requestParameters", TEXT),
    "response_elements": ("responseElements", TEXT),
    "additional_event_data": ("additionalEventData", TEXT),
    "resources": ("resources", CATEGORY),
    "service_event_details": ("serviceEventDetails", TEXT),
    "tls_details": ("tlsDetails", CATEGORY),
    "extra": ("extra", TEXT),
}
NESTED_COLUMNS = frozenset(column for column, (member, _) in MEMBERS.items() if Event.__annotations__[member] == "Raw")
DERIVED = {
    "source": CATEGORY,
    "caller": CATEGORY,
    "caller_type": CATEGORY,
    "principal": CATEGORY,
    "invoked_by": CATEGORY,
    "access_key": CATEGORY,
    "session_issued": TIME,
    "mfa": pyarrow.bool_(),
    "source_identity": CATEGORY,
    "key": CATEGORY,
    "key_arn": CATEGORY,
    "file": CATEGORY,
}
_TYPES = {"time": TIME, **DERIVED, **{column: kind for column, (_, kind) in MEMBERS.items()}}
SCHEMA = pyarrow.schema([(name, _TYPES[name]) for name in COLUMNS])


class Batch:
    """Events that wait to become a table."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._times: list[Any] = []
        self._files: list[str | None] = []
        self._who: dict[str, Who] = {}

    def __len__(self) -> int:
        return len(self._events)

    def add(self, events: list[Event], times: Any, file: str | None) -> None:
        """More events, with their times in microseconds since 1970 (a numpy array)."""
        self._events += events
        self._times.append(times)
        self._files += [file] * len(events)

    def table(self) -> Any:
        """Make a table of SCHEMA of all of them; the batch is empty then."""
        columns: dict[str, Any] = {}
        for column, (member, kind) in MEMBERS.items():
            values = list(map(attrgetter(member), self._events))
            columns[column] = _array(_texts(values) if column in NESTED_COLUMNS else values, kind)
        sources = _array([event.eventSource for event in self._events], CATEGORY)
        columns["source"] = _mapped(sources.indices, [_service(text) for text in sources.dictionary.to_pylist()])
        times = numpy.concatenate(self._times) if self._times else numpy.array([], dtype="int64")
        columns["time"] = pyarrow.array(times, type=TIME)
        columns["file"] = _array(self._files, CATEGORY)
        columns |= callers(columns["user_identity"], self._who)
        columns |= _keys(columns["resources"])
        self._events, self._times, self._files = [], [], []
        return pyarrow.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def callers(identities: Any, known: dict[str, Who]) -> dict[str, Any]:
    """Make the caller's columns, of a dictionary array of identities: each one is opened once, and `known`."""
    if len(known) > 20 * ENOUGH:
        known.clear()
    found = []
    for text in identities.dictionary.to_pylist():
        if text not in known:
            known[text] = who_of(text)
        found.append(known[text])
    return {
        name: _mapped(identities.indices, [values[at] for values in found], DERIVED[name])
        for at, name in enumerate(NOBODY._fields)
    }


def instants(events: list[Event]) -> tuple[list[Event], Any, int]:
    """Choose the events that have a time and a name or type; their times, microseconds since 1970; how many haven't."""
    texts = [event.eventTime for event in events]
    if len(events) > FEW and None not in texts and None not in [event.eventName for event in events]:
        try:
            return events, pyarrow.array(texts, type=pyarrow.string()).cast(TIME).cast("int64").to_numpy(), 0
        except pyarrow.ArrowInvalid:  # no zone, or a 30th of February
            pass
    pairs = [(event, _microseconds(event.eventTime)) for event in events if event.eventName or event.eventType]
    good = [(event, time) for event, time in pairs if time is not None]
    times = numpy.array([time for _, time in good], dtype="int64")
    return [event for event, _ in good], times, len(events) - len(good)


def _microseconds(text: str | None) -> int | None:
    if text and (number := _EPOCH.fullmatch(text)):
        seconds, fraction = number.group(1), number.group(2) or number.group(3) or ""
        return int(seconds) * 1_000_000 + int(f"{fraction:0<6}"[:6])
    try:
        when = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    since = when - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _texts(nested: Sequence[Raw]) -> Any:
    """The JSON text of nested parts as an Arrow array; null where the part is absent or null.

    One copy of all bytes at once: Raw to bytes to Arrow, one by one, would cost as much as the decoding.
    """
    if nested.count(NULL) == len(nested):
        return pyarrow.nulls(len(nested), TEXT)
    lengths = numpy.fromiter(map(len, nested), dtype="int64", count=len(nested))
    offsets = numpy.zeros(len(nested) + 1, dtype="int64")
    numpy.cumsum(lengths, out=offsets[1:])
    joined = b"".join(nested)
    is_null = (lengths == 4) & (numpy.frombuffer(joined, dtype="uint8")[offsets[:-1]] == ord("n"))
    buffers = (pyarrow.array(~is_null).buffers()[1], pyarrow.py_buffer(offsets), pyarrow.py_buffer(joined))
    return pyarrow.LargeStringArray.from_buffers(len(nested), buffers[1], buffers[2], buffers[0], int(is_null.sum()))


def _service(source: str | None) -> str | None:
    """kms for kms.amazonaws.com, as in `lab.trail()`; a source of another form as it is."""
    return source and source.removesuffix(".amazonaws.com")


def _array(values: Any, kind: Any) -> Any:
    if not isinstance(values, pyarrow.Array) and values and values.count(values[0]) == len(values):
        return _same(values[0], len(values), kind)
    array = values if isinstance(values, pyarrow.Array) else pyarrow.array(values, TEXT if kind is CATEGORY else kind)
    return array.dictionary_encode() if kind is CATEGORY else array


def _same(value: Any, count: int, kind: Any) -> Any:
    """An array of one value: as a batch's Region, account and version mostly are."""
    if value is None:
        return pyarrow.nulls(count, kind)
    if kind is not CATEGORY:
        return pyarrow.array([value] * count, type=kind)
    zeros = pyarrow.array(numpy.zeros(count, dtype="int32"))
    return pyarrow.DictionaryArray.from_arrays(zeros, pyarrow.array([value], type=TEXT))


def _mapped(indices: Any, values: list[Any], kind: Any = CATEGORY) -> Any:
    """An array, of texts a dictionary array: for each index the value at it."""
    if kind is not CATEGORY:
        return pyarrow.array(values, type=kind).take(indices)
    few = pyarrow.array(values, type=TEXT).dictionary_encode()
    return pyarrow.DictionaryArray.from_arrays(few.indices.take(indices), few.dictionary)


def _keys(resources: Any) -> dict[str, Any]:
    """The first key of each event by id and by ARN, from `resources`: what the caller typed may be an alias."""
    arns = [next(iter(key_arns(opened(text))), None) for text in resources.dictionary.to_pylist()]
    ids = [arn and arn.rpartition("/")[2] for arn in arns]
    return {"key": _mapped(resources.indices, ids), "key_arn": _mapped(resources.indices, arns)}
