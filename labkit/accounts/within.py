"""How the lab's own calls reach an account in this process: they are handed over, without a connection or a thread."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..cloud.doors.control import HEADER, PREFIX
from ..cloud.doors.in_process import InProcessDoor
from ..cloud.wire.protocols import HttpRequest
from .ways import Way


class WithinProcess:
    """To the account in this process; in a forked child, whose parent has it, the other way."""

    def __init__(self, door: InProcessDoor, endpoint: str, in_child: Way) -> None:
        self._door, self._host, self._in_child = door, urlsplit(endpoint).netloc, in_child

    def send(self, method: str, path: str, body: bytes, token: str) -> tuple[int, bytes]:
        """Hand it over as it is: no connection, no thread."""
        name, _, query = path.partition("?")
        headers = {"host": self._host, HEADER: token}
        answer = self._door.answer_lab(HttpRequest(method, PREFIX + name, query, headers, body))
        return (answer.status, answer.body) if answer else self._in_child.send(method, path, body, token)
