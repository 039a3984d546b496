"""Speaks with the class's page. Sends to the address that the hub has set, with the token of the learner's server."""

from __future__ import annotations

import json
import os
import re
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..presence import is_kept

CLASS = "LABKIT_CLASS"
TOKEN = "JUPYTERHUB_API_TOKEN"  # noqa: S105  the variable's name
PATIENCE = 2.0  # seconds that a cell waits for the page at most
_ADDRESS = re.compile(r"https?://[^\s@]+/")
_LONGEST = 100_000  # bytes of an answer
AGREED = (
    "You agreed that your trainer sees your progress: which lab you are in, which exercises you have solved or not yet "
    "solved, what you choose in quizzes, and the names of errors. Nothing that you write is sent. "
    f"To stop it, run `%env {CLASS}=off`."
)


@dataclass(frozen=True, slots=True)
class Notices:
    """What the trainer has to say: whether the class is paused, new hints, and labs to begin anew."""

    paused: bool = False
    hints: tuple[str, ...] = ()
    resets: tuple[str, ...] = ()

    @classmethod
    def of(cls, answer: Any) -> Notices:
        """Read the page's answer; what is not of its form says nothing."""
        if not isinstance(answer, dict):
            return cls()
        return cls(answer.get("paused") is True, _texts(answer.get("hints")), _texts(answer.get("resets")))


def _texts(found: Any) -> tuple[str, ...]:
    return tuple(each for each in found if isinstance(each, str)) if isinstance(found, list) else ()


@dataclass(frozen=True, slots=True)
class Classroom:
    """The class's page, as this kernel reaches it."""

    address: str
    token: str = field(repr=False)

    @classmethod
    def found(cls, environ: Mapping[str, str] = os.environ) -> Classroom | None:
        """Find the page in the environment; None where the learner has not agreed, or a program runs the notebook."""
        address, token = environ.get(CLASS, ""), environ.get(TOKEN, "")
        return cls(address, token) if _ADDRESS.fullmatch(address) and token and is_kept(environ) else None

    def tell(self, **event: str) -> Notices | None:
        """Send one event and hear what the trainer says; None if the page can't be reached."""
        request = urllib.request.Request(  # noqa: S310  http or https: _ADDRESS
            f"{self.address}events",
            json.dumps(event).encode(),
            {"Authorization": f"token {self.token}", "Content-Type": "application/json"},
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay())
        try:
            with direct.open(request, timeout=PATIENCE) as answer:
                return Notices.of(json.loads(answer.read(_LONGEST)))
        except (OSError, ValueError, RecursionError):
            return None


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the token goes to the one address."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Answer that there is none."""
