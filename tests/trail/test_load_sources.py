"""Files, folders, patterns, S3, a lab, LookupEvents, iterators; filters; the report; the Parquet copy."""

from __future__ import annotations

import gzip
import json
import threading
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import boto3
import pandas
import pytest

import labkit
from labkit import trail
from labkit.trail.load.fetching import fetched
from labkit.trail.load.sources import Piece

from .records import log_file, minified, record

PLACE = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01/05"


def _name(time: str, letter: str = "A") -> str:
    return f"111122223333_CloudTrail_eu-west-1_20260105T{time}Z_{letter * 16}.json.gz"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two delivered files under AWS's key names, one of them twice, with a copy and disorder inside."""
    place = tmp_path / PLACE
    place.mkdir(parents=True)
    (place / _name("0905")).write_bytes(log_file(record(2), record(0), record(1)))
    (place / _name("0905", "B")).write_bytes(log_file(record(2), record(0), record(1)))
    (place / _name("0910")).write_bytes(log_file(record(400), record(399, eventSource="s3.amazonaws.com")))
    return tmp_path


def test_a_folder_a_pattern_a_file_and_lists_of_them(folder: Path) -> None:
    """The same events, in the order of time, each once."""
    whole = trail.load(folder, tell=str)
    assert whole["event_id"].str[-3:].tolist() == ["000", "001", "002", "399", "400"]
    assert whole["time"].is_monotonic_increasing
    assert trail.report(whole).duplicates == 3
    assert whole["file"].tolist()[0] == f"{PLACE}/{_name('0905', 'A')}"
    for source in (f"{folder}/**/*.json.gz", [folder], sorted(folder.rglob("*.gz")), iter(folder.rglob("*A.json.gz"))):
        assert trail.load(source, tell=str)["event_id"].equals(whole["event_id"])
    assert len(trail.load(folder / PLACE / _name("0910"), tell=str)) == 2


@pytest.mark.parametrize("source", ["no/such/file.gz", "no/*.gz"])
def test_a_path_to_nothing_is_an_error(source: str) -> None:
    """A mistyped path must not look like a quiet day."""
    with pytest.raises(FileNotFoundError, match="no"):
        trail.load(source, tell=str)
    with pytest.raises(TypeError, match="int"):
        trail.load(7, tell=str)
    with pytest.raises(TypeError, match="Item 1 is a int"):
        trail.load([record(0), 7], tell=str)


def test_times_and_services_are_chosen_while_reading(folder: Path) -> None:
    """From start on, before end; files delivered before start are not opened."""
    events = trail.load(folder, start="2026-01-05T09:06:00Z", sources="kms.amazonaws.com", tell=str)
    told = trail.report(events)
    assert events["event_id"].str[-3:].tolist() == ["400"]
    assert (told.skipped, told.files, told.filtered) == (2, 1, 1)
    assert "2 files not opened" in str(told)
    until = trail.load(folder, end=datetime(2026, 1, 5, 9, 0, 2, tzinfo=UTC), tell=str)
    assert until["event_id"].str[-3:].tolist() == ["000", "001"]
    on = trail.load(folder, start="2026-01-05T10:06:39+01:00", sources=["s3"], tell=str)
    assert on["source"].tolist() == ["s3"]
    day = trail.load(folder, start="2026-01-05", end="2026-01-06", tell=str)
    assert len(day) == 5


def test_the_report_is_told_and_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Printed by default; again from the frame and its parts; pandas can save the frame with it."""
    (folder / "notes.txt").write_text("hello")
    events = trail.load(folder)
    shown = capsys.readouterr().out
    assert "8 records read in 4 files = 5 kept + 3 duplicates + 0 filtered + 0 rejected" in shown
    assert "notes.txt: neither JSON" in shown
    assert str(trail.report(events[events["source"] == "kms"])) == shown.rstrip("\n")
    json.dumps(events.attrs)


def test_a_report_that_does_not_add_up_cannot_be_made() -> None:
    """The identity holds by construction."""
    with pytest.raises(AssertionError, match="missing"):
        trail.Report(files=1, read=3, kept=1, duplicates=0, filtered=0, rejected=1)


def test_only_the_first_problems_are_shown() -> None:
    """All are in the report."""
    events = trail.load([b"junk"] * 30, tell=str)
    told = trail.report(events)
    assert len(told.problems) == 30
    assert "20 more problems" in str(told)


def test_progress_is_told_in_bytes(folder: Path) -> None:
    """Bytes read, bytes in all."""
    steps: list[tuple[int, int]] = []
    trail.load(folder, tell=str, progress=lambda done, total: steps.append((done, total)))
    size = sum(path.stat().st_size for path in folder.rglob("*.gz"))
    assert steps[-1] == (size, size)
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)


def test_a_lab_and_its_history_give_the_same_events() -> None:
    """`load(lab)`, LookupEvents' pages, and `lab.trail()` agree."""
    lab = labkit.start("trail-tests")
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"a": "b"})
    pages = list(boto3.client("cloudtrail").get_paginator("lookup_events").paginate())
    events = trail.load(lab, tell=str)
    table = lab.trail()
    assert trail.load(pages, tell=str)["event_id"].tolist() == events["event_id"].tolist()[: len(table) - 1]
    assert list(table.columns) == ["time", "caller", "event", "key", "error", "read_only", "source", "region"]
    assert table.equals(trail.load(lab, tell=str)[list(table.columns)])
    assert table["error"].isna().all()


