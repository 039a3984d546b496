"""Runs notebooks, each in a clean kernel, and saves them in place with their new outputs.

Writes a notebook only if every cell ran. What stands beside cells and outputs of a lab is reduced to what
`labkit check-lab` allows, so that a second run changes nothing; other notebooks keep their metadata.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from ..exercises.loader import VARIABLE
from .surroundings import lab_folder, with_labs

CELL_SECONDS = 120
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
KEPT_TAGS = {"nbval-ignore-output"}
WIDGET = "application/vnd.jupyter.widget-view+json"  # names a model of the kernel that ran: random, and gone with it


class CellFailed(Exception):
    """A cell ended with an error, and the notebook was left as it was; the message is the cell's and the error's."""


def execute_lab(path: Path) -> str:
    """Run a lab's notebook and save it: "as it was" or "changed". CellFailed where a cell fails."""
    return _execute(path, tidy)


def execute_other(path: Path) -> str:
    """Run a notebook that is no lab's, and save it with its metadata. CellFailed where a cell fails."""
    return _execute(path, lambda _: None)


def execute(path: Path) -> str:
    """Run a notebook, whichever it is."""
    return execute_lab(path) if lab_folder(path) else execute_other(path)


def _execute(path: Path, finish: Callable[[nbformat.NotebookNode], None]) -> str:
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        client.execute(env={**os.environ, VARIABLE: with_labs(lab_folder(path))})
    except CellExecutionError as problem:
        raise CellFailed(str(problem)) from None
    finish(notebook)
    before = path.read_text(encoding="utf-8")
    nbformat.write(notebook, path)
    return "as it was" if path.read_text(encoding="utf-8") == before else "changed"


def tidy(notebook: nbformat.NotebookNode) -> None:
    """Keep the metadata that means something to a reader or to a test, and no other."""
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    for cell in notebook.cells:
        tags = [tag for tag in cell.metadata.get("tags", []) if tag in KEPT_TAGS]
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
            if "metadata" in output:
                output.metadata = nbformat.from_dict({})
        if cell.cell_type == "code":  # a widget's twin stays, the output that held its view alone does not
            cell.outputs = [output for output in cell.outputs if output.get("data", True)]
