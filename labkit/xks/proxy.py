"""`Proxy`: the API on a port of the loopback interface, with the switches that a lesson turns.

It can be stopped and started again: while it is stopped, nobody answers at its port.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from ..cloud.core.entropy import RANDOM, Entropy
from ..cloud.doors.http_server import HttpServer, PortInUse
from ..cloud.wire.protocols import HttpRequest, HttpResponse, Send
from .api import Api, Settings
from .credentials import Credential, Credentials
from .journal import Entry, Journal
from .keys import FileKeys, Instance, KeyManager
from .policy import Denial
from .refusals import STATUS

URI_PATH = "/labkit/kms/xks/v1"


class Proxy:
    """An external key store proxy. `start` opens the port (0: a free one), `stop` closes it."""

    def __init__(
        self,
        manager: KeyManager | None = None,
        *,
        uri_path: str = URI_PATH,
        credential: Credential | None = None,
        entropy: Entropy | None = None,
        write: Callable[[str], object] | None = None,
    ) -> None:
        entropy = entropy or Entropy(RANDOM)
        self.uri_path = uri_path
        self.credentials = Credentials(credential or Credential.new(entropy))
        self.keys: Any = manager if manager is not None else FileKeys(entropy=entropy)
        self._entropy = entropy
        self._settings = Settings()
        self._journal = Journal(write)
        self._api = Api(uri_path, self.keys, self.credentials, self._settings, self._journal)
        self._server: HttpServer | None = None
        self._port = 0
        self._serving = False

    # --- running -----------------------------------------------------------------------------------------------------

    @property
    def endpoint(self) -> str:
        """Where it answers, or answered before it was stopped: http://127.0.0.1:PORT."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def running(self) -> bool:
        """Whether it answers."""
        return self._server is not None

    def open(self, port: int = 0) -> None:
        """Take the port without answering yet; PortInUse where it can't be had."""
        self._server = HttpServer(port or self._port, self._answer)
        self._port = int(self._server.server_address[1])

    def serve_forever(self) -> None:
        """Answer in this thread until `stop`."""
        assert self._server is not None, "a proxy is opened before it serves"
        self._serving = True
        self._server.serve_forever(poll_interval=0.05)

    def start(self, port: int = 0) -> Proxy:
        """Answer in a thread of its own, at the port that it had before if there was one."""
        if self._server is None:
            try:
                self.open(port)
            except PortInUse:
                if port or not self._port:
                    raise
                self._port = 0  # somebody else has it by now
                self.open()
            self._serving = True
            threading.Thread(target=self.serve_forever, name="labkit-xks", daemon=True).start()
        return self

    def stop(self) -> None:
        """Pull the plug: nobody answers any more."""
        server, self._server = self._server, None
        if server is not None:
            if self._serving:
                server.shutdown()
            self._serving = False
            server.server_close()

    # --- credentials -------------------------------------------------------------------------------------------------

    @property
    def credential(self) -> Credential:
        """The newest credential that it accepts."""
        return self.credentials.all()[-1]

    def new_credential(self) -> Credential:
        """Accept a second credential, beside the one that is there; ValueError where there are two."""
        made = Credential.new(self._entropy)
        self.credentials.add(made)
        return made

    def remove_credential(self, access_key_id: str) -> None:
        """Accept this one no longer."""
        self.credentials.remove(access_key_id)

    def for_kms(self) -> dict[str, Any]:
        """Return the file that the KMS console takes: the URI path and the newest credential."""
        return {"XksProxyUriPath": self.uri_path, "XksProxyAuthenticationCredential": self.credential.for_kms}

    # --- what a lesson changes ---------------------------------------------------------------------------------------

    def deny(self, **what: str) -> Denial:
        """Deny by the request's metadata: `principal`, `operation`, `kms_key`, `via_service`, `external_key`."""
        denial = Denial(**what)
        self._settings.denials.append(denial)
        return denial

    @property
    def denials(self) -> tuple[Denial, ...]:
        """What its policy denies now."""
        return tuple(self._settings.denials)

    def allow_all(self) -> None:
        """Deny nothing any more."""
        self._settings.denials.clear()

    def slow(self, seconds: float) -> None:
        """Let every answer take this long from now on; 0 for none. KMS waits 250 ms."""
        if not 0 <= seconds <= 60:
            raise ValueError("A slow proxy takes 0 to 60 seconds longer.")
        self._settings.delay = seconds

    def fail(self, error_name: str = "") -> None:
        """Answer every signed request with this error of the spec from now on; without a name, with none.

        "garbage" answers what is no JSON. ValueError for a name that the spec does not have.
        """
        if error_name not in ("", "garbage", *STATUS):
            raise ValueError(f"The spec has these errors: {', '.join(STATUS)}.")
        self._settings.garbage = error_name == "garbage"
        self._settings.failing = "" if error_name == "garbage" else error_name

    def report(self, *statuses: str) -> None:
        """Let GetHealthStatus tell of these key managers: ACTIVE, DEGRADED, UNAVAILABLE; none: what it finds."""
        if not set(statuses) <= {"ACTIVE", "DEGRADED", "UNAVAILABLE"} or len(statuses) > 10:
            raise ValueError("A fleet has up to 10 of ACTIVE, DEGRADED, UNAVAILABLE.")
        fleet = [Instance(f"ekm-{number}", "labkit 1.0", each) for number, each in enumerate(statuses, 1)]
        self._settings.fleet = fleet or None

    def log(self) -> list[Entry]:
        """List the requests so far, the oldest first."""
        return self._journal.entries()

    def _answer(self, request: HttpRequest, _send_ahead: Send) -> HttpResponse:
        return self._api.answer(request)

    def __repr__(self) -> str:
        state = f"at {self.endpoint}" if self.running else "stopped"
        return f"XKS proxy {state}, URI path {self.uri_path}, {len(self.keys.all())} keys"


LIMITED: Sequence[tuple[str, tuple[str, ...]]] = (
    ("encrypt-only", ("ENCRYPT",)),
    ("decrypt-only", ("DECRYPT",)),
    ("impotent", ()),
)
"""The keys that AWS's test client asks for by ENCRYPT_ONLY_KEY_ID, DECRYPT_ONLY_KEY_ID and IMPOTENT_KEY_ID."""
