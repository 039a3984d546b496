"""The documentation is complete and true: whatever can be run stands in it, and what stands in it is there."""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from labkit import cli
from labkit.exercises.loader import notebook_files

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = notebook_files(ROOT)
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
DOCS = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def subcommands() -> dict[str, argparse.ArgumentParser]:
    """labkit's commands, by name."""
    actions = cli.build_parser()._actions
    return next(dict(each.choices) for each in actions if isinstance(each, argparse._SubParsersAction))


def recipes() -> set[str]:
    """The Makefile's recipes for people."""
    return set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("command", subcommands())
def test_commands_stand_in_the_docs(command: str) -> None:
    """Each command and each of its options is named."""
    assert f"labkit {command}" in DOCS
    options = [text for action in subcommands()[command]._actions for text in action.option_strings]
    assert [text for text in options if text not in ("-h", "--help") and text not in DOCS] == []


def test_commands_in_the_docs_exist() -> None:
    """No command is named that is not there."""
    named = set(
        re.findall(r"labkit ([a-z][a-z-]+)", "\n".join(re.findall(r"`[^`\n]+`|^labkit .*$", DOCS, re.MULTILINE)))
    )
    assert named <= set(subcommands())


def test_recipes_stand_in_the_docs_and_exist() -> None:
    """The recipes that are named are the Makefile's, and the first two open the README."""
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", DOCS, re.MULTILINE)) == recipes()
    assert re.findall(r"^make (\w+)", README, re.MULTILINE)[:2] == ["lab", "test"]


def test_labs_stand_in_the_readme_in_order() -> None:
    """The list of labs is the folder's."""
    listed = re.findall(r"^\| \[[^\]]+\]\(([^)]+\.ipynb)\)", README, re.MULTILINE)
    assert listed == [str(path.relative_to(ROOT)) for path in NOTEBOOKS]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    """Each relative link and picture is a file."""
    targets = [each for each in LINK.findall(path.read_text(encoding="utf-8")) if not re.match(r"https://|#", each)]
    assert [each for each in targets if not (path.parent / each.partition("#")[0]).is_file()] == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    """No page of docs/ is one that nobody finds."""
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md":
            reached.add(page)
            targets = LINK.findall(page.read_text(encoding="utf-8"))
            waiting += [(page.parent / each.partition("#")[0]).resolve() for each in targets]
    assert set(PAGES) <= reached


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_files_that_are_named_are_there(path: Path) -> None:
    """A path in backquotes or in a command, of a folder of the checkout, leads to something."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"[Ii]n the new file `[^`]+`", "", text)  # a page may have its reader write one
    named = set(re.findall(r"(?<![\w/.-])(?:labkit|tests|notebooks|tools|docs)/[\w/.*-]*[\w/]", text))
    assert [each for each in sorted(named) if "NN" not in each and not list(ROOT.glob(each))] == []


def test_the_ten_lines_print_what_the_readme_shows(tmp_path: Path) -> None:
    """They are run as they stand, in a process of their own, and compared to the letter."""
    (shown,) = re.findall(r"```python\n(.*?)```.*?```text\n(.*?)```", README, re.DOTALL)
    code, output = shown
    assert len(code.splitlines()) <= 10
    told = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (told.stdout, told.stderr) == (output, "")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_exercises_stand_in_their_notebook(path: Path) -> None:
    """A notebook asks for the exercises that its data file holds, all of them and no others."""
    room = "projects" if path.parent.name == "projects" else "labs"
    exercises = ROOT / "labkit" / room / path.stem.replace("-", "_") / "exercises.toml"
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


def test_the_readme_leads_each_reader_to_two_commands() -> None:
    """Learners, trainers, authors and testers: each has a first command and a second, and each of labkit's is there."""
    table = README.partition("| You | Begin with |")[2].partition("\n\n")[0]
    rows = [row.strip("| ").split(" | ") for row in table.splitlines() if row.startswith("| **")]
    assert [re.match(r"\*\*(\w+)", row[0]).group(1) for row in rows] == ["learn", "train", "write", "test"]
    for _, *cells in rows:
        assert len(cells) == 2
        assert all(re.search(r"`[^`]+`", cell) for cell in cells)
    parser = cli.build_parser()
    commands = re.findall(r"`labkit ((?:learn|progress|receipt|new-lab|check-lab|serve)[^`]*)`", table)
    assert [parser.parse_args(shlex.split(each)) for each in commands]
