"""`labkit audit`: says what an account's KMS keys are lacking, and how to mend it."""

from __future__ import annotations

import argparse
import sys

SEVERITIES = ("critical", "high", "medium", "low")  # the audit's own, which is loaded when it runs
AS_JSON, AS_TEXT = "json", "text"


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "audit",
        help="say what an account's KMS keys are lacking, and how to mend it",
        description="Audit the account that AWS_ENDPOINT_URL (or LABKIT_ENDPOINT) names, by read-only calls. "
        "Exits with 1 if it found anything as severe as --fail-on, with 2 if it could not look, or not at everything, "
        "else with 0.",
    )
    parser.add_argument(
        "--account",
        choices=("simulated", "aws"),
        default="simulated",
        help="aws: the real account of your AWS settings, if LABKIT_CONSENT=ACCOUNT-ID:REGION names it "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--fail-on",
        choices=SEVERITIES,
        default="low",
        help="the least severity that makes the exit status 1 (default: %(default)s)",
    )
    parser.add_argument(
        "--region", default="", metavar="REGION", help="the Region to look at (default: that of your AWS settings)"
    )
    parser.add_argument(
        "--json",
        action="store_const",
        const=AS_JSON,
        default=AS_TEXT,
        dest="write",
        help="print a list of findings, each with check, severity, resource, why, mend and controls",
    )
    parser.set_defaults(run=audit)


def audit(arguments: argparse.Namespace) -> int:
    """Run `labkit audit`: see its description for the exit status."""
    from ..audit.command import as_json, as_text, look

    write = as_json if arguments.write == AS_JSON else as_text
    answer = look(arguments.account, arguments.fail_on, arguments.region, write)
    if answer.output:
        print(answer.output)
    if answer.complaint:
        print(answer.complaint, file=sys.stderr)
    return answer.status
