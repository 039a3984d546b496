"""The incident that is planted in the second sample: 13 January 2026, from 02:51 to the morning after.

An old access key is in a stranger's hands. What follows, in order: looking round, with many refusals; a role whose
trust is too wide; the database's secret; 900 customer files read, the first in the list; a grant, a bucket policy and
a key policy for an outsider; the outsider's look at the key, and 12 files opened through S3, as those two policies and
the grant let them, from further down the list (half of them are none of the 900); orders written anew under a foreign
key; KMS left out of the trail in the second Region; default encryption of disks off and a snapshot shared; the disks'
key disabled and scheduled for deletion. At 08:40 somebody notices, and mends what she finds: the access key, and all
that was done to keys. The bucket's policy, the trail, the disks' default and the snapshot stay as the stranger left
them.

What the outsider needs (S3 User Guide and re:Post, cross-account access to objects under SSE-KMS): the bucket's policy;
the key, by its policy or a grant; and a policy of their own account. GetObject is a data event, so the trails do not
have it; S3 hands out no wrapped data key, so nobody but S3 can ask KMS to open one.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from . import company as c
from .chores import policy_of
from .people import refusal
from .recording import FAS, Journal, Recorded, chance_of, iso, java, through

BEGIN = datetime(2026, 1, 13, 2, 51, 7, tzinfo=UTC)
NOTICED = BEGIN.replace(hour=8, minute=40, second=0)
CONTEXT = "aws:s3:arn"
GRANT = c.identifier("the outsider's grant", 64)
_READ, _FURTHER = 900, 450  # files that the session reads; where in the list the outsider begins to pick (of 1,500)
COPIER = c.Role("Copier", c.OUTSIDER)
_WHERE: dict[str, Any] = {
    "ip": c.STRANGER,
    "agent": "Boto3/1.40.1 md/Botocore#1.40.1 ua/2.1 os/linux md/arch#x86_64 lang/python#3.13.5",
}


def incident() -> list[Recorded]:
    """Record all that was recorded of it, besides the ordinary."""
    journal = Journal(chance_of("incident"), name="incident")
    time = _looks_round(journal, BEGIN)
    thief = c.SUPPORT.session("session1", iso(time))
    journal.assume(time, c.backup_agent(), c.SUPPORT, thief, lasts=timedelta(hours=6), **_WHERE)
    time = _reads_customers(journal, time + timedelta(minutes=3), thief)
    time = _lets_the_outsider_in(journal, time + timedelta(minutes=4), thief)
    time = _holds_orders_to_ransom(journal, time + timedelta(minutes=6), thief)
    _puts_out_the_lights(journal, time + timedelta(minutes=5), thief)
    _mends(journal, NOTICED)
    return journal.records


def _looks_round(journal: Journal, time: datetime) -> datetime:
    """Who am I, and what may I: forty calls, most of them refused."""
    user = c.backup_agent()
    journal.note(time, user, "sts", "GetCallerIdentity", c.HOME, **_WHERE)
    tries = (  # event, action, what the message says of a resource
        ("ListUsers", "iam:ListUsers", f"arn:aws:iam::{c.SHOP}:user/"),
        ("ListRoles", "iam:ListRoles", f"arn:aws:iam::{c.SHOP}:role/"),
        ("ListBuckets", "s3:ListAllMyBuckets", ""),
        ("ListSecrets", "secretsmanager:ListSecrets", ""),
        ("ListKeys", "kms:ListKeys", "*"),
        ("ListAliases", "kms:ListAliases", "*"),
        ("DescribeInstances", "ec2:DescribeInstances", ""),
        ("ListFunctions20150331", "lambda:ListFunctions", "*"),
    )
    for region in (c.HOME, c.SECOND):
        for event, action, resource in tries:
            time += timedelta(seconds=journal.chance.randrange(1, 3))
            source, error = action.partition(":")[0], refusal(user, action, resource)
            # EC2 keeps what was asked for (published record, 2020).
            asked: Any = {"instancesSet": {}, "filterSet": {}} if source == "ec2" else None
            where = c.GLOBAL if source == "iam" else region
            journal.note(time, user, source, event, where, asked=asked, error=error, **_WHERE)
    for key in (c.ORDERS_KEY, c.CUSTOMERS_KEY, c.SECRETS_KEY, c.DISKS_KEY):
        for event in ("DescribeKey", "GetKeyPolicy", "ListGrants", "Decrypt"):
            time += timedelta(seconds=1)
            journal.note(time, user, "kms", event, c.HOME, error=refusal(user, f"kms:{event}", key.arn), **_WHERE)
    journal.note(
        time,
        user,
        "iam",
        "ListRolePolicies",
        c.GLOBAL,
        error=refusal(user, "iam:ListRolePolicies", f"role {c.SUPPORT.name}"),
        **_WHERE,
    )
    return time + timedelta(minutes=6)


def _reads_customers(journal: Journal, time: datetime, thief: dict[str, Any]) -> datetime:
    """The database's secret; then customers' files in the order of the bucket's list, some each second."""
    secret = f"arn:aws:secretsmanager:{c.HOME}:{c.SHOP}:secret:bookshop/database-AbCdEf"
    context = {"SecretARN": secret, "SecretVersionId": c.guid("secret version")}
    journal.note(
        time, thief, "secretsmanager", "GetSecretValue", c.HOME, asked={"secretId": "bookshop/database"}, **_WHERE
    )
    journal.use(time, through(thief, "secretsmanager.amazonaws.com"), "Decrypt", c.SECRETS_KEY, context)
    journal.note(time + timedelta(seconds=30), thief, "kms", "ListAliases", c.HOME, **_WHERE)
    time += timedelta(minutes=2)
    for customer in range(_READ):
        time += timedelta(seconds=journal.chance.randrange(3))
        file = {CONTEXT: f"arn:aws:s3:::{c.CUSTOMERS}/{customer:05}.json"}
        journal.use(time, through(thief, FAS), "Decrypt", c.CUSTOMERS_KEY, file)
    return time


