"""Pictures of a trail: what is drawn is what was called, nothing is left out, and the same events give the same."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pandas
import pytest

from labkit import trail
from labkit.trail import pictures
from labkit.trail.samples import sample

from .records import ACCOUNT, KEY, OTHER_KEY, SESSION, Record, record

SVG = "{http://www.w3.org/2000/svg}"
OUTSIDER = {"type": "AWSAccount", "principalId": "AROAOUT:copy", "accountId": "555566667777"}
NEW = {"eventName": "CreateGrant", "readOnly": False}
OTHER = {"resources": [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": OTHER_KEY}]}
NO = {"errorCode": "AccessDenied", "errorMessage": f"not authorized to perform: kms:Decrypt on resource: {KEY} because"}
CLERK = f"arn:aws:iam::{ACCOUNT}:role/office/Clerk"


def user(name: str) -> Record:
    """A user's identity."""
    return {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}", "userName": name}


def load(*records: Any) -> Any:
    """The table of these records."""
    return trail.load(list(records), tell=str)


def drawn(picture: Any) -> ElementTree.Element:
    """The picture, parsed: what is no XML fails here."""
    return ElementTree.fromstring(picture._repr_svg_())


def written(picture: Any) -> list[str]:
    """The texts in the picture."""
    return [each.text or "" for each in drawn(picture).iter(f"{SVG}text")]


DAY = [
    record(0),
    record(1, **OTHER),
    record(2, userIdentity=user("bob"), resources=None, **NO),
    record(3, userIdentity=user("bob"), **NEW),
    record(4, eventName="DescribeKey"),
    record(5, eventSource="s3.amazonaws.com", eventName="GetObject", resources=None),
    record(6, userIdentity=OUTSIDER, sharedEventID="s-1"),
]
PICTURES = [
    pytest.param(pictures.timeline, id="timeline"),
    pytest.param(pictures.heat_map, id="heat map"),
    pytest.param(pictures.key_graph, id="key graph"),
]


# --- timeline --------------------------------------------------------------------------------------------------------


def test_a_lane_has_the_calls_of_a_principal_by_kind() -> None:
    """The one that begins first on top; other services' calls are among the others."""
    picture = pictures.timeline(load(*DAY))
    assert [(lane.label, lane.kinds) for lane in picture.lanes] == [
        ("Clerk", {"use": 2, "other": 2}),
        ("bob", {"change": 1, "failed": 1}),
        ("AROAOUT:copy", {"use": 1}),
    ]
    assert repr(picture).splitlines() == [
        "7 calls, 2026-01-05 09:00:00 to 2026-01-05 09:00:06 UTC, by principal",
        f"2026-01-05 09:00:00 to 2026-01-05 09:00:05  2 uses of a key, 2 other calls: Clerk ({CLERK})",
        (
            "2026-01-05 09:00:02 to 2026-01-05 09:00:03  1 change, 1 refused or failed: "
            f"bob (arn:aws:iam::{ACCOUNT}:user/bob)"
        ),
        "2026-01-05 09:00:06 to 2026-01-05 09:00:06  1 use of a key: AROAOUT:copy",
    ]
    assert {"Clerk", "4 calls", "2 calls, 1 ✕", "change", "refused or failed"} <= set(written(picture))


def test_marks_stand_where_their_time_is() -> None:
    """The axis is to scale: a mark in the middle of the time is in the middle of the picture."""
    at = ("09:00:00", "09:30:00", "10:00:00")
    events = load(*(record(number, eventTime=f"2026-01-05T{time}Z") for number, time in enumerate(at)))
    picture = pictures.timeline(events)
    assert [mark.place for mark in picture.lanes[0].marks] == [0, 29, 59]
    dots = [each for each in drawn(picture).iter(f"{SVG}path") if each.get("stroke-linecap")]
    assert re.findall(r"M(\d+) ", dots[0].get("d", "")) == ["285", "575", "875"]
    assert {"09:15", "09:45", "2026-01-05"} <= set(written(picture))


