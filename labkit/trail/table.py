"""CloudTrail events as a narrow table: what `load` gives, with fewer columns."""

from __future__ import annotations

from typing import Any

import pandas

from .load.load import load

COLUMNS = ("time", "caller", "event", "key", "error", "read_only", "source", "region")


def to_table(events: list[dict[str, Any]]) -> pandas.DataFrame:
    """Make a table of one row an event, oldest first, as `load` reads them: missing is missing (NaN), not ""."""
    table: pandas.DataFrame = load(events, tell=_silent)[list(COLUMNS)]
    return table


def _silent(told: str) -> None:
    """Keep the report to itself: the records come from the lab, not from files."""
