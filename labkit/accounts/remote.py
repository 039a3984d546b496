"""A cloud behind an endpoint, in this process or another: its clock, its events, its explanations."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from ..errors import LabError

TIMEOUT = 60  # seconds: many may ask at once, and a clock that moves by years has much to do
JOIN = "Start one with `labkit serve`, or unset LABKIT_ENDPOINT to get an account inside this notebook."
OWN = "This machine does not reach its own loopback address: `labkit doctor` says more."
FORBIDDEN = 403


class Remote:
    """Speaks the control requests of a lab's endpoint. Only loopback addresses are spoken to.

    `token` is the account's control token, by which it knows its own; nothing is told without it.
    """

    def __init__(self, endpoint: str, token: str = "", advice: str = JOIN) -> None:
        self._advice = advice  # what to do if nobody answers
        self._ended_by = ""
        self._welcome = False  # whether the token has been good
        self.endpoint: str = _loopback(endpoint)
        if not token.isascii() or not token.isprintable() or token != token.strip():
            raise LabError(
                "LABKIT_CONTROL_TOKEN is no control token: take the line that `labkit serve` printed, as it stands."
            )
        self.token = token
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback never goes by a proxy

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
        return self._send("GET", f"{name}?{urllib.parse.urlencode(query)}", None)

    def post(self, name: str, /, **body: Any) -> Any:
        """Send a request that changes something; returns its answer."""
        return self._send("POST", name, json.dumps(body).encode())

    def _send(self, method: str, path: str, body: bytes | None) -> Any:
        self.require()
        request = urllib.request.Request(  # noqa: S310  # http on loopback: the constructor saw to it
            f"{self.endpoint}/_labkit/{path}", data=body, method=method, headers={"X-Labkit-Control": self.token}
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                told = json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                detail = _told(refused.read().decode(errors="replace"))
            if refused.code == FORBIDDEN and self._welcome:
                detail = "it is another one by now, and what was in the former is gone. Call labkit.start() again."
            if detail is None:
                raise LabError(f"No lab answers at {self.endpoint}, but another server. {self._advice}") from None
            raise LabError(f"The account at {self.endpoint} refused: {detail}") from None
        except TimeoutError:
            raise LabError(self._slow()) from None
        except (urllib.error.URLError, OSError, ValueError, http.client.HTTPException) as wrong:
            if isinstance(getattr(wrong, "reason", None), TimeoutError):
                raise LabError(self._slow()) from None
            raise LabError(f"No lab answers at {self.endpoint} ({wrong}). {self._advice}") from None
        self._welcome = True
        return told

    def _slow(self) -> str:
        return f"The account at {self.endpoint} has not answered within {TIMEOUT} seconds: it is busy. Try again."


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
