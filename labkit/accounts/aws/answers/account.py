"""A real account as a `Lab` sees it: the answers that a simulated one gives over its control requests.

What can't be done there is `Unavailable`, with the reason that the table of capabilities has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from ....errors import LabError
from ...own_calls import own_client
from .. import guard
from ..capabilities import unavailable
from ..entering import Entered

# The control requests that only a simulated account answers, each with the capability that it takes.
_NOT_THERE = {"clock": "time", "disturb": "disturbance", "grant-delay": "disturbance", "organization": "organization",
              "network-activity": "vpc-endpoint"}  # fmt: skip


class RealAccount:
    """Answers what `Remote` answers, for a lab in a real account. `endpoint` is "" (or the stand-in's address)."""

    def __init__(self, entered: Entered) -> None:
        self.entered = entered
        self.endpoint = entered.standin
        self.token = ""
        self._ended_by = ""
        self._answers: Mapping[str, Callable[..., Any]] = {
            "clock": self._clock,
            "events": self._events,
            "explanation": self._explanation,
        }

    def end(self, successor: str) -> None:
        """End the lab: another one has begun in this process."""
        self._ended_by = successor

    def require(self) -> None:
        """LabError where the lab is over."""
        if self._ended_by:
            raise LabError(
                f"This lab is over: labkit.start({self._ended_by!r}) has begun another one in this process. Go on with "
                "the lab that it gave you."
            )

    def get(self, name: str, /, **query: str) -> Any:
        """Ask a question; returns its answer."""
        self.require()
        return self._answers[name](**query)

    def post(self, name: str, /, **_body: Any) -> Any:
        """Refuse what would change time or the account by other ways than AWS's calls."""
        self.require()
        if name not in _NOT_THERE:  # soft mode, a reset, …
            raise LabError("Not in a real account: AWS has no such call. Simulated accounts alone have it.")
        raise unavailable(_NOT_THERE[name])

    def _clock(self) -> dict[str, str]:
        return {"now": datetime.now(UTC).isoformat()}

    def _explanation(self, request_id: str) -> dict[str, Any]:
        from .explaining import explanation

        present = guard.installed()
        if present is None or present.run != self.entered.run:
            raise LabError("This lab is over: its calls are not remembered any more.")
        return explanation(request_id, present.memory, self._client, self.entered.who.arn)

    def _client(self, service: str, region: str) -> Any:
        return own_client(service, region or self.entered.run.region, self.endpoint)

    def _events(self, account: str) -> list[dict[str, Any]]:
        from .history import events_since

        events = events_since(self.entered.run, self.entered.regions, self.endpoint)
        return [event for event in events if event.get("recipientAccountId", account) == account]
