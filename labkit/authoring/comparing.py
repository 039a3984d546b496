"""Runs notebooks again and compares each output with the saved one, to the letter: nbval does it.

Starts pytest in a process of its own, with no settings of the folder in which it stands.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ..exercises.loader import VARIABLE
from .surroundings import lab_folder, with_labs

SAME, DIFFERENT = 0, 1
OPTIONS = ("--nbval", "--nbval-current-env", "--noconftest", "-p", "no:cacheprovider", "-q", "--no-header")


def compare(notebooks: Sequence[Path]) -> int:
    """Run them, printing what differs; SAME if nothing does, DIFFERENT otherwise."""
    with tempfile.TemporaryDirectory(prefix="labkit-check-") as folder:
        settings = Path(folder) / "pytest.ini"
        settings.write_text("[pytest]\n", encoding="utf-8")
        results = [_compare_one(path, settings) for path in notebooks]
    return max(results, default=SAME)


def _compare_one(path: Path, settings: Path) -> int:
    """One notebook a process: the labs beside it are its own."""
    command = [sys.executable, "-m", "pytest", "-c", str(settings), f"--rootdir={path.parent}", *OPTIONS, str(path)]
    told = subprocess.run(  # noqa: S603  # this environment's own pytest
        command,
        cwd=path.parent,
        env={**os.environ, VARIABLE: with_labs(lab_folder(path)), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode == 0:
        print(f"{path.name}: as saved")  # noqa: T201  # for a command
        return SAME
    print(f"{told.stdout}{told.stderr}{path.name}: not as saved")  # noqa: T201
    return DIFFERENT
