"""A metric alarm's state: the tables of the CloudWatch User Guide, and the words of recorded notifications."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from labkit.cloud.services.cloudwatch.alarm_state import Point, Rule, evaluate

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
KEPT = "kept"


def points(drawn: str) -> list[Point]:
    """From the guide's drawing, oldest first ("0 - X"), to data points, newest first, a minute apart."""
    values = {"0": 0.0, "X": 5.0, "-": None}
    made = [(START + timedelta(minutes=n), values[mark]) for n, mark in enumerate(drawn.split())]
    return list(reversed(made))


def state(rule: Rule, drawn: str) -> str:
    """The verdict's state."""
    verdict = evaluate(rule, points(drawn))
    return KEPT if verdict is None else verdict.state


@pytest.mark.parametrize(
    ("drawn", "states"),
    [
        ("0 - X - X", ("OK", "OK", "OK", "OK")),
        ("0 - - - -", ("OK", "OK", "OK", "OK")),
        ("- - - - -", ("INSUFFICIENT_DATA", KEPT, "ALARM", "OK")),
        ("0 X X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("- - - - X", ("INSUFFICIENT_DATA", KEPT, "ALARM", "OK")),
        ("X - - - -", ("ALARM", KEPT, "ALARM", "OK")),
    ],
)
def test_three_of_three(drawn: str, states: tuple[str, ...]) -> None:
    """The guide's first table."""
    rules = [Rule("GreaterThanThreshold", 1, 3, 3, treatment) for treatment in TREATMENTS]
    assert tuple(state(rule, drawn) for rule in rules) == states


@pytest.mark.parametrize(
    ("drawn", "states"),
    [
        ("0 - X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 0 X 0 X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 - X - -", ("OK", "OK", "ALARM", "OK")),
        ("- - - - 0", ("OK", "OK", "ALARM", "OK")),
        ("- - - - X", ("INSUFFICIENT_DATA", KEPT, "ALARM", "OK")),
    ],
)
def test_two_of_three(drawn: str, states: tuple[str, ...]) -> None:
    """The guide's second table."""
    rules = [Rule("GreaterThanThreshold", 1, 3, 2, treatment) for treatment in TREATMENTS]
    assert tuple(state(rule, drawn) for rule in rules) == states


@pytest.mark.parametrize(
    ("rule", "drawn", "crossed"),
    [
        (
            Rule("GreaterThanOrEqualToThreshold", 5, 1, 1, "notBreaching"),
            "- - X",
            "1 datapoint [5.0 (05/01/26 09:02:00)] was greater than or equal to the threshold (5.0).",
        ),
        (
            Rule("GreaterThanOrEqualToThreshold", 150, 1, 1),
            "X",
            "1 datapoint [5.0 (05/01/26 09:00:00)] was not greater than or equal to the threshold (150.0).",
        ),
        (
            Rule("GreaterThanThreshold", 1, 2, 2, "breaching"),
            "- - -",
            "no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].",
        ),
        (
            Rule("GreaterThanThreshold", 1, 1, 1, "notBreaching"),
            "- - -",
            "no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].",
        ),
    ],
)
def test_the_reason_is_in_cloudwatchs_words(rule: Rule, drawn: str, crossed: str) -> None:
    """As notifications that were published have it."""
    verdict = evaluate(rule, points(drawn))
    assert verdict is not None
    assert verdict.reason == f"Threshold Crossed: {crossed}"


def test_an_alarm_that_names_its_datapoints_says_so() -> None:
    """DatapointsToAlarm was given: other words (published notification)."""
    verdict = evaluate(
        Rule("GreaterThanOrEqualToThreshold", 1, 20, 1, "notBreaching", says_needed=True), points("- - X")
    )
    assert verdict is not None
    said = "1 out of the last 20 datapoints [5.0 (05/01/26 09:02:00)] was greater than or equal to the threshold (1.0)"
    also = "19 missing datapoints were treated as [NonBreaching] (minimum 1 datapoint for OK -> ALARM transition)."
    assert verdict.reason == f"Threshold Crossed: {said} and {also}"


def test_without_data_nothing_is_known() -> None:
    """The reason of INSUFFICIENT_DATA."""
    verdict = evaluate(Rule("LessThanThreshold", 1, 1, 1), points("- - -"))
    assert verdict is not None
    assert verdict.reason == "Insufficient Data: 1 datapoint was unknown."
