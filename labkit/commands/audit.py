"""`labkit audit`: says what an account's KMS keys are lacking, and how to mend it."""

from __future__ import annotations

import argparse
import sys

from ..audit.command import add_arguments


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "audit",
        help="say what an account's KMS keys are lacking, and how to mend it",
        description="Audit the account that AWS_ENDPOINT_URL (or LABKIT_ENDPOINT) names, by read-only calls. "
        "Exits with 1 if it found anything as severe as --fail-on, with 2 if it could not look, or not at everything, "
        "else with 0.",
    )
    add_arguments(parser)
    parser.set_defaults(run=audit)


def audit(arguments: argparse.Namespace) -> int:
    """Run `labkit audit`: see its description for the exit status."""
    from ..audit.command import look

    answer = look(arguments.account, arguments.fail_on, arguments.region, arguments.write)
    if answer.output:
        print(answer.output)
    if answer.complaint:
        print(answer.complaint, file=sys.stderr)
    return answer.status
