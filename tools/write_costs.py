"""Reckon what each lab would cost on a real account, and write it where it stands: labs' heads, README, docs/costs.md.

Run by `make costs`. What a lab makes and calls is counted by running it in the simulated account, once for each state
of its code (docs/costs.tsv); the prices are those of `lab.cost()`. A test holds the pages to the reckoning.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from labkit.trail.ask.prices import price_list
from tools.write_minutes import ROOT, Reckoning, reckonings

TABLE = Path("docs/costs.tsv")
PAGE = Path("docs/costs.md")
BY_THE_HOUR = ("key", "rotation", "secret")
BY_REQUEST = ("symmetric", "asymmetric", "ECC data key pair", "RSA data key pair", "secret request")
COLUMNS = ("lab", "code", *BY_THE_HOUR, *BY_REQUEST, "others")
COST = re.compile(r"(\*\*Cost on a real account\*\* ).*?, as \[reckoned\]\([^)]*\)\.")
COUNTING = """\
import json
from labkit.accounts.local import LocalCloud
from labkit.trail import bill, load
_cloud = LocalCloud._server.cloud
_rows = {}
for _account in _cloud.accounts:
    _made = bill(load(_cloud.history.of_account(_account.account_id), tell=lambda _: None), _cloud.clock.now())
    for _row in _made.to_dict("records"):
        _rows[_row["what"]] = _rows.get(_row["what"], 0) + (1 if _row["unit"] == "hours" else int(_row["quantity"]))
print("COUNTED", json.dumps(_rows))
"""
HEAD = """\
# What a lab costs on a real account

In the simulated account nothing costs anything. On a real one, what a lab makes of KMS and Secrets Manager would cost
this, if everything is cleaned up when the lab's time is over:

| What | Price |
|---|---|
{prices}

Keys, their first two rotations and secrets are charged by the hour. We reckon with the lab's minutes, rounded up to
full hours. Nothing is taken off for the free tier. What a lab makes of other services is listed, and **is not in the
sum**: their prices are not in our table.

Counted in the simulated account, with every cell of a lab, also those that a real account can't run. What you make in
exercises comes on top. No lab has been
run on a real account so far, so no bill has confirmed this yet.

Written by `make costs` from `docs/costs.tsv` and `labkit/trail/ask/prices.tsv`, where the prices' sources stand. Do not
edit this page.

| Lab | Hours | Keys | Rotations | Secrets | Requests | Not in the sum | US cents |
|---|---:|---:|---:|---:|---:|---|---:|
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a lab makes and calls, as it was counted, and the digest of the code that did it."""

    lab: str
    code: str
    counts: Mapping[str, int]
    others: Mapping[str, int]

    def dollars(self, hours: int) -> float:
        """What it costs if keys and secrets are there so long."""
        prices = price_list()
        return sum(
            number * prices[name].each * (hours if name in BY_THE_HOUR else 1) for name, number in self.counts.items()
        )

    @property
    def requests(self) -> int:
        """How many requests KMS and Secrets Manager get."""
        return sum(self.counts[name] for name in BY_REQUEST)

    def row(self) -> str:
        """The line of docs/costs.tsv."""
        others = "; ".join(f"{name} {number}" for name, number in sorted(self.others.items()))
        return "\t".join([self.lab, self.code, *map(str, self.counts.values()), others or "-"])


def digest(notebook: Path) -> str:
    """Give the code of a notebook a name that changes with it."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return hashlib.sha256("\0".join(code).encode()).hexdigest()[:16]


def counted() -> dict[str, Counted]:
    """Read the table. ValueError where it is not in form."""
    text = (ROOT / TABLE).read_text(encoding="utf-8") if (ROOT / TABLE).exists() else "\t".join(COLUMNS)
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise ValueError(f"{TABLE}: its columns are {', '.join(COLUMNS)}.")
    found = {}
    for row in rows:
        pairs = [each.rpartition(" ") for each in row["others"].split("; ") if each != "-"]
        counts = {name: int(row[name]) for name in (*BY_THE_HOUR, *BY_REQUEST)}
        found[row["lab"]] = Counted(row["lab"], row["code"], counts, {name: int(n) for name, _, n in pairs})
    return found


