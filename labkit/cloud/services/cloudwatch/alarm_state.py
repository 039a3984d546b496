"""What a metric alarm makes of the latest data points: its state, and the reason in CloudWatch's words.

Pure. Source: CloudWatch User Guide, "Alarm evaluation" and "Configuring how CloudWatch alarms treat missing data" (its
tables are a test); reasons as recorded in notifications that were published.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"
MORE = 2
"""How many periods beyond its evaluation periods an alarm looks back. In AWS's example it is 2 for 3; else unsaid."""

COMPARISONS: dict[str, tuple[str, Callable[[float, float], bool]]] = {
    "GreaterThanOrEqualToThreshold": ("greater than or equal to", float.__ge__),
    "GreaterThanThreshold": ("greater than", float.__gt__),
    "LessThanThreshold": ("less than", float.__lt__),
    "LessThanOrEqualToThreshold": ("less than or equal to", float.__le__),
}
_FILLINGS = {"breaching": "Breaching", "notBreaching": "NonBreaching"}


@dataclass(frozen=True, slots=True)
class Rule:
    """When an alarm is in ALARM: `needed` of `periods` data points compare so with the threshold."""

    comparison: str
    threshold: float
    periods: int
    needed: int
    treatment: str = "missing"  # of missing data: missing, ignore, breaching, notBreaching
    says_needed: bool = False  # whether DatapointsToAlarm was given: the reason is worded otherwise

    def breaches(self, value: float) -> bool:
        """Tell whether a value lies beyond the threshold."""
        return COMPARISONS[self.comparison][1](float(value), float(self.threshold))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state, why, and the data points that decided, newest first."""

    state: str
    reason: str
    decided_by: tuple[tuple[datetime, float], ...] = ()


Point = tuple[datetime, float | None]
"""The start of a period and the statistic of its data; None where there is none."""


def evaluate(rule: Rule, recent: Sequence[Point]) -> Verdict | None:
    """Return the verdict on the data points, newest first; None where the present state is to be kept."""
    real = [(start, value) for start, value in recent if value is not None][: rule.periods]
    missing = rule.periods - len(real)
    breaching = sum(rule.breaches(value) for _, value in real)
    filling = _FILLINGS.get(rule.treatment) if missing else None
    if filling == "Breaching":
        state = ALARM if breaching + missing >= rule.needed else OK
    elif filling or breaching >= rule.needed or not missing:
        state = ALARM if breaching >= rule.needed else OK
    elif breaching < len(real):
        state = OK
    elif rule.treatment == "ignore":
        return None
    elif _is_old(rule, recent):
        state = ALARM
    else:
        return Verdict(INSUFFICIENT, _unknown(missing), tuple(real))
    return Verdict(state, _reason(rule, state, real, missing if filling else 0, filling), tuple(real))


def _is_old(rule: Rule, recent: Sequence[Point]) -> bool:
    """Whether the oldest data point, breaching like all after it, is old enough to have been followed by the rest."""
    oldest = max((age for age, (_, value) in enumerate(recent, start=1) if value is not None), default=0)
    return oldest >= rule.needed


def _unknown(missing: int) -> str:
    return f"Insufficient Data: {_counted(missing, 'datapoint')} {_were(missing)} unknown."


def _reason(rule: Rule, state: str, real: Sequence[tuple[datetime, float]], filled: int, filling: str | None) -> str:
    """The words for OK and ALARM."""
    treated = f"{_counted(filled, 'missing datapoint')} {_were(filled)} treated as [{filling}]" if filled else ""
    if not real:
        periods = _counted(rule.periods, "period")
        return f"Threshold Crossed: no datapoints were received for {periods} and {treated}."
    shown = [(start, value) for start, value in real if rule.breaches(value) == (state == ALARM)] or real
    values = ", ".join(f"{float(value)} ({start:%d/%m/%y %H:%M:%S})" for start, value in shown)
    agrees = all(rule.breaches(value) for _, value in shown)
    word = COMPARISONS[rule.comparison][0]
    verb = f"{_were(len(shown))}{'' if agrees else ' not'} {word} the threshold ({float(rule.threshold)})"
    also = f" and {treated}" if treated else ""
    if not rule.says_needed:
        return f"Threshold Crossed: {_counted(len(shown), 'datapoint')} [{values}] {verb}{also}."
    least = rule.needed if state == ALARM else rule.periods - rule.needed + 1
    turn = "OK -> ALARM" if state == ALARM else "ALARM -> OK"
    head = f"Threshold Crossed: {len(shown)} out of the last {rule.periods} datapoints [{values}] {verb}{also}"
    return f"{head} (minimum {_counted(least, 'datapoint')} for {turn} transition)."


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"
