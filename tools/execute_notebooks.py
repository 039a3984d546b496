"""Run the notebooks again, each in a clean kernel, and save them in place with their new outputs.

Writes the notebooks it is given (all, without arguments), and a notebook only if every cell ran.
What stands beside cells and outputs is reduced to what tests allow, so that a second run changes nothing.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
CELL_SECONDS = 120
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
KEPT_TAGS = {"nbval-ignore-output"}
WIDGET = "application/vnd.jupyter.widget-view+json"  # names a model of the kernel that ran: random, and gone with it


def main(names: list[str]) -> int:
    """Run each; answers the number of those that failed."""
    paths = [Path(name).resolve() for name in names] or sorted(NOTEBOOKS.rglob("[0-9]*.ipynb"))
    leave_the_owner_out()
    return sum(not execute(path) for path in paths)


def leave_the_owner_out() -> None:
    """Neither an AWS account nor an IPython profile of whoever runs this gets into the outputs; LABKIT_LABS stays."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "LABKIT_")) and name != "LABKIT_LABS"]:
        del os.environ[name]
    os.environ["LABKIT_PROGRESS"] = "off"  # a page shows the progress of a learner who has just begun
    os.environ["IPYTHONDIR"] = tempfile.mkdtemp(prefix="labkit-ipython-")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


def execute(path: Path) -> bool:
    """Run one notebook and save it; False, and the file as it was, if a cell failed."""
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
        client.execute()
    except CellExecutionError as problem:
        print(f"{path.name}: not saved, a cell failed\n{problem}", file=sys.stderr)
        return False
    tidy(notebook)
    before = path.read_text(encoding="utf-8")
    nbformat.write(notebook, path)
    print(f"{path.name}: {'as it was' if path.read_text(encoding='utf-8') == before else 'changed'}")
    return True


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
