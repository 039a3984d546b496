"""The cloud inside this process: one at a time, because the mock beneath it is global to the process."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any, ClassVar

from ..cloud.assembly.cloud import Cloud
from ..cloud.core.uninterrupted import uninterrupted
from ..cloud.doors.front import Front
from ..cloud.doors.in_process import InProcessDoor
from .behind import Behind
from .remote import OWN, Remote
from .ways import OverHttp
from .within import WithinProcess

FORK_PATIENCE = 10.0
"""Seconds that a fork waits for the call that is being carried out, so that a child finds nothing half done."""

_ONE_DOOR = (
    "Only Python in this process reaches the lab's account: the `aws` command, Lambda functions and forked processes "
    "don't, since no port could be opened. `labkit doctor` says more."
)


class LocalCloud:
    """This process's doors: opened at its first lab and kept, so that the endpoint stays the same.

    Door two, for other programs, is opened where this Python has sockets and threads. In a browser it has neither, and
    a lab's own calls need none.

    A forked child has none of its own: what it inherits speaks to the parent's door two, and a lab that it starts
    opens its own doors.
    """

    _server: ClassVar[Front | None] = None
    _door: ClassVar[InProcessDoor | None] = None
    _joined: ClassVar[Behind | None] = None  # the account that this process's present lab is in
    _starting: ClassVar[threading.RLock] = threading.RLock()
    _hooked: ClassVar[bool] = False
    _forking: ClassVar[threading.local] = threading.local()

    @classmethod
    @contextmanager
    def one_start_at_a_time(cls) -> Iterator[None]:
        """Threads that start labs do it one after the other."""
        with cls._starting:
            yield

    @classmethod
    def fresh(cls, seed: str, region: str) -> tuple[Remote, dict[str, Any]]:
        """Open a fresh cloud behind the doors: how to speak to it, and its administrator's keys."""
        door, cloud = uninterrupted(lambda: cls._fresh(seed, region))
        endpoint = cloud.gateway.endpoint
        way = WithinProcess(door, endpoint, OverHttp(endpoint, OWN))
        return Remote(endpoint, cloud.control_token, OWN, way), asdict(cloud.accounts[0])

    @classmethod
    def _fresh(cls, seed: str, region: str) -> tuple[InProcessDoor, Cloud]:
        if cls._server is not None and cls._door is not None:
            return cls._door, cls._server.exchange(lambda: Cloud(seed, region))
        cloud = Cloud(seed, region)
        cls._server = _on_a_port(cloud) or Front(cloud)
        cls._door = InProcessDoor(cls._server)
        cls._door.open()
        cls._hook()
        return cls._door, cloud

    @classmethod
    def begin(cls, behind: Behind, name: str) -> None:
        """Tell the lab before this one, if there is any, that it is over."""
        before, cls._joined = cls._joined, behind
        if before is not None:
            before.end(name)

    @classmethod
    def end(cls, why: str) -> None:
        """Let this process's clients be refused from now on, with these words, until another lab begins."""
        if cls._server is not None:
            cls._server.over = why

    @classmethod
    def joined(cls) -> Behind | None:
        """Tell how to speak to the account that this process's present lab is in; None before the first lab."""
        return cls._joined

    # --- fork --------------------------------------------------------------------------------------------------------

    @classmethod
    def _hook(cls) -> None:
        if hasattr(os, "register_at_fork") and not cls._hooked:  # Windows has no fork
            cls._hooked = True
            os.register_at_fork(before=cls._hold, after_in_parent=cls._let_go, after_in_child=cls._in_child)

    @classmethod
    def _hold(cls) -> None:
        """No thread is in the middle of a call when this process forks: a child finds no lock taken."""
        if cls._server is not None:
            cls._forking.gateway = gateway = cls._server.cloud.gateway  # first: an interrupt may come in between
            gateway.hold(FORK_PATIENCE)

    @classmethod
    def _let_go(cls) -> None:
        gateway, cls._forking.gateway = getattr(cls._forking, "gateway", None), None
        if gateway is not None:
            with suppress(RuntimeError):  # the wait was in vain
                gateway.let_go()

    @classmethod
    def _in_child(cls) -> None:
        cls._starting = threading.RLock()
        if cls._server is not None and cls._door is not None:
            cls._door.leave_to_parent()
            cls._server.leave_to_parent()
            cls._server = cls._door = None


def _on_a_port(cloud: Cloud) -> Front | None:
    """Open door two as well; None where there are no sockets or threads, as in a browser, or no httptools."""
    try:
        from ..cloud.doors.doors import Server

        server = Server(cloud)
        server.start()
    except (ImportError, OSError, RuntimeError) as missing:
        if sys.platform != "emscripten":
            warnings.warn(f"{_ONE_DOOR} ({missing})", stacklevel=2)
        return None
    return server
