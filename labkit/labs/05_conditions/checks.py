"""Checks of notebooks/05-conditions.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

import json
from typing import Any

from labkit.exercises.account import calls, keys, unusable
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved
from labkit.exercises.permissions import has_first_policy, identity_policies
from labkit.exercises.reach import Caller, Reach, Right, Thing, with_every_policy, without_policies

DELETE = "kms:ScheduleKeyDeletion"
DAYS = "kms:ScheduleKeyDeletionPendingWindowInDays"
SLOWLY = tuple(str(days) for days in range(20, 31))
DEPARTMENT = "kms:EncryptionContext:department"
OBJECT = "kms:EncryptionContext:aws:s3:arn"


def numbers_for_statistics(lab: LabView, answer: Any) -> Outcome:
    """Statistics may decrypt with `records` where the context says department=statistics, and may do nothing else."""
    records, reach = _key(lab, "records"), Reach(lab)
    key, statistics = reach.key(records), reach.caller("Statistics")
    if (door := reach.exceeds_on(key, without_policies(statistics))) is not None:
        return not_yet(f"The key policy, or a grant, lets the role in ({door.told}). The task asks for an IAM policy.")
    if not identity_policies(lab, "Statistics"):
        return not_attempted("The role Statistics has no IAM policy so far.")
    if (said := unusable(lab, records)) != "":
        return not_yet(said)
    right = Right(("kms:Decrypt",), (records,), {DEPARTMENT: ("statistics",)})
    if (missing := reach.lacks(statistics, right)) is not None:
        return not_yet(f"There is a policy. The role still cannot decrypt {missing.how}.")
    if (more := reach.exceeds(statistics, right)) is not None:
        return not_yet(f"The role can decrypt for its department, and is allowed more: {more.told}.")
    return solved("Statistics reads its numbers, and nobody else's.")


def only_through_storage(lab: LabView, answer: Any) -> Outcome:
    """Archivist may decrypt with `records` through S3, and may do nothing else with any key."""
    records, reach = _key(lab, "records"), Reach(lab)
    archivist, through = reach.caller("Archivist"), {"kms:ViaService": (f"s3.{lab.region}.amazonaws.com",)}
    right, reading = Right(("kms:Decrypt",), (records,), through), Right(("s3:GetObject",))
    more = reach.exceeds(archivist, right, reading)
    may_something = next(reach.accesses(archivist, reach.key(records)), None) is not None
    if more is None and not may_something and "kms:" not in json.dumps(identity_policies(lab, "Archivist")):
        return not_attempted("No policy gives the Archivist anything on a key so far.")
    if (said := unusable(lab, records)) != "":
        return not_yet(said)
    missing = reach.lacks(archivist, Right(right.actions, right.on, through | {OBJECT: _objects(lab)}))
    if missing is not None:
        case = f" ({missing.how})" if "with aws:" in missing.how else ""
        return not_yet(f"There is a policy. On the Archivist's behalf, S3 still cannot decrypt with that key{case}.")
    if more is not None:
        return not_yet(f"S3 can decrypt for the Archivist, and there is more: {more.told}.")
    return solved("Through S3, and by no other way.")


def hand_it_over(lab: LabView, answer: Any) -> Outcome:
    """Blue may decrypt with `plans` and Red may not, by tags alone."""
    plans, reach = _key(lab, "plans"), Reach(lab)
    key, both = reach.key(plans), {role: reach.caller(role) for role in ("Red", "Blue")}
    as_made = _first_policy(lab, "Red")
    for role, caller in both.items():
        if identity_policies(lab, role) != [as_made] or caller.boundary is not None:
            return not_yet(f"{role} has another IAM policy than before, so policies have changed.")
        if (door := reach.exceeds_on(key, without_policies(caller))) is not None:
            return not_yet(f"A grant, or the key policy, lets in {door}. It should be the tag that counts.")
    if not has_first_policy(lab, plans):
        return not_yet("The key has another policy than before, so policies have changed.")
    can = {role: reach.may(caller, "kms:Decrypt", key) for role, caller in both.items()}
    if can == {"Red": True, "Blue": False}:
        return not_attempted("The plans still belong to the red team.")
    if not can["Blue"]:
        return not_yet("Red can no longer decrypt with the key, but Blue cannot decrypt either.")
    if can["Red"]:
        return not_yet("Blue can decrypt with the key now. Red still can, too.")
    if (said := unusable(lab, plans)) != "":
        return not_yet(f"The tag is as it should be. But: {said}")
    return solved("Handed over. A tag has changed, and no policy.")


def no_hasty_goodbye(lab: LabView, answer: Any) -> Outcome:
    """Deleting `contracts` with less than 20 days of waiting is denied to everybody; from 20 days on it is not."""
    contracts, reach = _key(lab, "contracts"), Reach(lab)
    key = reach.key(contracts)
    if has_first_policy(lab, contracts):
        return not_attempted("The key policy of `contracts` says nothing about deletions so far.")
    slowly = Right((DELETE,), (contracts,), {DAYS: SLOWLY})
    for caller in _everybody(reach, key):
        if (missing := reach.lacks(caller, slowly)) is not None:
            days = missing.situation[DAYS]
            return not_yet(
                f"A waiting period of {days} days is refused as well, to {_who(caller)}{_when(missing.how)}."
            )
    for caller in _everybody(reach, key):
        for access in reach.accesses(caller, key, [slowly]):
            if access.action == DELETE and not slowly.covers(access):
                days = access.situation[DAYS]
                return not_yet(
                    f"A waiting period of {days} days is still possible for {_who(caller)}{_when(access.how)}."
                )
    return solved("Nobody can be hasty with that key, and nobody is kept from being slow.")


def _everybody(reach: Reach, key: Thing) -> list[Caller]:
    """The administrator first, then everybody in the account whom IAM policies might allow everything."""
    own = [each for each in reach.callers(key) if not each.foreign and each.account]
    return [with_every_policy(each) for each in sorted(own, key=lambda each: each.name != "LabAdministrator")]


def _who(caller: Caller) -> str:
    return "you" if caller.name == "LabAdministrator" else f"somebody else ({caller.words}, if IAM policies allow it)"


def _when(how: str) -> str:
    """The rest of a situation, without the number of days, which is told already."""
    rest = ", ".join(each for each in how.split(", ") if DAYS not in each)
    return f", {rest}" if rest else ""


def _key(lab: LabView, description: str) -> str:
    """The ARN of the notebook's own key of that description."""
    return next(str(key["Arn"]) for key in keys(lab) if key["Description"] == description)


def _objects(lab: LabView) -> tuple[str, ...]:
    """The ARNs of all objects in the account's buckets: what S3 puts into the encryption context."""
    s3 = lab.observer.client("s3")
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    pages = [(name, s3.list_objects_v2(Bucket=name).get("Contents", [])) for name in names]
    return tuple(f"arn:aws:s3:::{name}/{each['Key']}" for name, found in pages for each in found)


def _first_policy(lab: LabView, role: str) -> Any:
    """The policy with which the role was made."""
    made = [event["requestParameters"] for event in calls(lab, "PutRolePolicy")]
    return next(json.loads(asked["policyDocument"]) for asked in made if asked["roleName"] == role)
