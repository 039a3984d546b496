"""Accounts in processes of their own, and scripts that use them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Script = Callable[..., subprocess.CompletedProcess]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """`script(code, NAME="value")`: runs Python code as a file of its own, and answers what it printed."""

    def run(code: str, **settings: str) -> subprocess.CompletedProcess:
        path = tmp_path / "script.py"
        path.write_text(code)
        command = [sys.executable, "-W", "ignore::DeprecationWarning", str(path)]
        modules = {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ["PYTHONPATH"]])}
        environment = os.environ | modules | settings
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)

    return run


@pytest.fixture
def served() -> Iterator[dict[str, Any]]:
    """What a running `labkit serve --json` has told."""
    command = [sys.executable, "-m", "labkit.cli", "serve", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    yield json.loads(process.stdout.readline())
    process.terminate()
    process.communicate(timeout=30)


@pytest.fixture
def joined(served: dict[str, Any]) -> dict[str, str]:
    """The variables by which a notebook joins it."""
    return {"LABKIT_ENDPOINT": served["endpoint"], "LABKIT_CONTROL_TOKEN": served["control_token"]}
