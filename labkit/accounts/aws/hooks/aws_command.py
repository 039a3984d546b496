"""`python -m labkit.accounts.aws.hooks.aws_command`: awscli, as the `aws` command of a run.

Reads the run from the folder that LABKIT_RUN names, joins it, and hands the command line to awscli.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

from ....errors import LabError
from ..joining import join
from ..ledger.store import FILE
from ..run import read
from ..standin import standin
from . import shim


def main() -> int:
    """Run awscli for one command line; answers its exit status."""
    try:
        _join(os.environ.get(shim.RUN, ""))
    except (LabError, OSError) as problem:
        print(f"aws: {problem}", file=sys.stderr)  # noqa: T201  # a command
        return shim.REFUSED
    return int(import_module("awscli.clidriver").main() or 0)


def _join(folder: str) -> None:
    if not folder or not Path(folder, FILE).is_file():
        raise LabError(f"{shim.RUN} names no run. Nothing was sent. Start the lab again: it sets the variable.")
    run, address = read(Path(folder)), standin()
    join(run, address, frozenset(run.regions))
    if address:
        os.environ["AWS_ENDPOINT_URL"] = address


if __name__ == "__main__":
    sys.exit(main())
