"""People of the company at their desks: they sign in, look at things, and are refused now and then."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from . import company as c
from .calendar import days, is_workday
from .recording import Journal, iso

LOOKS = {  # what people look at in the console, and tools ask for
    "ec2": ("DescribeInstances", "DescribeVolumes", "DescribeSecurityGroups", "DescribeSnapshots", "DescribeRegions"),
    "s3": ("ListBuckets", "GetBucketPolicy", "GetBucketEncryption", "GetBucketLocation"),
    "lambda": ("ListFunctions20150331", "GetAccountSettings20160819"),
    "logs": ("DescribeLogGroups", "DescribeLogStreams"),
    "monitoring": ("DescribeAlarms", "ListDashboards"),
    "rds": ("DescribeDBInstances", "DescribeDBSnapshots"),
    "cloudtrail": ("DescribeTrails", "LookupEvents"),
    "health": ("DescribeEventAggregates",),
    "ce": ("GetCostAndUsage",),
}
_GLOBAL = ("ce", "health")  # in us-east-1: Cost Explorer's only endpoint; AWS Health's, while that Region is up


def people(journal: Journal) -> None:
    """People sign in on workdays, and look at things; one of them is refused now and then, and asks a colleague."""
    for day in filter(is_workday, days()):
        for person, role in c.PEOPLE:
            if journal.chance.random() < 0.12:
                continue
            time = day + timedelta(hours=8, minutes=journal.chance.randrange(15, 80))
            where: dict[str, Any] = {
                "ip": journal.chance.choice(c.OFFICE if journal.chance.random() < 0.7 else c.HOMES),
                "agent": c.BROWSER,
            }
            session = role.session(person, iso(time))
            answer = {"ConsoleLogin": "Success"}
            journal.note(
                time,
                session,
                "signin",
                "ConsoleLogin",
                c.GLOBAL,
                answer=answer,
                kind="AwsConsoleSignIn",
                writes="writes",
                **where,
            )
            for _ in range(journal.chance.randrange(6, 16)):
                time += timedelta(minutes=journal.chance.randrange(2, 45))
                for _ in range(journal.chance.randrange(2, 8)):
                    source = journal.chance.choice(tuple(LOOKS))
                    region = c.GLOBAL if source in _GLOBAL else c.HOME
                    journal.note(time, session, source, journal.chance.choice(LOOKS[source]), region, **where)
                    time += timedelta(seconds=journal.chance.randrange(4))
                if journal.chance.random() < 0.3:
                    _looks_at_keys(journal, time, session, role, where)


def _looks_at_keys(
    journal: Journal, time: datetime, session: dict[str, Any], role: c.Role, where: dict[str, Any]
) -> None:
    """The list of keys in the console; who may not see a policy is refused."""
    journal.note(time, session, "kms", "ListAliases", c.HOME, asked={"limit": 100}, **where)
    key = journal.chance.choice([key for key in c.KEYS if key.account == role.account and key.region == c.HOME])
    journal.note(time, session, "kms", "DescribeKey", c.HOME, asked={"keyId": key.id}, keys=[key], **where)
    if role is c.ADMIN:
        journal.note(
            time,
            session,
            "kms",
            "GetKeyPolicy",
            c.HOME,
            asked={"keyId": key.id, "policyName": "default"},
            keys=[key],
            **where,
        )
    elif journal.chance.random() < 0.25:
        journal.note(
            time, session, "kms", "GetKeyPolicy", c.HOME, error=refusal(session, "kms:GetKeyPolicy", key.arn), **where
        )


def refusal(session: dict[str, Any], action: str, resource: str) -> tuple[str, str]:
    """Write the error of a call that no policy of the caller's allows. resource: "" where the message names none.

    In the words that many people have published; EC2 has a code of its own, and a sentence before the others.
    """
    asked = f"User: {session['arn']} is not authorized to perform: {action}" + (
        resource and f" on resource: {resource}"
    )
    text = f"{asked} because no identity-based policy allows the {action} action"
    if action.startswith("ec2:"):
        return "Client.UnauthorizedOperation", f"You are not authorized to perform this operation. {text}"
    return "AccessDenied", text
