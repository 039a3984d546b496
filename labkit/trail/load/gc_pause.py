"""Python's garbage collection, off while anything is read: by one thread or by several at once."""

from __future__ import annotations

import gc
from threading import Lock


class Pause:
    """Reading makes millions of small objects that hold no circles: looking for circles costs more than reading them.

    The first reading that begins turns collection off, the last that ends turns it on again, if it was on before.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._readings = 0
        self._was_on = False

    def __enter__(self) -> None:
        with self._lock:
            if not self._readings:
                self._was_on = gc.isenabled()
                gc.disable()
            self._readings += 1

    def __exit__(self, *raised: object) -> None:
        with self._lock:
            self._readings -= 1
            if not self._readings and self._was_on:
                gc.enable()


NO_GARBAGE_COLLECTION = Pause()  # one for the process, as it has one switch for all its threads
