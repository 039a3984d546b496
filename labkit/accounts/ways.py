"""How the lab's own calls (its clock, its events, its explanations) reach its account: here over HTTP.

`Remote` says what is asked and what an answer means; a way only carries bytes. The other way is in `within.py`.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from typing import Protocol

from ..errors import LabError

TIMEOUT = 60  # seconds: many may ask at once, and a clock that moves by years has much to do


class Way(Protocol):
    """Carries one request to an account."""

    def send(self, method: str, path: str, body: bytes, token: str) -> tuple[int, bytes]:
        """Return the status and the body of the answer. LabError where none came."""
        ...


class OverHttp:
    """To an endpoint on this machine. `advice` is what to do if nobody answers there."""

    def __init__(self, endpoint: str, advice: str) -> None:
        self._endpoint, self._advice = endpoint, advice
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback never goes by a proxy

    def send(self, method: str, path: str, body: bytes, token: str) -> tuple[int, bytes]:
        """Send it over a connection of its own."""
        request = urllib.request.Request(  # noqa: S310  # http on loopback: `Remote` saw to it
            f"{self._endpoint}/_labkit/{path}",
            data=body or None,
            method=method,
            headers={"X-Labkit-Control": token},
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read()
        except TimeoutError:
            raise LabError(self._slow()) from None
        except (urllib.error.URLError, OSError, ValueError, http.client.HTTPException) as wrong:
            if isinstance(getattr(wrong, "reason", None), TimeoutError):
                raise LabError(self._slow()) from None
            raise LabError(f"No lab answers at {self._endpoint} ({wrong}). {self._advice}") from None

    def _slow(self) -> str:
        return f"The account at {self._endpoint} has not answered within {TIMEOUT} seconds: it is busy. Try again."
