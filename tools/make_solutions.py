"""Make the labs with their exercises solved, executed, for a trainer: into build/solutions/, never beside the labs.

Puts each exercise's own solution into its work cell and runs the notebook in a clean kernel. A check that does not say
"solved" is told, and ends this with 1. Run by `make solutions`; LABS="03-encrypt-and-decrypt" makes that one alone.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from labkit.authoring.executing import CELL_SECONDS, tidy
from labkit.authoring.surroundings import leave_the_owner_out
from labkit.exercises.lab_rules.page import page_of
from labkit.exercises.lab_rules.walking import CHECK
from labkit.exercises.loader import NOTEBOOKS, labs

ROOT = Path(__file__).resolve().parent.parent
INTO = ROOT / "build" / "solutions"


def main(names: list[str]) -> int:
    """Make those that are named, or all; 1 if one of them is not solved."""
    leave_the_owner_out()
    chosen = names or [name for name, lab in labs().items() if lab.path.parent in NOTEBOOKS]
    INTO.mkdir(parents=True, exist_ok=True)
    failed = 0
    for name in chosen:
        problems = make(name, INTO / f"{name}.ipynb")
        print(f"{name}: {'; '.join(problems) or 'all solved'}", flush=True)
        failed += bool(problems)
    return 1 if failed else 0


def make(name: str, target: Path) -> list[str]:
    """Make one lab; what went wrong, in words."""
    page = page_of(name)
    notebook = with_solutions(name)
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(page.path.parent)}},
    )
    try:
        client.execute()
    except CellExecutionError as problem:
        return [f"a cell failed: {problem.ename}: {problem.evalue}"]
    tidy(notebook)
    nbformat.write(notebook, target)  # type: ignore[no-untyped-call]
    return unsolved(notebook)


def with_solutions(name: str) -> nbformat.NotebookNode:
    """Read a lab with its solutions in the cells before its checks."""
    page = page_of(name)
    solutions = {spec.id: spec.solution.strip() for spec in page.specs()}
    notebook = page.notebook()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for work, cell in pairwise(code):
        check = CHECK.match(cell.source)
        if check and check[1] in solutions:
            work.source = solved(work.source, solutions.pop(check[1]))
    if solutions:
        raise ValueError(f"{name}: no cell checks {', '.join(solutions)}")
    return notebook


def solved(work: str, solution: str) -> str:
    """Put a solution in the place that a work cell has for it; what the cell gives the learner stays."""
    kept = [line for line in work.splitlines() if not line.startswith(("# your work here", "answer = None"))]
    return "\n".join([*kept, solution])


def unsolved(notebook: nbformat.NotebookNode) -> list[str]:
    """Name the exercises whose check says anything but solved."""
    found = []
    for cell in notebook.cells:
        check = CHECK.match(cell.source) if cell.cell_type == "code" else None
        said = "".join(output.get("data", {}).get("text/plain", "") for output in cell.outputs) if check else ""
        if check and not said.startswith("solved:"):
            found.append(f"{check[1]} is not solved: {said}")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
