"""`labkit audit`: joins the account that the AWS settings name, prints what the audit found, and answers for CI.

A simulated account is found by its endpoint. A real one is looked at only with `--account aws` and consent to its id.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from botocore.config import Config

from ..accounts.aws.caller import caller_of
from ..accounts.aws.consent import agree
from ..accounts.aws.settings import settings
from ..accounts.sessions import new_session
from ..errors import LabError
from .auditing import audit
from .facts.reader import Clients
from .progress import for_people
from .report import Report

FOUND = 1
COULD_NOT_LOOK = 2
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
_RETRIES = Config(retries={"mode": "standard", "max_attempts": 10})


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
    if account == "aws":
        return _agreed(region)
    endpoint = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("LABKIT_ENDPOINT") or ""
    if urlsplit(endpoint).hostname not in LOCAL:
        raise LabError(
            "No simulated account: AWS_ENDPOINT_URL names none on this machine. Copy the lines that `labkit serve` "
            "prints, or say --account aws to look at the real account of your AWS settings."
        )
    session = new_session()
    where = region or session.region_name or ""
    if not where:
        raise LabError("No Region is set. Set AWS_REGION, or say --region us-east-1.")
    return lambda service, name: session.client(
        service, region_name=name, config=_RETRIES, endpoint_url=endpoint
    ), where


def _agreed(region: str) -> tuple[Clients, str]:
    """The clients of the real account, after consent. It is named once, whatever it looks like: an audit only reads."""
    found = settings(region)
    who = caller_of(found)
    about = f"An audit only reads, and its calls stand in the trail of account {who.account_id}, Region {found.region}."
    agree(who, found.region, about)
    return found.client, found.region
