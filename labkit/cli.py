"""The `labkit` command: reads its arguments, and hands them to the command that was asked for.

Each command is a file of `labkit.commands`, which adds its part of the command line.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from . import __version__
from .commands import (
    audit,
    check_lab,
    clean_up,
    cost,
    diagnose,
    doctor,
    learn,
    new_lab,
    notebooks,
    progress,
    receipt,
    serve,
    xks_proxy,
)

# In the order in which `labkit --help` lists them.
COMMANDS = (
    learn, serve, doctor, new_lab, check_lab, notebooks, diagnose, audit, cost, clean_up, progress, receipt, xks_proxy,
)  # fmt: skip
OUTPUT_ERROR = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; answers its exit status."""
    try:
        try:
            arguments = build_parser().parse_args(argv)
            status: int = arguments.run(arguments)
        finally:  # also where --help and --version end the command
            if sys.stdout is not None:
                sys.stdout.flush()
    except OSError as problem:  # the reader of a pipe has gone, a disk is full
        with suppress(AttributeError, OSError, ValueError):  # there may be no standard output at all
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python writes the rest there at its end
        what = "nobody reads what this prints, so it ends" if problem.filename is None else "it ends"
        print(f"labkit: {what}: {problem}", file=sys.stderr)
        return OUTPUT_ERROR
    return status


def build_parser() -> argparse.ArgumentParser:
    """Make the whole command line, as data for argparse (and for the test that holds the docs to it)."""
    parser = argparse.ArgumentParser(prog="labkit", description="Labs for AWS KMS on a simulated AWS account.")
    parser.add_argument("--version", action="version", version=f"labkit {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for each in COMMANDS:
        each.add_to(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