def _lets_the_outsider_in(journal: Journal, time: datetime, thief: dict[str, Any]) -> datetime:
    """A grant for another account's role, policies of bucket and key for that account; all is used at once."""
    key = c.CUSTOMERS_KEY
    asked = {"keyId": key.arn, "granteePrincipal": COPIER.arn, "operations": ["Decrypt", "DescribeKey", "CreateGrant"]}
    answer = {"grantId": GRANT, "keyId": key.arn}
    journal.note(
        time, thief, "kms", "CreateGrant", c.HOME, asked=asked, answer=answer, keys=[key], writes="writes", **_WHERE
    )
    time += timedelta(minutes=1)
    _opens_the_bucket(journal, time, thief)
    time += timedelta(minutes=1)
    policy = policy_of(key, f"arn:aws:iam::{c.OUTSIDER}:root")
    put = {"keyId": key.arn, "policyName": "default", "policy": policy, "bypassPolicyLockoutSafetyCheck": True}
    journal.note(time, thief, "kms", "PutKeyPolicy", c.HOME, asked=put, keys=[key], writes="writes", **_WHERE)
    outsider = COPIER.session("copy", iso(time))
    journal.call(time + timedelta(seconds=2), outsider, "DescribeKey", key, asked={"keyId": key.arn}, **_WHERE)
    for _ in range(12):
        time += timedelta(seconds=journal.chance.randrange(2, 9))
        customer = journal.chance.randrange(_READ) + _FURTHER
        file = {CONTEXT: f"arn:aws:s3:::{c.CUSTOMERS}/{customer:05}.json"}
        journal.use(time, through(outsider, FAS), "Decrypt", key, file)
    return time


def _opens_the_bucket(journal: Journal, time: datetime, thief: dict[str, Any]) -> None:
    """The bucket's policy lets the outsider's account read. Members of the record as in published ones (2025)."""
    bucket = c.Bucket(c.CUSTOMERS, c.SHOP)
    arn = bucket.resource["ARN"]
    reading = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{c.OUTSIDER}:root"},
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [arn, f"{arn}/*"],
    }
    policy = {"Version": "2012-10-17", "Statement": [reading]}
    asked = {"bucketPolicy": policy, "bucketName": bucket.name, "Host": bucket.host, "policy": ""}
    additional = {
        "SignatureVersion": "SigV4",
        "CipherSuite": "TLS_AES_256_GCM_SHA384",
        "bytesTransferredIn": len(json.dumps(policy)),
        "AuthenticationMethod": "AuthHeader",
        "x-amz-id-2": f"EXAMPLE{c.identifier('the bucket is opened', 64)}",
        "bytesTransferredOut": 0,
    }
    journal.note(
        time,
        thief,
        "s3",
        "PutBucketPolicy",
        c.HOME,
        asked=asked,
        additional=additional,
        keys=[bucket],
        writes="writes",
        **_WHERE,
    )


def _holds_orders_to_ransom(journal: Journal, time: datetime, thief: dict[str, Any]) -> datetime:
    """Orders are read, and written again under a key of the outsider's."""
    for _ in range(350):
        time += timedelta(seconds=journal.chance.randrange(3))
        order = {CONTEXT: f"arn:aws:s3:::{c.ORDERS}/2026/01/12/{journal.chance.getrandbits(40):010x}.json"}
        journal.use(time, through(thief, FAS), "Decrypt", c.ORDERS_KEY, order)
        journal.use(time, through(thief, FAS), "GenerateDataKey", c.RANSOM_KEY, order)
    return time


