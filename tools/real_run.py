"""Run labs in a real account (or a stand-in for one), each in a copy, and tell how outputs differ from those here.

`tools/real-run` is for a person with an account; `tools/standin_run.py` runs the same against `labkit serve`.
Nothing is ever written into notebooks/: the copies and the report are in a folder of the run's.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from labkit.accounts.aws.capabilities import capabilities
from labkit.accounts.aws.plans import plans
from labkit.accounts.aws.saving.kernel import SAFE
from labkit.exercises.loader import notebook_files

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
CELL_SECONDS = 900  # AWS takes its time: a database, an instance, a change that is not known yet
LEFT_OUT = "Left out in a real account: "
BARS = re.compile(r"^AWS (?:may|does).*of at most .*$", re.MULTILINE)

# What differs at each run, and how it is shown in a report that may be handed on. The order matters.
MASKS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), shown)
    for pattern, shown in (
        (r"\x1b\[[0-9;]*m", ""),
        (r"\bmrk-[0-9a-f]{32}\b", "<mrk-id>"),
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<id>"),
        (r"\b(?:AKIA|ASIA|AIDA|AROA|AGPA|AIPA|ANPA)[A-Z0-9]{8,}\b", "<unique-id>"),
        (r"\b(?:i|vol|snap|ami|sg|subnet|vpc|eni|r)-[0-9a-f]{8,17}\b", "<resource-id>"),
        (r"\b\d{12}\b", "<account>"),
        (r"assumed-role/[\w+=,.@-]+/[\w+=,.@-]+|user/[\w+=,.@/-]+|arn:aws:iam::<account>:root", "<caller>"),
        (r"\b[a-z]{2}(?:-[a-z]+)+-\d\b", "<Region>"),
        (r"https?://127\.0\.0\.1:\d+|https://[a-z0-9.-]+\.amazonaws\.com", "<endpoint>"),
        (r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|\+00:00| UTC)?)?", "<time>"),
        (r"datetime\.datetime\([^)]*\)(?:\))?", "<time>"),
        (r"\b\d\d:\d\d(?::\d\d(?:\.\d+)?)?\b", "<time>"),
        (r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w*,? ", ""),
        (r"\b([Rr]un) [a-z][a-z0-9]{7}\b", r"\1 <run>"),
        (r"\b[0-9a-f]{16,}\b", "<hex>"),
        (r"[A-Za-z0-9+/_-]{40,}={0,2}", "<base64>"),
        (r"b'(?:\\x..|[^'\\]|\\.)*\\x(?:\\x..|[^'\\]|\\.)*'", "<bytes>"),
        (r"b\"(?:\\x..|[^\"\\]|\\.)*\\x(?:\\x..|[^\"\\]|\\.)*\"", "<bytes>"),
        (r"\b127\.0\.0\.1\b|\b(?:\d{1,3}\.){3}\d{1,3}\b", "<address>"),
        (r" at 0x<hex>| at 0x[0-9a-f]+", ""),
        (r"[ \t]+", " "),
        (r"-{4,}|={4,}", "-"),
    )
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell whose output is not as here: its number, its first line, and the lines that differ."""

    cell: int
    source: str
    lines: tuple[str, ...]


@dataclass(slots=True)
class Outcome:
    """What came of one lab: cells that ran, those left out with the reason, differences, and errors."""

    lab: str
    cells: int = 0
    ran: int = 0
    left_out: list[tuple[int, str]] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def verdict(self) -> str:
        """The lab in a word: runs whole, in part, only simulated, or fails."""
        if self.errors:
            return "fails"
        if not self.left_out:
            return "whole"
        return "in part" if self.ran > 1 else "simulated only"


def masked(text: str, names: Sequence[str] = ()) -> str:
    """Show a text without what differs at each run, or must not be handed on: ids, times, hashes, the run's id."""
    text = BARS.sub("", text)
    for name in names:
        text = text.replace(name, "<run>")
    for pattern, shown in MASKS:
        text = pattern.sub(shown, text)
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def shown(cell: Mapping[str, Any]) -> str:
    """Give what a cell shows as text: streams, results, errors; no pictures, no widgets."""
    return "\n".join(filter(None, (_output(each) for each in cell.get("outputs", []))))


def _output(output: Mapping[str, Any]) -> str:
    if output["output_type"] == "error":
        return f"{output['ename']}: {output['evalue']}"
    if output["output_type"] == "stream":
        return "".join(output["text"]) if output["name"] == "stdout" else ""
    data = output.get("data", {})
    if "application/vnd.jupyter.widget-view+json" in data or any(name.startswith("image/") for name in data):
        return ""
    return "".join(data.get("text/plain", ""))


