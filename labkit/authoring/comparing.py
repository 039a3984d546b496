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
from .executing import CELL_SECONDS, COLOURS
from .reading import NotebookError, read_notebook
from .surroundings import lab_folder, with_labs

SAME, DIFFERENT = 0, 1
OPTIONS = ("--nbval", "--nbval-current-env", "--noconftest", "-p", "no:cacheprovider", "-q", "--no-header",
           "--color=no")  # fmt: skip
LATE = "seconds exceeded executing cell"  # nbval's own words


def compare(notebooks: Sequence[Path], seconds: float = CELL_SECONDS) -> int:
    """Run them, printing what differs; SAME if nothing does, DIFFERENT otherwise; a cell may take so many seconds."""
    with tempfile.TemporaryDirectory(prefix="labkit-check-") as folder:
        settings = Path(folder) / "pytest.ini"
        settings.write_text("[pytest]\n", encoding="utf-8")
        results = [_compare_one(path, settings, seconds) for path in notebooks]
    return max(results, default=SAME)


def _compare_one(path: Path, settings: Path, seconds: float) -> int:
    """One notebook a process: the labs beside it are its own."""
    try:
        read_notebook(path)
    except NotebookError as problem:
        print(f"{path.name}: not run. {problem}")  # noqa: T201
        return DIFFERENT
    place = ["-c", str(settings), f"--rootdir={path.parent}", f"--nbval-cell-timeout={seconds:g}"]
    command = [sys.executable, "-m", "pytest", *place, *OPTIONS, str(path)]
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
    said = COLOURS.sub("", f"{told.stdout}{told.stderr}")
    if LATE in said:
        said += f"A cell took longer than {seconds:g} seconds, or it ended the kernel. --cell-seconds gives it more.\n"
    print(f"{said}{path.name}: not as saved")  # noqa: T201
    return DIFFERENT