def count(notebook: Path) -> Counted:
    """Run a lab in the simulated account, in a copy, and count. RuntimeError if a cell fails."""
    import nbformat
    from nbclient import NotebookClient

    from labkit.authoring.executing import CELL_SECONDS

    content = nbformat.read(notebook, as_version=4)
    content.cells.append(nbformat.v4.new_code_cell(COUNTING))
    where = {"metadata": {"path": str(notebook.parent)}}
    NotebookClient(content, timeout=CELL_SECONDS, kernel_name="python3", resources=where).execute()
    said = "".join(output.get("text", "") for output in content.cells[-1].outputs)
    if "COUNTED " not in said:
        raise RuntimeError(f"{notebook.name} was not counted: {said}")
    rows = json.loads(said.partition("COUNTED ")[2])
    counts = {name: int(rows.pop(name, 0)) for name in (*BY_THE_HOUR, *BY_REQUEST)}
    return Counted(notebook.stem, digest(notebook), counts, rows)


def hours(lab: Reckoning) -> int:
    """How long a lab's keys are there, in full hours."""
    return max(1, math.ceil(lab.minutes / 60))


def cents(dollars: float) -> int:
    """Round to whole US cents; 0 for less than one."""
    return round(dollars * 100) if dollars >= 0.01 else 0


def phrase(found: Counted, lab: Reckoning) -> str:
    """Say at a lab's head what it costs; no full stop within."""
    number = cents(found.dollars(hours(lab)))
    amount = (
        "less than one US cent" if number == 0 else "about one US cent" if number == 1 else f"about {number} US cents"
    )
    what = [_several(found.counts[name], name) for name in ("key", "secret") if found.counts[name]]
    of = f" for {' and '.join(what)}" if what else ""
    time = "an hour" if hours(lab) == 1 else f"{hours(lab)} hours"
    up = "../" * (len(lab.path.parts) - 1)
    more = ", and what other services charge" if found.others else ""
    return f"{amount}{of} in {time}{more}, as [reckoned]({up}{PAGE.as_posix()})"


def _several(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def pages() -> dict[Path, str]:
    """Make the text of every page that tells costs, by its path in the checkout."""
    known = counted()
    labs = [lab for lab in reckonings() if lab.path.stem in known]
    prices = "\n".join(f"| {each.what} | {each.dollars:.2f} USD per {each.per} |" for each in price_list().values())
    rows = []
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    made: dict[Path, str] = {}
    for lab in labs:
        found = known[lab.path.stem]
        dollars = found.dollars(hours(lab))
        shown = str(cents(dollars) or "< 1")
        others = ", ".join(f"{name.replace('20150331', '')} {number}" for name, number in sorted(found.others.items()))
        things = (hours(lab), *(found.counts[name] for name in BY_THE_HOUR), found.requests)
        link = f"[{lab.path.stem}](../{lab.path.as_posix()})"
        rows.append(f"| {link} | {' | '.join(f'{each:,}' for each in things)} | {others} | {shown} |")
        row = re.compile(rf"(\| \[{re.escape(lab.path.stem)}\]\([^|]*\| [^|]* \| \d+ \|)[^|\n]*\|?\n")
        readme = row.sub(rf"\g<1> {shown} |\n", readme)
        text = (ROOT / lab.path).read_text(encoding="utf-8")
        made[lab.path] = COST.sub(rf"\g<1>{phrase(found, lab)}.", text, count=1)
    made[PAGE] = HEAD.format(prices=prices) + "\n".join(rows) + "\n"
    made[Path("README.md")] = readme
    return made


def main() -> int:
    """Count the labs whose code has changed, write the pages that changed, and tell which."""
    from labkit.authoring.surroundings import leave_the_owner_out

    leave_the_owner_out()
    known = counted()
    found = []
    for lab in reckonings():
        old = known.get(lab.path.stem)
        found.append(old if old and old.code == digest(ROOT / lab.path) else count(ROOT / lab.path))
        if found[-1] is not old:
            print(f"{lab.path.stem} counted", flush=True)
            known[lab.path.stem] = found[-1]
            rows = [known[name].row() for name in sorted(known, key=lambda name: (len(name.split("-")[0]) < 2, name))]
            (ROOT / TABLE).write_text("\n".join(["\t".join(COLUMNS), *rows]) + "\n", encoding="utf-8")
    for path, text in pages().items():
        if not (ROOT / path).exists() or (ROOT / path).read_text(encoding="utf-8") != text:
            (ROOT / path).write_text(text, encoding="utf-8")
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
