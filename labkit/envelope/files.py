"""Writing a file so that it is there in full or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

Path = str | os.PathLike[str]


@contextmanager
def written_whole(target: Path) -> Iterator[IO[Any]]:
    """Open a new file beside the target, readable by its owner alone; it takes the target's name if the block succeeds.

    If the block fails, it is removed, and a file that had the target's name is still there as it was.
    """
    folder, name = os.path.split(os.path.abspath(target))
    handle, unfinished = tempfile.mkstemp(prefix=f".{name}.", suffix=".part", dir=folder)
    try:
        with os.fdopen(handle, "wb", buffering=0) as file:
            yield file
            os.fsync(file.fileno())
        os.replace(unfinished, target)
    except BaseException:
        os.unlink(unfinished)
        raise
