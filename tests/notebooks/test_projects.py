"""Each project is an application beside its notebook: with tests, a list of what must not work, and a picture."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from labkit.exercises import read
from tools.draw_parts import IMAGES, PICTURES

from .conftest import NOTEBOOKS, PATHS

FOLDER = NOTEBOOKS / "projects"
MILESTONES = 4
PROJECTS = [path for path in PATHS if path.parent == FOLDER]
PACKAGES = sorted(path.parent for path in FOLDER.glob("*/__init__.py"))


@pytest.mark.parametrize("page", PROJECTS, ids=lambda page: page.stem)
def test_a_project_shows_what_it_promises(page: Path) -> None:
    """Its picture and threat model come first; what must not work is tried; the trail is the evidence."""
    notebook = nbformat.read(page, as_version=4)
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    head = text.partition("\n## ")[0]
    assert f"](images/{page.stem[0]}-parts.svg)" in head
    assert "**Threat model**" in head
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert "What must not work" in headings
    assert any("trail" in each for each in headings)
    assert len(read(page.stem)) >= MILESTONES
    (package,) = {
        name for name in re.findall(r"^(?:from|import) (\w+)", code, re.MULTILINE) if (FOLDER / name).is_dir()
    }
    assert f"from {package}.must_not import must_not" in code


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_an_application_has_tests_and_stands_alone(package: Path) -> None:
    """Plain boto3: labkit is for the tests, and for the notebook."""
    tests = [path.read_text(encoding="utf-8") for path in (package / "tests").glob("test_*.py")]
    assert any("must_not(" in text for text in tests)
    assert (package / "__main__.py").is_file()
    code = [path.read_text(encoding="utf-8") for path in package.glob("*.py")]
    assert [text for text in code if re.search(r"^\s*(?:import|from) labkit", text, re.MULTILINE)] == []


def test_the_pictures_are_what_is_drawn() -> None:
    """After a change: `python -m tools.draw_parts`."""
    saved = {path.stem: path.read_text(encoding="utf-8") for path in IMAGES.glob("?-parts.svg")}
    assert saved == PICTURES
