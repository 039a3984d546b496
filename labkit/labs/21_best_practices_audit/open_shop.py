"""Is the shop of lab 21 open? Everybody's work, everything that the shop has, and what watches over it.

Reads the account by `Reach` and by looking; changes nothing. What counts is what somebody or something may do, however
it is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from labkit.exercises.account import aliases, the_key, unusable
from labkit.exercises.engine import LabView
from labkit.exercises.permissions import bucket_policy, decided, key_policy
from labkit.exercises.reach import Reach, Right
from labkit.exercises.reach.situations import in_context
from labkit.policy import simulate
from labkit.practice.shop import ADMINISTER, CONTEXT, GROUP, READ, WRITE

USE = (*READ, *WRITE)
THROUGH_S3 = {"kms:ViaService": ("s3.us-east-1.amazonaws.com",)}
PHOTO, PARCEL = "arn:aws:s3:::shop-photos/2.jpg", "arn:aws:s3:::shop-parcels/4712"
OFFERS, DEBUG = "offers", "/shop/debug"
IN_USE = (
    "records", "letters", "parcels", "till", "photos", "newsletter", "minutes", "tickets", "prices", "guest", "partner",
    "supplier", "cash", "wages",
)  # fmt: skip
"""The keys that somebody needs: all but `old catalogue`, `forgotten`, `coupons` and `archive`."""
_FOR_SERVICES: dict[str, tuple[str | None, ...]] = {"kms:GrantIsForAWSResource": ("true",)}
_WORK: tuple[tuple[str, tuple[str, ...], tuple[str, ...], dict[str, tuple[str | None, ...]]], ...] = (
    # who, what, with which keys, in which cases
    ("Cashier", USE, ("till",), {}),
    ("Clerk", USE, ("letters",), {}),
    ("Trainee", USE, ("letters",), {}),
    ("Packer", USE, ("parcels",), dict(THROUGH_S3)),
    ("Photographer", USE, ("photos",), dict(THROUGH_S3)),
    ("Analyst", READ, ("records",), {}),
    ("Reader", READ, ("newsletter",), {}),
    ("Broker", ("kms:CreateGrant",), ("letters",), _FOR_SERVICES),
    ("Lender", ("kms:CreateGrant",), ("letters",), _FOR_SERVICES),
    ("Janitor", ADMINISTER, ("cash",), {}),
    ("Keeper", ADMINISTER, IN_USE, {}),
)
_STORES = (
    ("Packer", "s3:PutObject", PARCEL),
    ("Packer", "s3:GetObject", PARCEL),
    ("Photographer", "s3:PutObject", PHOTO),
)
_SERVICES = ("cloudtrail.amazonaws.com", "logs.us-east-1.amazonaws.com", "cloudwatch.amazonaws.com")
_LOGS = f"arn:aws:logs:us-east-1:{{}}:log-group:{GROUP}:log-stream:x"


def broken(lab: LabView) -> str:
    """Say what does not work any more that should; "" if all does."""
    return next(_faults(lab), "")


def _faults(lab: LabView) -> Iterator[str]:
    for name in IN_USE:
        if said := unusable(lab, the_key(lab, name)["Arn"]):
            yield said
    yield from _people(lab)
    yield from _services(lab)
    yield from _things(lab)


def _people(lab: LabView) -> Iterator[str]:
    reach = Reach(lab)
    for role, actions, names, where in _WORK:
        right = Right(actions, tuple(the_key(lab, name)["Arn"] for name in names), where)
        if (missing := reach.lacks(reach.caller(role), right)) is not None:
            yield f"{role} can't use {missing.thing.words} any more as its work asks: {missing.action} is refused."
    letters = reach.key(str(the_key(lab, "letters")["Arn"]))
    if not reach.may(reach.caller("Reader"), "kms:Decrypt", letters, in_context(CONTEXT)):
        yield "Reader can't read its letter any more: the grant on the key `letters` is gone."
    for role, action, thing in _STORES:
        if not decided(lab, role, action, thing, bucket_policy(lab, thing.split(":")[5].partition("/")[0])):
            yield f"{role} can't store anything in S3 any more, or not read it: {action} is refused."
    if (more := reach.exceeds(reach.caller("Cashier"), Right(("kms:*",)))) is not None:
        yield f"Cashier has a way round to more than its work: {more.told}."


def _services(lab: LabView) -> Iterator[str]:
    """What keeps the shop's records, as itself; and the role by which the trail writes its log."""
    records, account = str(the_key(lab, "records")["Arn"]), str(the_key(lab, "records")["AWSAccountId"])
    trail = f"arn:aws:cloudtrail:us-east-1:{account}:trail/shop"
    about: dict[str, str] = {"aws:SourceAccount": account}
    for service in _SERVICES:
        asked = about | ({"aws:SourceArn": trail, "kms:EncryptionContext:aws:cloudtrail:arn": trail}
                         if service.startswith("cloudtrail") else {})  # fmt: skip
        for action in ("kms:Decrypt", "kms:GenerateDataKey"):
            if not simulate(service, action, records, resource_policy=key_policy(lab, records), context=asked).allowed:
                yield f"{service} can't use the key `records` any more: {action} is refused."
    policy = bucket_policy(lab, GROUP)
    mine = f"arn:aws:s3:::{GROUP}/AWSLogs/{account}/CloudTrail/x"
    said = about | {"aws:SourceArn": trail, "s3:x-amz-acl": "bucket-owner-full-control"}
    stored = policy and simulate(_SERVICES[0], "s3:PutObject", mine, resource_policy=policy, context=said,
                                 resource_account=account).allowed  # fmt: skip
    if not stored:
        yield f"The trail can't store its files in the bucket `{GROUP}` any more."
    if not decided(lab, "TrailToLogs", "logs:PutLogEvents", _LOGS.format(account), None):
        yield "The trail can't write its log any more: the role TrailToLogs is refused logs:PutLogEvents."


