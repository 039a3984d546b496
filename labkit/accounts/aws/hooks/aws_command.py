"""`python -m labkit.accounts.aws.hooks.aws_command`: awscli, as the `aws` command of a run.

Reads the run from its ledger in the folder that LABKIT_RUN names, joins it, and hands the command line to awscli.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from ....errors import LabError
from .. import consistency
from ..ledger import open_ledger
from . import plain, shim
from .install import install


@dataclass(frozen=True, slots=True)
class _Run:
    """A run as its ledger has it."""

    id: str
    account_id: str
    region: str
    folder: Path


def main() -> int:
    """Run awscli for one command line; answers its exit status."""
    try:
        _join(os.environ.get(shim.RUN, ""))
    except (LabError, OSError) as problem:
        print(f"aws: {problem}", file=sys.stderr)  # noqa: T201  # a command
        return shim.REFUSED
    return int(import_module("awscli.clidriver").main() or 0)


def _join(folder: str) -> None:
    if not folder or not Path(folder, "ledger.sqlite").is_file():
        raise LabError(f"{shim.RUN} names no run. Nothing was sent. Start the lab again: it sets the variable.")
    ledger = open_ledger(Path(folder))
    told = ledger.run()
    if told is None:
        raise LabError(f"The ledger in {folder} names no run. Nothing was sent.")
    install(_Run(told[0], told[1], told[2], Path(folder)), ledger)
    consistency.install(Path(folder))
    if plain.standin():
        os.environ["AWS_ENDPOINT_URL"] = plain.standin()


if __name__ == "__main__":
    sys.exit(main())
