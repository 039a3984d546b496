"""The `aws` command of a run: awscli of this environment, with the run's hooks on its calls.

`put_first` writes a launcher into the run's folder and puts it first on PATH: no other `aws` is hit by accident.
The launcher finds its run by LABKIT_RUN, and runs nothing without it.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import MutableMapping
from pathlib import Path

RUN = "LABKIT_RUN"
REFUSED = 252  # awscli's status for a command line that can't be run
LAUNCHER = """#!/bin/sh
# The aws command of one labkit run: its calls go through the run's ledger.
if [ -z "${LABKIT_RUN:-}" ]; then
    echo "aws: this is the aws command of a labkit run, and LABKIT_RUN names none. Nothing was sent." >&2
    exit 252
fi
exec %s -m labkit.accounts.aws.hooks.aws_command "$@"
"""


def put_first(folder: Path, environ: MutableMapping[str, str]) -> None:
    """Make the run's `aws` the first on PATH."""
    own = folder / "bin"
    own.mkdir(mode=0o700, parents=True, exist_ok=True)
    launcher = own / ("aws.cmd" if os.name == "nt" else "aws")
    if os.name == "nt":
        text = f'@"{sys.executable}" -m labkit.accounts.aws.hooks.aws_command %*\r\n'
    else:
        text = LAUNCHER % shlex.quote(sys.executable)
    launcher.write_text(text, encoding="utf-8")
    launcher.chmod(0o700)
    take_away(folder, environ)
    environ["PATH"] = os.pathsep.join([str(own), environ.get("PATH", "")])
    environ[RUN] = str(folder)


def take_away(folder: Path, environ: MutableMapping[str, str]) -> None:
    """Take the run's `aws` off PATH again."""
    own = str(folder / "bin")
    environ["PATH"] = os.pathsep.join(each for each in environ.get("PATH", "").split(os.pathsep) if each != own)
    if environ.get(RUN) == str(folder):
        del environ[RUN]