def copy_of(notebook: Path, folder: Path) -> Path:
    """Copy a notebook, with what lies beside it, into the run's folder; its path there. It has no outputs yet."""
    target = folder / "notebooks"
    if not target.exists():
        shutil.copytree(NOTEBOOKS, target, ignore=shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__"))
    copy = target / notebook.relative_to(NOTEBOOKS)
    content = nbformat.read(copy, as_version=4)
    for cell in content.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(content, copy)
    return copy


def run(notebook: Path, folder: Path, environment: Mapping[str, str]) -> Outcome:
    """Run one lab in a copy, cell by cell, with these variables; its outputs stay in the copy.

    A cell that fails does not end it: what builds on it fails too, and a report of everything helps more.
    """
    why_not = refused(notebook.stem, environment)
    if why_not:
        code = [cell for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "code"]
        return Outcome(notebook.stem, len(code), left_out=[(0, why_not)])
    copy, began = copy_of(notebook, folder), time.monotonic()
    content, here = nbformat.read(copy, as_version=4), nbformat.read(notebook, as_version=4)
    outcome = Outcome(notebook.stem)
    client = NotebookClient(
        content, timeout=CELL_SECONDS, kernel_name="python3", record_timing=False, coalesce_streams=True,
        allow_errors=True, resources={"metadata": {"path": str(copy.parent)}},
    )  # fmt: skip
    try:
        with _kernel(client, environment):
            for number, cell in enumerate(content.cells):
                if cell.cell_type == "code":
                    outcome.cells += 1
                    client.execute_cell(cell, number)
                    _note(outcome, number, cell, here.cells[number])
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as problem:
        outcome.errors.append(f"cell {number}: {masked(str(problem)[-500:])}")
    finally:
        nbformat.write(content, copy)
        outcome.seconds = time.monotonic() - began
    outcome.cells = sum(cell.cell_type == "code" for cell in here.cells)
    return outcome


def refused(lab: str, environment: Mapping[str, str]) -> str:
    """Say why a lab does not begin in a real account with these settings; "" where it does."""
    plan = plans().get(lab)
    if plan is None:
        return ""
    if plan.simulated_only:
        return f"the whole lab: {plan.why}."
    needed = capabilities().get(plan.needs)
    return "" if needed is None or needed.is_given(environment) else f"the whole lab: {needed.reason()}"


@contextmanager
def _kernel(client: NotebookClient, environment: Mapping[str, str]) -> Iterator[None]:
    """A kernel; where another one on the machine took its port at that moment, a second one, or a third."""
    with ExitStack() as until:
        for left in reversed(range(3)):
            try:
                until.enter_context(client.setup_kernel(env={**environment, SAFE: "yes"}))
                break
            except RuntimeError:
                if not left:
                    raise
                client.km = None
        yield


def _note(outcome: Outcome, number: int, cell: Any, here: Any) -> None:
    there = shown(cell)
    if there.startswith(LEFT_OUT):
        outcome.left_out.append((number, there.removeprefix(LEFT_OUT).strip()))
        return
    outcome.ran += 1
    failed = [each for each in cell.outputs if each["output_type"] == "error"]
    if failed and not any(each["output_type"] == "error" for each in here.outputs):
        outcome.errors.append(f"cell {number}: {masked(there)[-500:]}")
        return
    if "nbval-ignore-output" in here.metadata.get("tags", []):
        return
    before, after = masked(shown(here)).splitlines(), masked(there).splitlines()
    if before != after:
        lines = list(unified_diff(before, after, "here", "there", n=0, lineterm=""))[2:]
        outcome.differences.append(Difference(number, "".join(cell.source).strip().splitlines()[0], tuple(lines)))


def report(outcomes: Sequence[Outcome], where: str) -> str:
    """Write the report of a run: a table of labs, then cell by cell what was left out and what differs."""
    return "\n".join(_report(outcomes, where)) + "\n"


def _report(outcomes: Sequence[Outcome], where: str) -> Iterator[str]:
    yield f"# A run of the labs in {where}\n"
    yield "Ids, times, account numbers and hashes are masked.\n"
    yield "| Lab | | Cells | Ran | Left out | Differ | Seconds |"
    yield "|---|---|---:|---:|---:|---:|---:|"
    for each in outcomes:
        counts = (each.cells, each.ran, len(each.left_out), len(each.differences), round(each.seconds))
        yield f"| {each.lab} | {each.verdict} | {' | '.join(map(str, counts))} |"
    for each in outcomes:
        yield f"\n## {each.lab}\n"
        for error in each.errors:
            yield f"It failed in\n\n```\n{error}\n```\n"
        for number, why in each.left_out:
            yield f"- cell {number} was left out: {why}"
        for difference in each.differences:
            yield f"\nCell {difference.cell}, `{difference.source[:80]}`:\n\n```diff"
            yield "\n".join(difference.lines[:40])
            yield "```"


def chosen(names: Sequence[str]) -> list[Path]:
    """Find the notebooks of these numbers or names; all labs and projects without any. SystemExit for what is none."""
    every = notebook_files(ROOT)
    if not names:
        return every
    found = [path for path in every if any(path.stem == name or path.stem.startswith(f"{name}-") for name in names)]
    if len(found) < len(set(names)):
        sys.exit(f"There is no lab for each of {', '.join(names)}. Labs are named as 05 or 05-conditions.")
    return found


def plain(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Give the variables that a kernel needs of this process; a learner's own modules and settings stay out."""
    return {**environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), environ.get("PATH", "")])}


def ended(left: str) -> str:
    """Say at a report's end what cleaning up has left; "" where nothing is."""
    told = f"\n```\n{masked(left)}\n```\n" if left else " nothing.\n"
    return f"\n## What is left after `labkit clean-up`:{told}"
