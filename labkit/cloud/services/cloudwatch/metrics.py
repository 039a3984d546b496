"""The data points of CloudWatch metrics: what was published, and what AWS KMS publishes of itself.

Keeps them in moto's CloudWatch. A metric is its namespace, its name and all of its dimensions ("Each unique
combination of dimensions is a metric of its own": CloudWatch User Guide, "Metrics concepts").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from moto.cloudwatch.models import MetricAggregatedDatum, MetricDatum, MetricDatumBase, cloudwatch_backends

Dimensions = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Metric:
    """Which metric, of which account and Region."""

    account: str
    region: str
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]  # sorted

    @classmethod
    def of(
        cls, account: str, region: str, namespace: str, name: str, dimensions: Sequence[Mapping[str, str]]
    ) -> Metric:
        """Read the API's list of Name and Value."""
        return cls(
            account, region, namespace, name, tuple(sorted((each["Name"], each["Value"]) for each in dimensions))
        )


@dataclass(frozen=True, slots=True)
class Points:
    """What a metric has between two times, ready for any statistic."""

    count: float
    total: float
    least: float
    most: float
    unit: str | None = None

    def statistic(self, name: str) -> float:
        """SampleCount, Sum, Average, Minimum or Maximum; KeyError for another."""
        return {
            "SampleCount": self.count,
            "Sum": self.total,
            "Average": self.total / self.count,
            "Minimum": self.least,
            "Maximum": self.most,
        }[name]


class Source(Protocol):
    """Metrics that a service publishes of itself."""

    def follow(self, event: dict[str, Any]) -> Metric | None:
        """Take note of an event; the metric that has a new data point."""

    def metrics(self, account: str, region: str) -> list[Metric]:
        """Return those that have had a data point."""

    def points(self, metric: Metric, start: datetime, end: datetime) -> Points | None:
        """Return what the metric has from `start` on and before `end`."""

    def next_change(self, metric: Metric, after: datetime, threshold: float) -> datetime | None:
        """Tell when after `after`, the metric begins, ends or passes the threshold; None if it won't."""


class Metrics:
    """All data points of all accounts."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.listeners: list[Callable[[Metric], None]] = []  # told of every metric that gets a data point

    def publish(
        self,
        account: str,
        region: str,
        namespace: str,
        name: str,
        value: float,
        dimensions: Dimensions,
        time: datetime,
        unit: str | None = None,
    ) -> None:
        """Publish a data point by a service."""
        pairs = [{"Name": key, "Value": text} for key, text in sorted(dimensions.items())]
        datum = MetricDatum(namespace, name, value, pairs, time.astimezone(UTC).replace(tzinfo=None), unit or "None")
        cloudwatch_backends[account][region].metric_data.append(datum)
        self.tell(Metric.of(account, region, namespace, name, pairs))

    def follow(self, event: dict[str, Any]) -> None:
        """Let AWS KMS publish what an event changed."""
        metric = self.source.follow(event)
        if metric is not None:
            self.tell(metric)

    def tell(self, metric: Metric) -> None:
        """Note that the metric has a new data point."""
        for listener in self.listeners:
            listener(metric)

    def known(self, account: str, region: str) -> list[Metric]:
        """Return every metric that has had a data point, in the order of its first."""
        data = cloudwatch_backends[account][region].metric_data
        found = dict.fromkeys(_metric_of(account, region, datum) for datum in data)
        return [*found, *self.source.metrics(account, region)]

    def points(self, metric: Metric, start: datetime, end: datetime, unit: str | None = None) -> Points | None:
        """Return what the metric has from `start` on and before `end`; None if nothing."""
        data: Sequence[Any] = [
            datum
            for datum in cloudwatch_backends[metric.account][metric.region].metric_data
            if start <= _utc(datum.timestamp) < end
            and unit in (None, datum.unit or "None")
            and _metric_of(metric.account, metric.region, datum) == metric
        ]
        if not data:
            found = self.source.points(metric, start, end)
            return found if found is None or unit in (None, found.unit) else None
        whole = [each for each in data if isinstance(each, MetricAggregatedDatum)]
        single = [each.value for each in data if isinstance(each, MetricDatum)]
        return Points(
            len(single) + sum(each.sample_count for each in whole),
            sum(single) + sum(each.sum for each in whole),
            min([*single, *(each.min for each in whole)]),
            max([*single, *(each.max for each in whole)]),
            data[0].unit or "None",
        )

    def next_change(self, metric: Metric, after: datetime, now: datetime, threshold: float) -> datetime | None:
        """Tell when an alarm should look again: `now` if its metric moves, later if KMS's own will, or None."""
        if any(
            after <= _utc(datum.timestamp) and _metric_of(metric.account, metric.region, datum) == metric
            for datum in cloudwatch_backends[metric.account][metric.region].metric_data
        ):
            return now + timedelta(seconds=1)
        return self.source.next_change(metric, after, threshold)


def _metric_of(account: str, region: str, datum: MetricDatumBase) -> Metric:
    pairs = tuple(sorted((str(each.name), str(each.value)) for each in datum.dimensions))
    return Metric(account, region, datum.namespace, datum.name, pairs)


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
