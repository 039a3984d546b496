"""A real kernel knows who runs a cell: a program that runs a notebook, or a person."""

from __future__ import annotations

import os
from pathlib import Path

from jupyter_client.manager import start_new_kernel

from labkit.presence import AUTOMATIC

CODE = """import labkit
from labkit.presence import is_kept
print(is_kept())
lab = labkit.start("00-start-here")
lab.exercise("name-your-role").check("somebody")"""


def test_a_kernel_keeps_what_a_person_does_and_nothing_else(tmp_path: Path) -> None:
    """As nbclient and nbval ask (`allow_stdin` is false), and as JupyterLab does."""
    env = {name: value for name, value in os.environ.items() if name not in (*AUTOMATIC, "LABKIT_PROGRESS")}
    manager, client = start_new_kernel(kernel_name="python3", env=env | {"LABKIT_HOME": str(tmp_path / "home")})
    try:
        for allow_stdin in (False, True):
            printed: list[str] = []

            def keep(message: dict, printed: list[str] = printed) -> None:
                printed.append(message["content"].get("text", ""))

            answer = client.execute_interactive(CODE, allow_stdin=allow_stdin, output_hook=keep, timeout=60)
            assert answer["content"]["status"] == "ok"
            assert "".join(printed).startswith(str(allow_stdin))
            assert (tmp_path / "home" / "progress.sqlite3").exists() is allow_stdin
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
