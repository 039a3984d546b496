"""`Lab`: what a notebook holds. It delegates and decides nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Any

from .accounts.remote import Remote
from .observer import Observer
from .principals import Role, make_role

if TYPE_CHECKING:
    import pandas

    from .exercises import Exercise, Exercises
    from .expect import ExpectedError


class LabClock:
    """The time in the lab's account: one second a call, and as far ahead as you move it."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    def now(self) -> datetime:
        """The lab's time, UTC."""
        return datetime.fromisoformat(self._remote.get("clock")["now"])

    def advance(self, **distance: float) -> datetime:
        """Move on by `weeks`, `days`, `hours`, `minutes`, `seconds` (as in datetime.timedelta); the new time.

        What falls due on the way happens: deletions, rotations, expiries. The clock never goes back.
        """
        by = timedelta(**distance)
        if by < timedelta(0):
            raise ValueError("The lab's clock only moves forward.")
        return datetime.fromisoformat(self._remote.post("clock", seconds=by.total_seconds())["now"])

    def __repr__(self) -> str:
        return f"{self.now():%Y-%m-%d %H:%M:%S} UTC (lab time)"


class Lab:
    """One lab in one account."""

    simulated = True

    def __init__(self, name: str, account_id: str, region: str, remote: Remote, observer_token: str) -> None:
        self.name = name
        self.account_id = account_id
        self.region = region
        self.endpoint = remote.endpoint
        self.clock = LabClock(remote)
        self.observer = Observer(remote.endpoint, region, observer_token)
        self._remote = remote
        self._exercises: Exercises | None = None

    def events(self) -> list[dict[str, Any]]:
        """CloudTrail's records of the account so far, oldest first, in the form that AWS delivers."""
        events: list[dict[str, Any]] = self._remote.get("events", account=self.account_id)
        return events

    def trail(self) -> pandas.DataFrame:
        """The calls so far as a table: one row an event, oldest first."""
        from .trail.table import to_table  # pandas is loaded when it is needed

        return to_table(self.events())

    def exercise(self, name: str) -> Exercise:
        """An exercise of this lab by its id: `.check()`, `.hint()`, `.solution()`."""
        if self._exercises is None:
            from .exercises import Exercises

            self._exercises = Exercises(self)
        return self._exercises.get(name)

    def role(self, name: str, policy: list[dict[str, Any]] | None = None) -> Role:
        """A new IAM role with this inline policy's statements, that the learner may assume."""
        return make_role(self, name, policy or [])

    def explain(self, refused: ExpectedError) -> Any:
        """Why a call was refused: which policies were read and which statement decided."""
        from .explain import explanation_of

        return explanation_of(self._remote.get("explanation", request_id=refused.request_id))

    def __repr__(self) -> str:
        return f"Lab {self.name}: simulated account {self.account_id}, Region {self.region}, {self.clock!r}"

    def _repr_html_(self) -> str:
        rows = {
            "Lab": self.name,
            "Account": f"{self.account_id} (simulated: no AWS account, no network, no cost)",
            "Region": self.region,
            "Lab time": f"{self.clock.now():%Y-%m-%d %H:%M:%S} UTC",
        }
        cells = "".join(
            f"<tr><th style='text-align:left'>{escape(key)}</th><td style='text-align:left'>{escape(value)}</td></tr>"
            for key, value in rows.items()
        )
        return f"<table>{cells}</table>"
