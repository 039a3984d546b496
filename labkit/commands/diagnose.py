"""`labkit diagnose`: from an error's message, or a record of CloudTrail, to its cause and the mend."""

from __future__ import annotations

import argparse
import sys

from .common import USAGE_ERROR


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "diagnose",
        help="say what an error of AWS means, and how to mend it",
        description="Read an error's message, or CloudTrail's record of it, and print its cause, the layer that "
        "decided, the mend and the sources. Asks no account. To an error that is not known it says: Don't know.",
    )
    parser.add_argument("message", metavar="MESSAGE", nargs="*", help="the message; without it, standard input is read")
    parser.add_argument(
        "--json",
        action="store_const",
        const="as_json",
        default="as_text",
        dest="form",
        help="print cause, layer, mend and sources as one line of JSON",
    )
    parser.set_defaults(run=diagnose)


def diagnose(arguments: argparse.Namespace) -> int:
    """Run `labkit diagnose`: 0 whether the error is known or not, 2 if there is no message."""
    from ..diagnose import command
    from ..diagnose import diagnose as diagnosis_of

    stream = None if sys.stdin is None else sys.stdin.buffer
    try:
        given = command.message_from(arguments.message, stream, interactive=stream is not None and sys.stdin.isatty())
    except ValueError as lacking:
        print(f"labkit diagnose: {lacking}", file=sys.stderr)
        return USAGE_ERROR
    print(getattr(command, arguments.form)(diagnosis_of(given)))
    return 0
