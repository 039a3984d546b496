"""Events in what other tools make of them: each form gives the same table, and what is no event has its reason."""

from __future__ import annotations

import csv
import gc
import gzip
import io
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas
import pytest

from labkit import trail
from labkit.trail.load.gc_pause import Pause

from .records import log_file, minified, record

RECORDS = [record(number) for number in range(5)]
TEXTS = [minified(event).decode() for event in RECORDS]
WHOLE = minified({"Records": RECORDS})
CONTROL = {"messageType": "CONTROL_MESSAGE", "logEvents": [{"id": "", "message": "Is anybody there?"}]}


def _subscribed(*texts: str) -> dict[str, Any]:
    found = [{"id": "1", "timestamp": 1767603600000, "message": text} for text in texts]
    return {"messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": "trail", "logEvents": found}


def _csv(column: str, *others: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*others, column])
    writer.writerows([[*("7" for _ in others), event] for event in TEXTS])
    return text.getvalue().encode()


def _lines(wrapped: list[Any]) -> bytes:
    return b"\n".join(map(minified, wrapped))


FLAT = {"eventTime": "2026-01-05T09:00:00Z", "eventName": "Decrypt", "userIdentity.type": "AssumedRole"}
FORMS: dict[str, bytes] = {
    "a subscription of CloudWatch Logs": minified(_subscribed(*TEXTS)),
    "subscriptions in a row": b"".join(minified(_subscribed(text)) for text in TEXTS) + minified(CONTROL),
    "FilterLogEvents": minified({"events": [{"timestamp": 1, "message": text} for text in TEXTS]}),
    "Logs Insights": minified(
        {"results": [[{"field": "@ptr", "value": "x"}, {"field": "@message", "value": text}] for text in TEXTS]}
    ),
    "Logs Insights' CSV": _csv("@message", "@timestamp"),
    "the console's CSV of a log group": _csv("message", "timestamp"),
    "an export of a log group": b"\n".join(b"2026-01-05T09:00:00.000Z " + text.encode() for text in TEXTS),
    "Splunk's lines": _lines([{"preview": False, "result": {"_raw": text, **FLAT}} for text in TEXTS]),
    "Splunk's results": minified({"results": [{"_raw": text, "_time": "7"} for text in TEXTS]}),
    "Splunk's CSV": _csv("_raw", "_time", "host"),
    "Splunk's collector": b"".join(minified({"time": 7, "event": event}) for event in RECORDS),
    "OpenSearch's hits": minified({"hits": {"total": 5, "hits": [{"_id": "x", "_source": each} for each in RECORDS]}}),
    "Filebeat's original": _lines([{"event": {"action": "Decrypt", "original": text}} for text in TEXTS]),
    "Filebeat's message": _lines([{"event": {"module": "aws"}, "message": text} for text in TEXTS]),
    "EventBridge's detail alone": _lines([{"detail": event} for event in RECORDS]),
    "SNS of EventBridge": minified([{"Message": minified({"detail": event}).decode()} for event in RECORDS]),
    "SQS": minified({"Messages": [{"Body": text} for text in TEXTS]}),
    "Records in Records": minified({"Records": [{"Records": RECORDS}]}),
    "UTF-16": WHOLE.decode().encode("utf-16-le").join([b"\xff\xfe", b""]),
    "UTF-16, the other way round": WHOLE.decode().encode("utf-16-be").join([b"\xfe\xff", b""]),
    "lines in UTF-16": "\r\n".join(TEXTS).encode("utf-16"),
}


def _twice(content: bytes) -> bytes:
    """As Firehose packs what CloudWatch Logs has packed: members in a row, in one."""
    return gzip.compress(gzip.compress(content[:900]) + gzip.compress(content[900:]))


@pytest.mark.parametrize("pack", [bytes, gzip.compress, _twice], ids=["plain", "gzip", "gzip in gzip"])
@pytest.mark.parametrize("form", FORMS)
def test_a_wrapping_gives_the_same_table(form: str, pack: Callable[[bytes], bytes]) -> None:
    """Nothing of the wrapping gets into it."""
    events = trail.load(pack(FORMS[form]), tell=str)
    pandas.testing.assert_frame_equal(events, trail.load(WHOLE, tell=str))
    assert trail.report(events).problems == ()


def test_logstashs_name_for_the_time_is_understood() -> None:
    """Its codec for CloudTrail renames eventTime; the new name stays where unknown members stay."""
    renamed = [{("@timestamp" if name == "eventTime" else name): event[name] for name in event} for event in RECORDS]
    events = trail.load(_lines(renamed), tell=str)
    expected = trail.load(WHOLE, tell=str)
    pandas.testing.assert_frame_equal(events.drop(columns="extra"), expected.drop(columns="extra"))
    assert events["extra"][0] == '{"@timestamp":"2026-01-05T09:00:00Z"}'


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (1767603600, "2026-01-05T09:00:00Z"),
        (1767603600.25, "2026-01-05T09:00:00.25Z"),
        (1767603600125, "2026-01-05T09:00:00.125Z"),
        ("1767603600", "2026-01-05T09:00:00Z"),
        ("2026-01-05 09:00:00.123456789", "2026-01-05T09:00:00.123456Z"),
        ("2026-01-05T10:00:00+0100", "2026-01-05T09:00:00Z"),
    ],
)
def test_times_as_other_tools_write_them_are_understood(time: Any, expected: str) -> None:
    """Numbers since 1970, nanoseconds, a zone; among many events with AWS's form, too."""
    for others in ([], [record(number) for number in range(1, 200)]):
        events = trail.load(minified([record(0, eventTime=time), *others]), tell=str)
        found = events.set_index("event_id")["time"][record(0)["eventID"]]
        assert found == pandas.Timestamp(expected)
        assert len(events) == len(others) + 1