def test_calls_that_share_a_mark_are_counted_in_it() -> None:
    """A larger mark; kinds have shapes, not only colours."""
    picture = pictures.timeline(load(*(record(number, eventTime="2026-01-05T09:00:00Z") for number in range(10))))
    assert [(mark.calls, mark.place) for mark in picture.lanes[0].marks] == [(10, 0)]
    dots = [each.get("stroke-width") for each in drawn(picture).iter(f"{SVG}path") if each.get("stroke-linecap")]
    assert dots == ["7", "5"]  # ten calls; the legend's
    paths = [each.get("d", "") for each in drawn(pictures.timeline(load(*DAY))).iter(f"{SVG}path")]
    shapes = {re.sub(r"M\d+ \d+", "", path) for path in paths[-4:]}  # the legend's
    assert len(shapes) == 4


def test_lanes_of_another_column_and_the_others_together() -> None:
    """All calls are on some lane; one value more than `top` has a lane itself."""
    events = load(*(record(number, eventName=f"Event{number % 7}") for number in range(20)))
    picture = pictures.timeline(events, "event", top=3)
    assert [(lane.label, lane.calls) for lane in picture.lanes] == [
        ("Event0", 3),
        ("Event1", 3),
        ("Event2", 3),
        ("4 others together", 11),
    ]
    assert [lane.calls for lane in pictures.timeline(events, "event", top=6).lanes] == [3, 3, 3, 3, 3, 3, 2]


@pytest.mark.parametrize("last", ["2026-01-05T09:00:00Z", "2026-03-05T09:00:00Z", "2036-01-05T09:00:00Z"])
def test_dates_from_a_second_to_years(last: str) -> None:
    """Never more than the eye takes in."""
    texts = written(pictures.timeline(load(record(0), record(1, eventTime=last))))
    assert 1 <= sum(bool(re.fullmatch(r"20\d\d-\d\d-\d\d", text)) for text in texts) <= 9


# --- heat map --------------------------------------------------------------------------------------------------------


def test_a_cell_has_the_calls_of_an_hour() -> None:
    """24 rows, days from the first to the last, empty ones too."""
    at = ["2026-01-05T09:00:00Z", "2026-01-05T09:59:59Z", "2026-01-05T10:00:00Z", "2026-01-07T23:00:00Z"]
    picture = pictures.heat_map(load(*(record(number, eventTime=time) for number, time in enumerate(at))))
    assert len(picture.rows) == 24
    assert {row.label: row.calls for row in picture.rows if any(row.calls)} == {
        "09": (2, 0, 0),
        "10": (1, 0, 0),
        "23": (0, 0, 1),
    }
    assert repr(picture).splitlines()[:2] == [
        "4 calls by hour of the day (UTC), and by day from 2026-01-05",
        "01-05  01-06  01-07  all",
    ]
    assert "    2      .      .    2  09" in repr(picture).splitlines()
    assert {"Mon", "Wed", "01-07", "1", "2"} <= set(written(picture))


def test_rows_of_a_column_most_calls_first_and_the_others_together() -> None:
    """The sum of all rows is the number of calls."""
    events = load(*(record(number, eventName=f"Event{number % 7 % 5}") for number in range(70)))
    picture = pictures.heat_map(events, "event", top=2)
    assert [(row.label, row.calls) for row in picture.rows] == [
        ("Event0", (20,)),
        ("Event1", (20,)),
        ("3 others together", (30,)),
    ]


def test_many_days_share_a_column() -> None:
    """And the title says how many."""
    events = load(*(record(number, eventTime=f"2026-{1 + number % 12:02}-05T09:00:00Z") for number in range(24)))
    picture = pictures.heat_map(events)
    assert len(picture.rows[0].calls) <= 42
    assert "by 8 days from 2026-01-05" in picture.title
    assert sum(sum(row.calls) for row in picture.rows) == 24