def test_a_bucket_is_read_as_a_folder_is(folder: Path) -> None:
    """Prefixes and patterns; an object that is refused is a problem of its own, not the end."""
    labkit.start("trail-bucket-tests")
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="trail-logs-111122223333")
    for path in folder.rglob("*.gz"):
        s3.put_object(Bucket="trail-logs-111122223333", Key=str(path.relative_to(folder)), Body=path.read_bytes())
    expected = trail.load(folder, tell=str)
    for source in ("s3://trail-logs-111122223333/AWSLogs/", "s3://trail-logs-111122223333/AWSLogs/*/CloudTrail/*.gz"):
        events = trail.load(source, tell=str)
        pandas.testing.assert_frame_equal(events.drop(columns="file"), expected.drop(columns="file"))
        assert events["file"].tolist()[0] == f"s3://trail-logs-111122223333/{PLACE}/{_name('0905')}"
    with pytest.raises(FileNotFoundError):
        trail.load("s3://trail-logs-111122223333/other/", tell=str)
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    sealed = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    s3.put_object(Bucket="trail-logs-111122223333", Key="AWSLogs/sealed", Body=log_file(record(7)), **sealed)
    kms.disable_key(KeyId=key)
    events = trail.load("s3://trail-logs-111122223333/AWSLogs/", tell=str)
    assert len(events) == len(expected)
    (problem,) = trail.report(events).problems
    assert problem.file.endswith("sealed")
    assert "can't be read" in problem.reason


def test_a_parquet_copy_gives_the_same_table(folder: Path, tmp_path: Path) -> None:
    """By day; copies are gone; what can't be read is told; filters work on the copy."""
    (folder / "later.json").write_bytes(minified([record(1, eventTime="2026-01-07T00:00:00Z", eventID="x")]))
    (folder / "junk").write_bytes(b"junk")
    expected = trail.load([folder], tell=str)
    copy = tmp_path / "copy"
    told = trail.to_parquet(folder / "AWSLogs", copy / "a", tell=str)
    assert (told.read, told.kept, told.duplicates) == (8, 5, 3)
    trail.to_parquet([folder / "AWSLogs", folder / "junk", folder / "later.json"], copy / "b", tell=str)
    assert sorted(path.name for path in (copy / "b").iterdir()) == ["day=2026-01-05", "day=2026-01-07"]
    again = trail.load(copy / "b", tell=str)
    pandas.testing.assert_frame_equal(again, expected)
    both = trail.load([copy / "b", folder / "AWSLogs"], tell=str)
    assert trail.report(both).duplicates == 8
    late = trail.load(copy / "b", start="2026-01-06", sources=["kms"], tell=str)
    assert (len(late), trail.report(late).filtered) == (1, 5)
    with pytest.raises(FileExistsError, match="new folder"):
        trail.to_parquet(folder, copy / "b", tell=str)
    (folder / "foreign.parquet").write_bytes(b"PAR1")
    assert "not a copy" in trail.report(trail.load(folder, tell=str)).problems[0].reason


def test_copies_in_parts_far_apart_are_dropped(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each part holds a few rows."""
    from labkit.trail.load import parquet_write, pipeline

    monkeypatch.setattr(pipeline, "ENOUGH", 1)
    monkeypatch.setattr(parquet_write, "ROWS", 1)
    told = trail.to_parquet(folder, tmp_path / "copy", tell=str)
    assert (told.kept, told.duplicates) == (5, 3)
    assert trail.load(tmp_path / "copy", tell=str)["event_id"].is_unique


def test_live_events_count_no_files() -> None:
    """Nor have they a file."""
    events = trail.load([record(0), gzip.compress(minified(record(1)))], tell=str)
    assert "2 records read = 2 kept" in str(trail.report(events))
    assert events["file"].isna().all()


def test_files_fetched_at_once_come_in_their_order_and_never_all_at_once() -> None:
    """As objects of S3 are: the slow first one is waited for; few are in memory; a refused one is told."""
    started: list[int] = []
    done = threading.Event()

    def data(number: int) -> bytes:
        started.append(number)
        if number == 0:
            done.wait(5)
        if number == 3:
            done.set()
        if number == 5:
            raise OSError("refused")
        return gzip.compress(b"%d" % number)

    pieces = [Piece(f"{number:02}", 1, partial(data, number), None, at_once=4) for number in range(40)]
    found = fetched(pieces)
    first = next(found)
    assert first.content == b"0"
    assert len(started) <= 5
    rest = list(found)
    assert [got.piece.name for got in rest] == [piece.name for piece in pieces[1:]]
    assert (rest[4].content, rest[4].wrong) == (None, "can't be read: refused")


def test_what_the_labs_own_trail_delivers_is_read(tmp_path: Path) -> None:
    """Log files and digests, from the bucket: the same events as the lab has itself."""
    lab = labkit.start("trail-delivery-tests")
    s3, logs = boto3.client("s3"), "trail-delivery-111122223333"
    s3.create_bucket(Bucket=logs)
    service, place = {"Service": "cloudtrail.amazonaws.com"}, f"arn:aws:s3:::{logs}"
    statements = [
        {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": place},
        {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": f"{place}/AWSLogs/*"},
    ]
    s3.put_bucket_policy(Bucket=logs, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    client = boto3.client("cloudtrail")
    client.create_trail(Name="main", S3BucketName=logs, EnableLogFileValidation=True)
    client.start_logging(Name="main")
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.generate_data_key(KeyId=key, KeySpec="AES_256", EncryptionContext={"case": "1"})
    lab.clock.advance(hours=3)
    events = trail.load(f"s3://{logs}/AWSLogs/", sources=["kms"], tell=str)
    told = trail.report(events)
    own = trail.load(lab, sources=["kms"], tell=str)
    pandas.testing.assert_frame_equal(events.drop(columns="file"), own.drop(columns="file"))
    assert events["event"].tolist() == ["CreateKey", "GenerateDataKey"]
    assert told.problems == ()
    assert {what for _, what in told.set_aside} == {"digest of log files"}
