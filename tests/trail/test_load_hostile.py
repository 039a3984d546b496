"""Damaged, cut, mixed and strange files: good events are kept, bad ones are named, nothing is lost silently."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit import trail
from labkit.trail.load.file_contents import read
from labkit.trail.load.gzip_files import unzip

from .records import log_file, minified, record

RECORDS = [record(number) for number in range(3)]
WHOLE = minified({"Records": RECORDS})
ENDS = [WHOLE.index(minified(event)) + len(minified(event)) for event in RECORDS]


def _load(source: Any, **chosen: Any) -> tuple[Any, trail.Report]:
    events = trail.load(source, tell=str, **chosen)
    told = trail.report(events)
    assert told.read == told.kept + told.duplicates + told.filtered + told.rejected
    assert told.kept == len(events)
    assert sum(problem.records for problem in told.problems) == told.rejected
    return events, told


@pytest.mark.parametrize("form", ["delivered", "a line each"])
def test_of_text_cut_at_any_byte_the_whole_records_before_are_kept(form: str) -> None:
    """And the cut is told, save where a line ends: nobody can see that a line is missing."""
    text = WHOLE if form == "delivered" else b"\n".join(map(minified, RECORDS))
    ends = [text.index(minified(event)) + len(minified(event)) for event in RECORDS]
    for cut in range(len(text)):
        content = read(text[:cut])
        assert len(content.events) == sum(end <= cut for end in ends), cut
        at_line_end = form == "a line each" and (cut in ends or cut - 1 in ends)
        assert at_line_end != bool(content.rejected or content.problem), cut
    for cut in range(100, len(text), 797):
        _load(text[:cut])


def test_of_gzip_cut_at_any_byte_what_comes_out_is_kept() -> None:
    """And the cut is told, always."""
    packed = log_file(*RECORDS)
    for cut in range(2, len(packed)):
        content, wrong = unzip(packed[:cut])
        assert wrong, cut
        assert content == zlib.decompressobj(31).decompress(packed[:cut]), cut
        assert len(read(content).events) == sum(end <= len(content) for end in ENDS), cut
    events, told = _load(packed[:-4])
    assert (len(events), told.rejected, len(told.problems)) == (3, 0, 1)


def test_of_damaged_gzip_what_comes_before_the_damage_is_kept() -> None:
    """A changed byte is found by the checksum at the latest."""
    records = [record(number, userAgent=random.Random(number).randbytes(300).hex()) for number in range(40)]
    packed = log_file(*records)
    for at in range(100, len(packed), len(packed) // 12):
        damaged = packed[:at] + bytes([packed[at] ^ 0x55]) + packed[at + 1 :]
        events, told = _load(damaged)
        assert any("gzip" in problem.reason for problem in told.problems), at
        unharmed = {event["eventID"] for event in records} & set(events["event_id"])
        assert len(unharmed) >= 40 * at // len(packed) - 4, at


@pytest.mark.parametrize("byte", [b"\0", b'"', b"{", b"}", b"\xff", b"\\", b"]"])
def test_a_damaged_byte_costs_the_record_that_it_is_in_and_no_other(byte: bytes) -> None:
    """Wherever it is."""
    for at in range(WHOLE.index(b'{"eventVersion', ENDS[0]) + 1, ENDS[1] - 1, 29):
        if WHOLE[at : at + 1] == byte:
            continue
        events, told = _load(WHOLE[:at] + byte + WHOLE[at + 1 :])
        assert {RECORDS[0]["eventID"], RECORDS[2]["eventID"]} <= set(events["event_id"]), at
        assert told.read == 3 or told.rejected, at


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(200)), "neither JSON nor a CSV export"),
        (b"name,age\nann,7\n", "neither JSON nor a CSV export"),
        (b'{"name": "ann"}', "JSON, but not CloudTrail's"),
        (b'{"Records": {"a": 1}}', "JSON, but not CloudTrail's"),
        (b'{"Records": null}', "JSON, but not CloudTrail's"),
        (gzip.compress(b"", mtime=0), "empty"),
        (b"\x1f\x8b", "ends too early"),
        (b"\x1f\x8bxxxxxxxxxxxxxxxxxxxxxxxx", "damaged"),
        (log_file(RECORDS[0]) + b"junk", "something else after the gzip data"),
        (b'\xff\xfe{\x00"\x00', "cut off, damaged or not JSON"),
    ],
)
def test_a_foreign_file_is_named_with_its_reason(content: bytes, reason: str, tmp_path: Path) -> None:
    """And the good file beside it is read."""
    (tmp_path / "bad").write_bytes(content)
    (tmp_path / "good.json.gz").write_bytes(log_file(*RECORDS))
    events, told = _load(tmp_path)
    assert len(events) == 3
    assert {problem.file for problem in told.problems} == {"bad"}
    assert any(reason in problem.reason for problem in told.problems)
    assert reason in str(told)


@pytest.mark.parametrize("length", range(2, len(log_file(RECORDS[0])), 7))
def test_gzip_data_that_end_too_early_have_that_one_reason(length: int, tmp_path: Path) -> None:
    """Wherever they end: that nothing came out of them doesn't make the file empty."""
    (tmp_path / "cut.json.gz").write_bytes(log_file(RECORDS[0])[:length])
    _, told = _load(tmp_path)
    reasons = [problem.reason for problem in told.problems if not problem.records]
    assert reasons == ["the gzip data ends too early"]


