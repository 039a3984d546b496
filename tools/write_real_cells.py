"""Write what each lab does in a real account: labkit/accounts/aws/cells.tsv, plans.tsv, and the digests of by_hand.tsv.

Run by `make real`. Reads the notebooks and the table of capabilities; a test holds the three files to it.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager

from labkit.accounts.aws.capabilities import capabilities
from labkit.accounts.aws.judging import ByHand, Judge, by_hand, digest
from labkit.exercises.loader import labs, notebook_files

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path("labkit/accounts/aws")
CELLS, PLANS, BY_HAND = (FOLDER / name for name in ("cells.tsv", "plans.tsv", "by_hand.tsv"))
SECOND = "second-account"
LEAST = 0.5  # of a lab's cells: where fewer run, the lab is a simulated one
REGION = re.compile(r"\b(?:us|eu|ap|ca|sa)-(?:east|west|central|north|south|northeast|southeast)-\d\b")
COST = re.compile(r"\*\*Cost on a real account\*\* (.+?)(?:\.(?:\s|$)|\n\n|, as \[reckoned\]|$)", re.DOTALL)
MAGIC = re.compile(r"^\s*[!%]|=\s*!", re.MULTILINE)
LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")
MINUTES = re.compile(r"\*\*Time\*\* (\d+) minutes")

# What a call makes, in words. Source: what the operations create, by their names in botocore's models.
MAKES = {
    "create_key": "KMS keys", "create-key": "KMS keys",
    "replicate_key": "replicas of keys", "replicate-key": "replicas of keys",
    "lab.role": "IAM roles", "create_role": "IAM roles", "lab.user": "IAM users", "create_user": "IAM users",
    "create_policy": "IAM policies", "create_bucket": "S3 buckets",
    "run_instances": "EC2 instances", "create_volume": "EBS volumes", "create_snapshot": "EBS snapshots",
    "copy_snapshot": "EBS snapshots", "create_image": "images",
    "create_secret": "secrets", "put_parameter": "parameters", "create_function": "Lambda functions",
    "create_table": "tables", "create_log_group": "log groups", "create_trail": "trails", "create_topic": "topics",
    "create_queue": "queues", "put_metric_alarm": "alarms", "put_rule": "EventBridge rules",
    "create_db_instance": "databases", "create_custom_key_store": "custom key stores",
    "create_auto_scaling_group": "Auto Scaling groups", "create_launch_template": "launch templates",
    "create_key_pair": "key pairs",
}  # fmt: skip
STAYS = {
    "KMS keys": "KMS keys wait 7 days to be deleted, and cost nothing meanwhile",
    "replicas of keys": "a primary key waits for its replicas first",
    "secrets": "a secret's name is free again some minutes after it is deleted",
}
# Labs whose cells run, and would show little or cost much: told here, with the reason a learner reads.
SIMULATED_ONLY = {
    "19-investigate-an-incident": "it investigates a company's logs, which are made up, and shuts out somebody made up",
    "21-best-practices-audit": "it audits a shop that is faulty on purpose. `labkit audit --account aws` audits yours",
    "22-external-key-stores": "AWS does not reach a proxy on this machine, and its key stores stand on one",
    "25-encrypt-later": "databases and Auto Scaling take many minutes for what its cells do, and cost most of all",
    "26-test-your-own-code": "it is about the simulated account, in which its tests run",
}


@dataclass(frozen=True, slots=True)
class Code:
    """A code cell: its number, id, source, and that as Python."""

    number: int
    id: str
    source: str
    python: str


@cache
def code_of(path: Path) -> list[Code]:
    """Read a notebook's code cells."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = [(cell["id"], "".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"]
    return [Code(number, name, source, _python(source)) for number, (name, source) in enumerate(sources)]


def _python(source: str) -> str:
    if not MAGIC.search(source):
        return source
    transform: Callable[[str], str] = TransformerManager().transform_cell  # type: ignore[no-untyped-call]
    return transform(source)


def _judged(lab: str, cells: list[Code], given: Callable[[str], bool]) -> Iterator[tuple[Code, str, str]]:
    """The cells that are left out, each with its capability and why."""
    judge = Judge(lab, given)
    for cell in cells:
        left_out = judge.judge(cell.source, cell.python)
        if left_out is not None:
            yield cell, left_out.capability, left_out.why


