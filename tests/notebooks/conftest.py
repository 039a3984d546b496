"""The notebooks as data, for the tests that read them without running them."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from labkit.exercises.loader import notebook_files

NOTEBOOKS = Path(__file__).resolve().parent.parent.parent / "notebooks"
PATHS = notebook_files(NOTEBOOKS.parent)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `path` runs once for each notebook."""
    if "path" in metafunc.fixturenames:
        metafunc.parametrize("path", PATHS, ids=[path.stem for path in PATHS])


@pytest.fixture
def notebook(path: Path) -> nbformat.NotebookNode:
    """One notebook, valid by the notebook format's own schema."""
    read = nbformat.read(path, as_version=4)
    nbformat.validate(read)
    return read
