"""`labkit audit`: joins the account that the AWS settings name, prints what the audit found, and answers for CI.

A simulated account is found by its endpoint. A real one is looked at only with `--account aws` and consent to its id.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ..accounts.sessions import new_session
from ..errors import LabError
from .auditing import audit
from .facts.finding import SEVERITIES
from .facts.reader import Clients
from .progress import for_people
from .report import Report

FOUND = 1
COULD_NOT_LOOK = 2
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
_CONSENT = re.compile(r"(\d{12}):([a-z0-9-]+)")
_RETRIES = Config(retries={"mode": "standard", "max_attempts": 10})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `labkit audit`."""
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
        const=as_json,
        default=as_text,
        dest="write",
        help="print a list of findings, each with check, severity, resource, why, mend and controls",
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What the command ends with, and what it prints to standard output and standard error."""

    status: int
    output: str = ""
    complaint: str = ""


def look(account: str, fail_on: str, region: str, write: Callable[[Report], str]) -> Answer:
    """Audit: 0 if nothing of `fail_on` or above was found, 1 if something was, 2 if it could not look at all of it."""
    try:
        clients, where = _joined(account, region)
        report = audit(clients, region=where, progress=for_people())
    except LabError as wrong:
        return Answer(COULD_NOT_LOOK, complaint=f"labkit audit: {wrong}")
    except KeyboardInterrupt:
        return Answer(COULD_NOT_LOOK, complaint="\nlabkit audit: interrupted. It only reads: nothing was changed.")
    if report.at_least(fail_on):
        return Answer(FOUND, write(report))
    return Answer(COULD_NOT_LOOK if report.unread else 0, write(report))


def as_json(report: Report) -> str:
    """Write the findings as a JSON list."""
    return json.dumps(report.as_json(), indent=1)


def as_text(report: Report) -> str:
    """Write the findings for people."""
    return str(report)


def _joined(account: str, region: str) -> tuple[Clients, str]:
    """How to make clients of the account, and its Region. LabError if there is none, or no consent to look at it."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("LABKIT_ENDPOINT") or ""
    if account == "aws" and endpoint:
        raise LabError(
            f"AWS_ENDPOINT_URL is {endpoint!r}: with --account aws the real account is meant. Unset AWS_ENDPOINT_URL "
            "and LABKIT_ENDPOINT, or leave --account aws out."
        )
    if account != "aws" and urlsplit(endpoint).hostname not in LOCAL:
        raise LabError(
            "No simulated account: AWS_ENDPOINT_URL names none on this machine. Copy the lines that `labkit serve` "
            "prints, or say --account aws to look at the real account of your AWS settings."
        )
    session = new_session()
    where = region or session.region_name or ""
    if not where:
        raise LabError("No Region is set. Set AWS_REGION, or say --region us-east-1.")
    options = {} if account == "aws" else {"endpoint_url": endpoint}

    def client(service: str, name: str) -> object:
        return session.client(service, region_name=name, config=_RETRIES, **options)

    if account == "aws":
        _require_consent(client, where)
    return client, where


def _require_consent(client: Clients, region: str) -> None:
    """Ask nothing but GetCallerIdentity, unless LABKIT_CONSENT names that very account and the Region."""
    given = os.environ.get("LABKIT_CONSENT", "")
    try:
        own = str(client("sts", region).get_caller_identity()["Account"])
    except (ClientError, BotoCoreError) as wrong:
        raise LabError(f"There is no account to look at: {wrong}") from None
    consent = _CONSENT.fullmatch(given)
    if consent is None or consent.groups() != (own, region):
        told = f"LABKIT_CONSENT is {given!r}" if given else "LABKIT_CONSENT is not set"
        raise LabError(
            f"Your AWS settings lead to account {own}, Region {region}, and {told}. An audit only reads, and its calls "
            f"stand in that account's trail. To agree, set LABKIT_CONSENT={own}:{region}"
        )
