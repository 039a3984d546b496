"""The lab as one check sees it: at one moment. Its trail is read once, however many parts of the check ask for it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .engine import LabView


class OneLook:
    """A LabView for one check; nothing changes while a check looks."""

    def __init__(self, lab: LabView) -> None:
        self._lab = lab
        self.name = lab.name
        self.region = lab.region
        self.observer = lab.observer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lab, name)

    @property
    def simulated(self) -> bool:
        """Whether the account is a simulated one."""
        return self._lab.simulated

    def events(self) -> list[dict[str, Any]]:
        """Give CloudTrail's records so far: a new list each time, of the same records."""
        return list(self._events)

    @cached_property
    def _events(self) -> list[dict[str, Any]]:
        return self._lab.events()
