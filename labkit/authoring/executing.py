"""Runs notebooks, each in a clean kernel, and saves them in place with their new outputs.

Writes a notebook only if every cell ran. What stands beside cells and outputs of a lab is reduced to what
`labkit check-lab` allows, so that a second run changes nothing; other notebooks keep their metadata.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from ..exercises.loader import VARIABLE
from .reading import NotebookError, read_notebook
from .surroundings import lab_folder, with_labs

CELL_SECONDS = 120
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
KEPT_TAGS = {"nbval-ignore-output"}
WIDGET = "application/vnd.jupyter.widget-view+json"  # names a model of the kernel that ran: random, and gone with it


COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class CellFailed(NotebookError):
    """A cell did not come to its end; the message says which, and what happened."""


def execute_lab(path: Path, seconds: float = CELL_SECONDS) -> str:
    """Run a lab's notebook and save it: "as it was" or "changed". NotebookError where it can't be run to its end."""
    return _execute(path, tidy, seconds)


def execute_other(path: Path, seconds: float = CELL_SECONDS) -> str:
    """Run a notebook that is no lab's, and save it with its metadata. NotebookError as above."""
    return _execute(path, lambda _: None, seconds)


def execute(path: Path, seconds: float = CELL_SECONDS) -> str:
    """Run a notebook, whichever it is; a cell may take so many seconds."""
    return execute_lab(path, seconds) if lab_folder(path) else execute_other(path, seconds)


def _execute(path: Path, finish: Callable[[nbformat.NotebookNode], None], seconds: float) -> str:
    notebook = read_notebook(path)
    started: list[tuple[int, str]] = []
    client = NotebookClient(
        notebook,
        on_cell_start=lambda cell, cell_index: started.append((cell_index, cell.source)),
        extra_arguments=["--IPKernelApp.log_level=50"],  # it is reached without encryption: no news here
        timeout=seconds,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        client.execute(env={**os.environ, VARIABLE: with_labs(lab_folder(path))})
    except CellExecutionError as problem:
        raise CellFailed(COLOURS.sub("", str(problem))) from None
    except CellTimeoutError:
        told = f"{_cell(started)} took longer than {seconds:g} seconds. Give it more with --cell-seconds."
        raise CellFailed(told) from None
    except DeadKernelError:
        raise CellFailed(f"{_cell(started)} ended the kernel: it ran out of memory, or left Python.") from None
    finish(notebook)
    before = path.read_text(encoding="utf-8")
    try:
        nbformat.write(notebook, path)
    except OSError as problem:
        raise NotebookError(f"Every cell ran, but the file can't be written: {problem.strerror}.") from None
    return "as it was" if path.read_text(encoding="utf-8") == before else "changed"


def _cell(started: list[tuple[int, str]]) -> str:
    """Name the cell that ran last, by its place among all cells and its first line."""
    if not started:
        return "No cell was reached: the start"
    number, source = started[-1]
    return f"Cell {number + 1} ({source.strip().partition(chr(10))[0][:60]})"


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
