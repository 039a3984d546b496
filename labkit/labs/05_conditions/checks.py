"""Checks of notebooks/05-conditions.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

import json
from typing import Any

from labkit.exercises.account import keys
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved
from labkit.exercises.permissions import Context, identity_policies, key_policy, may
from labkit.policy import simulate

DAYS = "kms:ScheduleKeyDeletionPendingWindowInDays"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def numbers_for_statistics(lab: LabView, answer: Any) -> Outcome:
    """Statistics may decrypt with `records` where the context says department=statistics, and nowhere else."""
    records = _key(lab, "records")
    if not identity_policies(lab, "Statistics"):
        return not_attempted("The role Statistics has no IAM policy so far.")
    if not may(lab, "Statistics", "kms:Decrypt", records, _department("statistics")):
        return not_yet("There is a policy. For the department `statistics`, the role still cannot decrypt.")
    if may(lab, "Statistics", "kms:Decrypt", records):
        return not_yet("The role can decrypt for its department, but also without any context.")
    if may(lab, "Statistics", "kms:Decrypt", records, _department("tax")):
        return not_yet("The role can decrypt for its department, but also for another department.")
    if may(lab, "Statistics", "kms:Encrypt", records, _department("statistics")):
        return not_yet("The role can decrypt for its department, but it can encrypt as well, which nobody asked for.")
    return solved("Statistics reads its numbers, and nobody else's.")


def only_through_storage(lab: LabView, answer: Any) -> Outcome:
    """Archivist may decrypt with `records` through S3, and neither directly nor through another service."""
    records = _key(lab, "records")
    written = json.dumps(identity_policies(lab, "Archivist")) + key_policy(lab, records)
    if "kms:" not in json.dumps(identity_policies(lab, "Archivist")) and "role/Archivist" not in written:
        return not_attempted("No policy gives the Archivist anything on a key so far.")
    if not may(lab, "Archivist", "kms:Decrypt", records, _through("s3", lab.region)):
        return not_yet("There is a policy. On the Archivist's behalf, S3 still cannot decrypt with that key.")
    if may(lab, "Archivist", "kms:Decrypt", records):
        return not_yet("S3 can decrypt for the Archivist, but the Archivist can also ask KMS directly.")
    if may(lab, "Archivist", "kms:Decrypt", records, _through("secretsmanager", lab.region)):
        return not_yet("S3 can decrypt for the Archivist, and so can another service.")
    return solved("Through S3, and by no other way.")


def hand_it_over(lab: LabView, answer: Any) -> Outcome:
    """Blue may decrypt with `plans` and Red may not, by tags alone."""
    plans = _key(lab, "plans")
    tags = lab.observer.client("kms").list_resource_tags(KeyId=plans)["Tags"]
    on_key = {f"aws:ResourceTag/{tag['TagKey']}": tag["TagValue"] for tag in tags}
    can = {role: may(lab, role, "kms:Decrypt", plans, on_key | _role_tags(lab, role)) for role in ("Red", "Blue")}
    policies = [identity_policies(lab, role) for role in ("Red", "Blue")]
    if policies[0] != policies[1] or len(policies[0]) != 1 or "role/" in key_policy(lab, plans):
        return not_yet("Blue or Red has another policy than before, or the key has: policies have changed.")
    if can == {"Red": True, "Blue": False}:
        return not_attempted("The plans still belong to the red team.")
    if not can["Blue"]:
        return not_yet("Red can no longer decrypt with the key, but Blue cannot decrypt either.")
    if can["Red"]:
        return not_yet("Blue can decrypt with the key now. Red still can, too.")
    return solved("Handed over: a tag has changed, and no policy.")


def no_hasty_goodbye(lab: LabView, answer: Any) -> Outcome:
    """Deleting `contracts` with less than 20 days of waiting is denied to everybody; from 20 days on it is not."""
    contracts = _key(lab, "contracts")
    policy = key_policy(lab, contracts)
    if "kms:ScheduleKeyDeletion" not in policy:
        return not_attempted("The key policy of `contracts` says nothing about deletions so far.")
    for days in ("20", "30"):
        if not may(lab, "LabAdministrator", "kms:ScheduleKeyDeletion", contracts, {DAYS: days}):
            return not_yet(f"A waiting period of {days} days is refused as well.")
    for days in ("7", "19"):
        if may(lab, "LabAdministrator", "kms:ScheduleKeyDeletion", contracts, {DAYS: days}):
            return not_yet(f"A waiting period of {days} days is still possible for you.")
    somebody = f"arn:aws:iam::{contracts.split(':')[4]}:role/SomebodyElse"
    action = "kms:ScheduleKeyDeletion"
    other = simulate(somebody, action, contracts, identity=EVERYTHING, resource_policy=policy, context={DAYS: "7"})
    if other.data["allowed"]:
        return not_yet("You are bound. With the right IAM policy, somebody else could still be hasty.")
    return solved("Nobody can be hasty with that key, and nobody is kept from being slow.")


def _key(lab: LabView, description: str) -> str:
    """The ARN of the notebook's own key of that description."""
    return next(str(key["Arn"]) for key in keys(lab) if key["Description"] == description)


def _department(name: str) -> Context:
    return {"kms:EncryptionContext:department": name, "kms:EncryptionContextKeys": ["department"]}


def _through(service: str, region: str) -> Context:
    """The condition keys of a call that a service makes for somebody."""
    principal = f"{service}.amazonaws.com"
    return {
        "kms:ViaService": f"{service}.{region}.amazonaws.com",
        "aws:ViaAWSService": "true",
        "aws:CalledVia": [principal],
        "aws:CalledViaFirst": principal,
        "aws:CalledViaLast": principal,
    }


def _role_tags(lab: LabView, role: str) -> dict[str, str]:
    tags = lab.observer.client("iam").list_role_tags(RoleName=role)["Tags"]
    return {f"aws:PrincipalTag/{tag['Key']}": tag["Value"] for tag in tags}
