"""What a notebook is run with: nothing of the machine's owner, and the labs that stand beside it."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from ..exercises.loader import EXERCISES, VARIABLE


def lab_folder(notebook: Path) -> Path | None:
    """Find the lab to which a notebook belongs: in its folder, or beside that. None where it is no lab's."""
    name = notebook.stem.replace("-", "_")
    beside = (notebook.parent, *notebook.parents[1:2])
    places = (notebook.parent if notebook.parent.name == name else None, *(each / name for each in beside))
    return next((each for each in places if each is not None and (each / EXERCISES).is_file()), None)


def with_labs(lab: Path | None) -> str:
    """Write the value of LABKIT_LABS with which a lab is found, beside those that it names already."""
    named = [part for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part]
    if lab is not None and lab.parent not in [Path(part).resolve() for part in named]:
        named.append(str(lab.parent))
    return os.pathsep.join(named)


def leave_the_owner_out() -> None:
    """Let neither an AWS account nor an IPython profile of whoever runs this into the outputs; LABKIT_LABS stays."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "LABKIT_")) and name != VARIABLE]:
        del os.environ[name]
    os.environ["LABKIT_PROGRESS"] = "off"  # a page shows the progress of a learner who has just begun
    os.environ["IPYTHONDIR"] = tempfile.mkdtemp(prefix="labkit-ipython-")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
