"""Which permissions labs need in a real account, and which of them the caller lacks, as far as AWS tells.

SimulatePrincipalPolicy answers for the policies of the caller's user or role. It knows nothing of resource policies,
session policies and (mostly) of an organization's policies: what it allows may still be refused. Source: IAM API
reference, SimulatePrincipalPolicy. A dry run asks the service itself, where the operation has one (EC2).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..caller import Caller
from ..settings import Settings

ALWAYS = ("cloudtrail:LookupEvents", "tag:GetResources")
AT_ONCE = 50  # actions in one call
_DRY_RUN_OK, _DRY_RUN_NO = "DryRunOperation", "UnauthorizedOperation"


@dataclass(frozen=True, slots=True)
class Permissions:
    """What was found out: actions that are allowed, those that are not, and what could not be found out, and why."""

    allowed: tuple[str, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]


@cache
def needed_for() -> Mapping[str, tuple[str, ...]]:
    """Read the table: the actions that making and removing each kind of thing takes."""
    text = files(__package__).joinpath("permissions.tsv").read_text(encoding="utf-8")
    return {row["makes"]: tuple(row["actions"].split()) for row in csv.DictReader(text.splitlines(), delimiter="\t")}


def actions_for(makes: Iterable[str]) -> list[str]:
    """List the actions that labs need for what they make, each once."""
    found = [action for what in makes for action in needed_for().get(what, ())]
    return list(dict.fromkeys([*ALWAYS, *found]))


def look(settings: Settings, who: Caller, makes: Iterable[str]) -> Permissions:
    """Find out which of the actions the caller may use. Changes nothing."""
    kinds = list(makes)
    actions = actions_for(kinds)
    if who.is_root:
        return Permissions(tuple(actions), (), ())
    allowed: list[str] = []
    missing: list[str] = []
    unknown: list[str] = []
    try:
        source = _source(settings, who)
        iam = settings.client("iam")
        for begin in range(0, len(actions), AT_ONCE):
            answer = iam.simulate_principal_policy(
                PolicySourceArn=source, ActionNames=actions[begin : begin + AT_ONCE], MaxItems=1000
            )
            for each in answer["EvaluationResults"]:
                (allowed if each["EvalDecision"] == "allowed" else missing).append(each["EvalActionName"])
    except (BotoCoreError, ClientError) as wrong:
        unknown.append(f"{len(actions)} actions: iam:SimulatePrincipalPolicy answered {_code(wrong)}")
    if "EBS volumes" in kinds:
        _dry_run(settings, allowed, missing, unknown)
    return Permissions(tuple(dict.fromkeys(allowed)), tuple(dict.fromkeys(missing)), tuple(unknown))


def _source(settings: Settings, who: Caller) -> str:
    """The user or role whose policies are asked; of a session, its role, with the path that only IAM knows."""
    kind, _, rest = who.arn.rpartition(":")[2].partition("/")
    if kind != "assumed-role":
        return who.arn
    return str(settings.client("iam").get_role(RoleName=rest.partition("/")[0])["Role"]["Arn"])


def _dry_run(settings: Settings, allowed: list[str], missing: list[str], unknown: list[str]) -> None:
    """Ask EC2 itself whether a small volume might be made; none is."""
    action = "ec2:CreateVolume"
    try:
        zone = f"{settings.region}a"
        settings.client("ec2").create_volume(AvailabilityZone=zone, Size=1, DryRun=True)
    except (BotoCoreError, ClientError) as wrong:
        code = _code(wrong)
        if code == _DRY_RUN_OK:
            allowed.append(action)
        elif code == _DRY_RUN_NO:
            missing.append(action)
            if action in allowed:
                allowed.remove(action)
        else:
            unknown.append(f"{action}: its dry run answered {code}")


def _code(wrong: Exception) -> str:
    return str(wrong.response["Error"]["Code"]) if isinstance(wrong, ClientError) else type(wrong).__name__


def quotas(settings: Settings) -> list[tuple[str, int, int | None]]:
    """Find how much of the account's quotas is used: what, how many there are, how many there may be (None: "
    "unknown)."""
    found: list[tuple[str, int, int | None]] = []
    try:
        summary: Mapping[str, Any] = settings.client("iam").get_account_summary()["SummaryMap"]
        found += [
            (f"IAM {what.lower()}", int(summary[what]), int(summary[f"{what}Quota"])) for what in ("Roles", "Users")
        ]
    except (BotoCoreError, ClientError, KeyError):
        found.append(("IAM roles and users", -1, None))
    try:
        pages = settings.client("kms").get_paginator("list_keys").paginate()
        found.append((f"KMS keys in {settings.region}", sum(len(page["Keys"]) for page in pages), MOST_KEYS))
    except (BotoCoreError, ClientError):
        found.append((f"KMS keys in {settings.region}", -1, None))
    return found


MOST_KEYS = 100_000
"""Customer managed keys of a Region by default, in any state (KMS Developer Guide, "Resource quotas"); it can be "
"raised."""
