"""A cloud behind an endpoint, in this process or another: its clock, its events, its explanations."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from ..errors import LabError

TIMEOUT = 20  # seconds
JOIN = "Start one with `labkit serve`, or unset LABKIT_ENDPOINT to get an account inside this notebook."
OWN = "This machine does not reach its own loopback address: `labkit doctor` says more."


class Remote:
    """Speaks the control requests of a lab's endpoint. Only loopback addresses are spoken to."""

    def __init__(self, endpoint: str, advice: str = JOIN) -> None:
        self._advice = advice  # what to do if nobody answers
        parts = urllib.parse.urlsplit(endpoint)
        if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise LabError(
                f"LABKIT_ENDPOINT is {endpoint!r}: a lab is joined only on this machine. "
                "Take the address that `labkit serve` printed, for example http://127.0.0.1:4566."
            )
        self.endpoint = f"http://{parts.netloc}"
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback never goes by a proxy

    def get(self, name: str, **query: str) -> Any:
        """A question; its answer."""
        return self._send("GET", f"{name}?{urllib.parse.urlencode(query)}", None)

    def post(self, name: str, **body: Any) -> Any:
        """A request that changes something; its answer."""
        return self._send("POST", name, json.dumps(body).encode())

    def _send(self, method: str, path: str, body: bytes | None) -> Any:
        request = urllib.request.Request(  # noqa: S310  # http on loopback: the constructor saw to it
            f"{self.endpoint}/_labkit/{path}", data=body, method=method, headers={"X-Labkit-Control": "1"}
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                detail = _told(refused.read().decode(errors="replace"))
            raise LabError(f"The account at {self.endpoint} refused: {detail}") from None
        except (urllib.error.URLError, OSError, ValueError) as wrong:
            raise LabError(f"No lab answers at {self.endpoint} ({wrong}). {self._advice}") from None


def _told(answer: str) -> str:
    """The error in a refusal's JSON; what came instead where it is something else."""
    try:
        return str(json.loads(answer)["error"])
    except (ValueError, KeyError, TypeError):
        return answer[:300]
