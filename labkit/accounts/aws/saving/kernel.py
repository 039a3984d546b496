"""A kernel's side: a real run's first output says so and is marked, and no lab runs where it would be saved over."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ....errors import LabError
from .apart import KEY

REAL = "aws"
SAFE = "LABKIT_SAVES_APART"
"""Set by the extension of Jupyter's server, for the kernels that it starts."""
_SESSION = "JPY_SESSION_NAME"  # the notebook's path, from Jupyter's server
_OF_VS_CODE = "__vsc_ipynb_file__"


def mark(run: str, where: str) -> None:
    """Show, in a notebook, where the run is; the output carries the run's id, by which the server knows it."""
    if _shell() is not None:
        from IPython.display import publish_display_data

        publish_display_data({"text/plain": where}, metadata={KEY: {"run": run}})


def require_a_safe_place(lab: str, environ: Mapping[str, str] = os.environ) -> None:
    """LabError where this notebook is the lab itself, and a real account's outputs would be saved over its own."""
    notebook, stem = _notebook(environ), lab.rpartition("/")[2]
    if environ.get(SAFE):
        return
    if notebook is None and _is_kernel() and Path(f"{stem}.ipynb").is_file():
        raise LabError(
            f"{stem}.ipynb lies here, and what runs this kernel does not say which notebook it is (nbconvert, "
            "papermill): outputs of a real account could be saved over those that came with the lab. Run it in "
            "JupyterLab (`make lab`) or by tools/real-run; or a copy in another folder, under another name."
        )
    if notebook is None or notebook.stem != stem:
        return
    raise LabError(
        f"{notebook.name} is the lab itself, and outputs of a real account would be saved over the ones that came with "
        "it: what serves this notebook does not keep them apart. Save the notebook under another name and run that, or "
        "start JupyterLab with `make lab` or from labkit's own environment."
    )


def _notebook(environ: Mapping[str, str]) -> Path | None:
    """The file of this notebook, as far as a front end tells it."""
    shell = _shell()
    told = (shell.user_ns.get(_OF_VS_CODE) if shell is not None else None) or environ.get(_SESSION)
    return Path(str(told)) if told and str(told).endswith(".ipynb") else None


def _is_kernel() -> bool:
    """Tell whether this is a kernel's process; IPython in a terminal saves no outputs."""
    return "ipykernel" in sys.modules and "ZMQ" in type(_shell()).__name__


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None
