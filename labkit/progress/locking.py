"""A lock between processes, held while one of them puts a damaged file aside."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_LOCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)


PATIENCE = 10.0


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of that file; it ends with the process at the latest."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                _lock(file)
                break
            except OSError:  # some file systems know no locks, and Windows gives up after ten tries
                if time.monotonic() >= until:
                    break
                time.sleep(0.05)
        yield
    finally:
        os.close(file)
