"""The policies of the application, as documents. Pure."""

from __future__ import annotations

from typing import Any

from .rotator import NAMESPACE, PREFIX

Statement = dict[str, Any]
WATCHED = {"StringEquals": {"aws:ResourceTag/watch": "yes"}}


def function_may(account: str, region: str) -> list[Statement]:
    """Look at watched keys, rotate and replace them, publish their ages. It can't use a watched key, or delete one."""
    keys, aliases = (f"arn:aws:kms:{region}:{account}:{kind}" for kind in ("key/*", PREFIX + "*"))
    look = ["kms:DescribeKey", "kms:ListKeyRotations", "kms:GetKeyPolicy", "kms:ListResourceTags"]
    as_watched = {"StringEquals": {"aws:RequestTag/watch": "yes"}}
    space = {"StringEquals": {"cloudwatch:namespace": NAMESPACE}}
    return [
        _allow("kms:ListAliases", "*"),
        _allow([*look, "kms:RotateKeyOnDemand", "kms:UpdateAlias"], keys, WATCHED),
        _allow("kms:UpdateAlias", aliases),
        _allow(["kms:CreateKey", "kms:TagResource"], "*", as_watched),
        _allow("cloudwatch:PutMetricData", "*", space),
        _allow(
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], f"arn:aws:logs:{region}:{account}:*"
        ),
    ]


def alerts_key_policy(account: str) -> dict[str, Any]:
    """Let the services that publish to the encrypted topic use its key.

    EventBridge tells KMS neither rule nor account, so no condition on them can stand here (SNS Developer Guide, Key
    management). The topic's own policy has it.
    """
    services = {"Service": ["events.amazonaws.com", "cloudwatch.amazonaws.com"]}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {**_allow("kms:*", "*"), "Principal": {"AWS": f"arn:aws:iam::{account}:root"}},
            {**_allow(["kms:GenerateDataKey*", "kms:Decrypt"], "*"), "Principal": services},
        ],
    }


def topic_policy(account: str, topic: str) -> dict[str, Any]:
    """Let EventBridge and CloudWatch publish for this account's rules and alarms, and nobody else."""
    services = {"Service": ["events.amazonaws.com", "cloudwatch.amazonaws.com"]}
    ours = {"StringEquals": {"aws:SourceAccount": account}}
    return {"Version": "2012-10-17", "Statement": [{**_allow("sns:Publish", topic, ours), "Principal": services}]}


def queue_policy(queue: str, topic: str) -> dict[str, Any]:
    """Let the topic send to the queue of whoever is on call."""
    ours = {"ArnEquals": {"aws:SourceArn": topic}}
    allowed = {**_allow("sqs:SendMessage", queue, ours), "Principal": {"Service": "sns.amazonaws.com"}}
    return {"Version": "2012-10-17", "Statement": [allowed]}


def _allow(actions: str | list[str], resource: str, condition: dict[str, Any] | None = None) -> Statement:
    more = {"Condition": condition} if condition else {}
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}
