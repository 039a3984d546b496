"""Who may do what: the gateway's step that asks the policies (first form)."""

from __future__ import annotations

from typing import Any

from .call import Call
from .clock import Clock
from .kms.service import Kms


class Authorizer:
    """Judges every call."""

    def __init__(self, clock: Clock, kms: Kms) -> None:
        self._clock = clock
        self._kms = kms

    def authorize(self, call: Call) -> None:
        """Refuse or allow."""

    def explanation(self, call: Call) -> dict[str, Any]:
        """Why."""
        return {}
