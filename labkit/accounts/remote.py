"""A cloud behind an endpoint, in this process or another: its clock, its events, its explanations."""

from __future__ import annotations

import json
import urllib.parse
from typing import Any

from ..errors import LabError
from .ways import OverHttp, Way

JOIN = "Start one with `labkit serve`, or unset LABKIT_ENDPOINT to get an account inside this notebook."
OWN = "This machine does not reach its own loopback address: `labkit doctor` says more."
FORBIDDEN, REFUSED = 403, 400  # REFUSED, and what is above it


class Remote:
    """Speaks the control requests of a lab's endpoint. Only loopback addresses are spoken to.

    `token` is the account's control token, by which it knows its own; nothing is told without it. `way` is how the
    requests get there, HTTP unless given.
    """

    def __init__(self, endpoint: str, token: str = "", advice: str = JOIN, way: Way | None = None) -> None:
        self._advice = advice  # what to do if nobody answers
        self._ended_by = ""
        self._welcome = False  # whether the token has been good
        self.endpoint: str = _loopback(endpoint)
        if not token.isascii() or not token.isprintable() or token != token.strip():
            raise LabError(
                "LABKIT_CONTROL_TOKEN is no control token: take the line that `labkit serve` printed, as it stands."
            )
        self.token = token
        self._way: Way = way or OverHttp(self.endpoint, advice)

    def end(self, successor: str) -> None:
        """End the lab: another one has begun in this process."""
        self._ended_by = successor

    def require(self) -> None:
        """LabError where the lab is over."""
        if self._ended_by:
            raise LabError(
                f"This lab is over: labkit.start({self._ended_by!r}) has begun another one in this process, and boto3 "
                "and the `aws` command speak to that. Go on with the lab that it gave you."
            )

    def get(self, name: str, /, **query: str) -> Any:
        """Ask a question; returns its answer."""
        return self._send("GET", f"{name}?{urllib.parse.urlencode(query)}", b"")

    def post(self, name: str, /, **body: Any) -> Any:
        """Send a request that changes something; returns its answer."""
        return self._send("POST", name, json.dumps(body).encode())

    def _send(self, method: str, path: str, body: bytes) -> Any:
        self.require()
        status, text = self._way.send(method, path, body, self.token)
        if status >= REFUSED:
            detail = _told(text.decode(errors="replace"))
            if status == FORBIDDEN and self._welcome:
                detail = "it is another one by now, and what was in the former is gone. Call labkit.start() again."
            if detail is None:
                raise LabError(f"No lab answers at {self.endpoint}, but another server. {self._advice}")
            raise LabError(f"The account at {self.endpoint} refused: {detail}")
        try:
            told = json.loads(text)
        except ValueError as wrong:
            raise LabError(f"No lab answers at {self.endpoint} ({wrong}). {self._advice}") from None
        self._welcome = True
        return told


def _loopback(endpoint: str) -> str:
    """The address, http://host:port; LabError unless it is one of this machine's own."""
    try:
        parts = urllib.parse.urlsplit(endpoint)
        host, port = parts.hostname, parts.port
    except ValueError:  # no such port, half of an IPv6 address
        parts, host, port = urllib.parse.urlsplit(""), None, None
    if parts.scheme != "http" or host not in ("127.0.0.1", "localhost", "::1") or parts.username is not None:
        raise LabError(
            f"LABKIT_ENDPOINT is {endpoint!r}: a lab is joined only on this machine. "
            "Take the address that `labkit serve` printed, for example http://127.0.0.1:4566."
        )
    named = f"[{host}]" if ":" in host else host
    return f"http://{named}" if port is None else f"http://{named}:{port}"


def _told(answer: str) -> str | None:
    """The error in a refusal's JSON; None where something else came, which no lab has sent."""
    try:
        return str(json.loads(answer)["error"])
    except (ValueError, KeyError, TypeError):
        return None
