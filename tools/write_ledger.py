"""Write the ledger's pages from its tables: FIDELITY.md, and one page a service in docs/fidelity/.

Run by `make ledger`; a test holds the pages to the tables.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from labkit.cloud import fidelity
from labkit.cloud.fidelity import Row

ROOT = Path(__file__).resolve().parent.parent
PAGE = Path("FIDELITY.md")
SERVICES = Path("docs/fidelity")
HEAD = """\
# Fidelity: what will surprise you

The simulated account answers as AWS does, in the words of its documentation and of recorded answers. Here is where it
does not. Each line is one of:

- **differs**: it works, and the line says how it is not quite AWS's;
- **unknown**: we could not establish what AWS does; the line says what you get.

What is **not simulated** stands on the page of each service, with the sources of every line. The tables in
`labkit/cloud/fidelity/` also hold what is as on AWS, each line with its source; tests hold the account to them.

Written by `make ledger` from those tables. Do not edit this page.

| Part of the account | differs | unknown | not simulated | as AWS |
|---|---|---|---|---|
"""


def pages() -> dict[Path, str]:
    """Make every page's text, by its path in the checkout."""
    made = {SERVICES / f"{part}.md": _service(part) for part in fidelity.parts()}
    made[PAGE] = _surprises()
    return made


def _surprises() -> str:
    text = HEAD
    for part in fidelity.parts():
        counted = Counter(row.status for row in fidelity.rows(part))
        cells = [str(counted[status]) for status in ("differs", "unknown", "not simulated", "as AWS")]
        text += f"| [{fidelity.PARTS[part]}]({(SERVICES / part).as_posix()}.md) | {' | '.join(cells)} |\n"
    for part in fidelity.parts():
        rows = [row for row in fidelity.rows(part) if row.status in ("differs", "unknown")]
        if rows:
            text += f"\n## {fidelity.PARTS[part]}\n\n" + "".join(_line(row) for row in rows)
    return text


def _line(row: Row) -> str:
    about = row.behaviour if row.operation == "*" else f"{row.operation}, {row.behaviour}"
    return f"- **{row.status}**, {_text(about)}: {_text(row.what)}\n"


def _service(part: str) -> str:
    rows = [row for row in fidelity.rows(part) if row.status != "as AWS"]
    same = len(fidelity.rows(part)) - len(rows)
    text = (
        f"# {fidelity.PARTS[part]}: where it is not as on AWS\n\n"
        f"{same} further lines say what is as on AWS. They stand in `labkit/cloud/fidelity/{part}.tsv`, "
        "with their sources. Written by `make ledger`. The words are explained in [FIDELITY.md](../../FIDELITY.md).\n\n"
        "| Operation | Behaviour | Status | What you get | Source |\n|---|---|---|---|---|\n"
    )
    for row in rows:
        cells = (row.operation, row.behaviour, row.status, row.what, row.source)
        text += "| " + " | ".join(_text(cell).replace("|", "\\|") for cell in cells) + " |\n"
    return text


def _text(text: str) -> str:
    """Plain text in Markdown: asterisks are no marks, and angle brackets no tags."""
    return text.replace("*", "\\*").replace("<", "&lt;")


if __name__ == "__main__":
    for path, text in pages().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")
