"""`labkit progress`: the map of the course, what is done and what comes next."""

from __future__ import annotations

import argparse
import json
import sys

FAILED = 1


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "progress",
        help="show which exercises and quizzes of the course you have done",
        description="Show the map of the course, from the file in LABKIT_HOME (default: .labkit in your home folder). "
        "With --reset, forget all of it.",
    )
    parser.add_argument("--json", action="store_const", const=as_json, default=repr, dest="describe", help="print JSON")
    parser.add_argument(
        "--reset", action="store_const", const=reset, default=show, dest="run", help="forget what is kept"
    )


def as_json(page: object) -> str:
    """Write the page as one JSON object: labs, next, notes."""
    return json.dumps(page.data, indent=1)  # type: ignore[attr-defined]


def show(arguments: argparse.Namespace) -> int:
    """Run `labkit progress`: 0."""
    from ..progress.keeping import of_folder

    print(arguments.describe(of_folder()))
    return 0


def reset(_arguments: argparse.Namespace) -> int:
    """Run `labkit progress --reset`: 0, or 1 if the file can't be written."""
    from ..presence import folder
    from ..progress.store import NotKept, Store

    store = Store(folder())
    try:
        told = f"Forgot all progress in {store.file}." if store.forget() else "There was no progress to forget."
    except NotKept as problem:
        print(f"labkit progress: {problem}", file=sys.stderr)
        return FAILED
    print(told)
    return 0
