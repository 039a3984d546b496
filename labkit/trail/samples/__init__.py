"""Sample logs for lessons: an ordinary fortnight of a small company, and the same with an incident in it.

Made on demand, and the same on every machine: about 55,000 events in 10,600 files would be too much for the
repository, so it holds the makers and a checksum. Nothing in them is real: see `company`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ...bars import bar
from ...errors import LabError
from .delivering import File, delivered
from .incident import NOTICED, incident
from .ordinary import fortnight
from .places import candidates, prepare

# SHA-256 of keys and contents before gzip (which differs between libraries), by name of the sample.
CHECKSUMS = {
    "fortnight": "afb118ffb0a8f341954dad97909592c9aa5d0cff8cee3c1fc5e341db5b4ab1ca",
    "incident": "5f528ef469d31c98525f610c2d8c2c2e1ad96dd055445bab3b6d5f831fb30550",
}


def sample(name: str, folder: Path | None = None) -> Path:
    """Make the folder with the files of a sample, "fortnight" or "incident", under the names that AWS gives them.

    folder: where samples are kept (default: the folder that LABKIT_DATA names; without it `data/made/` in a checkout
    that may be written to, else the user's cache). The first time takes some seconds.
    Errors: LabError for an unknown name, if no folder can be written to, or if the makers no longer make what the
    checksum says.
    """
    if name not in CHECKSUMS:
        raise LabError(f"There is no sample {name!r}: take one of {', '.join(CHECKSUMS)}.")
    versioned = f"{name}-{CHECKSUMS[name][:8]}"
    problems = []
    for place in [folder] if folder else candidates(os.environ):
        try:
            goal = place / versioned
            if not _is_there(goal):
                prepare(place)
                _make_sample(name, goal)
        except OSError as problem:
            problems.append(f"{place}: {problem.strerror or problem}")
        else:
            return goal
    raise LabError(
        "The sample logs can't be written anywhere. Set LABKIT_DATA to a folder where you may write, and start the "
        "kernel again. Tried:\n" + "\n".join(problems)
    )


def _is_there(goal: Path) -> bool:
    """Is the sample there, and made by a user that lets others read it?"""
    return goal.is_dir() and all(os.access(each, os.R_OK | os.X_OK) for each in (goal, *goal.iterdir()))


def _make_sample(name: str, goal: Path) -> None:
    half = Path(tempfile.mkdtemp(dir=goal.parent, prefix=f".{name}-"))
    try:
        checksum = _write(files(name), half)
        if checksum != CHECKSUMS[name]:
            raise LabError(f"The sample {name!r} is not what it was: {checksum} instead of {CHECKSUMS[name]}.")
        _into_place(half, goal)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def files(name: str) -> Iterable[File]:
    """Make the files of a sample."""
    return delivered(fortnight(renewed=NOTICED) + incident() if name == "incident" else fortnight())


def _write(found: Iterable[File], folder: Path) -> str:
    """Write the files; the checksum of all of them."""
    digest, tell = hashlib.sha256(), bar("files", "making sample logs")
    for number, file in enumerate(found, 1):
        path = folder / file.key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.packed)
        digest.update(file.key.encode() + b"\0" + hashlib.sha256(file.content).digest())
        tell(number)
    return digest.hexdigest()


def _into_place(half: Path, goal: Path) -> None:
    """Rename: a sample is there as a whole or not at all; who comes second keeps the first one's."""
    half.chmod(0o755)
    try:
        os.rename(half, goal)
    except OSError:
        if not goal.exists():
            raise
