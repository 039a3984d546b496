"""Write FIDELITY.md from the ledger's tables. Run by `make ledger`; a test holds the page to the tables."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from labkit.cloud import fidelity

PAGE = Path(__file__).resolve().parent.parent / "FIDELITY.md"
HEAD = """\
# Fidelity: where the simulated account is as AWS, and where it is not

Written by `make ledger` from the tables in `labkit/cloud/fidelity/`; do not edit this page. Each line is one of:

- **as AWS**: tests hold it to AWS's documentation or to recorded answers of the real service, named as its source;
- **differs**: it works, and the line says how it is not quite AWS's;
- **not simulated**: the line says what you get instead;
- **unknown**: we could not establish what AWS does; the line says what you get.

"""


def page() -> str:
    """The whole page."""
    counted = Counter(row.status for part in fidelity.parts() for row in fidelity.rows(part))
    text = HEAD + ", ".join(f"{counted[status]} {status}" for status in counted) + ".\n"
    for part in fidelity.parts():
        text += f"\n## {fidelity.PARTS[part]}\n\n| Operation | Behaviour | Status | What you get | Source |\n"
        text += "|---|---|---|---|---|\n"
        for row in fidelity.rows(part):
            cells = (row.operation, row.behaviour, f"**{row.status}**", row.what, row.source)
            text += "| " + " | ".join(_cell(cell) for cell in cells) + " |\n"
    return text


def _cell(text: str) -> str:
    """A cell of a Markdown table: bars and lone asterisks are not marks."""
    text = text.replace("|", "\\|")
    return text if text.startswith("**") else text.replace("*", "\\*").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
