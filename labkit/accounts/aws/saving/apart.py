"""What is saved of a lab that has run in a real account: its text as it is now, its outputs as they were.

Pure: works on notebooks as they are in JSON (nbformat 4).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

KEY = "labkit"
_STARTS = re.compile(r"labkit\.start\(\s*[\"']([A-Za-z0-9][\w./-]*)[\"']")

Notebook = Mapping[str, Any]


def run_of(notebook: Notebook) -> str:
    """Return the id of the run that an output is marked with; "" if no output is of a real account."""
    marks = (output.get("metadata", {}).get(KEY, {}) for cell in _code(notebook) for output in cell.get("outputs", []))
    return next((str(mark["run"]) for mark in marks if isinstance(mark, Mapping) and mark.get("run")), "")


def is_lab(notebook: Notebook, stem: str) -> bool:
    """Tell whether it is the lab that it starts, under the lab's own name; a copy under another name is its owner's."""
    return any(
        found[1].rpartition("/")[2] == stem for cell in _code(notebook) for found in _STARTS.finditer(_text(cell))
    )


def with_outputs_of(notebook: Notebook, saved: Notebook) -> dict[str, Any]:
    """Return the notebook with the outputs that its cells had when it was last saved; none where a cell has changed."""
    before = {_name(cell): cell for cell in _code(saved)}
    return {**notebook, "cells": [_as_before(cell, before) for cell in notebook.get("cells", [])]}


def _as_before(cell: Mapping[str, Any], before: Mapping[object, Mapping[str, Any]]) -> Mapping[str, Any]:
    if cell.get("cell_type") != "code":
        return cell
    known = before.get(_name(cell))
    if known is None or _text(known) != _text(cell):
        return {**cell, "outputs": [], "execution_count": None}
    return {**cell, "outputs": known.get("outputs", []), "execution_count": known.get("execution_count")}


def _code(notebook: Notebook) -> Iterator[Mapping[str, Any]]:
    return (cell for cell in notebook.get("cells", []) if cell.get("cell_type") == "code")


def _name(cell: Mapping[str, Any]) -> object:
    """A cell's id, where it has one; else its text."""
    return cell.get("id") or _text(cell)


def _text(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)
