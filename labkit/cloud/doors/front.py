"""What both doors lead to: the cloud that is behind them now, and the lab's own calls to it. No socket, no thread."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from ..assembly.again import Begin, again
from ..assembly.cloud import Cloud
from ..gateway.gateway import AccountOver
from ..wire.protocols import HttpRequest, HttpResponse, Send
from .control import PREFIX, control

NOWHERE = "http://127.0.0.1:0"
"""The endpoint where there is no door two: port 0 is nobody's, so that no other program ever gets a call."""


class Front:
    """The cloud behind the doors. It may be exchanged for a fresh one while they are open.

    `begin` makes it as at its start, for a reset; without it, a lab's of the same seed and Region.
    """

    def __init__(self, cloud: Cloud, begin: Begin | None = None, endpoint: str = NOWHERE) -> None:
        self._begin = begin
        self.endpoint = endpoint
        self.over = ""
        """Why nobody in this process may call the account any more; "" while they may."""
        self.cloud = cloud

    @property
    def cloud(self) -> Cloud:
        """What is behind the doors now."""
        return self._cloud

    @cloud.setter
    def cloud(self, cloud: Cloud) -> None:
        cloud.gateway.endpoint = self.endpoint  # functions that the account runs call it there
        cloud.begin_again = self._begin_again
        self._cloud = cloud

    def exchange(self, make: Callable[[], Cloud]) -> Cloud:
        """Put a fresh cloud behind the doors; calls that come meanwhile wait, and are for the fresh one."""
        before = self._cloud.gateway
        with before.still():
            self.cloud = made = make()
            self.over = ""
            before.close()
        return made

    def _begin_again(self) -> None:
        before = self._cloud
        begin = self._begin or (lambda token: Cloud(before.seed, before.region, token=token))
        self.exchange(lambda: again(before, begin))

    def handle(self, request: HttpRequest, send_ahead: Send = lambda _: None) -> HttpResponse:
        """Return the answer of the account that is behind the doors by the time the request is looked at."""
        while True:
            with suppress(AccountOver):
                return self._cloud.gateway.handle(request, send_ahead)

    def answer(self, request: HttpRequest, send_ahead: Send = lambda _: None) -> HttpResponse:
        """Answer a call of AWS's, or one of the lab's own."""
        if request.path.startswith(PREFIX):
            return control(self._cloud, request)
        return self.handle(request, send_ahead)

    def leave_to_parent(self) -> None:
        """Leave to the parent, in a forked child, what only one process can hold: here nothing."""
