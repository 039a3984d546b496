"""Work that an interrupt can't cut in two: Ctrl-C that comes meanwhile is raised when the work is over.

Python runs a signal's handler in the main thread, between any two of its instructions, and what the handler raises
(KeyboardInterrupt, SystemExit) it raises there. While the main thread works here, the handlers are only told of
signals, and act afterwards. Other threads are never interrupted. Costs some microseconds.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")
_NAMES = ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGUSR1", "SIGUSR2", "SIGBREAK", "SIGINT")
_SIGNALS = tuple(getattr(signal, name) for name in _NAMES if hasattr(signal, name))  # Windows has few of them
PATIENCE = 10.0
"""Seconds after which one more signal does act at once: somebody insists, and the work may never end."""


def uninterrupted(work: Callable[[], T]) -> T:
    """Return the result of `work`, which is done wholly, or not at all where a signal came first."""
    if threading.current_thread() is not threading.main_thread():
        return work()
    handlers: dict[int, Any] = {}
    waiting = _Waiting(handlers)
    try:
        for number in _SIGNALS:
            handler = signal.getsignal(number)
            if callable(handler):  # and no default action, nor one that Python has not set
                handlers[number] = handler
                signal.signal(number, waiting.note)
        return work()
    finally:
        _give_back(tuple(handlers.items()))
        waiting.act()


class _Waiting:
    """The signals that came, and their handlers, which act later."""

    def __init__(self, handlers: Mapping[int, Any]) -> None:
        self._handlers = handlers
        self._came: dict[int, FrameType | None] = {}
        self._since = 0.0

    def note(self, number: int, frame: FrameType | None) -> None:
        """What a signal does meanwhile."""
        now = time.monotonic()
        self._since = self._since or now
        if now - self._since > PATIENCE:
            self._handlers[number](number, frame)
        self._came[number] = frame

    def act(self) -> None:
        """Let each handler do what it would have done."""
        while self._came:
            number, frame = self._came.popitem()
            try:
                self._handlers[number](number, frame)
            finally:
                self.act()


def _give_back(handlers: tuple[tuple[int, Any], ...]) -> None:
    """All of them, though one that is back may raise what its signal makes it raise. SIGINT's comes last."""
    if handlers:
        try:
            signal.signal(*handlers[0])
        finally:
            _give_back(handlers[1:])
