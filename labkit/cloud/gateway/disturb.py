"""What a lesson asks to go wrong: throttling, a failing service. Off until asked for."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.call import Call
from ..core.errors import AwsError


@dataclass(slots=True)
class Disturbance:
    """The next `times` calls of `service`:`operation` are answered with this error."""

    service: str
    operation: str
    error: AwsError
    times: int


class Disturbances:
    """The disturbances that are switched on."""

    def __init__(self) -> None:
        self._active: list[Disturbance] = []

    def add(self, disturbance: Disturbance) -> None:
        """Switch one on."""
        self._active.append(disturbance)

    def clear(self) -> None:
        """Switch all off."""
        self._active.clear()

    def apply(self, call: Call) -> None:
        """Refuse the call if a disturbance waits for it."""
        for disturbance in self._active:
            if (disturbance.service, disturbance.operation) == (call.service, call.operation):
                disturbance.times -= 1
                self._active = [item for item in self._active if item.times > 0]
                raise disturbance.error
