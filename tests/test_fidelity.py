"""The fidelity ledger: its tables are in form, the page says what they say, and no KMS operation is forgotten."""

from __future__ import annotations

from pathlib import Path

import botocore.session
import pytest

from labkit.cloud import fidelity
from tools.write_ledger import SERVICES, pages


def test_the_pages_are_what_the_tables_say(checkout: Path) -> None:
    """`make ledger` writes them; nobody edits them, and no page of a service that is gone is left."""
    made = pages()
    assert [str(path) for path in made if (checkout / path).read_text(encoding="utf-8") != made[path]] == []
    there = {SERVICES / path.name for path in (checkout / SERVICES).iterdir()}
    assert there == {path for path in made if path.parent == SERVICES}


def test_everything_that_surprises_is_on_the_first_page() -> None:
    """Each line that differs or is unknown; what is as on AWS stays in the tables."""
    first = pages()[Path("FIDELITY.md")]
    lines = [line for line in first.splitlines() if line.startswith(("- **differs**,", "- **unknown**,"))]
    rows = [row for part in fidelity.parts() for row in fidelity.rows(part)]
    assert len(lines) == sum(row.status in ("differs", "unknown") for row in rows)


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
