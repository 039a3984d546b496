"""How long an account takes to begin, beside moto's mock; and `labkit serve`, beside importing what it stands on.

Run by `make bench`. Processor time, not the clock's, since other programs disturb it less. The best round counts.

    labkit.start     a fresh account in the process: managed policies, an administrator, the learner signed in
    mock_aws         moto's mock on and off, with nothing in it
    labkit serve     from the command to its first line: the account is open, the port is bound
    imports          a Python that imports moto and botocore, and does nothing

The figures to hold: a start takes at most 7.5 times as long as a mock, which makes 15 milliseconds where that takes
two; the command at most 1.8 times as long as the imports.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from moto import mock_aws

import labkit

ROUNDS = int(os.environ.get("ROUNDS", "5"))
MOST_START, MOST_SERVE = 7.5, 1.8
LABKIT = Path(sys.executable).with_name("labkit")
IMPORTS = "import moto.core, moto.iam.models, botocore.session; print()"


def spent(work: Callable[[], object]) -> float:
    """Seconds of this process's processor time."""
    before = time.process_time()
    work()
    return time.process_time() - before


def mock() -> None:
    """moto's mock, on and off."""
    with mock_aws():
        pass


def first_line(*command: str | Path) -> float:
    """Seconds of processor time that a command has taken when it prints its first line."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        running.stdout.readline()
        try:
            times = psutil.Process(running.pid).cpu_times()
        finally:
            running.kill()
    return times.user + times.system


def main() -> int:
    """Measure in turn, print the best rounds and the ratios; 1 where a figure is not held."""
    mock()
    labkit.start("bench")  # what a process reads once is read
    starts = [(spent(lambda: labkit.start("bench")), spent(mock)) for _ in range(10 * ROUNDS)]
    start, mocked = (min(each) for each in zip(*starts, strict=True))
    serves = [(first_line(LABKIT, "serve"), first_line(sys.executable, "-c", IMPORTS)) for _ in range(ROUNDS)]
    serve, imports = (min(each) for each in zip(*serves, strict=True))
    missed = 0
    for name, took, peer, least, most in (
        ("labkit.start", start, "mock_aws", mocked, MOST_START),
        ("labkit serve", serve, "imports", imports, MOST_SERVE),
    ):
        missed += took > most * least
        ratio = f"{took / least:.1f} (to hold: {most:.1f})"
        print(f"{name} {took * 1e3:.1f} ms, {peer} {least * 1e3:.1f} ms: {ratio}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
