"""Notebooks are committed executed, from a clean kernel, with nothing of the machine they ran on."""

from __future__ import annotations

from pathlib import Path

from labkit.exercises.lab_rules.page import page_of
from labkit.exercises.lab_rules.saved_form import saved_form_problems


def test_saved_as_a_clean_kernel_leaves_it(path: Path) -> None:
    """Run in order, no warnings, no metadata but the allowed ones, no trace of a machine, nbformat's own form."""
    assert list(map(str, saved_form_problems(page_of(path.stem)))) == []
