"""Only equal records are copies: the same answer in pandas, on dask, by way of Parquet, and in steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dask
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit import trail
from labkit.trail.load import dask_engine
from labkit.trail.load.arrow_batches import ENOUGH

from .records import SESSION, Record, log_file, minified, record

ONE = record(1)
FORGED = ONE | {"sourceIPAddress": "192.0.2.99"}
SPACED = json.dumps({"Records": [dict(reversed(ONE.items()))]}, indent=4).encode()  # the same, written in another way


def _told(source: Any) -> tuple[int, int, int, int]:
    told = trail.report(trail.load(source, tell=str))
    return told.read, told.kept, told.duplicates, told.differing


CASES: list[tuple[str, list[Any], tuple[int, int, int, int]]] = [
    ("a copy", [ONE, ONE], (2, 1, 1, 0)),
    ("another record", [ONE, FORGED], (2, 2, 0, 2)),
    ("both, and their copies", [ONE, FORGED, FORGED, ONE, ONE], (5, 2, 3, 2)),
    ("three that differ", [ONE, FORGED, ONE | {"userAgent": "x"}], (3, 3, 0, 3)),
    ("another time", [ONE, ONE | {"eventTime": "2026-01-07T00:00:00Z"}], (2, 2, 0, 2)),
    ("one member more", [ONE, ONE | {"newMember": 1}], (2, 2, 0, 2)),
    ("deep inside", [ONE, ONE | {"userIdentity": SESSION | {"accessKeyId": "ASIAOTHER"}}], (2, 2, 0, 2)),
    ("no id", [record(1, eventID=None), record(1, eventID=None)], (2, 2, 0, 0)),
    ("in another form", [minified({"Records": [ONE]}), SPACED], (2, 1, 1, 0)),
    ("from the event history", [{"Events": [{"CloudTrailEvent": json.dumps(ONE)}]}, ONE], (2, 1, 1, 0)),
    ("null and absent", [ONE, {**ONE, "errorCode": None}], (2, 1, 1, 0)),
]


@pytest.mark.parametrize(("name", "source", "expected"), CASES, ids=[case[0] for case in CASES])
def test_copies_are_equal_records(name: str, source: list[Any], expected: Any, tmp_path: Path) -> None:
    """In each way; the report of the copy in Parquet, read again, has no copies, and the same that differ."""
    assert _told(source) == expected
    read, kept, _, differing = expected
    with dask.config.set(scheduler="synchronous"):
        far = trail.report(trail.load(source, engine="dask", tell=str))
    assert far == trail.report(trail.load(source, tell=str))
    written = trail.to_parquet(source, tmp_path / "copy", tell=str)
    assert (written.read, written.kept, written.duplicates, written.differing) == expected
    assert _told(tmp_path / "copy") == (kept, kept, 0, differing)
    assert _told([tmp_path / "copy", *source]) == (kept + read, kept, read, differing) if name != "no id" else True


def test_the_report_says_how_many_share_an_id_and_differ() -> None:
    """In its printed form, and only if there are any."""
    assert "2 share an id and differ" in str(trail.report(trail.load([ONE, FORGED], tell=str)))
    assert "share an id" not in str(trail.report(trail.load([ONE, ONE], tell=str)))


def test_copies_far_apart_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the events that are held while reading; in other partitions, too."""
    monkeypatch.setattr(dask_engine, "TOGETHER", 50_000)
    many = [record(at) for at in range(3 * ENOUGH)]
    for at in range(3):
        (tmp_path / f"{at}.json.gz").write_bytes(log_file(*many[at * ENOUGH : (at + 1) * ENOUGH]))
    (tmp_path / "9.json.gz").write_bytes(log_file(*many[:50], FORGED))
    told = trail.report(trail.load(tmp_path, tell=str))
    assert (told.kept, told.duplicates, told.differing) == (len(many) + 1, 50, 2)
    with dask.config.set(scheduler="synchronous"):
        far = trail.load(tmp_path, engine="dask", tell=str)
    assert far.npartitions > 1
    assert trail.report(far) == told


def test_a_file_and_a_reason_are_one_line() -> None:
    """However often it was met."""
    events = trail.load([*[record(at, eventTime="soon") for at in range(4100)], b"junk", record(1)], tell=str)
    told = trail.report(events)
    assert [(problem.file, problem.records) for problem in told.problems] == [("(events)", 4100), ("(item 4100)", 0)]
    assert str(told).count("(events)") == 1


VALUES = st.sampled_from([{}, {"userAgent": "a"}, {"userAgent": "b"}, {"eventTime": "2026-01-06T00:00:00Z"}])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), VALUES), max_size=12), st.randoms())
def test_whatever_the_order_the_distinct_records_stay(made: list[tuple[int, Record]], chance: Any) -> None:
    """Each once, in pandas and on dask, from one file or several."""
    records = [record(number, **changes) for number, changes in made]
    distinct = {json.dumps(each, sort_keys=True) for each in records}
    chance.shuffle(records)
    cut = chance.randint(0, len(records))
    sources = [minified({"Records": records[:cut]}), json.dumps(records[cut:], indent=1).encode()]
    told = _told(sources)
    assert told[1] == len(distinct)
    with dask.config.set(scheduler="synchronous"):
        assert trail.report(trail.load(sources, engine="dask", tell=str)).differing == told[3]
