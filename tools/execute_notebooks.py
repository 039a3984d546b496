"""Run labkit's own notebooks again and save them in place with their new outputs: `labkit execute` for all of them."""

from __future__ import annotations

import sys
from pathlib import Path

from labkit.authoring.executing import CellFailed, execute_lab
from labkit.authoring.surroundings import leave_the_owner_out
from labkit.exercises.loader import notebook_files

ROOT = Path(__file__).resolve().parent.parent


def main(names: list[str]) -> int:
    """Run each (all, without arguments); answers the number of those that failed."""
    paths = [Path(name).resolve() for name in names] or notebook_files(ROOT)
    leave_the_owner_out()
    return sum(not execute(path) for path in paths)


def execute(path: Path) -> bool:
    """Run one notebook and save it; False, and the file as it was, if a cell failed."""
    try:
        print(f"{path.name}: {execute_lab(path)}")
    except CellFailed as problem:
        print(f"{path.name}: not saved, a cell failed\n{problem}", file=sys.stderr)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
