"""Trails, log groups, alarms, rules, topics and queues: what watches, and what is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .thing import Kind, Marks, Thing, named, pages, past_policy, region_of


def _trails(cloudtrail: Any, marks: Marks) -> Iterator[Thing]:
    """Find trails in their home Region: other Regions show shadows of them."""
    for each in cloudtrail.describe_trails(includeShadowTrails=False)["trailList"]:
        if marks.named(each["Name"]) and each.get("HomeRegion", region_of(cloudtrail)) == region_of(cloudtrail):
            yield Thing("trail", region_of(cloudtrail), each["Name"])


def _topics(sns: Any, marks: Marks) -> Iterator[Thing]:
    for each in pages(sns, "list_topics", "Topics"):
        if marks.named(each["TopicArn"].rpartition(":")[2]):
            yield Thing("topic", region_of(sns), each["TopicArn"])


def _delete_topic(sns: Any, topic: Thing) -> None:
    """Delete a topic after its subscriptions, which would stay as orphans (SNS API Reference, DeleteTopic)."""
    for each in pages(sns, "list_subscriptions_by_topic", "Subscriptions", TopicArn=topic.id):
        if each["SubscriptionArn"].startswith("arn:"):
            sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])
    sns.delete_topic(TopicArn=topic.id)


def _topic_policy(sns: Any, topic: Thing) -> None:
    """Let the account itself do all with a topic, which has no state without a policy."""
    everything = {"Effect": "Allow", "Principal": {"AWS": topic.id.split(":")[4]}, "Action": "sns:DeleteTopic"}
    document = {"Version": "2012-10-17", "Statement": [{**everything, "Resource": topic.id}]}
    sns.set_topic_attributes(TopicArn=topic.id, AttributeName="Policy", AttributeValue=json.dumps(document))


def _queues(sqs: Any, marks: Marks) -> Iterator[Thing]:
    for url in pages(sqs, "list_queues", "QueueUrls", PaginationConfig={"PageSize": 1000}):
        if marks.named(url.rpartition("/")[2]):
            yield Thing("queue", region_of(sqs), url)


def _delete_rule(events: Any, rule: Thing) -> None:
    targets = [each["Id"] for each in pages(events, "list_targets_by_rule", "Targets", Rule=rule.id)]
    if targets:
        events.remove_targets(Rule=rule.id, Ids=targets)
    events.delete_rule(Name=rule.id)


KINDS = (
    Kind(
        "log-group", "logs", 65, named("log-group", "describe_log_groups", "logGroups", "logGroupName"),
        lambda logs, group: logs.delete_log_group(logGroupName=group.id),
    ),
    Kind("trail", "cloudtrail", 75, _trails, lambda it, trail: it.delete_trail(Name=trail.id)),
    Kind("rule", "events", 78, named("rule", "list_rules", "Rules", "Name"), _delete_rule),
    Kind(
        "alarm", "cloudwatch", 80, named("alarm", "describe_alarms", "MetricAlarms", "AlarmName"),
        lambda it, alarm: it.delete_alarms(AlarmNames=[alarm.id]),
    ),
    Kind("topic", "sns", 82, _topics, past_policy(_delete_topic, _topic_policy)),
    Kind(
        "queue", "sqs", 84, _queues,
        past_policy(
            lambda sqs, queue: sqs.delete_queue(QueueUrl=queue.id),
            lambda sqs, queue: sqs.set_queue_attributes(QueueUrl=queue.id, Attributes={"Policy": ""}),
        ),
    ),
)  # fmt: skip