def asked(name: str) -> bool:
    """Give what is done if a person says so."""
    return capabilities()[name].way == "ask"


def or_second(name: str) -> bool:
    """Give that, and a second account."""
    return asked(name) or name == SECOND


def cells_table() -> str:
    """Make cells.tsv: every cell that does not run by default, the capability that it needs, and what comes of "
    "asking."""
    rows = [["lab", "cell", "id", "capability", "way"]]
    for path in notebook_files(ROOT):
        for cell, capability, _ in _judged(path.stem, code_of(path), lambda _name: False):
            rows.append([path.stem, str(cell.number), cell.id, capability, capabilities()[capability].way])
    return _tsv(rows)


def plans_table() -> str:
    """Make plans.tsv, a row a lab."""
    rows = [["lab", "runs", "cells", "minutes", "regions", "home", "cost", "makes", "stays", "needs", "why"]]
    for path in notebook_files(ROOT):
        cells = code_of(path)
        left_out = {cell.number for cell, _, _ in _judged(path.stem, cells, asked)}
        with_second = {cell.number for cell, _, _ in _judged(path.stem, cells, or_second)}
        runs = [cell for cell in cells if cell.number not in left_out]
        text = "\n".join(cell.source for cell in runs)
        home = "us-east-1" if "us-east-1" in text else ""
        text += _made_by(path, text) + _solutions(path.stem)
        makes = list(dict.fromkeys(what for call, what in MAKES.items() if re.search(rf"\b{re.escape(call)}\b", text)))
        regions = sorted(set(REGION.findall(text)))
        why = SIMULATED_ONLY.get(path.stem, "")
        needs = SECOND if len(runs) < LEAST * len(cells) else ""
        if not why and len(with_second) > (1 - LEAST) * len(cells):
            why = "too little of it is left without the simulated account's clock, disturbances and organization"
        minutes = MINUTES.search(path.read_text(encoding="utf-8"))
        stays = [STAYS[what] for what in makes if what in STAYS]
        rows.append([
            path.stem, str(len(runs)), str(len(cells)), minutes[1] if minutes else "0", " ".join(regions), home,
            _cost(path), "; ".join(makes), "; ".join(stays), needs, why,
        ])  # fmt: skip
    return _tsv(rows)


def _cost(path: Path) -> str:
    """What the lab's head says that it costs, in its first sentence."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    prose = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    found = COST.search(prose)
    if found is None:
        return ""
    return LINK.sub(r"\1", " ".join(found[1].split())).removesuffix(" (worked out below)")


def _solutions(lab: str) -> str:
    """What learners write in the lab's exercises, as its solutions have it."""
    known = labs().get(lab)
    return "\n".join(["", *(spec.solution for spec in known.specs())]) if known else ""


def _made_by(path: Path, text: str) -> str:
    """The code of the packages beside a notebook that it imports: what they make, it makes."""
    names = [name for name in re.findall(r"^from (\w+)|^import (\w+)", text, re.MULTILINE) for name in name if name]
    files = [file for name in names for file in sorted((path.parent / name).glob("*.py"))]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def by_hand_table() -> str:
    """Make by_hand.tsv anew, with the digests of the cells as they are. KeyError for a cell that there is not."""
    names = {(path.stem, cell.id): digest(cell.source) for path in notebook_files(ROOT) for cell in code_of(path)}
    rows = [ByHand(row.lab, row.cell, names[row.lab, row.cell], row.capability, row.why) for row in by_hand()]
    return _tsv(
        [
            ["lab", "cell", "digest", "capability", "why"],
            *([r.lab, r.cell, r.digest, r.capability, r.why] for r in rows),
        ]
    )


def _tsv(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter="\t", lineterminator="\n").writerows(rows)
    return out.getvalue()


def pages() -> dict[Path, str]:
    """Make the text of each file, by its path in the checkout."""
    return {BY_HAND: by_hand_table(), CELLS: cells_table(), PLANS: plans_table()}


def main() -> None:
    """Write the files."""
    for path, make in ((BY_HAND, by_hand_table), (CELLS, cells_table), (PLANS, plans_table)):
        (ROOT / path).write_text(make(), encoding="utf-8")
        by_hand.cache_clear()  # the others are judged by its digests
    sys.stdout.write("Written.\n")


if __name__ == "__main__":
    main()
