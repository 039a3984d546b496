"""Rules that run by the clock: when each expression runs, what is sent, and what is no expression."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

import labkit
from labkit.cloud.services.events.schedule_expressions import parse

RULE = "arn:aws:events:us-east-1:111122223333:rule/nightly"
QUEUE = "arn:aws:sqs:us-east-1:111122223333:ticks"
SINCE = datetime(2026, 1, 5, 9, 0, 7, tzinfo=UTC)  # a Monday


def at(text: str) -> datetime:
    """A time of UTC: "2026-01-05 09:30" or with seconds."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# The examples of "Cron expressions reference" and "Rate expressions reference", and the edges of fields.
RUNS = {
    "rate(1 minute)": ["2026-01-05 09:01:07", "2026-01-05 09:02:07"],
    "rate(5 minutes)": ["2026-01-05 09:05:07", "2026-01-05 09:10:07"],
    "rate(1 day)": ["2026-01-06 09:00:07", "2026-01-07 09:00:07"],
    "rate(30 days)": ["2026-02-04 09:00:07", "2026-03-06 09:00:07"],
    "cron(0 10 * * ? *)": ["2026-01-05 10:00", "2026-01-06 10:00"],
    "cron(15 12 * * ? *)": ["2026-01-05 12:15", "2026-01-06 12:15"],
    "cron(0 18 ? * MON-FRI *)": ["2026-01-05 18:00", "2026-01-06 18:00"],
    "cron(0 8 1 * ? *)": ["2026-02-01 08:00", "2026-03-01 08:00"],
    "cron(0/15 * * * ? *)": ["2026-01-05 09:15", "2026-01-05 09:30"],
    "cron(0/10 * ? * MON-FRI *)": ["2026-01-05 09:10", "2026-01-05 09:20"],
    "cron(0/5 8-17 ? * MON-FRI *)": ["2026-01-05 09:05", "2026-01-05 09:10"],
    "cron(0 20,2 ? * 1,7 *)": ["2026-01-10 02:00", "2026-01-10 20:00"],
    "cron(59 23 31 12 ? 2026-2027)": ["2026-12-31 23:59", "2027-12-31 23:59"],
    "cron(0 0 29 FEB ? *)": ["2028-02-29 00:00", "2032-02-29 00:00"],
    "cron(0 0 30 2 ? *)": [],
    "cron(0 0 1 1 ? 2025)": [],
}


@pytest.mark.parametrize("text", RUNS)
def test_when_it_runs(text: str) -> None:
    """The first two times after the rule was made, all in UTC."""
    schedule, moment, found = parse(text), SINCE, []
    for _ in range(2):
        following = schedule.next(SINCE, moment)
        if following is None:
            break
        found.append(following)
        moment = following
    assert found == [at(each) for each in RUNS[text]]


@pytest.fixture(scope="module")
def lab() -> labkit.Lab:
    """One account for all that needs one."""
    return labkit.start("scheduled-rules-tests")


NONE = [
    "rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "rate(-1 days)", "rate(1.5 hours)", "rate(1 week)",
    "cron(0 10 * * * *)", "cron(0 10 ? * ? *)", "cron(0 10 * * ?)", "cron(60 10 * * ? *)", "cron(0 24 * * ? *)",
    "cron(0 10 0 * ? *)", "cron(0 10 * 13 ? *)", "cron(0 10 ? * 8 *)", "cron(0 10 * * ? 1969)", "cron(5-1 10 * * ? *)",
    "cron(0/0 10 * * ? *)", "cron(a 10 * * ? *)", "every day",
]  # fmt: skip


def test_what_is_no_expression_is_refused(lab: labkit.Lab) -> None:
    """In EventBridge's words, and nothing is kept."""
    events = boto3.client("events")
    for text in NONE:
        with labkit.expect_error("ValidationException") as refused:
            events.put_rule(Name="none", ScheduleExpression=text)
        assert refused.message == "Parameter ScheduleExpression is not valid.", text
    for text in ("cron(0 10 L * ? *)", "cron(0 10 15W * ? *)", "cron(0 10 ? * 3#2 *)", "cron(0 10 ? * 6L *)"):
        with labkit.expect_error("NotImplemented"):
            events.put_rule(Name="none", ScheduleExpression=text)
    assert events.list_rules()["Rules"] == []


def test_a_rule_runs_by_the_labs_clock(lab: labkit.Lab) -> None:
    """Each day, from its making on; not while it is disabled, and not once it is gone."""
    events, sqs = boto3.client("events"), boto3.client("sqs")
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    statement |= {"Resource": QUEUE, "Condition": {"ArnEquals": {"aws:SourceArn": RULE}}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    url = sqs.create_queue(QueueName="ticks", Attributes={"Policy": policy})["QueueUrl"]
    events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
    begun = lab.clock.now()
    events.put_targets(Rule="nightly", Targets=[{"Id": "1", "Arn": QUEUE}])

    def received() -> list[dict[str, Any]]:
        found = [json.loads(m["Body"]) for m in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]]
        sqs.purge_queue(QueueUrl=url)
        return found

    lab.clock.advance(days=3)
    messages = received()
    expected = [begun + timedelta(days=day) for day in (1, 2, 3)]
    assert [each["time"] for each in messages] == [f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in expected]
    assert len({each.pop("id") for each in messages}) == 3
    assert messages[0] == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "111122223333",
        "time": messages[0]["time"],
        "region": "us-east-1",
        "resources": [RULE],
        "detail": {},
    }
    events.disable_rule(Name="nightly")
    lab.clock.advance(days=3)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    events.enable_rule(Name="nightly")
    lab.clock.advance(days=1)
    assert len(received()) == 1
    events.put_rule(Name="nightly", ScheduleExpression="cron(0 0 * * ? *)")
    lab.clock.advance(days=1)
    assert [each["time"][10:] for each in received()] == ["T00:00:00Z"]
    events.remove_targets(Rule="nightly", Ids=["1"])
    events.delete_rule(Name="nightly")
    lab.clock.advance(days=2)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_a_pattern_can_be_tried(lab: labkit.Lab) -> None:
    """TestEventPattern: as a rule would match; what is no pattern is refused."""
    events = boto3.client("events")
    event = {"id": "1", "source": "aws.kms", "detail": {"eventName": "DisableKey"}}
    for names, expected in ((["DisableKey", "EnableKey"], True), (["EnableKey"], False)):
        pattern = {"source": ["aws.kms"], "detail": {"eventName": names}}
        answer = events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(event))
        assert answer["Result"] is expected
    with labkit.expect_error("InvalidEventPatternException"):
        events.test_event_pattern(EventPattern='{"source": "aws.kms"}', Event="{}")