def test_damaged_gzip_data_of_which_nothing_comes_out_have_one_reason(tmp_path: Path) -> None:
    """It is the damage."""
    (tmp_path / "bad.json.gz").write_bytes(b"\x1f\x8bxxxxxxxxxxxxxxxxxxxxxxxx")
    _, told = _load(tmp_path)
    assert len(told.problems) == 1
    assert "damaged" in told.problems[0].reason


@pytest.mark.parametrize(
    "odd",
    [
        7,
        "text",
        None,
        [],
        {},
        {"eventTime": "2026-01-05T09:00:00Z"},
        {"eventName": "Decrypt"},
        record(9, eventTime="yesterday"),
        record(9, eventTime="2026-02-30T00:00:00Z"),
        record(9, eventTime=7),
        record(9, eventTime=None),
    ],
)
def test_a_record_that_is_no_event_is_rejected_alone(odd: Any) -> None:
    """Its neighbours are kept."""
    events, told = _load(minified({"Records": [RECORDS[0], odd, RECORDS[1]]}))
    assert (len(events), told.read, told.rejected) == (2, 3, 1)


def test_members_of_another_type_are_kept_where_they_do_no_harm() -> None:
    """Texts of truth are truths; what has no place is in `extra`, as it was."""
    odd = record(1, readOnly="false", errorCode=403, eventName="X", awsRegion={"a": 1}, managementEvent=None)
    events, _ = _load(minified({"Records": [odd]}))
    row = events.loc[0]
    assert (row["read_only"], row["error"], row["extra"]) == (False, "403", '{"awsRegion":{"a":1}}')


def test_what_is_unknown_is_kept_to_the_byte() -> None:
    """Members, nested members, encryption-context keys, numbers as they were written, spaces."""
    parameters = (
        b'{"encryptionContext": {"Tenant\\u00e9": "\xc3\xa9", "n": 1.50}, "new": [1e400, 12345678901234567890]}'
    )
    unknown = b'{"deep":[[{"a": 1.0}]],"big":123456789012345678901234567890}'
    text = minified(record(1) | {"requestParameters": "PARAMETERS", "eventNovelty": "UNKNOWN", "n": "NUMBER"})
    text = text.replace(b'"PARAMETERS"', parameters).replace(b'"UNKNOWN"', unknown).replace(b'"NUMBER"', b"1.10")
    events, told = _load(b'{"Records":[' + text + b"]}")
    assert events["request_parameters"][0].encode() == parameters
    assert events["extra"][0].encode() == b'{"eventNovelty":' + unknown + b',"n":1.10}'
    assert told.problems == ()


def test_events_of_any_version_and_service_are_kept() -> None:
    """Old ones lack members; Insights have no name and no source."""
    old = {"eventVersion": "1.0", "eventTime": "2014-07-16T23:29:37Z", "eventName": "X", "eventSource": "new.example"}
    insight = {"eventTime": "2026-01-05T09:00:00Z", "eventType": "AwsCloudTrailInsight", "insightDetails": {"a": [1]}}
    events, told = _load(minified({"Records": [old, insight]}))
    assert told.problems == ()
    assert events["source"].tolist()[0] == "new.example"
    assert events["extra"].tolist()[1] == '{"insightDetails":{"a":[1]}}'


