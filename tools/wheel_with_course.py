"""Puts the course into the wheel: setuptools calls this while it builds (pyproject.toml, `cmdclass`).

Notebooks and docs stand once in the checkout. A wheel gets a copy in `labkit/learn/material/`, from which
`labkit learn` hands them out. An editable install needs none: `labkit learn` finds the checkout.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools.command.build_py import build_py

COURSE = (
    "notebooks", "docs", "data", "README.md", "FIDELITY.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE",
    "constraints.txt", "examples",
)  # fmt: skip
MADE = shutil.ignore_patterns("__pycache__", ".*", "*.pyc", "made", "scratch", "*.pem", "node_modules")


class BuildWithCourse(build_py):  # type: ignore[misc]  # setuptools tells mypy no types
    """Build the package as ever, and copy the course beside it."""

    def run(self) -> None:
        """Build; in an editable install, that is all."""
        super().run()
        if not self.editable_mode:
            copy_course(Path.cwd(), Path(self.build_lib) / "labkit" / "learn" / "material")


def copy_course(checkout: Path, into: Path) -> None:
    """Copy what the course consists of, without what learners and tools leave there."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    for name in COURSE:
        place = checkout / name
        if place.is_dir():
            shutil.copytree(place, into / name, ignore=MADE)
        elif place.is_file():
            shutil.copy2(place, into / name)