def _things(lab: LabView) -> Iterator[str]:
    """What the shop has: a topic that is made anew has no subscribers, a queue no messages."""
    client = lab.observer.client

    def pages(service: str, operation: str, member: str) -> Iterator[Any]:
        for page in client(service).get_paginator(operation).paginate():
            yield from page.get(member, ())

    topics = (each["TopicArn"].rpartition(":")[2] for each in pages("sns", "list_topics", "Topics"))
    yield from _missing("topic", (OFFERS, "news"), topics, "and with it whoever had subscribed")
    groups = (each["logGroupName"] for each in pages("logs", "describe_log_groups", "logGroups"))
    yield from _missing(
        "log group", (DEBUG, "/shop/app", "/shop/web", GROUP), groups, "and with it lines that were no secret"
    )
    queues = (each.rpartition("/")[2] for each in pages("sqs", "list_queues", "QueueUrls"))
    yield from _missing("queue", ("orders", "parcels"), queues, "and with it the messages in it")
    yield from _missing(
        "table", ("orders", "customers"), pages("dynamodb", "list_tables", "TableNames"), "and with it its items"
    )
    secrets = (each["Name"] for each in pages("secretsmanager", "list_secrets", "SecretList"))
    yield from _missing("secret", ("shop/db", "shop/mail", "shop/wages"), secrets, "and whoever reads it can't work")
    buckets = {each["Name"] for each in client("s3").list_buckets()["Buckets"]}
    yield from _missing(
        "bucket",
        (GROUP, "shop-parcels", "shop-photos", "shop-adverts", "shop-archive"),
        buckets,
        "and with it what it held",
    )
    for bucket, name in (("shop-parcels", "4711"), ("shop-photos", "1.jpg")):
        found = (
            client("s3").list_objects_v2(Bucket=bucket, Prefix=name).get("Contents", ()) if bucket in buckets else ()
        )
        yield from _missing("object", (name,), (each["Key"] for each in found), f"out of the bucket `{bucket}`")
    streams = client("logs").describe_log_streams(logGroupName="/shop/app")["logStreams"]
    if not any(each["logStreamName"] == "main" for each in streams):
        yield "The lines of the log group `/shop/app` are gone, and none of them was a secret."
    for alias, key in (("alias/records", "records"), ("alias/wages", "wages")):
        if aliases(lab).get(alias) != the_key(lab, key)["KeyId"]:
            yield f"The alias `{alias}` does not lead to the key `{key}` any more: what names it meets another key."


def _missing(what: str, names: Iterable[str], there: Iterable[str], lost: str) -> Iterator[str]:
    found = set(there)
    yield from (f"The {what} `{name}` is gone, {lost}." for name in names if name not in found)
