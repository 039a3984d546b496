"""The costs that labs, README and docs tell are those that the reckoning gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.trail.ask.prices import price_list
from tools.write_costs import (
    BY_REQUEST,
    BY_THE_HOUR,
    COST,
    Counted,
    cents,
    count,
    counted,
    digest,
    hours,
    pages,
    phrase,
)
from tools.write_minutes import Reckoning, reckonings


def test_every_page_tells_what_was_reckoned(checkout: Path) -> None:
    """`make costs` would change nothing."""
    stale = [str(path) for path, text in pages().items() if (checkout / path).read_text(encoding="utf-8") != text]
    assert stale == [], "Run `make costs`."


@pytest.mark.parametrize("each", reckonings(), ids=lambda each: each.path.stem)
def test_a_lab_tells_its_cost_once_and_it_was_counted_with_this_code(each: Reckoning, checkout: Path) -> None:
    """At its head. Where the code of a lab has changed, `make costs` counts it anew."""
    assert len(COST.findall((checkout / each.path).read_text(encoding="utf-8"))) == 1
    assert counted()[each.path.stem].code == digest(checkout / each.path), "Run `make costs`."


@pytest.mark.parametrize("each", reckonings(), ids=lambda each: each.path.stem)
def test_a_lab_stands_in_the_readme_with_its_cost(each: Reckoning, checkout: Path) -> None:
    """In its row, behind the minutes."""
    found, readme = counted()[each.path.stem], (checkout / "README.md").read_text(encoding="utf-8")
    row = next(line for line in readme.splitlines() if line.startswith(f"| [{each.path.stem}]"))
    assert row.split("|")[-2].strip() == (
        str(cents(found.dollars(hours(each)))) if found.dollars(hours(each)) >= 0.01 else "< 1"
    )


def test_the_sum() -> None:
    """Two keys and a rotation for two hours, 10,000 requests, ten pairs of RSA: by the table of prices."""
    counts = dict.fromkeys((*BY_THE_HOUR, *BY_REQUEST), 0)
    lab = Counted("x", "", counts | {"key": 2, "rotation": 1, "symmetric": 10_000, "RSA data key pair": 10}, {})
    assert lab.dollars(2) == pytest.approx(3 * 2 / 730 + 0.03 + 10 * 12 / 10_000)
    assert lab.requests == 10_010
    assert (cents(0.009), cents(0.0101), cents(0.026)) == (0, 1, 3)
    assert set(price_list()) == {*BY_THE_HOUR, *BY_REQUEST}


@pytest.mark.parametrize(("keys", "secrets", "minutes", "others", "said"), [
    (1, 0, 30, {}, "less than one US cent for 1 key in an hour, as [reckoned](../docs/costs.md)"),
    (18, 0, 40, {}, "about 2 US cents for 18 keys in an hour, as [reckoned](../docs/costs.md)"),
    (4, 2, 70, {"s3:CreateBucket": 1},
     ("about one US cent for 4 keys and 2 secrets in 2 hours, and what other services charge, "
      "as [reckoned](../docs/costs.md)")),
    (0, 0, 30, {}, "less than one US cent in an hour, as [reckoned](../docs/costs.md)"),
])  # fmt: skip
def test_what_a_head_says(keys: int, secrets: int, minutes: int, others: dict[str, int], said: str) -> None:
    """One sentence, made from the table."""
    counts = dict.fromkeys((*BY_THE_HOUR, *BY_REQUEST), 0) | {"key": keys, "secret": secrets}
    lab = Reckoning(Path("notebooks/x.ipynb"), minutes * 200, 0, 0, 0, 0, 0)
    assert phrase(Counted("x", "", counts, others), lab) == said


def test_a_lab_is_counted_as_the_table_has_it(checkout: Path) -> None:
    """Run anew, as `make costs` does: the shortest lab."""
    assert count(checkout / "notebooks/25-encrypt-later.ipynb") == counted()["25-encrypt-later"]
