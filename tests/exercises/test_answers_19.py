"""Notebook 19 takes its answers in the forms in which people write them, and those in which the lab prints them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from importlib import import_module
from typing import Any

import pandas
import pytest

answers_19 = import_module("labkit.labs.19_investigate_an_incident.answers")
files_read = answers_19.files_read
first_sign = answers_19.first_sign
moment = answers_19.moment
evidence_19 = import_module("labkit.labs.19_investigate_an_incident.evidence")
evidence = evidence_19.evidence


FIRST = datetime(2026, 1, 13, 2, 51, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "answer",
    [
        "13 02:51:07",
        "13 January, 02:51:07",
        "Jan 13 02:51:07 UTC",
        "2026-01-13T02:51:07Z",
        "2026-01-13 02:51:07.5",
        "2026-01-13 03:51:07+01:00",
        FIRST,
        FIRST.astimezone(timezone(timedelta(hours=-5))),
        pandas.Timestamp(FIRST),
    ],
)
def test_a_time_is_read_as_the_lab_prints_it_and_as_people_write_it(answer: Any) -> None:
    """Without its year it is of the logs' year, without its month of January."""
    assert moment(answer) == FIRST
    assert first_sign(evidence(), answer) is None


@pytest.mark.parametrize("answer", ["02:51:07", "2:51", "02:51:07 UTC", "soon", "", 13, float("nan")])
def test_what_is_no_time_of_a_day_is_none(answer: Any) -> None:
    """A time of day alone is not taken for today's."""
    assert moment(answer) is None


def test_a_time_without_its_year_that_is_wrong_is_told_with_its_day() -> None:
    """What was understood."""
    wrong = first_sign(evidence(), "13 02:51:08")
    assert wrong
    assert "Not 13 January, 02:51:08 UTC." in wrong.message


def test_no_count_of_calls_is_the_number_of_files() -> None:
    """The session's files, the calls of both, and the true number differ: each way of counting shows."""
    seen = evidence()
    files, by_session, calls, with_servers = seen.customers()
    assert by_session < files < calls < with_servers
    assert files != seen.spree()
    assert files_read(seen, files) is None
    told = [wrong.message for each in (by_session, calls, seen.spree()) if (wrong := files_read(seen, each))]
    assert len(set(told)) == 3
