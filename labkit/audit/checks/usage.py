"""Who uses a key: nobody for 90 days, by two witnesses; or one service alone, where callers could do so directly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType

from ..facts.account import Account, Found
from ..facts.finding import Fault
from ..facts.holdings import under
from ..facts.keys import Key
from ..facts.mending import File, mend
from ..facts.people import Person
from ..facts.questions import allows_on_all_keys, possible, ways
from ..facts.reader import CouldNotRead
from ..facts.trail import DAYS


def unused(account: Account) -> Iterator[Found]:
    """Find keys older than 90 days that neither GetKeyLastUsage nor the trail has seen in use for 90 days.

    Never one alone: GetKeyLastUsage knows nothing before its tracking began, the trail nothing before its 90 days.
    """
    idle = timedelta(days=DAYS)

    def judge(key: Key) -> Iterator[Found]:
        if not key.is_usable or key.created > account.now - idle:
            return
        told = key.last_usage
        last = told.get("KeyLastUsage", {}).get("Timestamp")
        if (last or told["TrackingStartDate"]) > account.now - idle:
            return
        seen = [use for use in account.trail.by_key.get(key.arn, ()) if not use.error and use.time > account.now - idle]
        if seen:
            return
        if not account.trail.is_complete:
            raise CouldNotRead("cloudtrail:LookupEvents", key.arn, "TooMany", "The event history has too many records.")
        since = f"its last use was on {last:%Y-%m-%d}" if last else "KMS has seen no use of it"
        why = f"{key.words} is idle: {since}, and the trail has none in {DAYS} days. It costs 1 USD a month."
        yield Fault(
            "unused-key",
            key.arn,
            why,
            mend("kms", "disable_key", "watch for refusals before you delete", KeyId=key.arn),
        )

    yield from account.customer_keys(judge)


def via_service(account: Account) -> Iterator[Found]:
    """Find keys that serve one service, by the trail and by what is kept, and that somebody may use without it."""

    def judge(key: Key) -> Iterator[Found]:
        if not key.is_usable:
            return
        services = {use.service for use in account.trail.by_key.get(key.arn, ()) if not use.error}
        for held in under(account, key):
            if isinstance(held, CouldNotRead):
                yield held
            else:
                services.add(_SERVES.get(held.check, ""))
        if len(services) != 1 or "" in services:
            return
        service = services.pop()
        direct = [person for person in account.people.others if _may_directly(person, key)]
        if direct:
            name = f"{service.partition('.')[0]}.{account.region}.amazonaws.com"
            people = ", ".join(person.words for person in direct[:3])
            why = f"{key.words} serves {service} alone, and {people} can use it directly, too."
            note = f"in it, or in the IAM policy, add the condition kms:ViaService {name}"
            call = mend("kms", "put_key_policy", note, KeyId=key.arn, Policy=File("policy.json"))
            yield Fault("via-service-missing", key.arn, why, call)

    yield from account.customer_keys(judge)


_SERVES: Mapping[str, str] = MappingProxyType(
    {
        "bucket-encryption": "s3.amazonaws.com",
        "volume-encryption": "ec2.amazonaws.com",
        "secret-encryption": "secretsmanager.amazonaws.com",
        "queue-encryption": "sqs.amazonaws.com",
        "topic-encryption": "sns.amazonaws.com",
        "table-encryption": "dynamodb.amazonaws.com",
    }
)
"""Which service calls KMS on behalf of callers for a thing; CloudTrail and CloudWatch Logs call as themselves."""


def _may_directly(person: Person, key: Key) -> bool:
    """Whether a use is allowed that doesn't come through a service."""
    use = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
    if possible(person, key).isdisjoint(use) or any(
        allows_on_all_keys(policy.document, key.account, key.partition) for policy in person.identity
    ):  # a policy on all keys has a finding of its own
        return False
    return any("kms:viaservice" not in {name.lower() for name in way.context} for way in ways(person, key, use))
