"""The minutes that labs, README and docs tell are those that the reckoning gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.write_minutes import TIME, Reckoning, pages, reckonings


def test_every_page_tells_what_was_reckoned(checkout: Path) -> None:
    """`make minutes` would change nothing."""
    stale = [str(path) for path, text in pages().items() if (checkout / path).read_text(encoding="utf-8") != text]
    assert stale == [], "Run `make minutes`."


@pytest.mark.parametrize("each", reckonings(), ids=lambda each: each.path.stem)
def test_a_lab_tells_its_minutes_once(each: Reckoning, checkout: Path) -> None:
    """At its head, and nowhere another number."""
    assert len(TIME.findall((checkout / each.path).read_text(encoding="utf-8"))) == 1
    assert each.exercises >= 3


def test_the_sum() -> None:
    """2,000 words are ten minutes; 30 cells of four lines eighteen; four exercises of five lines eighteen."""
    lab = Reckoning(Path("x.ipynb"), 2000, 400, cells=30, lines=120, exercises=4, solution_lines=20)
    assert lab.minutes == 45  # 10 + 1 + 10 + 8 + 8 + 10 = 47
