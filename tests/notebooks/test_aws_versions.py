"""The `!aws` cells show the same under both versions of the AWS CLI.

Version 1 is this environment's own, under which nbval runs every notebook anyway. Here the first four labs, which
teach the command line, are compared once more with version 2 as the `aws` command; with CLI_V2=all every notebook
that has such cells is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import NOTEBOOKS, PATHS

SECONDS = 300
CHOSEN = [path for path in PATHS if os.environ.get("CLI_V2") == "all" or path.stem[:3] in ("00-", "01-", "02-", "03-")]


def uses_aws(path: Path) -> bool:
    """Has the notebook a cell that runs the aws command?"""
    text = path.read_text(encoding="utf-8")
    return "!aws " in text or "%%bash" in text or "%%sh" in text


@pytest.mark.parametrize("name", [path.relative_to(NOTEBOOKS).as_posix() for path in CHOSEN if uses_aws(path)])
def test_outputs_are_the_same_with_version_2(name: str, aws_v2: str, tmp_path: Path) -> None:
    """nbval, strictly, with a version 2 `aws` first in PATH."""
    notebooks = tmp_path / "notebooks"
    shutil.copytree(NOTEBOOKS, notebooks, ignore=shutil.ignore_patterns(".*"))
    # Version 2 reads AWS_ENDPOINT_URL since 2.13.0; Debian's 2.9.19 has to be told.
    command = tmp_path / "bin" / "aws"
    command.parent.mkdir()
    command.write_text(
        f'#!/bin/sh\necho run >> "{tmp_path}/calls"\nexec {aws_v2} --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n'
    )
    command.chmod(0o755)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    answer = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--nbval",
            "--nbval-current-env",
            "-p",
            "no:cacheprovider",
            f"notebooks/{name}",
        ],
        cwd=tmp_path,
        env={**os.environ, "PATH": os.pathsep.join([str(command.parent), os.environ["PATH"]])},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert answer.returncode == 0, answer.stdout[-6000:]
    assert (tmp_path / "calls").exists(), "no cell called aws"
