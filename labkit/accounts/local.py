"""The cloud inside this process: one at a time, because the mock beneath it is global to the process."""

from __future__ import annotations

from ..cloud.assembly.cloud import AccountKeys, Cloud
from ..cloud.doors.doors import InProcessDoor, Server


class LocalCloud:
    """This process's two doors: opened at its first lab and kept, so that the endpoint stays the same."""

    _server: Server | None = None

    @classmethod
    def fresh(cls, seed: str, region: str) -> tuple[str, AccountKeys]:
        """A fresh cloud behind the doors: its endpoint, and its administrator's keys."""
        cloud = Cloud(seed, region)
        if cls._server is None:
            cls._server = Server(cloud)
            cls._server.start()
            InProcessDoor(cls._server).open()
        cls._server.cloud = cloud
        return cls._server.endpoint, cloud.accounts[0]
