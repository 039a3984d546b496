"""A notebook's shape: what a reader finds at its head and its end, and how big its steps are."""

from __future__ import annotations

from pathlib import Path

from labkit.exercises.lab_rules.notebook_shape import shape_problems
from labkit.exercises.lab_rules.page import page_of


def test_head_steps_links_and_end(path: Path) -> None:
    """One title, promises, 20 to 90 small cells with names, links that lead somewhere, Recap and Next."""
    assert list(map(str, shape_problems(page_of(path.stem)))) == []
