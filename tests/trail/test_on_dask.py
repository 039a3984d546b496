"""The same on dask: what `load` and the questions give is what they give with pandas, from good files and bad ones."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import dask
import distributed
import pandas
import pytest

import labkit
from labkit import trail
from labkit.trail.ask import detections, questions
from labkit.trail.load import dask_engine

from .records import ACCOUNT, KEY, OTHER_KEY, SESSION, Record, log_file, minified, record
from .test_detections import GUILTY, INNOCENT

BOB = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/bob", "userName": "bob", "principalId": "AIDAEXAMPLE"}
OTHER = {"resources": [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": OTHER_KEY}]}
KINDS: list[Record] = [
    {},
    OTHER,
    {"userIdentity": BOB, "eventName": "Encrypt", "sourceIPAddress": "192.0.2.11"},
    {"userIdentity": SESSION | {"invokedBy": "fas.s3.amazonaws.com"}, "eventName": "GenerateDataKey"},
    {"errorCode": "AccessDenied", "errorMessage": f"not authorized to perform: kms:Decrypt on resource: {KEY}"},
    {"eventSource": "s3.amazonaws.com", "eventName": "GetObject", "resources": None},
    {"eventSource": "s3.amazonaws.com", "requestParameters": {"key": "a"}, "userAgent": "other", "resources": None},
    {"eventName": "DisableKey", **OTHER},
    {
        "sharedEventID": "s-1",
        "userIdentity": {"type": "AWSAccount", "principalId": "A:ann"},
        "recipientAccountId": "444455556666",
    },
    {"sharedEventID": "s-1"},
]
RECORDS = [record(at, **KINDS[at % len(KINDS)]) for at in range(60)]
RECORDS[7:10] = [
    record(at, **KINDS[0] | {"sharedEventID": "s-2"}, eventTime=f"2026-01-05T2{at - 7}:00:00Z") for at in range(7, 10)
]
QUESTIONS = sorted(set(questions.__all__) - {"PRICES", "USES", "each_call_once"})


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A small cluster in this process; dask takes it as its own choice."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
    ) as workers:
        with distributed.Client(workers):
            yield workers


@pytest.fixture
def here() -> Iterator[None]:
    """No cluster: all in this thread."""
    with dask.config.set(scheduler="synchronous"):
        yield


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A partition for every one or two files."""
    monkeypatch.setattr(dask_engine, "TOGETHER", 2000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files in no order of time, with copies in other files."""
    for at in range(0, 60, 7):
        some = RECORDS[at : at + 7] + RECORDS[(at * 5) % 50 : (at * 5) % 50 + 2]
        (tmp_path / f"{(at * 37) % 100:03}.json.gz").write_bytes(log_file(*some))
    return tmp_path


def _same(source: Any, **more: Any) -> tuple[Any, Any]:
    """Both frames, after the comparison of their rows, numbers, types and reports."""
    expected, got = (trail.load(source, engine=engine, tell=str, **more) for engine in ("pandas", "dask"))
    assert trail.report(got) == trail.report(expected)
    assert list(got.columns) == list(expected.columns)
    _equal(got.compute().sort_index(), expected)
    return expected, got


def _equal(got: Any, expected: Any) -> None:
    """Categories of several partitions become texts: their values are compared; other types are the same."""
    texts = {name: object for name in expected.columns if expected[name].dtype.name in ("category", "str", "object")}
    pandas.testing.assert_frame_equal(got.astype(texts), expected.astype(texts))


def _answers(expected: Any, got: Any) -> None:
    for name in QUESTIONS:
        more = {"since": "2026-01-05T09:00:20Z"} if name in ("unusual_hours", "new_principals") else {}
        ask = getattr(questions, name)
        _equal(ask(got, **more), ask(expected, **more))


@pytest.mark.usefixtures("here", "small")
def test_a_folder_gives_the_same_events_and_answers(folder: Path) -> None:
    """Rows, their numbers, the report, and each question."""
    expected, got = _same(folder)
    assert got.npartitions >= 3
    assert trail.report(got).duplicates > 10
    _answers(expected, got)
    assert not questions.used_after_end(got).empty
    assert not questions.new_principals(got, since="2026-01-05T09:00:02Z").empty


@pytest.mark.usefixtures("cluster", "small")
def test_on_a_cluster_too(folder: Path) -> None:
    """Two workers; filters as well."""
    expected, got = _same(folder)
    _answers(expected, got)
    _same(folder, start="2026-01-05T09:00:10Z", end="2026-01-05T09:00:40Z", sources=["s3"])


@pytest.mark.usefixtures("here", "small")
def test_hostile_files_are_told_and_cost_nothing_else(folder: Path) -> None:
    """Cut, damaged, no JSON, empty, a digest, bad records, CSV, a Parquet file that is none."""
    whole = log_file(*RECORDS[:9])
    bad: dict[str, bytes] = {
        "cut.json.gz": whole[: len(whole) // 2],
        "damaged.json.gz": whole[:200] + b"\xff" + whole[201:],
        "text.json": b"not JSON at all",
        "empty.json": b"",
        "digest.json": minified({"awsAccountId": ACCOUNT, "digestStartTime": "2026-01-05T09:00:00Z", "logFiles": []}),
        "mixed.json": minified({"Records": [record(900), {"eventID": "x"}, 7, None, record(901, eventTime="soon")]}),
        "utf8.json": minified({"Records": [record(902, userAgent="ä")]}).replace(b"\\u00e4", b"\xff"),
        "export.csv": b"eventid,eventtime,eventname\nc-1,2026-01-05T09:00:00Z,Decrypt\nc-2,2026-01-05\n",
        "none.parquet": b"PAR1",
        "strange.json": minified({"Records": [record(903, userIdentity=7, resources={"a": 1}, new=[1])]}),
    }
    for name, content in bad.items():
        (folder / name).write_bytes(content)
    expected, got = _same(folder)
    told = trail.report(got)
    assert len(told.problems) > 6
    assert told.set_aside
    _answers(expected, got)


@pytest.mark.usefixtures("here", "small")
def test_other_sources(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Events, bytes, a copy by `to_parquet`, S3 of a lab; nothing at all."""
    _same(RECORDS)
    _same([gzip.compress(minified(each)) for each in RECORDS[:5]])
    copy = tmp_path_factory.mktemp("copy") / "copy"
    trail.to_parquet(folder, copy, tell=str)
    _same(copy)
    empty = trail.load([], engine="dask", tell=str)
    assert empty.compute().empty
    assert all(getattr(questions, name)(empty, **_since(name)).empty for name in QUESTIONS)
    labkit.start("dask-tests")
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="logs-of-dask", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for at in range(3):
        s3.put_object(Bucket="logs-of-dask", Key=f"a/{at}", Body=log_file(*RECORDS[at * 5 : at * 5 + 6]))
    _same("s3://logs-of-dask/a/")


def _since(name: str) -> dict[str, str]:
    return {"since": "2026-01-05"} if name in ("unusual_hours", "new_principals") else {}


def test_there_are_two_engines() -> None:
    """Another name is an error."""
    with pytest.raises(ValueError, match="no engine 'spark'"):
        trail.load([], engine="spark")


@pytest.mark.usefixtures("here", "small")
def test_detections_find_the_same(tmp_path: Path) -> None:
    """All events that some detection must find, and the innocent ones, in several partitions."""
    members = [each for _, some, _ in GUILTY for each in some] + [each for _, some in INNOCENT for each in some]
    for at in range(0, len(members), 40):
        some = [record(at + number, **each) for number, each in enumerate(members[at : at + 40])]
        (tmp_path / f"{at:03}.json.gz").write_bytes(log_file(*some))
    expected, got = _same(tmp_path)
    assert got.npartitions >= 3
    found = detections.detect(expected)
    assert set(found["detection"]) == set(detections.DETECTIONS)
    _equal(detections.detect(got), found)
    _equal(detections.detect(got, [ACCOUNT, "555566667777"]), detections.detect(expected, [ACCOUNT, "555566667777"]))


@pytest.mark.usefixtures("here", "small")
@pytest.mark.parametrize("name", ["kms_keys", "encryption_context", "context_pairs", "on_behalf_of"])
def test_helpers_give_the_same(name: str, folder: Path) -> None:
    """With the numbers of the events."""
    expected, got = _same(folder)
    helper = getattr(trail, name)
    answer, wanted = helper(got), helper(expected)
    if name == "encryption_context":
        answer, wanted = answer.to_frame(), wanted.to_frame()
        opened = trail.opened(got["request_parameters"])
        assert opened.tolist() == trail.opened(expected["request_parameters"]).tolist()
    _equal(answer, wanted)


@pytest.mark.usefixtures("here", "small")
def test_each_call_once_stays_on_the_workers(folder: Path) -> None:
    """Copies in other partitions too."""
    expected, got = _same(folder)
    once = questions.each_call_once(got)
    assert hasattr(once, "to_delayed")
    _equal(once.compute().sort_index(), questions.each_call_once(expected))
    assert len(once) < len(expected)
