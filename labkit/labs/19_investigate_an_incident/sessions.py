"""Sessions of a role, for a check of notebook 19: the one that was stolen, and those that begin later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from botocore.session import get_session

from labkit.cloud.core.call import Session
from labkit.exercises.engine import LabView
from labkit.exercises.reach import Caller, Reach, Thing
from labkit.exercises.reach.actions import kms_actions, on_keys
from labkit.exercises.reach.things import NOTHING

# What is named first: the work of that night.
_FIRST = ("kms:Decrypt", "kms:CreateGrant", "kms:PutKeyPolicy", "ec2:ModifySnapshotAttribute", "cloudtrail:StopLogging")
_SERVICES = ("cloudtrail", "ec2")  # which the role may use beside KMS


def session(role: Caller, begun: dict[str, Any]) -> Caller:
    """Make the session of a role that this record of AssumeRole is about."""
    user = begun["responseElements"]["assumedRoleUser"]
    since = _time(begun["eventTime"])
    issuer = f"arn:aws:iam::{role.account}:role/{role.name}"
    made = Session(issuer, user["assumedRoleId"].partition(":")[0], role.name, since, since)
    name = user["assumedRoleId"].partition(":")[2]
    who = replace(role.principal, arn=user["arn"], principal_id=user["assumedRoleId"], name=name, session=made)
    return replace(role, words=f"the session {name}", principal=who, facts=_times(role, begun["eventTime"]))


def later(stolen: Caller, time: str) -> Caller:
    """Make a session of the same role that begins at this time, under another name."""
    was = stolen.principal.session
    assert was is not None
    arn = f"{stolen.principal.arn.rpartition('/')[0]}/support"
    who = replace(
        stolen.principal,
        arn=arn,
        principal_id=f"{was.issuer_id}:support",
        name="support",
        session=replace(was, created=_time(time), expires=_time(time)),
    )
    return replace(stolen, words="a session that begins now", principal=who, facts=_times(stolen, time))


def is_of(role_id: str, caller: Caller) -> bool:
    """Ask whether the session is one of the role with this id; of a deleted role, a session may do nothing."""
    return caller.principal.principal_id.startswith(f"{role_id}:")


def role_id(lab: LabView, name: str) -> str:
    """Find the id of the role of that name."""
    return str(lab.observer.client("iam").get_role(RoleName=name)["Role"]["RoleId"])


def may_still(reach: Reach, caller: Caller, key: Thing) -> str:
    """Find the first thing that the session may do, in whatever situation; "" if nothing."""
    for action, thing in _asked(key):
        if any(access.in_force for access in reach.ways(caller, action, thing)):
            return action
    return ""


def refused_to(reach: Reach, caller: Caller, key: Thing) -> str:
    """Find the first thing that the session may not do, in a plain call; "" if it may do all of it."""
    return next((action for action, thing in _asked(key) if not reach.may(caller, action, thing)), "")


def _asked(key: Thing) -> Iterator[tuple[str, Thing]]:
    everything = dict.fromkeys((*_FIRST, *kms_actions(), *_others()))
    return ((action, key if action in on_keys() else NOTHING) for action in everything if action != "kms:RetireGrant")


@lru_cache(maxsize=1)
def _others() -> tuple[str, ...]:
    """Every operation of the other services, as an action."""
    found = {name: get_session().get_service_model(name).operation_names for name in _SERVICES}
    return tuple(f"{service}:{name}" for service, names in found.items() for name in names)


def _times(caller: Caller, time: str) -> dict[str, Any]:
    return {**caller.facts, "aws:TokenIssueTime": time, "aws:CurrentTime": time}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
