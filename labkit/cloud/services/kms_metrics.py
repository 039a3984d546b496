"""What AWS KMS tells CloudWatch of itself: how long imported key material still lasts.

SecondsUntilKeyMaterialExpiration, dimension KeyId: a data point a minute while a key has material that will expire,
reckoned when somebody looks from the dates that the key had. How often AWS publishes one is not documented.
Source: KMS Developer Guide, "Monitor KMS keys with Amazon CloudWatch".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..kms.service import Kms
from .metrics import Metric, Points

NAMESPACE = "AWS/KMS"
SECONDS_LEFT = "SecondsUntilKeyMaterialExpiration"
MINUTE = timedelta(minutes=1)
_CHANGES = frozenset({"ImportKeyMaterial", "DeleteImportedKeyMaterial", "DeleteExpiredKeyMaterial", "DeleteKey"})


@dataclass(slots=True)
class Span:
    """From when to when a key had material that expires at `expiry`."""

    start: datetime
    expiry: datetime
    end: datetime


class KmsMetrics:
    """Follows CloudTrail's events to learn when keys got and lost material."""

    def __init__(self, kms: Kms) -> None:
        self._kms = kms
        self._spans: dict[Metric, list[Span]] = {}

    def follow(self, event: dict[str, Any]) -> Metric | None:
        """Note what an event did to a key's material; the metric that changed."""
        if event["eventName"] not in _CHANGES or event["eventSource"] != "kms.amazonaws.com" or "errorCode" in event:
            return None
        arn = event["resources"][0]["ARN"]
        account, region = arn.split(":")[4], arn.split(":")[3]
        if account != event["recipientAccountId"]:
            return None
        now = datetime.fromisoformat(event["eventTime"])
        metric = Metric(account, region, NAMESPACE, SECONDS_LEFT, (("KeyId", arn.rpartition("/")[2]),))
        spans = self._spans.get(metric, [])
        if spans and spans[-1].end > now:
            spans[-1].end = now
        key = self._kms.key(arn)
        dates = [each.valid_to for each in key.materials if each.present and each.valid_to] if key else []
        if dates:
            self._spans.setdefault(metric, spans).append(Span(now, min(dates), min(dates)))
        return metric if metric in self._spans else None

    def metrics(self, account: str, region: str) -> list[Metric]:
        """The metric of each key that has, or had, material that expires."""
        return [metric for metric in self._spans if (metric.account, metric.region) == (account, region)]

    def points(self, metric: Metric, start: datetime, end: datetime) -> Points | None:
        """The seconds left at each full minute from `start` on and before `end`."""
        count, total, least, most = 0, 0.0, float("inf"), 0.0
        for span in self._spans.get(metric, ()):
            first, last = _minute_from(max(start, span.start)), _last_minute_before(min(end, span.end))
            if last < first:
                continue
            number = (last - first) // MINUTE + 1
            high, low = (span.expiry - first).total_seconds(), (span.expiry - last).total_seconds()
            count, total = count + number, total + number * (high + low) / 2
            least, most = min(least, low), max(most, high)
        return Points(count, total, least, most, "Seconds") if count else None

    def next_change(self, metric: Metric, after: datetime, threshold: float) -> datetime | None:
        """When, after `after`, the metric begins, ends or passes the threshold."""
        times = [
            time
            for span in self._spans.get(metric, ())
            for time in (span.start, span.end, span.expiry - timedelta(seconds=max(threshold, 0)))
            if time > after and span.start <= time <= span.end
        ]
        return min(times, default=None)


def _minute_from(moment: datetime) -> datetime:
    floor = moment.replace(second=0, microsecond=0)
    return floor if floor == moment else floor + MINUTE


def _last_minute_before(moment: datetime) -> datetime:
    return _minute_from(moment) - MINUTE
