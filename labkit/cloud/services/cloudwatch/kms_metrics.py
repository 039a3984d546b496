"""What AWS KMS tells CloudWatch of itself: how often keys are used, how long imported key material still lasts.

Learnt from the account's events, reckoned when somebody looks. SecondsUntilKeyMaterialExpiration has a data point a
minute while a key has material that will expire; how often AWS publishes one is not documented.
Source: KMS Developer Guide, "Monitor KMS keys with Amazon CloudWatch", "Cryptographic operations".
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from ...core import kms_operations
from ...core.forgetting import forget
from ...kms.service import Kms
from .metrics import Metric, Points

NAMESPACE = "AWS/KMS"
SECONDS_LEFT = "SecondsUntilKeyMaterialExpiration"
SUCCESSES = "SuccessfulRequest"
MINUTE = timedelta(minutes=1)
_CHANGES = frozenset({"ImportKeyMaterial", "DeleteImportedKeyMaterial", "DeleteExpiredKeyMaterial", "DeleteKey"})
_CRYPTOGRAPHIC = frozenset(name for name, each in kms_operations.table().items() if each.cryptographic)


@dataclass(slots=True)
class Span:
    """From when to when a key had material that expires at `expiry`."""

    start: datetime
    expiry: datetime
    end: datetime


class KmsMetrics:
    """Follows CloudTrail's events to learn when keys are used, and when they get and lose material."""

    def __init__(self, kms: Kms) -> None:
        self._kms = kms
        self._spans: dict[Metric, list[Span]] = {}
        self._uses: dict[Metric, Counter[str]] = {}  # by minute, as records write it: 2026-01-05T09:00

    def forget(self, account: str) -> None:
        """Let go of what is kept for an account that begins again."""
        forget(self._spans, account)
        forget(self._uses, account)

    def follow(self, event: dict[str, Any]) -> Metric | None:
        """Note a use of a key or a change of its material; the metric that changed."""
        if event["eventSource"] != "kms.amazonaws.com" or "errorCode" in event or not event.get("resources"):
            return None
        if event["resources"][0]["accountId"] != event["recipientAccountId"]:  # the copy in the caller's account
            return None
        if event["eventName"] in _CRYPTOGRAPHIC:
            return self._used(event)
        return self._changed(event) if event["eventName"] in _CHANGES else None

    def _used(self, event: dict[str, Any]) -> Metric:
        arns = [resource["ARN"] for resource in event["resources"]]
        names = ("SourceKeyArn", "DestinationKeyArn") if event["eventName"] == "ReEncrypt" else ("KeyArn",)
        metric = _metric(arns[0], SUCCESSES, *zip(names, arns, strict=False), ("Operation", event["eventName"]))
        self._uses.setdefault(metric, Counter())[event["eventTime"][:16]] += 1
        return metric

    def _changed(self, event: dict[str, Any]) -> Metric | None:
        arn, now = event["resources"][0]["ARN"], datetime.fromisoformat(event["eventTime"])
        metric = _metric(arn, SECONDS_LEFT, ("KeyId", arn.rpartition("/")[2]))
        spans = self._spans.get(metric, [])
        if spans and spans[-1].end > now:
            spans[-1].end = now
        key = self._kms.key(arn)
        dates = [each.valid_to for each in key.materials if each.present and each.valid_to] if key else []
        if dates:
            self._spans.setdefault(metric, spans).append(Span(now, min(dates), min(dates)))
        return metric if metric in self._spans else None

    def metrics(self, account: str, region: str) -> list[Metric]:
        """Return the metrics of keys that were used, and of those that have, or had, material that expires."""
        known = [*self._uses, *self._spans]
        return [metric for metric in known if (metric.account, metric.region) == (account, region)]

    def points(self, metric: Metric, start: datetime, end: datetime) -> Points | None:
        """Return the uses, or the seconds left at each full minute, from `start` on and before `end`."""
        if metric in self._uses:
            count = sum(number for minute, number in self._uses[metric].items() if start <= _time_of(minute) < end)
            return Points(count, count, 1, 1, "Count") if count else None
        count, total, least, most = 0, 0.0, float("inf"), 0.0
        for span in self._spans.get(metric, ()):
            first, last = _minute_from(max(start, span.start)), _minute_from(min(end, span.end)) - MINUTE
            if last < first:
                continue
            number = (last - first) // MINUTE + 1
            high, low = (span.expiry - first).total_seconds(), (span.expiry - last).total_seconds()
            count, total = count + number, total + number * (high + low) / 2
            least, most = min(least, low), max(most, high)
        return Points(count, total, least, most, "Seconds") if count else None

    def next_change(self, metric: Metric, after: datetime, threshold: float) -> datetime | None:
        """Tell when after `after`, the metric begins, ends, has a use or passes the threshold."""
        times = [
            time
            for span in self._spans.get(metric, ())
            for time in (span.start, span.end, span.expiry - timedelta(seconds=max(threshold, 0)))
            if time > after and span.start <= time <= span.end
        ]
        times += [time for time in map(_time_of, self._uses.get(metric, ())) if time > after]
        return min(times, default=None)


def _time_of(minute: str) -> datetime:
    return datetime.fromisoformat(f"{minute}Z")


@lru_cache(maxsize=1024)
def _metric(arn: str, name: str, *dimensions: tuple[str, str]) -> Metric:
    *_, region, account, _ = arn.split(":")
    return Metric(account, region, NAMESPACE, name, tuple(sorted(dimensions)))


def _minute_from(moment: datetime) -> datetime:
    floor = moment.replace(second=0, microsecond=0)
    return floor if floor == moment else floor + MINUTE
