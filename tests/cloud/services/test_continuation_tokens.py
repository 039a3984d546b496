"""Continuation tokens: those that an answer handed out go on, all others are refused in the service's words."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit

MARKER = ("ValidationError", "Invalid Marker")
EC2 = ("InvalidParameterValue", "Unable to parse pagination token")
LOGS = ("InvalidParameterException", "The specified nextToken is invalid.")
LAMBDA = ("InvalidParameterValueException", "The value of Marker is invalid.")
EVENTS = ("ValidationException", "The value of NextToken is invalid.")
CASES = [
    *(
        ("iam", f"list_{each}", "Marker", MARKER)
        for each in ("users", "roles", "groups", "policies", "account_aliases")
    ),
    ("iam", "get_account_authorization_details", "Marker", MARKER),
    *(
        ("ec2", f"describe_{each}", "NextToken", EC2)
        for each in ("volumes", "snapshots", "instances", "vpcs", "subnets")
    ),
    ("lambda", "list_functions", "Marker", LAMBDA),
    ("lambda", "list_event_source_mappings", "Marker", LAMBDA),
    ("logs", "describe_log_groups", "nextToken", LOGS),
    ("logs", "describe_resource_policies", "nextToken", LOGS),
    ("events", "list_rules", "NextToken", EVENTS),
    ("events", "list_event_buses", "NextToken", EVENTS),
    ("cloudwatch", "describe_alarms", "NextToken", ("InvalidNextToken", "The NextToken provided is invalid.")),
]


@pytest.mark.parametrize("token", ["junk", "MTA="])
@pytest.mark.parametrize(("service", "operation", "name", "said"), CASES)
def test_a_token_that_no_answer_handed_out(
    lab: labkit.Lab, service: str, operation: str, name: str, said: tuple[str, str], token: str
) -> None:
    """Is refused, whatever moto makes of it."""
    with pytest.raises(ClientError) as refused:
        getattr(boto3.client(service), operation)(**{name: token})
    error = refused.value.response["Error"]
    assert (error["Code"], error["Message"]) == said


def test_tokens_of_answers_go_on(lab: labkit.Lab) -> None:
    """Page by page, with those of this project and with moto's own."""
    iam, logs, cloudwatch = boto3.client("iam"), boto3.client("logs"), boto3.client("cloudwatch")
    for number in range(5):
        lab.role(f"Clerk{number}")
        iam.create_user(UserName=f"user{number}")
        logs.create_log_group(logGroupName=f"/group/{number}")
        cloudwatch.put_metric_data(Namespace="N", MetricData=[{"MetricName": f"m{number}", "Value": 1.0}])
    pages: list[tuple[Any, str, str, int]] = [
        (iam, "list_roles", "Roles", 2),
        (iam, "list_users", "Users", 2),
        (logs, "describe_log_groups", "logGroups", 2),
        (boto3.client("ec2"), "describe_subnets", "Subnets", 5),
    ]
    for client, operation, key, size in pages:
        whole = getattr(client, operation)()[key]
        paged = client.get_paginator(operation).paginate(PaginationConfig={"PageSize": size})
        assert [each for page in paged for each in page[key]] == whole
        assert len(whole) > size


def test_log_events_backwards(lab: labkit.Lab) -> None:
    """Both tokens of GetLogEvents are good."""
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    place = {"logGroupName": "g", "logStreamName": "s"}
    first = logs.get_log_events(**place)
    for name in ("nextForwardToken", "nextBackwardToken"):
        assert logs.get_log_events(**place, nextToken=first[name])["events"] == []
