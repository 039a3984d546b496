"""Notebooks are committed executed, from a clean kernel, with nothing of the machine they ran on."""

from __future__ import annotations

import json
import re
from pathlib import Path

from nbformat import NotebookNode

ALLOWED_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
ALLOWED_TAGS = {"nbval-ignore-output"}
TRACES_OF_A_MACHINE = {
    "a folder": re.compile(r"/(?:home|Users|root|tmp|var/folders|opt|mnt)/\w+|[A-Z]:\\\\?Users"),
    "a port": re.compile(r"(?:127\.0\.0\.1|localhost):\d{4,5}"),
    "an object's address": re.compile(r"\bat 0x[0-9a-f]{6,}"),
}


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The code cells that hold code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def test_executed_in_order(notebook: NotebookNode) -> None:
    """Execution counts run 1, 2, 3 … as a clean kernel numbers them."""
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))


def test_no_warnings_and_no_tracebacks(notebook: NotebookNode) -> None:
    """Nothing on standard error, no error output, and no tag that would let one through."""
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    assert [each for each in outputs if each.output_type == "error" or each.get("name") == "stderr"] == []


def test_metadata(notebook: NotebookNode) -> None:
    """Only what the allow-list names, so that running a notebook again changes no file."""
    assert dict(notebook.metadata) == ALLOWED_METADATA
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags"}, cell.source
        assert set(cell.metadata.get("tags", [])) <= ALLOWED_TAGS, cell.source
        for output in cell.get("outputs", []):
            assert not output.get("metadata"), cell.source


def test_no_comparison_is_switched_off_in_a_comment(notebook: NotebookNode) -> None:
    """nbval's comment markers skip silently; the tag that is allowed can be seen by tests."""
    assert [
        cell.source for cell in code_cells(notebook) if re.search(r"#\s*(?:NBVAL|PYTEST_VALIDATE)_", cell.source)
    ] == []


def test_no_trace_of_a_machine(notebook: NotebookNode) -> None:
    """No folder, port or memory address in an output."""
    text = json.dumps([cell.get("outputs", []) for cell in notebook.cells], ensure_ascii=False)
    assert {
        what: found.group() for what, pattern in TRACES_OF_A_MACHINE.items() if (found := pattern.search(text))
    } == {}


def test_saved_as_the_tool_saves_it(path: Path, notebook: NotebookNode) -> None:
    """Indentation and key order are nbformat's, so that a difference in a commit is one in content."""
    raw = path.read_text(encoding="utf-8")
    assert raw == json.dumps(json.loads(raw), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