def _puts_out_the_lights(journal: Journal, time: datetime, thief: dict[str, Any]) -> None:
    """The trail, the disks, the backups."""
    trail = f"arn:aws:cloudtrail:{c.HOME}:{c.SHOP}:trail/company-trail"
    journal.note(
        time,
        thief,
        "cloudtrail",
        "StopLogging",
        c.HOME,
        error=refusal(thief, "cloudtrail:StopLogging", trail),
        writes="writes",
        **_WHERE,
    )
    selectors = [
        {
            "readWriteType": "All",
            "includeManagementEvents": True,
            "dataResources": [],
            "excludeManagementEventSources": ["kms.amazonaws.com"],
        }
    ]
    name = f"arn:aws:cloudtrail:{c.SECOND}:{c.SHOP}:trail/company-trail-2"
    time += timedelta(seconds=40)
    journal.note(
        time,
        thief,
        "cloudtrail",
        "PutEventSelectors",
        c.SECOND,
        asked={"trailName": name, "eventSelectors": selectors},
        answer={"trailARN": name, "eventSelectors": selectors},
        writes="writes",
        **_WHERE,
    )
    time += timedelta(minutes=1)
    journal.note(
        time,
        thief,
        "ec2",
        "DisableEbsEncryptionByDefault",
        c.HOME,
        asked={"DisableEbsEncryptionByDefaultRequest": {}},
        answer={"DisableEbsEncryptionByDefaultResponse": {"ebsEncryptionByDefault": False}},
        writes="writes",
        **_WHERE,
    )
    snapshot = f"snap-0{c.identifier('2026-01-12 00:00:00+00:00 0', 16)}"
    permission = {"add": {"items": [{"userId": c.OUTSIDER}]}}
    time += timedelta(minutes=1)
    journal.note(
        time,
        thief,
        "ec2",
        "ModifySnapshotAttribute",
        c.HOME,
        asked={
            "snapshotId": snapshot,
            "createVolumePermission": permission,
            "attributeType": "CREATE_VOLUME_PERMISSION",
        },
        answer={"requestId": c.guid("the snapshot is shared"), "_return": True},
        writes="writes",
        **_WHERE,
    )
    key = c.DISKS_KEY
    time += timedelta(minutes=1)
    journal.note(
        time,
        thief,
        "kms",
        "DisableKey",
        c.HOME,
        asked={"keyId": key.id},
        answer={"keyId": key.arn},
        keys=[key],
        writes="writes",
        **_WHERE,
    )
    time += timedelta(seconds=20)
    answer = {
        "keyId": key.arn,
        "deletionDate": java(time + timedelta(days=7)),
        "keyState": "PendingDeletion",
        "pendingWindowInDays": 7,
    }
    journal.note(
        time,
        thief,
        "kms",
        "ScheduleKeyDeletion",
        c.HOME,
        asked={"keyId": key.id, "pendingWindowInDays": 7},
        answer=answer,
        keys=[key],
        writes="writes",
        **_WHERE,
    )


def _mends(journal: Journal, time: datetime) -> None:
    """The access key off, the deletion called off, the grant and the key's policy taken back, the key enabled."""
    ann = c.ADMIN.session("ann@example.com", iso(time))
    where: dict[str, Any] = {"ip": c.OFFICE[0], "agent": c.CLI, "writes": "writes"}
    agent = {"userName": "backup-agent"}
    made = {"accessKeyId": c.backup_agent("new")["accessKeyId"], "status": "Active", "createDate": java(time)}
    created = {"accessKey": {**agent, **made}}
    journal.note(time, ann, "iam", "CreateAccessKey", c.GLOBAL, asked=agent, answer=created, **where)
    time += timedelta(minutes=3)
    off = {"userName": "backup-agent", "accessKeyId": c.backup_agent()["accessKeyId"], "status": "Inactive"}
    journal.note(time, ann, "iam", "UpdateAccessKey", c.GLOBAL, asked=off, **where)
    policy = policy_of(c.CUSTOMERS_KEY, c.SHOP_APP.arn)
    put = {"policyName": "default", "policy": policy, "bypassPolicyLockoutSafetyCheck": False}
    steps: tuple[tuple[str, c.Key, dict[str, Any], Any], ...] = (
        ("CancelKeyDeletion", c.DISKS_KEY, {}, {"keyId": c.DISKS_KEY.arn}),
        ("EnableKey", c.DISKS_KEY, {}, {"keyId": c.DISKS_KEY.arn}),
        ("RevokeGrant", c.CUSTOMERS_KEY, {"grantId": GRANT}, None),
        ("PutKeyPolicy", c.CUSTOMERS_KEY, put, None),
    )  # fmt: skip
    for event, key, more, answer in steps:
        time += timedelta(minutes=2)
        journal.note(
            time, ann, "kms", event, c.HOME, asked={"keyId": key.id, **more}, answer=answer, keys=[key], **where
        )
