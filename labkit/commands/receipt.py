"""`labkit receipt`: a learner's account of what they have done, and a trainer's look at it."""

from __future__ import annotations

import argparse
import json
import sys

from .common import USAGE_ERROR

CHANGED = 1


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "receipt",
        help="print a receipt of what you have done, or verify one",
        description="Print what you have solved and answered as JSON, with the versions of the exercises, signed by a "
        "key of this machine. It is the learner's own account: --verify says whether somebody has changed it since, "
        "and cannot say who did the work. --verify exits with 1 if it was changed, with 2 if it is no receipt.",
    )
    parser.add_argument("--name", default="", metavar="TEXT", help="a name to stand in the receipt")
    parser.add_argument("--verify", metavar="FILE", help="look at a receipt, and hold it against the exercises here")
    parser.set_defaults(run=receipt)


def receipt(arguments: argparse.Namespace) -> int:
    """Run `labkit receipt`: see its description for the exit status."""
    return _verify(arguments.verify) if arguments.verify else _make(arguments.name)


def _make(name: str) -> int:
    from .. import __version__
    from ..presence import folder
    from ..progress import NotKept, Store, make_receipt

    try:
        made = make_receipt(Store(folder()).all(), folder(), name, __version__)
    except (NotKept, OSError) as problem:
        print(f"labkit receipt: {problem}", file=sys.stderr)
        return USAGE_ERROR
    print(json.dumps(made, indent=1))
    return 0


def _verify(file: str) -> int:
    from ..progress import verify
    from ..progress.course import course

    try:
        with open(file, encoding="utf-8") as opened:
            found = verify(opened.read(), course())
    except (OSError, ValueError) as problem:
        print(f"labkit receipt: {file}: {problem}", file=sys.stderr)
        return USAGE_ERROR
    print(found)
    return 0 if found.is_unchanged else CHANGED
