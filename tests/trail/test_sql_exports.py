"""Rows of CSV exports: every column is text, and a row that does not fit costs no other row."""

from __future__ import annotations

import pytest

from labkit.trail.load.sql_exports import rows

HEAD = b"eventtime,account,note\n"
FIRST = b"2026-01-01T00:00:00Z,000123,a\n"
ROW = {"eventtime": "2026-01-01T00:00:00Z", "account": "000123", "note": "a"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD, []),
        (HEAD + FIRST, [ROW]),
        (HEAD + b"2026,only\n" + FIRST, [ROW, None]),
        (HEAD + FIRST + b'2026,1,"b\nc"\n', [ROW, {"eventtime": "2026", "account": "1", "note": "b\nc"}]),
        (HEAD + FIRST + b'2026,1,"broken', [ROW, {"eventtime": "2026", "account": "1", "note": "broken"}]),
        (HEAD + b"\n" + FIRST + b"\n", [ROW]),
        (HEAD + b"2026,,\xff\n", [{"eventtime": "2026", "account": "", "note": "\ufffd"}]),
    ],
    ids=["head-alone", "one", "misfit", "line-end-inside", "cut-off", "empty-lines", "no-utf-8"],
)
def test_rows(text: bytes, expected: list[dict[str, str] | None]) -> None:
    """Account ids keep their zeros; what does not fit is counted, behind the rest."""
    found = rows(text)
    assert found is not None
    assert list(found) == expected


def test_a_long_row_among_short_ones_is_read() -> None:
    """An event may be as long as a file."""
    long = b"2026,1," + b"x" * 3_000_000 + b"\n"
    found = rows(HEAD + FIRST * 3 + long + FIRST)
    assert found is not None
    assert [len(row["note"] or "") for row in found if row] == [1, 1, 1, 3_000_000, 1]


def test_what_is_no_export_is_none() -> None:
    """Other tables with commas are left to others."""
    assert rows(b"name,price\nkey,1\n") is None
