"""CloudTrail events as a narrow table: what `load` gives, with fewer columns, drawn to fit a window."""

from __future__ import annotations

from typing import Any

import pandas

from .load.load import load

COLUMNS = ("time", "caller", "event", "key", "error", "read_only", "source", "region")
_SHOWN = 8  # letters of a key's id, as in the kit's pictures
_MULTI_REGION = "mrk-"


class TrailTable(pandas.DataFrame):  # type: ignore[misc]  # pandas has no types
    """A DataFrame that a notebook draws with short key ids and times without "+00:00"; the values are whole."""

    @property
    def _constructor(self) -> type[TrailTable]:
        return TrailTable  # what is filtered out of it is drawn the same way

    def _repr_html_(self) -> str | None:
        drawn = pandas.DataFrame(self, copy=True)
        if "key" in drawn:
            drawn["key"] = drawn["key"].astype("object").map(_short, na_action="ignore")
        if "time" in drawn and isinstance(drawn["time"].dtype, pandas.DatetimeTZDtype):
            drawn["time"] = drawn["time"].dt.strftime("%Y-%m-%d %H:%M:%S")
        html: str | None = drawn._repr_html_()
        return html


def to_table(events: list[dict[str, Any]]) -> TrailTable:
    """Make a table of one row an event, oldest first, as `load` reads them: missing is missing (NaN), not ""."""
    return TrailTable(load(events, tell=_silent)[list(COLUMNS)])


def _short(key: Any) -> Any:
    size = _SHOWN + len(_MULTI_REGION) * str(key).startswith(_MULTI_REGION)
    return f"{str(key)[:size]}…" if len(str(key)) > size else key


def _silent(told: str) -> None:
    """Keep the report to itself: the records come from the lab, not from files."""
