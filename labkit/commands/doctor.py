"""`labkit doctor`: looks at the machine, or at a real account, and says what must be mended before a lab can run."""

from __future__ import annotations

import argparse
import json


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    doctor_parser = commands.add_parser(
        "doctor",
        help="say what is right and wrong with this machine, and how to mend it",
        description="Look at Python, packages, the aws command, settings and ports. "
        "Exits with 1 if something must be mended before a lab can run. With --account aws, look at the real account "
        "of your AWS settings, by calls that only read: who and where you are, what is lacking, what each lab does "
        "there; exits with 2 if there is no account to look at.",
    )
    doctor_parser.add_argument(
        "--account", choices=("simulated", "aws"), default="simulated", help="aws: look at your AWS account"
    )
    doctor_parser.add_argument("--lab", default="", metavar="NAME", help="with --account aws: for this lab alone")
    doctor_parser.add_argument("--region", default="", metavar="REGION", help="with --account aws: the Region")
    doctor_parser.add_argument("--json", action="store_true", help="print one JSON object")
    doctor_parser.add_argument(
        "--mend",
        action="store_const",
        const=mend,
        default=examine,
        dest="run",
        help="first mend the environment's commands, if the folder's path or a move keeps them from running",
    )


def examine(arguments: argparse.Namespace) -> int:
    """`labkit doctor`: 0 if labs can run here, 1 if something must be mended first."""
    if arguments.account == "aws":
        return examine_account(arguments)
    from dataclasses import asdict

    from .. import doctor

    findings = doctor.examine()
    if arguments.json:
        print(json.dumps({"findings": [asdict(each) for each in findings]}))
    else:
        print("\n".join(str(each) for each in findings))
    return int(any(each.status == "wrong" for each in findings))


def examine_account(arguments: argparse.Namespace) -> int:
    """`labkit doctor --account aws`: 0 if labs can run there, 1 if something must be mended, 2 if there is no "
    "account."""
    from ..accounts.aws.doctor import checkup

    found = checkup.examine(arguments.lab, arguments.region)
    print(json.dumps(found.as_json()) if arguments.json else found.as_text())
    return found.status


def mend(arguments: argparse.Namespace) -> int:
    """`labkit doctor --mend`: mend what can be mended, then look at everything."""
    from .. import doctor

    done = doctor.mend()
    print("\n".join(str(each) for each in done))
    return max(examine(arguments), int(any(each.status == "wrong" for each in done)))
