"""Labs in the mode for real accounts, against `labkit serve` taken for AWS: what runs, what is left out, what differs.

Some run here each time, one of them in an account that sees each change late. LABKIT_ALL_STANDIN=yes runs all, as
`python tools/standin_run.py` does (about half an hour). No call leaves this machine: the guard of a run allows one
address, and the stand-in makes none.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from labkit.accounts.aws.plans import plans
from tools.real_run import NOTEBOOKS, Outcome, chosen, masked, report, run
from tools.standin_run import environment, standin

EACH_TIME = ("03-encrypt-and-decrypt",)
BY_SCRIPT = "01-kms-at-a-glance"
LATE = "00-start-here"


def run_in(notebook: Path, folder: Path, patience: str, *options: str) -> Outcome:
    """Run a lab in an account of its own."""
    with standin(*options) as served:
        return run(notebook, folder, environment(served, folder / "settings", patience))


def _all() -> list[Path]:
    wanted = [path.stem for path in chosen(())] if os.environ.get("LABKIT_ALL_STANDIN") else EACH_TIME
    return [path for path in chosen(wanted) if not plans()[path.stem].simulated_only]


@pytest.mark.parametrize("notebook", _all(), ids=lambda path: path.stem)
def test_a_lab_runs_against_the_stand_in(notebook: Path, tmp_path: Path) -> None:
    """No cell fails; those left out are the plan's, each with its reason; the committed notebook is as it was."""
    before = notebook.read_bytes()
    outcome = run_in(notebook, tmp_path, "0")
    assert outcome.errors == [], report([outcome], "a stand-in")
    plan = plans()[notebook.stem]
    assert outcome.ran + len(outcome.left_out) == outcome.cells == plan.cells
    assert outcome.ran >= plan.runs
    assert all(why.endswith(".") for _, why in outcome.left_out)
    assert notebook.read_bytes() == before


def test_a_lab_runs_where_changes_are_seen_late(tmp_path: Path) -> None:
    """Roles, policies, keys and grants are late, and the lab waits. Waits are a quarter of what they are on AWS."""
    outcome = run_in(NOTEBOOKS / f"{LATE}.ipynb", tmp_path, "0.25", "--late", "0.5")
    assert outcome.errors == [], report([outcome], "a late stand-in")


def test_masks_leave_what_is_said() -> None:
    """Ids, times, accounts, hashes go; words, counts and states stay."""
    text = (
        "key 1234abcd-12ab-34cd-56ef-1234567890ab of 111122223333 Enabled 2026-01-05 09:00:12+00:00\n"
        "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab 3 keys   AKIAIOSFODNN7EXAMPLE"
    )
    assert masked(text).splitlines() == [
        "key <id> of <account> Enabled <time>",
        "arn:aws:kms:<Region>:<account>:key/<mrk-id> 3 keys <unique-id>",
    ]


def test_a_report_tells_it_cell_by_cell(tmp_path: Path) -> None:
    """What was left out with its reason, what differs with both lines, what failed."""
    from tools.real_run import Difference

    outcome = Outcome("02-x", 5, 3, [(7, "time.")], [Difference(9, "f()", ("-one", "+two"))], ["cell 3: NameError"], 4)
    told = report([outcome], "somewhere")
    assert "| 02-x | fails | 5 | 3 | 1 | 1 | 4 |" in told
    for part in ("cell 7 was left out: time.", "Cell 9, `f()`", "-one\n+two", "cell 3: NameError"):
        assert part in told
    assert Outcome("x", left_out=[(1, "")], ran=1).verdict == "simulated only"
    assert (Outcome("x", left_out=[(1, "")], ran=5).verdict, Outcome("x", ran=5).verdict) == ("in part", "whole")


def real_run(checkout: Path, settings: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Start tools/real-run, as a person does."""
    command = [sys.executable, str(checkout / "tools/real-run"), *arguments]
    return subprocess.run(command, env=settings, capture_output=True, text=True, timeout=300)


def test_a_person_without_consent_gets_told_and_nothing_is_made(
    late_standin: Mapping[str, Any], tmp_path: Path, checkout: Path
) -> None:
    """tools/real-run says who one is and how to agree, and ends with 2."""
    settings = environment(late_standin, tmp_path, "0")
    del settings["LABKIT_CONSENT"]
    done = real_run(checkout, settings, "01")
    assert (done.returncode, "Nothing was made. To agree, set LABKIT_CONSENT" in done.stdout) == (2, True), done.stderr
    assert not (tmp_path / "notebooks").exists()


def test_a_person_with_consent_gets_a_report_and_a_clean_account(tmp_path: Path, checkout: Path) -> None:
    """tools/real-run: a lab runs in a copy, what it made is taken away, and the report tells both, masked."""
    notebook = checkout / "notebooks" / f"{BY_SCRIPT}.ipynb"
    before = notebook.read_bytes()
    with standin() as served:
        done = real_run(
            checkout, environment(served, tmp_path / "s", "0"), "--folder", str(tmp_path / "out"), BY_SCRIPT
        )
    assert done.returncode == 0, done.stdout + done.stderr
    told = (tmp_path / "out/report.md").read_text()
    assert re.search(rf"\| {BY_SCRIPT} \| whole \| (\d+) \| \1 \| 0 \|", told)
    assert "left that go by themselves; nothing else is left." in told
    assert not [each for each in served["accounts"] if each["account_id"] in told]
    assert "stand-in" in (tmp_path / "out/notebooks" / notebook.name).read_text()
    assert notebook.read_bytes() == before


def test_a_lab_that_does_not_begin_is_told_and_not_run(tmp_path: Path) -> None:
    """By the plan: simulated only, or too little is left without a second account."""
    for lab in ("19-investigate-an-incident", "07-other-accounts"):
        outcome = run(NOTEBOOKS / f"{lab}.ipynb", tmp_path, {})
        assert (outcome.verdict, outcome.ran) == ("simulated only", 0)
        assert outcome.left_out[0][1].startswith("the whole lab: ")


def test_an_exercise_does_not_miss_what_the_history_can_not_tell() -> None:
    """PutObject is a data event: in a real account nobody can say from the history that it was not made."""
    from labkit.exercises.loader import labs
    from labkit.exercises.needs import DATA_EVENTS

    needs = [made for lab in labs().values() for spec in lab.specs() for made in spec.needs]
    assert {made.call for made in needs if not made.in_history} <= DATA_EVENTS
    assert {made.call for made in needs if made.in_history} & {"CreateKey", "CreateRole", "CreateBucket"}
    assert [made for made in needs if made.call == "PutObject" and made.in_history] == []
