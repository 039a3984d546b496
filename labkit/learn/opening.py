"""Opens the course in JupyterLab: in this environment, or, where it is missing, in one of the folder's own.

Starts processes; installs only into `.venv` of the learner's folder, and says so before.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import metadata, util
from pathlib import Path

from .material import FIRST, constraints

NEEDED = ("jupyterlab", "awscli", "pandas", "ipywidgets")
"""Some that only the extra `notebooks` brings: where one is missing, the labs do not run."""
NO_NEWS = ("--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate")


class CannotOpenError(Exception):
    """JupyterLab can't be had; the message says what to do."""


def missing() -> list[str]:
    """Name the packages that labs need and this environment has not."""
    return [name for name in NEEDED if util.find_spec(name) is None]


def jupyter_command(python: str, folder: Path) -> list[str]:
    """Write the command that opens the first lab: on this machine alone, and as root only where one is root."""
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    opening = [f"--ServerApp.root_dir={folder}", *NO_NEWS, *root, str(folder / FIRST)]
    return [python, "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1", *opening]


def own_python(folder: Path) -> Path:
    """Name the interpreter of the folder's own environment, whether it is there or not."""
    inside = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
    return folder.joinpath(".venv", *inside)


def source() -> str:
    """Say what pip installs to get this labkit with all that labs need: from where it came itself."""
    found = metadata.distribution("labkit")
    told = json.loads(found.read_text("direct_url.json") or "{}")  # PEP 610: absent if an index gave it
    url = str(told.get("url", ""))
    if told.get("dir_info", {}).get("editable") and url.startswith("file://"):
        raise CannotOpenError("This labkit is a checkout's. Run `make setup` there, and then its .venv/bin/labkit.")
    if not url:
        return f"labkit[notebooks]=={found.version}"
    if "vcs_info" in told:
        url = f"{told['vcs_info']['vcs']}+{url}@{told['vcs_info']['commit_id']}"
    return f"labkit[notebooks] @ {url}"


def install(folder: Path) -> None:
    """Make the folder's own environment, with JupyterLab in it. CannotOpenError where that fails."""
    python = own_python(folder)
    wanted = source()
    pinned = constraints()
    exact = ["-c", str(pinned)] if pinned else []
    make = [sys.executable, "-m", "venv", str(folder / ".venv")]
    fill = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *exact, wanted]
    for command in (make, fill):
        if subprocess.run(command, check=False).returncode:  # noqa: S603  # written above
            raise CannotOpenError(
                "That did not work; the words of the command are above. Is there a network, and room on the disk? "
                "Start it again, or install JupyterLab beside labkit yourself: pip install 'labkit[notebooks]'"
            )


def ready(python: Path) -> bool:
    """Tell whether that interpreter is there and has JupyterLab and labkit."""
    asked = [str(python), "-c", "import jupyterlab, labkit"]
    return python.exists() and subprocess.run(asked, check=False, capture_output=True).returncode == 0  # noqa: S603


def run(python: str, folder: Path) -> int:
    """Open JupyterLab, and wait until it ends; answers its exit status."""
    bin_folder = str(Path(python).parent)
    environment = {**os.environ, "PATH": os.pathsep.join([bin_folder, os.environ.get("PATH", "")])}
    try:
        command = jupyter_command(python, folder)
        return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603  # written above
    except KeyboardInterrupt:  # Ctrl-C reached JupyterLab, too, which has ended by its own question
        return 0
