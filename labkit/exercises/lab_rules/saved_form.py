"""A notebook is saved executed, from a clean kernel, with nothing of the machine it ran on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .page import Page
from .problem import Problem

if TYPE_CHECKING:
    from nbformat import NotebookNode

ALLOWED_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
ALLOWED_TAGS = frozenset({"nbval-ignore-output"})
TRACES_OF_A_MACHINE = {
    "a folder": re.compile(r"/(?:home|Users|root|tmp|var/folders|opt|mnt)/\w+|[A-Z]:\\\\?Users"),
    "a port": re.compile(r"(?:127\.0\.0\.1|localhost):\d{4,5}"),
    "an object's address": re.compile(r"\bat 0x[0-9a-f]{6,}"),
}
MARKER = re.compile(r"#\s*(?:NBVAL|PYTEST_VALIDATE)_")
RUN_AGAIN = "Run it again: `labkit execute {}`."


def saved_form_problems(page: Page) -> Iterator[Problem]:
    """Find what is left of a machine, of an earlier run or of an error in a saved notebook."""
    again = RUN_AGAIN.format(page.path)
    notebook = page.notebook()
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        yield Problem(page.path, "It was not run from top to bottom in a clean kernel.", again)
    for cell in code:
        yield from _outputs(page, cell)
    yield from _metadata(page, notebook, again)
    told = json.dumps([cell.get("outputs", []) for cell in notebook.cells], ensure_ascii=False)
    for what, pattern in TRACES_OF_A_MACHINE.items():
        if found := pattern.search(told):
            yield Problem(
                page.path,
                f"An output shows {what} of a machine: {found.group()}.",
                "Show something that is the same everywhere.",
            )
    raw = page.path.read_text(encoding="utf-8")
    if raw != json.dumps(json.loads(raw), indent=1, ensure_ascii=False, sort_keys=True) + "\n":
        yield Problem(page.path, "It is not saved as nbformat saves it.", again)
    if (notebook.nbformat, notebook.nbformat_minor) != (4, 5):
        yield Problem(page.path, "It is not of the notebook format 4.5.", "Save it once in JupyterLab.")


def _outputs(page: Page, cell: NotebookNode) -> Iterator[Problem]:
    if any(output.output_type == "error" or output.get("name") == "stderr" for output in cell.outputs):
        yield Problem(
            page.path,
            f"The cell {cell.id} shows an error or a warning.",
            "Mend it; a refusal that is meant stands in `with labkit.expect_error(...)`.",
        )
    if MARKER.search(cell.source):
        yield Problem(
            page.path,
            f"A comment in the cell {cell.id} switches its comparison off.",
            f"Remove it. Where an output must differ, give the cell the tag {', '.join(ALLOWED_TAGS)}.",
        )


def _metadata(page: Page, notebook: NotebookNode, again: str) -> Iterator[Problem]:
    if dict(notebook.metadata) != ALLOWED_METADATA:
        yield Problem(page.path, "Its metadata name more than Python's kernel.", again)
    for cell in notebook.cells:
        kept = set(cell.metadata) <= {"tags"} and set(cell.metadata.get("tags", [])) <= ALLOWED_TAGS
        if not kept or any(output.get("metadata") for output in cell.get("outputs", [])):
            yield Problem(page.path, f"The cell {cell.id} has metadata of its own.", again)