@pytest.mark.parametrize("depth", [100, 900, 5000, 200_000])
def test_depth_is_no_attack(depth: int) -> None:
    """A record nested deeper than the reader goes is rejected; the others are kept."""
    deep = (
        b'{"eventTime":"2026-01-05T09:00:00Z","eventName":"X","requestParameters":' + b"[" * depth + b"]" * depth + b"}"
    )
    events, told = _load(b'{"Records":[' + b",".join([minified(RECORDS[0]), deep, minified(RECORDS[1])]) + b"]}")
    assert {RECORDS[0]["eventID"], RECORDS[1]["eventID"]} <= set(events["event_id"])
    assert told.kept + told.rejected >= 3
    trail.opened(events["request_parameters"])


def test_wrappings_in_wrappings_are_no_attack() -> None:
    """{"Records":[{"Records":[...]}]}, thousands deep."""
    _, told = _load(b'{"Records":[' * 3000 + minified(RECORDS[0]) + b"]}" * 3000)
    assert told.kept + told.rejected >= 1


def test_text_that_is_not_utf8_costs_only_its_record() -> None:
    """In a text and in a nested part."""
    for place in (b"192.0.2.10", b"SYMMETRIC_DEFAULT"):
        bad = minified(RECORDS[1]).replace(place, b"\xff\xfe", 1)
        events, told = _load(b'{"Records":[' + b",".join([minified(RECORDS[0]), bad, minified(RECORDS[2])]) + b"]}")
        assert (len(events), told.rejected) == (2, 1), place


def test_a_file_that_swells_is_not_unzipped_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The records before the limit are kept."""
    from labkit.trail.load import fetching

    monkeypatch.setattr(fetching, "unzip", lambda data: unzip(data, 5_000))
    events, told = _load(gzip.compress(WHOLE + b" " * 50_000_000))
    assert len(events) == 3
    assert any("swells" in problem.reason for problem in told.problems)


def test_a_row_with_other_columns_is_rejected_alone() -> None:
    """CSV."""
    events, told = _load(b"eventtime,eventname\n2026-01-05T09:00:00Z,A\nonly\n2026-01-05T09:00:01Z,B\n")
    assert (events["event"].tolist(), told.rejected) == (["A", "B"], 1)


PIECES = st.one_of(
    st.integers(0, 6).map(lambda number: minified(record(number))),
    st.binary(max_size=30),
    st.sampled_from(
        [b"{", b"}", b"[", b"]", b'"', b",", b"\n", b"null", b'{"a":1}', b'{"Records":[', b"\\", b"\x1f\x8b"]
    ),
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    ).map(lambda value: json.dumps(value).encode()),
)


@settings(max_examples=100, deadline=None)
@given(pieces=st.lists(PIECES, max_size=12), is_packed=st.booleans(), keep=st.floats(0, 1))
def test_whatever_is_in_a_file_the_account_adds_up(pieces: list[bytes], is_packed: bool, keep: float) -> None:
    """Junk of all kinds, packed or not, cut anywhere: never an exception, and every record in the account."""
    content = b'{"Records":[' + b",".join(pieces) + b"]}"
    packed = gzip.compress(content, mtime=0) if is_packed else content
    source = [packed[: int(len(packed) * keep)], b"".join(pieces), log_file(RECORDS[0])]
    _, told = _load(source)
    _, chosen = _load(source, sources=["kms"], start="2026-01-05T09:00:02Z", end="2026-01-05T09:00:05Z")
    assert (chosen.read, chosen.rejected) == (told.read, told.rejected)


@settings(max_examples=40, deadline=None)
@given(numbers=st.lists(st.integers(0, 12), max_size=40), shuffled=st.randoms(use_true_random=False))
def test_order_and_copies_do_not_matter(numbers: list[int], shuffled: random.Random) -> None:
    """Each event is there once, in the same row, however files and records are shuffled."""
    files = [numbers[at : at + 5] for at in range(0, len(numbers), 5)]
    events, told = _load([log_file(*map(record, file)) for file in files])
    for file in files:
        shuffled.shuffle(file)
    shuffled.shuffle(files)
    again, told_again = _load([minified({"Records": [record(number) for number in file]}) for file in files])
    assert events.equals(again)
    assert list(events["event_id"]) == sorted({record(number)["eventID"] for number in numbers})
    assert told.duplicates == told_again.duplicates == len(numbers) - len(set(numbers))
