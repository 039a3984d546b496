"""What the gateway asks of those who answer for it: services of our own, wraps round moto's, things that time does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ..authorization.service_permissions import PLAIN, Permissions
from ..core.call import Call, Target
from ..core.service_records import USUAL, Records
from ..wire.protocols import HttpRequest, HttpResponse


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """What a service says of itself, by botocore's name of it: to those who judge its calls, and to CloudTrail."""

    service: str
    permissions: Permissions = PLAIN
    records: Records = USUAL


class Service(Protocol):
    """A service of our own."""

    def plan(self, call: Call) -> tuple[Target, ...]:
        """Return what the call is about; raises what AWS answers before authorization."""

    def perform(self, call: Call) -> dict[str, Any]:
        """Do it; the answer by botocore's member names."""


class Wrap(Protocol):
    """What stands round a moto service."""

    def serve(self, call: Call, request: HttpRequest, onward: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
        """Answer the call; `onward` gives a request (changed or not) to moto. May raise AwsError."""


class Timed(Protocol):
    """Something that time alone makes happen."""

    def next_due(self) -> datetime | None:
        """Tell when something happens next; None if nothing will."""

    def run(self, moment: datetime) -> None:
        """Do what is due up to and including `moment`."""


class Behind(Protocol):
    """What answers for every service that is not ours: moto."""

    def check(self, call: Call) -> None:
        """Refuse a call that its service's model does not allow (AwsError)."""

    def serve(self, call: Call, request: HttpRequest) -> HttpResponse:
        """Answer a call that has been identified and authorized. May raise AwsError."""


class Recorder(Protocol):
    """What makes records of calls, and keeps them."""

    def add(self, event: dict[str, Any]) -> None:
        """Keep an event."""

    def keep(self, call: Call, new_id: Callable[[], str], record: Callable[[dict[str, Any]], None]) -> str:
        """Record a finished call by `record`, event by event; the id of its first event. Never raises."""
