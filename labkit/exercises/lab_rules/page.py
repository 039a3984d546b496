"""A lab as its rules see it: the folder with its exercises, and the notebook that belongs to it. Only reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine import Spec
from ..loader import CHECKS, EXERCISES, NOTEBOOKS, OWN, LabFileError, LabFolder, labs

if TYPE_CHECKING:
    from nbformat import NotebookNode

_NAME = re.compile(r"\d\d?-[a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Page:
    """One lab: its folder and its notebook."""

    lab: LabFolder
    path: Path

    @property
    def name(self) -> str:
        """The lab's name, as `labkit.start` takes it."""
        return self.lab.name

    @property
    def exercises(self) -> Path:
        """The file of the exercises' texts."""
        return self.lab.path / EXERCISES

    @property
    def checks(self) -> Path:
        """The file of the exercises' checks."""
        return self.lab.path / CHECKS

    def specs(self) -> tuple[Spec, ...]:
        """Read the exercises, in order. LabFileError where the file is wrong."""
        return self.lab.specs()

    def notebook(self) -> NotebookNode:
        """Read the notebook. LabFileError where the notebook format's own schema says that it is none."""
        import nbformat

        try:
            read = nbformat.read(self.path, as_version=4)
            nbformat.validate(read)
        except Exception as error:  # whatever nbformat and its schema raise
            raise LabFileError(f"{self.path} is no notebook: {error}. Save it once in JupyterLab.") from None
        return read

    def cells(self, kind: str) -> list[NotebookNode]:
        """Read the cells of a kind ("markdown" or "code"), in order."""
        return [cell for cell in self.notebook().cells if cell.cell_type == kind]


def page_of(name: str) -> Page:
    """Find a lab by its name, among all labs. LabFileError if there is none, or if its notebook is missing."""
    found = labs()
    if name not in found:
        raise LabFileError(f"There is no lab {name!r}. The labs are {', '.join(found)}.")
    return _page(found[name])


def page_at(place: str) -> Page:
    """Find a lab by its folder, or by the name of one of ours ("05-conditions"). LabFileError if there is none."""
    folder = Path(place)
    if not folder.is_dir() and _NAME.fullmatch(place):
        return page_of(place)
    folder = folder.resolve()
    if inside := sorted(file.parent.name for file in folder.glob(f"*/{EXERCISES}")):
        raise LabFileError(f"{folder} holds labs, and is none: name one of {', '.join(inside)} there.")
    if folder.is_file():
        raise LabFileError(f"{folder} is a file. Name the lab's folder, in which {EXERCISES} is.")
    if not (folder / EXERCISES).is_file():
        raise LabFileError(
            f"{folder / EXERCISES} is missing. A lab is a folder with {EXERCISES} and {CHECKS}; "
            "to name one of labkit's own, write it as its notebook is called: 05-conditions."
        )
    return _page(LabFolder(folder))


def _page(lab: LabFolder) -> Page:
    places = [lab.path, lab.path.parent, lab.path.parent / "notebooks"]
    if lab.path.parent in NOTEBOOKS:
        places = [OWN.parent.parent / NOTEBOOKS[lab.path.parent]]
    file = f"{lab.name}.ipynb"
    for place in places:
        if (place / file).is_file():
            return Page(lab, place / file)
    raise LabFileError(
        f"{lab.path} has no notebook. Put {file} into {places[-1]}"
        + (", or beside the lab's folder." if len(places) > 1 else ".")
    )