def test_what_is_wrapped_but_no_event_has_its_reason() -> None:
    """Another log's line, half an event, a notification of S3 (whose members have CloudTrail's names), no time."""
    notified = {"eventVersion": "2.1", "eventSource": "aws:s3", "eventTime": "2026-01-05T09:00:00Z", "eventName": "Put"}
    lines = [_subscribed("START RequestId: 7", TEXTS[0], TEXTS[1][:90]), {"Body": minified([notified]).decode()}]
    lines += [{"eventSource": "kms.amazonaws.com", "eventName": "Decrypt"}, {"message": "hello"}]
    events = trail.load(_lines(lines), tell=str)
    told = trail.report(events)
    assert events["event_id"].tolist() == [RECORDS[0]["eventID"]]
    assert {(problem.reason, problem.records) for problem in told.problems} == {
        ("not an event of CloudTrail", 2),
        ("cut off, damaged or not JSON", 1),
        ("a notification of S3, not an event of CloudTrail", 1),
        ("no time, or neither name nor type", 1),
    }


def test_aggregated_events_are_set_aside() -> None:
    """CloudTrail-Aggregated's files lie beside the log files; kept, they would count each call twice."""
    window = {"windowStart": "2026-01-05T09:00:00Z", "windowEnd": "2026-01-05T09:05:00Z", "windowSize": "PT5M"}
    counts = {"eventVersion": "1.0", "eventId": "7", "eventType": "AwsAggregatedEvent", "timeWindow": window}
    counts |= {"eventCategory": "Aggregated", "eventSource": "s3.amazonaws.com", "summary": {"primaryDimension": {}}}
    told = trail.report(trail.load([minified({"Records": [counts, counts]}), log_file(*RECORDS)], tell=str))
    assert (told.kept, told.read, told.problems) == (5, 5, ())
    assert [what for _, what in told.set_aside] == ["aggregated events: counts, not events"]


def test_long_values_in_a_row_are_read_whole_and_a_cut_one_to_its_cut() -> None:
    """As long as a file of CloudTrail's, which the search for lost records does not follow to its end."""
    many = [minified({"Records": [record(at + 1000 * part) for at in range(1000)]}) for part in (0, 1)]
    assert min(map(len, many)) > 1 << 20
    events = trail.load(b"".join(many), tell=str)
    assert (len(events), trail.report(events).problems) == (2000, ())
    events = trail.load(b"".join(many)[:-700], tell=str)
    assert (len(events), trail.report(events).rejected) == (1999, 1)


def test_of_a_cut_subscription_the_whole_messages_are_kept() -> None:
    """In the last of several, too."""
    whole = minified({"subscriptionFilters": ["all", "kms"], **_subscribed(*TEXTS)})
    for before in (b"", whole.replace(b"-9000-", b"-8000-")):
        events = trail.load(before + whole[: -len(TEXTS[4])], tell=str)
        told = trail.report(events)
        assert len(events) == 4 + 5 * bool(before)
        assert [problem.reason for problem in told.problems] == ["cut off, damaged or not JSON"]


def test_a_zip_archive_is_read_as_a_folder_is(tmp_path: Path) -> None:
    """Names, order, copies; folders and macOS's notes are none of its files; each bad file is told."""
    with zipfile.ZipFile(tmp_path / "logs.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("AWSLogs/b.json.gz", log_file(*RECORDS[:2]))
        archive.writestr("AWSLogs/a.json", minified(RECORDS[1]))
        archive.writestr("__MACOSX/AWSLogs/._a.json", b"\0")
        archive.writestr("junk.txt", b"hello")
        archive.mkdir("empty")
    steps: list[tuple[int, int]] = []
    events = trail.load(tmp_path, tell=str, progress=lambda done, total: steps.append((done, total)))
    told = trail.report(events)
    assert events["file"].tolist() == ["logs.zip/AWSLogs/b.json.gz", "logs.zip/AWSLogs/a.json"]
    assert (told.files, told.read, told.duplicates) == (3, 3, 1)
    assert [problem.file for problem in told.problems] == ["logs.zip/junk.txt"]
    assert steps[-1][0] == steps[-1][1] == (tmp_path / "logs.zip").stat().st_size


def test_a_damaged_zip_archive_costs_what_is_damaged() -> None:
    """Without its end nothing can be found in it; a damaged file in it is named."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:  # stored as they are: a changed byte is a changed byte
        archive.writestr("a.json", minified(RECORDS[0]))
        archive.writestr("b.json", minified(RECORDS[1]))
    whole = packed.getvalue()
    (problem,) = trail.report(trail.load(whole[:-30], tell=str)).problems
    assert problem.reason == "the ZIP archive is damaged or cut off"
    events = trail.load(whole.replace(RECORDS[0]["requestID"].encode(), b"0" * 36), tell=str)
    assert events["event_id"].tolist() == [RECORDS[1]["eventID"]]
    assert "can't be taken out" in trail.report(events).problems[0].reason


def test_garbage_collection_comes_back_when_the_last_reading_ends() -> None:
    """Readings in several threads overlap; none may turn it on under another, or leave it off."""
    pause, inside, go = Pause(), threading.Barrier(2, timeout=10), threading.Event()

    def read() -> None:
        with pause:
            inside.wait()
            go.wait(10)

    assert gc.isenabled()
    other = threading.Thread(target=read)
    other.start()
    with pause:
        inside.wait()
    assert not gc.isenabled()
    go.set()
    other.join()
    assert gc.isenabled()
    trail.load(WHOLE, tell=str)
    assert gc.isenabled()