@pytest.mark.parametrize(
    ("calls", "steps"),
    [
        ([10, 20, 30, 60], (11, 21, 31, 41, 51)),
        ([1, 1, 1, 1, 1, 60], (2, 4, 8, 16, 32)),
        ([1], ()),
        ([2], (2,)),
    ],
)
def test_the_tones_follow_the_counts(calls: list[int], steps: tuple[int, ...]) -> None:
    """Even steps where counts are alike, else multiples; no tone that nothing can have."""
    records = [
        record(hour * 100 + number, eventTime=f"2026-01-05T{hour:02}:00:00Z")
        for hour, count in enumerate(calls)
        for number in range(count)
    ]
    picture = pictures.heat_map(load(*records))
    assert picture.steps == steps
    tones = [each.get("fill") for each in drawn(picture).iter(f"{SVG}rect")][1:]
    assert len(set(tones)) == len(tones) == len(steps) + 1


# --- all -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("picture", PICTURES)
def test_a_call_across_accounts_counts_once(picture: Any) -> None:
    """As in the questions."""
    other = record(0, userIdentity=OUTSIDER, sharedEventID="s-1")
    mine = record(1, sharedEventID="s-1", recipientAccountId="555566667777", eventTime=other["eventTime"])
    assert repr(picture(load(other, mine, record(2)))).startswith("2 ")


@pytest.mark.parametrize("picture", PICTURES)
def test_the_same_events_in_any_order_give_the_same_picture(picture: Any) -> None:
    """To the letter."""
    events = load(*DAY)
    assert picture(events)._repr_svg_() == picture(events.iloc[::-1])._repr_svg_() == picture(events)._repr_svg_()


@pytest.mark.parametrize("picture", PICTURES)
def test_no_events_give_a_sentence(picture: Any) -> None:
    """Not an error, nor an empty picture."""
    events = load(*DAY)
    for none in (load(), events.iloc[:0]):
        assert repr(picture(none)) in ("No calls.", "No uses of keys.")
        assert written(picture(none)) == [repr(picture(none))]
    assert repr(pictures.key_graph(events[4:6])) == "No uses of keys (1 other call of KMS not drawn)."


@pytest.mark.parametrize("picture", PICTURES)
def test_on_dask_too(picture: Any) -> None:
    """The same picture from a dask frame."""
    far = trail.load(list(DAY), engine="dask", tell=str)
    assert picture(far)._repr_svg_() == picture(load(*DAY))._repr_svg_()


@pytest.mark.parametrize("picture", PICTURES)
def test_another_table_is_an_error_that_says_which_one_is_wanted(picture: Any) -> None:
    """As of `lab.trail()`, which has fewer columns; and a top of nothing."""
    with pytest.raises(ValueError, match="labkit.trail.load"):
        picture(pandas.DataFrame({"time": [], "event": []}))
    with pytest.raises(ValueError, match="at least one"):
        picture(load(*DAY), **({"top": 0} if picture is not pictures.heat_map else {"rows": "event", "top": 0}))


@pytest.mark.parametrize("picture", PICTURES)
def test_what_is_drawn_stands_in_words_too(picture: Any) -> None:
    """For those who don't see it; and coordinates are whole numbers."""
    made = picture(load(*DAY))
    root = drawn(made)
    assert root.get("viewBox", "").startswith("0 0 900 ")  # what a notebook's page has room for, in readable letters
    assert root.get("width") is root.get("height") is None  # JupyterLab would cut off what is wider than its page
    assert root.get("role") == "img"
    assert root.get("aria-label") == root.findtext(f"{SVG}title") == made.title
    assert root.findtext(f"{SVG}desc") == repr(made)
    for each in root.iter():
        for name in ("x", "y", "d", "cx", "cy", "width", "height"):
            assert "." not in each.get(name, "")


def test_two_weeks_of_a_company_fit_on_a_page() -> None:
    """Every call of a large table is in each picture, in a file of moderate size."""
    events = trail.load(sample("fortnight") / "AWSLogs" / "444455556666", tell=str)
    expected = len(trail.questions.each_call_once(events))
    line, heat = pictures.timeline(events), pictures.heat_map(events, "event", top=3)
    assert expected > 5000
    assert sum(lane.calls for lane in line.lanes) == sum(sum(row.calls) for row in heat.rows) == expected
    uses = trail.questions.who_used(events)["calls"].sum()
    assert sum(each.calls for each in pictures.key_graph(events).lines if not each.failed) == uses
    assert len(line._repr_svg_()) < 40_000
    assert SESSION["type"] in set(events["caller_type"])
