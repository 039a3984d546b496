"""`labkit doctor --account aws`: who and where one is in a real account, what is lacking, and what each lab would do.

Makes calls that only read, and dry runs. Nothing is made, and no consent is asked for: this is what one reads before.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ....errors import LabError
from ..caller import Caller, caller_of
from ..capabilities import SECOND_PROFILE, capabilities
from ..consent import VARIABLE
from ..plans import Plan, plans
from ..run import home, runs
from ..settings import Settings, settings
from ..surroundings import doubts
from .permissions import look, quotas

READY, WRONG, NO_ACCOUNT = 0, 1, 2
ALMOST = 0.95  # of a quota


@dataclass(frozen=True, slots=True)
class Line:
    """One thing looked at: "wrong" must be mended before a lab can run; "look" is for a person to weigh."""

    status: Literal["right", "look", "wrong"]
    what: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.status:>5}  {self.what}" + (f"\n       → {self.mend}" if self.mend else "")


@dataclass(frozen=True, slots=True)
class Checkup:
    """What was found: the exit status, the lines, and the labs that were asked about."""

    status: int
    lines: tuple[Line, ...]
    plans: tuple[Plan, ...] = ()

    def as_text(self) -> str:
        """Write it for a person."""
        labs = [_lab(plan) for plan in self.plans]
        return "\n".join([*map(str, self.lines), *(["", "What the labs do in a real account:", *labs] if labs else [])])

    def as_json(self) -> dict[str, Any]:
        """Write it for a program."""
        labs = [asdict(plan) | {"regions": sorted(plan.regions)} for plan in self.plans]
        return {"status": self.status, "findings": [asdict(line) for line in self.lines], "labs": labs}


def examine(lab: str = "", region: str = "") -> Checkup:
    """Look at the account of the AWS settings, for one lab or all. Changes nothing."""
    if lab and lab not in plans():
        return Checkup(NO_ACCOUNT, (Line("wrong", f"there is no lab {lab!r}", f"Labs: {', '.join(plans())}"),))
    chosen = [plan for plan in plans().values() if lab in ("", plan.lab)]
    try:
        found = settings(region)
        who = caller_of(found)
    except LabError as wrong:
        return Checkup(NO_ACCOUNT, (Line("wrong", "no account to look at", str(wrong)),), tuple(chosen))
    lines = [_who(found, who), *_consent(found, who), *_lacking(found, who, chosen), *_quotas(found), _second()]
    lines += [_wrong_region(plan, found) for plan in chosen if lab and plan.home and plan.home != found.region]
    status = WRONG if any(line.status == "wrong" for line in lines) else READY
    return Checkup(status, tuple(lines), tuple(chosen))


def _who(found: Settings, who: Caller) -> Line:
    where = f"stand-in {found.standin} for AWS account" if found.standin else "AWS account"
    profile = f", profile {found.profile}" if found.profile else ""
    return Line("right", f"{where} {who.account_id}, Region {found.region}{profile}, as {who.arn}")


def _consent(found: Settings, who: Caller) -> list[Line]:
    """What has to be said before a lab begins there, and why."""
    wanted = f"{who.account_id}:{found.region}"
    reasons = doubts(found, who, [each.id for each in runs(home())])
    twice = f"{wanted}:{who.account_id}"
    given = os.environ.get(VARIABLE, "")
    lines = [Line("look", f"others may depend on this account: {reason}") for reason in reasons]
    if given in ({twice} if reasons else {wanted, twice}):
        return [*lines, Line("right", f"{VARIABLE} names it")]
    if given:
        return [
            *lines,
            Line("wrong", f"{VARIABLE} is {given!r}", f"For this account: {VARIABLE}={twice if reasons else wanted}"),
        ]
    how = f"It is asked for when a lab begins. In a script: {VARIABLE}={twice if reasons else wanted}"
    return [*lines, Line("look", "labs have no consent to this account yet", how)]


def _lacking(found: Settings, who: Caller, chosen: Iterable[Plan]) -> list[Line]:
    makes = dict.fromkeys(what for plan in chosen if not plan.simulated_only for what in plan.makes)
    permissions = look(found, who, makes)
    lines = []
    if permissions.missing:
        listed = ", ".join(permissions.missing)
        lines.append(Line("wrong", f"missing permissions: {listed}", "Ask for them, or take a role that has them."))
    if permissions.allowed:
        lines.append(
            Line("right", f"{len(permissions.allowed)} permissions that labs need are allowed by your policies")
        )
    lines += [Line("look", f"could not be found out: {what}") for what in permissions.unknown]
    told = (
        "not asked: key policies, session policies, and the policies of an organization, which may refuse all the same"
    )
    return [*lines, Line("look", told)]


def _quotas(found: Settings) -> list[Line]:
    lines = []
    for what, used, most in quotas(found):
        if most is None:
            lines.append(Line("look", f"could not be found out: how many {what} there are"))
        elif used > ALMOST * most:
            lines.append(
                Line("wrong", f"{what}: {used:,} of {most:,}", "Remove what nobody needs, or have the quota raised.")
            )
        else:
            lines.append(Line("right", f"{what}: {used:,} of {most:,}"))
    return lines


def _second() -> Line:
    profile = os.environ.get(SECOND_PROFILE)
    if profile:
        return Line("right", f"second account: profile {profile}")
    return Line(
        "look", "no second account", f"Cells that need one are left out: {capabilities()['second-account'].why}."
    )


def _wrong_region(plan: Plan, found: Settings) -> Line:
    return Line(
        "wrong", f"lab {plan.lab} is written for {plan.home}, not {found.region}", f"Set AWS_REGION={plan.home}"
    )


def _lab(plan: Plan) -> str:
    """A lab in a paragraph."""
    if plan.simulated_only:
        return f"{plan.lab}: in the simulated account only: {plan.why}"
    where = f" Region: {plan.home}." if plan.home else ""
    needs = f" Only with {SECOND_PROFILE}." if plan.needs else ""
    left_out = plan.cells - plan.runs
    cells = f"{plan.runs} of {plan.cells} cells" if left_out else f"all {plan.cells} cells"
    return f"{plan.lab}: {cells}, about {plan.minutes} minutes.{where}{needs} {plan.about()}"
