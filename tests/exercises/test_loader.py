"""Labs are folders: those of the package, and those that LABKIT_LABS names. What is wrong in one is told in words."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

import labkit
from labkit.exercises import LabFileError, notebooks, read
from labkit.exercises.lab_rules.page import page_of
from labkit.exercises.loader import labs

GOOD = '''
[[exercise]]
id = "first-key"
title = "A first key"
task = "Make a key."
hints = ["Which call makes keys?", "`kms.create_key()`."]
solution = """
kms.create_key()
"""

[[exercise.wrong]]
code = """
kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")
"""
says = "signs"

[[exercise.wrong]]
code = """
answer = 3
"""
says = "no key"
'''
CHECKS = '''
"""Checks of a lab from outside."""

from labkit.exercises.engine import not_attempted, solved

from .words import DONE


def first_key(lab, answer):
    """A key is there."""
    keys = lab.observer.client("kms").list_keys()["Keys"]
    return solved(DONE) if keys else not_attempted()
'''


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lab's folder outside the package, as LABKIT_LABS finds it."""
    folder = tmp_path / "90_first_steps"
    folder.mkdir()
    (folder / "exercises.toml").write_text(GOOD, encoding="utf-8")
    (folder / "checks.py").write_text(CHECKS, encoding="utf-8")
    (folder / "words.py").write_text('"""Words."""\nDONE = "There is a key."\n', encoding="utf-8")
    monkeypatch.setenv("LABKIT_LABS", str(tmp_path))
    return folder


def test_a_lab_from_outside_is_a_lab(outside: Path) -> None:
    """It is listed with the others, and its exercises are checked in an account."""
    assert "90-first-steps" in notebooks()
    lab = labkit.start("90-first-steps")
    exercise = lab.exercise("first-key")
    assert exercise.check().status == "not attempted"
    boto3.client("kms").create_key()
    assert exercise.check().message == "There is a key."


def test_projects_come_after_the_labs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Labs have two digits, projects one; each project's page is among the projects' notebooks."""
    monkeypatch.delenv("LABKIT_LABS", raising=False)
    digits = [len(name.partition("-")[0]) for name in labs()]
    assert digits == sorted(digits, reverse=True)
    assert {1, 2} == set(digits)
    projects = [page_of(name).path for name in labs() if name[1] == "-"]
    assert [path.parent.name for path in projects] == ["projects"] * len(projects)


def test_two_folders_of_the_same_name_at_different_times_are_not_mixed_up(outside: Path) -> None:
    """The second one's checks are its own."""
    labs()["90-first-steps"].check("first-key")
    elsewhere = outside.parent / "moved"
    elsewhere.mkdir()
    outside = outside.rename(elsewhere / outside.name)
    (outside / "checks.py").write_text(CHECKS.replace("DONE)", '"Another lab.")'), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABKIT_LABS", str(elsewhere))
        lab = labkit.start("90-first-steps")
        boto3.client("kms").create_key()
        assert lab.exercise("first-key").check().message == "Another lab."


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('says = "signs"\n', "", ["exercise 1 (first-key), wrong answer 1 has no `says`", "Add it: a phrase"]),
        ('id = "first-key"\n', "", ["exercise 1 has no `id`", "Add it"]),
        ('title = "A first key"', "title = 3", ["`title` is int", "Write the heading"]),
        ('hints = ["Which call makes keys?", "`kms.create_key()`."]', "", ["has no `hints`", "a list of two texts"]),
        ('hints = ["Which call makes keys?", "`kms.create_key()`."]', "hints = [1]", ["each of `hints` is a text"]),
        ('says = "no key"', "says = 'no key", ["is not valid TOML"]),
        (GOOD, "", ["has no exercise", "[[exercise]]"]),
        (GOOD, GOOD + GOOD, ["the id 'first-key' stands twice"]),
    ],
    ids=["no-says", "no-id", "title-a-number", "no-hints", "hint-a-number", "no-toml", "empty", "same-id"],
)
def test_what_is_wrong_in_the_file_is_said(outside: Path, old: str, new: str, says: list[str]) -> None:
    """The file by its name, the key that is missing, and the mend."""
    file = outside / "exercises.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(LabFileError) as told:
        read("90-first-steps")
    assert str(file) in str(told.value)
    assert [each for each in says if each not in str(told.value)] == []


@pytest.mark.parametrize(
    ("checks", "says"),
    [
        (None, "is missing"),
        ("def other(lab, answer): ...\n", "has no function first_key"),
        ("import nothing_of_that_name\n", "cannot be imported: ModuleNotFoundError"),
    ],
    ids=["no-file", "no-function", "no-import"],
)
def test_what_is_wrong_in_the_checks_is_said(outside: Path, checks: str | None, says: str) -> None:
    """The same for checks.py."""
    file = outside / "checks.py"
    file.unlink()
    if checks is not None:
        file.write_text(checks, encoding="utf-8")
    with pytest.raises(LabFileError, match="checks.py") as told:
        labs()["90-first-steps"].check("first-key")
    assert says in str(told.value)


def test_a_folder_with_an_odd_name_is_told(outside: Path) -> None:
    """A lab that nobody could open by its notebook's name."""
    outside.rename(outside.with_name("first-steps"))
    with pytest.raises(LabFileError, match="its name is no lab's name"):
        labs()


def test_a_variable_that_names_no_folder_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The variable by its name, and what to do."""
    monkeypatch.setenv("LABKIT_LABS", str(tmp_path / "nowhere"))
    with pytest.raises(LabFileError, match="LABKIT_LABS names .*nowhere, which is no folder"):
        labs()


def test_a_lab_cannot_take_another_ones_name(outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both folders are named."""
    outside.rename(outside.with_name("00_start_here"))
    with pytest.raises(LabFileError, match="There are two labs '00-start-here'"):
        labs()
