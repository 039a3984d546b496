"""The narrow table in a notebook: short where it is drawn, whole where it is read; and SQL that opens on a click."""

from __future__ import annotations

from labkit.trail import athena
from labkit.trail.table import to_table

from .records import record

MULTI_REGION = "mrk-1234abcd12ab34cd56ef1234567890ab"


def _of(key: str) -> str:
    return f"arn:aws:kms:us-east-1:111122223333:key/{key}"


def test_what_is_drawn_is_short_and_what_is_read_is_whole() -> None:
    """Ids of keys, and times, of the table and of what is filtered out of it; what is missing stays missing."""
    table = to_table(
        [record(), record(eventID="2", resources=[{"ARN": _of(MULTI_REGION)}]), record(eventID="3", resources=None)]
    )
    whole = list(table["key"])
    assert len(whole[0]) == 36
    assert whole[1] == MULTI_REGION
    part = table[table["event"].notna()][["time", "key"]]
    for drawn in (table._repr_html_(), part._repr_html_()):
        assert drawn is not None
        assert f"<td>{whole[0][:8]}…</td>" in drawn
        assert "<td>mrk-1234abcd…</td>" in drawn
        assert "<td>NaN</td>" in drawn
        assert "+00:00" not in drawn
    assert list(table["key"])[:2] == whole[:2]
    assert "+00:00" in str(part["time"].iloc[0])


def test_folded_texts_open_and_are_no_markup() -> None:
    """A line for each text, with its size; the text is escaped; without HTML the lines alone."""
    made = athena.folded({"a.sql": "SELECT 1 <\n2", "b.sql": "WITH x AS (SELECT 2)"})
    assert repr(made) == "a.sql: 2 lines, SELECT 1 < …\nb.sql: 1 line, WITH x AS …"
    assert made._repr_html_().count("<details>") == 2
    assert "<pre>SELECT 1 &lt;\n2</pre>" in made._repr_html_()
