"""The lab keeps to labkit's rules, and its notebook shows what the account answers."""

from __future__ import annotations

from pathlib import Path

from labkit import cli

LABS = Path(__file__).resolve().parent.parent


def test_the_lab() -> None:
    """Untouched, with each wrong answer and with the solutions, as `labkit check-lab` tries it."""
    assert cli.main(["check-lab", str(LABS / "90_first_key")]) == 0


def test_the_notebook() -> None:
    """Each output is the saved one, to the letter."""
    assert cli.main(["check", str(LABS / "notebooks" / "90-first-key.ipynb")]) == 0
