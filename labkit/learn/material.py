"""Finds the course: beside this file in an installed package, or in the checkout. Only reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

FIRST = "notebooks/00-start-here.ipynb"
INSTALLED = Path(__file__).resolve().parent / "material"
CHECKOUT = Path(__file__).resolve().parents[2]
PARTS = ("notebooks", "docs", "data", "examples", "README.md", "FIDELITY.md", "CHANGELOG.md", "CONTRIBUTING.md",
         "LICENSE")  # fmt: skip
"""What a learner gets: the notebooks, and the pages to which they link."""
NOT_HANDED_OUT = {"__pycache__", "made", "scratch", "node_modules"}


class NoMaterialError(Exception):
    """This installation of labkit has no notebooks with it."""


def place() -> Path:
    """Find the folder that holds `notebooks/`. NoMaterialError where there is none."""
    for each in (INSTALLED, CHECKOUT):
        if (each / FIRST).is_file():
            return each
    raise NoMaterialError(
        "The notebooks are not here: labkit was not installed from a wheel. Install it again, or use a checkout."
    )


def course() -> Mapping[str, bytes]:
    """Read the whole course: each file's contents, by its path in the learner's folder, in order."""
    root = place()
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in _files(root)}


def _files(root: Path) -> Iterator[Path]:
    for name in PARTS:
        part = root / name
        found = sorted(part.rglob("*")) if part.is_dir() else [part]
        for path in found:
            inside = path.relative_to(root).parts
            hidden = any(each in NOT_HANDED_OUT or each.startswith(".") for each in inside)
            if path.is_file() and not hidden and path.suffix not in (".pyc", ".pem"):
                yield path


def constraints() -> Path | None:
    """Find the list of exact versions with which the notebooks were run; None where it is missing."""
    found = place() / "constraints.txt"
    return found if found.is_file() else None
