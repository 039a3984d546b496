"""The key administrator's work in the ordinary fortnight: changes that look like an attack's, and are none."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from . import company as c
from .calendar import START
from .recording import Journal, iso, java

OLD_KEY_UNTIL = START + timedelta(days=3, hours=13, minutes=40)


def chores(journal: Journal) -> None:
    """Tuesday: a policy. Thursday: an old key. Friday: the second trail. The Monday after: a rotation."""
    where: dict[str, Any] = {"ip": c.OFFICE[0], "agent": c.CLI, "writes": "writes"}

    time = START + timedelta(days=1, hours=10, minutes=5)
    ann = c.ADMIN.session("ann@example.com", iso(time))
    asked = {
        "keyId": c.ORDERS_KEY.id,
        "policyName": "default",
        "policy": policy_of(c.ORDERS_KEY, c.NIGHTLY.arn),
        "bypassPolicyLockoutSafetyCheck": False,
    }
    journal.note(time, ann, "kms", "PutKeyPolicy", c.HOME, asked=asked, keys=[c.ORDERS_KEY], **where)

    time = OLD_KEY_UNTIL
    ann = c.ADMIN.session("ann@example.com", iso(time))
    key = c.OLD_KEY
    journal.note(
        time, ann, "kms", "DisableKey", c.HOME, asked={"keyId": key.id}, answer={"keyId": key.arn}, keys=[key], **where
    )
    time += timedelta(minutes=4)
    answer = {
        "keyId": key.arn,
        "deletionDate": java(time + timedelta(days=30)),
        "keyState": "PendingDeletion",
        "pendingWindowInDays": 30,
    }
    journal.note(
        time,
        ann,
        "kms",
        "ScheduleKeyDeletion",
        c.HOME,
        asked={"keyId": key.id, "pendingWindowInDays": 30},
        answer=answer,
        keys=[key],
        **where,
    )

    time = START + timedelta(days=4, hours=9, minutes=30)
    ann = c.ADMIN.session("ann@example.com", iso(time))
    journal.note(
        time,
        ann,
        "cloudtrail",
        "DeleteTrail",
        c.HOME,
        asked={"name": f"arn:aws:cloudtrail:{c.HOME}:{c.SHOP}:trail/old-trail"},
        **where,
    )

    time = START + timedelta(days=7, hours=4, minutes=17, seconds=8)
    kms = {"accountId": c.SHOP, "invokedBy": c.CONSOLE}
    details = {
        "rotationType": "AUTOMATIC",
        "keyOrigin": "AWS_KMS",
        "previousKeyMaterialId": c.identifier(f"material {c.CUSTOMERS_KEY.arn}", 64),
        "currentKeyMaterialId": c.identifier("material after", 64),
        "keyId": c.CUSTOMERS_KEY.id,
    }
    journal.note(
        time,
        kms,
        "kms",
        "RotateKey",
        c.HOME,
        keys=[c.CUSTOMERS_KEY],
        kind="AwsServiceEvent",
        details=details,
        writes="writes",
    )


def policy_of(key: c.Key, *arns: str) -> str:
    """Write a key policy: the account's own statement, and these principals may use the key."""
    everything = {
        "Sid": "Account",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{key.account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    use = {
        "Sid": "Use",
        "Effect": "Allow",
        "Principal": {"AWS": list(arns)},
        "Action": ["kms:Decrypt", "kms:DescribeKey"],
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [everything, use]}, indent=2)
