"""The cloud inside this process: one at a time, because the mock beneath it is global to the process."""

from __future__ import annotations

from ..cloud.cloud import Cloud
from ..cloud.doors import InProcessDoor, Server


class LocalCloud:
    """A cloud with both doors open."""

    _current: LocalCloud | None = None

    def __init__(self, seed: str, region: str) -> None:
        self._cloud = Cloud(seed, region)
        self._server = Server(self._cloud)
        self._door = InProcessDoor(self._cloud, self._server.endpoint)
        self._door.open()
        self._server.start()
        self.endpoint = self._server.endpoint
        first = self._cloud.accounts[0]
        self.administrator = {
            "account_id": first.account_id,
            "access_key_id": first.access_key_id,
            "secret_access_key": first.secret_access_key,
        }

    @classmethod
    def replace(cls, seed: str, region: str) -> LocalCloud:
        """A fresh cloud; the one before it, if any, is closed."""
        if cls._current is not None:
            cls._current.close()
        cls._current = cls(seed, region)
        return cls._current

    def close(self) -> None:
        """Shut both doors."""
        self._door.close()
        self._server.close()
