"""The way into a real account, in order: settings, who one is, consent, a look round, a second consent, the run.

Before consent no call is made but GetCallerIdentity; before the run begins, none that changes anything.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import boto3

from ...errors import LabError
from ..environment import leave_the_lab, past_the_proxy
from ..local import LocalCloud
from ..remote import Remote
from ..sessions import new_session
from . import consent, joining
from .caller import Caller, caller_of
from .plans import Plan
from .run import Run, begin, home, runs
from .settings import Settings, settings
from .surroundings import doubts


@dataclass(frozen=True, slots=True)
class Entered:
    """A run that has begun: who one is, and the stand-in's address ("" for AWS)."""

    run: Run
    who: Caller
    standin: str
    regions: frozenset[str]


def enter(lab: str, region: str, plan: Plan, ask: consent.Ask = consent.ask_here) -> Entered:
    """Begin a run in the account of the AWS settings. LabError, before anything is made, where it can't or may not."""
    if isinstance(LocalCloud.joined(), Remote):
        raise LabError(
            "This process has been in a simulated account, and your AWS settings are out of reach here. Restart the "
            "kernel (or begin a new process) to work in a real account."
        )
    found = settings(region)
    if plan.home and found.region != plan.home:
        raise LabError(
            f"Lab {lab} is written for the Region {plan.home}, and your settings say {found.region}. Set "
            f"AWS_REGION={plan.home}, and begin again."
        )
    who = caller_of(found)
    place = f"AWS account {who.account_id}, Region {found.region}"
    elsewhere = sorted(plan.regions - {found.region})
    also = f" It also makes things in {', '.join(elsewhere)}." if elsewhere else ""
    twice = consent.agree(who, found.region, f"This lab makes things in {place}. {plan.about()}{also}", ask)
    if not twice and (reasons := doubts(found, who, [each.id for each in runs(home())])):
        consent.agree_again(who, found.region, reasons, ask)
    run = begin(who.account_id, found.region, lab, home(), tuple(sorted(plan.regions)))
    leave_the_lab()
    _point_at(found)
    joining.join(run, found.standin, plan.regions)
    boto3.DEFAULT_SESSION = new_session()
    return Entered(run, who, found.standin, plan.regions)


def _point_at(found: Settings) -> None:
    """Set what boto3 and `aws` commands need to find the same place; the owner's other settings stay as they are."""
    os.environ |= {"AWS_REGION": found.region, "AWS_DEFAULT_REGION": found.region}
    os.environ.setdefault("AWS_PAGER", "")  # nobody could leave a pager in a notebook
    if found.standin:
        os.environ["AWS_ENDPOINT_URL"] = found.standin
        os.environ |= past_the_proxy(os.environ)
