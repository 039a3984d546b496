"""KMS's request quotas, per account and Region, on the lab's clock. Off until a lesson switches them on.

Reads request-quotas.tsv. Sources: KMS Developer Guide, "Request quotas" and "Throttling AWS KMS requests". How much
of a burst KMS lets through is not published: here a second's worth, refilled as the second passes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files

from ..core.call import Call
from ..core.errors import THROTTLED, AwsError
from ..core.forgetting import forget
from .model import Key

TEXT = THROTTLED["kms"]
_COLUMNS = ["quota", "operations", "families", "three Regions", "six Regions", "elsewhere", "source"]
_THREE = frozenset({"us-east-1", "us-west-2", "eu-west-1"})
_SIX = frozenset({"us-east-2", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "eu-central-1", "eu-west-2"})
_ANY = "*"
_NO_KEY = "-"


@dataclass(frozen=True, slots=True)
class Quota:
    """One row of the table: what shares this quota, and how many requests a second it allows."""

    name: str
    operations: frozenset[str]
    families: frozenset[str]  # families of key specs, or specs of data key pairs; "-" for a call without a key
    three: int
    six: int
    elsewhere: int

    def rate(self, region: str) -> int:
        """Requests a second in a Region."""
        return self.three if region in _THREE else self.six if region in _SIX else self.elsewhere


@dataclass(slots=True)
class _Left:
    """What is left of a quota, and when it was reckoned."""

    requests: float
    at: datetime


class RequestQuotas:
    """The gateway's step that throttles: counts each call against its quotas, once `on`."""

    def __init__(self) -> None:
        self.on = False
        self._left: dict[tuple[str, str, str], _Left] = {}

    def clear(self) -> None:
        """Switch them off, and forget what was used."""
        self.on = False
        self._left.clear()

    def forget(self, account: str) -> None:
        """Let an account have used nothing yet."""
        forget(self._left, account)

    def check(self, call: Call) -> None:
        """Refuse the call with ThrottlingException where one of its quotas is used up. A refused call uses none."""
        if not self.on or call.service != "kms" or call.principal is None:
            return
        account = call.principal.account
        wanted = [(self._of(account, call.time, region, quota), amount) for region, quota, amount in _uses(call)]
        if any(left.requests < amount for left, amount in wanted):
            raise AwsError("ThrottlingException", TEXT)
        for left, amount in wanted:
            left.requests -= amount

    def _of(self, account: str, now: datetime, region: str, quota: Quota) -> _Left:
        """What the account has left at that time."""
        rate = quota.rate(region)
        left = self._left.setdefault((account, region, quota.name), _Left(rate, now))
        passed = (now - left.at).total_seconds()
        if passed > 0:
            left.requests = min(rate, left.requests + passed * rate)
            left.at = now
        return left


def _uses(call: Call) -> Iterable[tuple[str, Quota, int]]:
    """The Region, the quota and how often: ReplicateKey and UpdatePrimaryRegion count in both Regions."""
    quota = quota_of(call)
    if quota is not None:
        yield call.region, quota, 1
    if call.operation == "ReplicateKey" and isinstance(replica := call.params.get("ReplicaRegion"), str):
        yield replica, _by_operation()["CreateKey"][0], 2
    if call.operation == "UpdatePrimaryRegion" and quota and isinstance(to := call.params.get("PrimaryRegion"), str):
        yield to, quota, 1


def quota_of(call: Call) -> Quota | None:
    """Find the quota that a call counts against; None where AWS's page names none (ML-KEM)."""
    kind = _kind(call)
    for quota in _by_operation().get(call.operation, ()):
        if _ANY in quota.families or kind in quota.families:
            return quota
    return None


def _kind(call: Call) -> str:
    if call.operation.startswith("GenerateDataKeyPair"):
        return str(call.params.get("KeyPairSpec"))
    keys = [target.entity for target in call.targets if isinstance(target.entity, Key)]
    return keys[0].spec.family if keys else _NO_KEY


@lru_cache(maxsize=1)
def _by_operation() -> dict[str, list[Quota]]:
    found: dict[str, list[Quota]] = {}
    for quota in quotas():
        for operation in quota.operations:
            found.setdefault(operation, []).append(quota)
    return found


@lru_cache(maxsize=1)
def quotas() -> tuple[Quota, ...]:
    """Read the table. ValueError where it is not in form."""
    head, *lines = (files(__package__) / "request-quotas.tsv").read_text(encoding="utf-8").splitlines()
    if head.split("\t") != _COLUMNS:
        raise ValueError(f"request-quotas.tsv: its columns are {head!r}.")
    rows = [line.split("\t") for line in lines]
    return tuple(
        Quota(name, frozenset(operations.split()), frozenset(families.split()), int(three), int(six), int(elsewhere))
        for name, operations, families, three, six, elsewhere, _ in rows
    )
