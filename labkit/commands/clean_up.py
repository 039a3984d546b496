"""`labkit clean-up`: take away what runs have made in a real account.

Reads its arguments, asks and prints; what it does comes from labkit.accounts.aws.clean.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

from .common import USAGE_ERROR

DEFAULT_REGION = "us-east-1"


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "clean-up",
        help="take away what labs have made in a real AWS account",
        description="Find what a run has made in a real AWS account, by its ledger, its names and its tags, take it "
        "away, and say what is left. Simulated accounts need none of this.",
    )
    parser.add_argument(
        "--run", dest="run_id", metavar="ID", help="which run (default: each that has a ledger on this machine)"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask before it acts")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    parser.set_defaults(run=clean_up)


def clean_up(arguments: argparse.Namespace) -> int:
    """`labkit clean-up`: 0 nothing is left, 1 something is, 2 refused, 3 what is left goes by itself."""
    from ..accounts.aws.clean import runs
    from ..accounts.aws.run import home
    from ..accounts.aws.settings import settings
    from ..errors import LabError

    within = home() / "runs"
    wanted = [arguments.run_id] if arguments.run_id else runs.on_this_machine(within)
    if not wanted:
        print(f"There is nothing to clean up: no run has a ledger in {within}.")
        return 0
    talk = runs.Talk(print, _ask, time.sleep, arguments.yes, arguments.dry_run)
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
    worst = 0
    for each in wanted:
        try:
            session = settings(region).session._session
            status = runs.clean_up(each, within, talk, region, session)
        except LabError as refused:
            print(f"labkit clean-up: {refused}", file=sys.stderr)
            status = USAGE_ERROR
        worst = max(worst, status, key=(0, 3, 1, USAGE_ERROR).index)
    return worst


def _ask(question: str) -> str:
    """Ask a person; an empty answer where nobody is there."""
    try:
        return input(question)
    except EOFError:
        return ""
