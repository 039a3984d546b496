"""Opens the course in JupyterLab: in this environment, or, where it is missing, in one of the folder's own.

Starts processes; installs only into `.venv` of the learner's folder, and says so before.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata, util
from pathlib import Path

from .material import FIRST, constraints, course

NEEDED = ("jupyterlab", "awscli", "pandas", "ipywidgets")
"""Some that only the extra `notebooks` brings: where one is missing, the labs do not run."""
NO_NEWS = ("--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate")


class CannotOpenError(Exception):
    """JupyterLab can't be had; the message says what to do."""


def missing() -> list[str]:
    """Name the packages that labs need and this environment has not."""
    return [name for name in NEEDED if util.find_spec(name) is None]


def jupyter_command(python: str, folder: Path) -> list[str]:
    """Write the command that opens the first lab: on this machine alone, and as root only where one is root.

    The lab is part of the address that JupyterLab prints, for those who copy it into a browser themselves.
    """
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    opening = [f"--ServerApp.root_dir={folder}", f"--LabApp.default_url=/lab/tree/{FIRST}", *NO_NEWS, *root]
    return [python, "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1", *opening]


def own_python(folder: Path) -> Path:
    """Name the interpreter of the folder's own environment, whether it is there or not."""
    inside = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
    return folder.joinpath(".venv", *inside)


def source() -> str:
    """Say what pip installs to get this labkit with all that labs need: from where it came itself."""
    try:
        found = metadata.distribution("labkit")
    except metadata.PackageNotFoundError:
        raise CannotOpenError("This labkit was only put where Python looks. Install it with pip.") from None
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
    wanted = source()
    for command in _steps(folder, wanted, os.environ.get("UV")):
        if subprocess.run(command, check=False).returncode:  # noqa: S603  # written below
            raise CannotOpenError(
                "That did not work; the words of the command are above. Is there a network, and room on the disk? "
                f"Start it again, or install what is missing beside labkit yourself: pip install '{wanted}'"
            )


def _steps(folder: Path, wanted: str, uv: str | None) -> Iterator[list[str]]:
    """Write the commands that make the environment: uv's own under `uvx`, which names itself in UV; else pip's.

    The same version may be another wheel, and pip takes an equal version for an equal package: labkit comes anew.
    """
    python = str(own_python(folder))
    pinned = constraints()
    exact = ["-c", str(pinned)] if pinned else []
    runs = _asked(python, "") is not None
    if uv:
        if not runs:
            yield [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder / ".venv")]
        yield [uv, "pip", "install", "--quiet", "--python", python, "--reinstall-package=labkit", *exact, wanted]
        return
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if not runs:
        yield [sys.executable, "-m", "venv", "--clear", str(folder / ".venv")]
    yield [*pip, *exact, wanted]
    if runs:
        yield [*pip, "--no-deps", "--force-reinstall", wanted]


def fingerprint() -> str:
    """Say which labkit this is, to the byte: a hash over what its installer wrote down of its files."""
    try:
        record = metadata.distribution("labkit").read_text("RECORD") or ""
    except metadata.PackageNotFoundError:  # only put where Python looks
        record = ""
    lines = sorted(line for line in record.splitlines() if line.startswith("labkit/") and ".pyc," not in line)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def ready(python: Path) -> bool:
    """Tell whether that interpreter is there and has JupyterLab and this very labkit, which the course is for."""
    asked = "import jupyterlab, labkit.learn.opening as here; print(here.fingerprint())"
    return _asked(str(python), asked) == fingerprint()


def _asked(python: str, code: str) -> str | None:
    """Run code with that interpreter, which may not be there; answers what it prints. None where it can't run."""
    try:
        told = subprocess.run([python, "-c", code], check=False, capture_output=True, text=True)  # noqa: S603
    except OSError:
        return None
    return told.stdout.strip() if told.returncode == 0 else None


def trust(python: str, folder: Path) -> None:
    """Sign the notebooks that are as they were handed out: JupyterLab shows pictures of trusted ones alone."""
    ours = [folder / name for name, text in course().items() if name.endswith(".ipynb") and _is(folder / name, text)]
    sign = [python, "-m", "nbformat.sign", *map(str, ours)]
    subprocess.run(sign, check=False, capture_output=True)  # noqa: S603  # without it, pictures are text at first


def _is(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def run(python: str, folder: Path) -> int:
    """Open JupyterLab, and wait until it ends; answers its exit status."""
    bin_folder = str(Path(python).parent)
    environment = {**os.environ, "PATH": os.pathsep.join([bin_folder, os.environ.get("PATH", "")])}
    trust(python, folder)
    with subprocess.Popen(jupyter_command(python, folder), env=environment) as server:  # noqa: S603  # written above
        while True:
            try:
                return server.wait()
            except KeyboardInterrupt:  # Ctrl-C reaches JupyterLab, too, which asks whether it shall end
                continue
