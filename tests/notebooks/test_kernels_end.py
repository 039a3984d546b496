"""Each notebook's kernel ends with it, and an interrupted suite leaves none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

SECONDS = 120
CELL = "import os, pathlib, time\npathlib.Path(r'{told}').write_text(str(os.getpid()))"


def _wait(what: str, seconds: float, done: object) -> None:
    """Until `done()` is true."""
    until = time.monotonic() + seconds
    while not done():  # type: ignore[operator]
        assert time.monotonic() < until, what
        time.sleep(0.05)


@pytest.mark.parametrize(("ended", "workers"), [("SIGINT", "0"), ("SIGINT", "1"), ("SIGTERM", "0")])
def test_no_kernel_outlives_the_suite(ended: str, workers: str, tmp_path: Path, checkout: Path) -> None:
    """Whether it is interrupted or told to stop, in one process or in several."""
    told = tmp_path / "kernel"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL.format(told=told))])
    notebook.cells.append(nbformat.v4.new_code_cell("time.sleep(600)"))
    nbformat.write(notebook, tmp_path / "one.ipynb")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    options = ["-p", "tests.conftest", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env", "-n", workers]
    interruptible = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)"
    begin = f"{interruptible}; import pytest; sys.exit(pytest.main())"
    suite = subprocess.Popen(
        [sys.executable, "-c", begin, "-q", *options, "one.ipynb"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(checkout)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        _wait("no kernel began", SECONDS, lambda: told.exists() and told.read_text())
        kernel = int(told.read_text())
        time.sleep(0.3)
        suite.send_signal(getattr(signal, ended))
        output, _ = suite.communicate(timeout=SECONDS)
        assert suite.returncode == 2, output  # pytest's word for an interrupted run
        _wait("the kernel goes on", 10, lambda: not psutil.pid_exists(kernel))
    finally:
        suite.kill()
