"""Who uses a key: nobody for 90 days, by two witnesses; or one service alone, where callers could do so directly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ..facts.account import Account, Found
from ..facts.finding import Fault
from ..facts.keys import Key
from ..facts.mending import File, mend
from ..facts.people import Person
from ..facts.questions import ways
from ..facts.reader import CouldNotRead
from ..facts.trail import DAYS, Use


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
    """Find keys whose uses all came through one service, and that somebody may use without it."""

    def judge(key: Key) -> Iterator[Found]:
        used = [use for use in account.trail.by_key.get(key.arn, ()) if not use.error]
        services = {use.service for use in used}
        if not key.is_usable or len(services) != 1 or "" in services:
            return
        service = services.pop()
        direct = [person for person in _users(account, used) if _may_directly(person, key)]
        if direct:
            name = f"{service.partition('.')[0]}.{account.region}.amazonaws.com"
            people = ", ".join(person.words for person in direct[:3])
            why = f"{key.words} serves {service} alone, and {people} can use it directly, too."
            note = f"in it, add the condition kms:ViaService {name}"
            yield Fault(
                "via-service-missing",
                key.arn,
                why,
                mend("kms", "put_key_policy", note, KeyId=key.arn, Policy=File("policy.json")),
            )

    yield from account.customer_keys(judge)


def _users(account: Account, used: list[Use]) -> list[Person]:
    """The roles and users for which the service has called, but for the account's administrators."""
    callers = {_identity(use.caller) for use in used}
    return [each for each in account.people.others if (each.kind, each.name) in callers]


def _identity(arn: str) -> tuple[str, str]:
    """Who an ARN is, as IAM has it: a session is its role's."""
    kind, _, rest = arn.rpartition(":")[2].partition("/")
    return ("role", rest.partition("/")[0]) if kind == "assumed-role" else (kind, rest.rpartition("/")[2])


def _may_directly(person: Person, key: Key) -> bool:
    """Whether a use is allowed that doesn't come through a service."""
    use = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
    return any("kms:viaservice" not in {name.lower() for name in way.context} for way in ways(person, key, use))
