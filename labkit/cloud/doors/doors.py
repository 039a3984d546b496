"""Door two: what is behind the doors, over HTTP on 127.0.0.1 (http_server.py).

It is for the `aws` command, Lambda functions, other SDKs and forked children. Needs sockets, threads and httptools.
"""

from __future__ import annotations

import threading
from contextlib import suppress

from ..assembly.again import Begin
from ..assembly.cloud import Cloud
from ..wire.protocols import HttpRequest, HttpResponse
from .admission import admit
from .front import Front
from .http_limits import Admitted
from .http_server import HttpServer


class Server(Front):
    """The cloud on a port of the loopback interface. `endpoint` is good once this exists.

    PortInUse where the port can't be had.
    """

    def __init__(self, cloud: Cloud, port: int = 0, begin: Begin | None = None) -> None:
        self._server = HttpServer(port, self.answer, self._admit)
        super().__init__(cloud, begin, self._server.endpoint)

    def serve_forever(self) -> None:
        """Answer until the process is told to stop."""
        self._server.serve_forever()

    def start(self) -> None:
        """Answer in a background thread that does not keep the process alive."""
        threading.Thread(target=self.serve_forever, name="labkit-http", daemon=True).start()

    def close(self) -> None:
        """Free the port, once `serve_forever` has ended."""
        self._server.server_close()

    def leave_to_parent(self) -> None:
        """Leave the port to the parent, in a forked child, also when the child lives longer."""
        with suppress(OSError):
            self._server.socket.close()

    def _admit(self, head: HttpRequest) -> Admitted | HttpResponse:
        """Whether the sender of a large body is known, by the head of the request alone."""
        return admit(head, self._cloud.credentials)
