"""The documentation is complete and true: whatever can be run stands in it, and what stands in it is there."""

from __future__ import annotations

import argparse
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from labkit import cli

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("[0-9]*.ipynb"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


def subcommands() -> dict[str, argparse.ArgumentParser]:
    """labkit's commands, by name."""
    actions = cli.build_parser()._actions
    return next(dict(each.choices) for each in actions if isinstance(each, argparse._SubParsersAction))


def recipes() -> set[str]:
    """The Makefile's recipes for people."""
    return set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("command", subcommands())
def test_commands_stand_in_the_readme(command: str) -> None:
    """Each command and each of its options is named."""
    assert f"labkit {command}" in README
    options = [text for action in subcommands()[command]._actions for text in action.option_strings]
    assert [text for text in options if text not in ("-h", "--help") and text not in README] == []


def test_commands_in_the_readme_exist() -> None:
    """No command is named that is not there."""
    named = set(
        re.findall(r"labkit ([a-z][a-z-]+)", "\n".join(re.findall(r"`[^`]+`|^labkit .*$", README, re.MULTILINE)))
    )
    assert named <= set(subcommands())


def test_recipes_stand_in_the_readme_and_exist() -> None:
    """The README's recipes are the Makefile's, and the first two open it."""
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", README, re.MULTILINE))
    assert named == recipes()
    assert re.findall(r"^make (\w+)", README, re.MULTILINE)[:2] == ["lab", "test"]


def test_labs_stand_in_the_readme_in_order() -> None:
    """The list of labs is the folder's."""
    listed = re.findall(r"^\| \[[^\]]+\]\(([^)]+\.ipynb)\)", README, re.MULTILINE)
    assert listed == [str(path.relative_to(ROOT)) for path in NOTEBOOKS]


def test_links_lead_somewhere() -> None:
    """Each relative link and picture of the README is a file."""
    targets = re.findall(r"\]\(([^)\s]+)\)", README)
    assert [each for each in targets if not each.startswith("https://") and not (ROOT / each).is_file()] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_exercises_stand_in_their_notebook(path: Path) -> None:
    """A notebook asks for the exercises that its data file holds, all of them and no others."""
    exercises = ROOT / "labkit" / "labs" / path.stem.replace("-", "_") / "exercises.toml"
    data = tomllib.loads(exercises.read_text(encoding="utf-8"))
    asked = re.findall(r"lab\.exercise\(\s*\\?[\"']([\w-]+)", path.read_text(encoding="utf-8"))
    assert set(asked) == {each["id"] for each in data["exercise"]}


def test_the_lab_opens_on_loopback_and_on_the_first_notebook() -> None:
    """`make lab` starts JupyterLab for this machine alone."""
    answer = subprocess.run(
        ["make", "-n", "--no-print-directory", "-o", ".venv/.ready", "lab"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "jupyterlab --ServerApp.ip=127.0.0.1 --ServerApp.root_dir=." in answer.stdout  # links lead out of notebooks/
    assert answer.stdout.rstrip().endswith("notebooks/00-start-here.ipynb")
