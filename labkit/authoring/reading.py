"""Reads a notebook of anyone's, and says in words what is wrong with a file that can't be run. Only reads."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import nbformat


class NotebookError(Exception):
    """The notebook can't be run, and was left as it was; the message says why, and what to do."""


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Read it in the newest form, as JupyterLab, VS Code or Colab saved it. NotebookError where that can't be done."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise NotebookError("The file is no text in UTF-8, so it is no notebook.") from None
    except OSError as problem:
        raise NotebookError(f"The file can't be read: {problem.strerror}.") from None
    _well_formed(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # ids of cells that older forms have not, and that are made here
            notebook = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
            notebook = nbformat.convert(notebook, 4)
            nbformat.validate(notebook)
    except Exception as problem:  # whatever nbformat and its schema raise
        first = str(problem).strip().partition("\n")[0]
        raise NotebookError(f"The file is no notebook: {first}. Save it once in JupyterLab.") from None
    _python(notebook.metadata)
    return notebook


def _well_formed(text: str) -> None:
    if not text.strip():
        raise NotebookError("The file is empty. Make a notebook in JupyterLab, or with `labkit new-lab`.")
    try:
        read = json.loads(text)
    except ValueError as problem:
        if "<<<<<<<" in text and ">>>>>>>" in text:
            raise NotebookError("The file has the marks of a merge in git that nobody has finished.") from None
        raise NotebookError(f"The file is no JSON, or was cut off: {problem}.") from None
    if not isinstance(read, dict) or not isinstance(read.get("nbformat"), int):
        raise NotebookError("The file is JSON, but no notebook.")


def _python(metadata: Any) -> None:
    """NotebookError where the cells are written in another language."""
    told = metadata.get("kernelspec", {}).get("language") or metadata.get("language_info", {}).get("name") or "python"
    if str(told).lower() not in ("python", "python3", "ipython"):
        raise NotebookError(f"Its cells are in {told}, and labkit runs those in Python.")
