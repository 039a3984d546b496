"""The fidelity ledger: its tables are in form, the page says what they say, and no KMS operation is forgotten."""

from __future__ import annotations

from pathlib import Path

import botocore.session
import pytest

from labkit.cloud import fidelity
from tools.write_ledger import page


def test_the_page_is_what_the_tables_say(checkout: Path) -> None:
    """`make ledger` writes it; nobody edits it."""
    assert (checkout / "FIDELITY.md").read_text(encoding="utf-8") == page(), "run `make ledger`"


@pytest.mark.parametrize("part", fidelity.parts())
def test_every_line_has_a_source_and_says_what_you_get(part: str) -> None:
    """No empty cells, no line twice."""
    rows = fidelity.rows(part)
    assert all(row.operation and row.behaviour and row.what and row.source for row in rows)
    assert len({(row.operation, row.behaviour) for row in rows}) == len(rows)


def test_every_operation_of_kms_is_in_the_ledger() -> None:
    """Under its own name."""
    operations = set(botocore.session.get_session().get_service_model("kms").operation_names)
    assert operations <= {row.operation for row in fidelity.rows("kms")}
