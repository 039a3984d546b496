"""`labkit doctor`: looks at the machine, and says what must be mended before a lab can run."""

from __future__ import annotations

import argparse


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    doctor_parser = commands.add_parser(
        "doctor",
        help="say what is right and wrong with this machine, and how to mend it",
        description="Look at Python, packages, the aws command, settings and ports. "
        "Exits with 1 if something must be mended before a lab can run.",
    )
    doctor_parser.add_argument(
        "--mend",
        action="store_const",
        const=mend,
        default=examine,
        dest="run",
        help="first mend the environment's commands, if the folder's path or a move keeps them from running",
    )


def examine(_arguments: argparse.Namespace) -> int:
    """`labkit doctor`: 0 if labs can run here, 1 if something must be mended first."""
    from .. import doctor

    findings = doctor.examine()
    print("\n".join(str(each) for each in findings))
    return int(any(each.status == "wrong" for each in findings))


def mend(arguments: argparse.Namespace) -> int:
    """`labkit doctor --mend`: mend what can be mended, then look at everything."""
    from .. import doctor

    done = doctor.mend()
    print("\n".join(str(each) for each in done))
    return max(examine(arguments), int(any(each.status == "wrong" for each in done)))
