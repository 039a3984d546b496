"""Checks of notebooks/25-encrypt-later.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from labkit.cloud.policy.question import Grant
from labkit.exercises.account import calls, the_key, unusable
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved
from labkit.exercises.permissions import grants_on, has_first_policy
from labkit.exercises.reach import Caller, Reach, Right, Thing, with_every_policy, without_policies
from labkit.exercises.reach.actions import on_keys
from labkit.exercises.reach.moment import LATER
from labkit.exercises.reach.rights import Situation
from labkit.exercises.reach.situations import through

from .lineage import Holders, holders

ROLE = "AWSServiceRoleForAutoScaling"
FOR_AWS = "kms:GrantIsForAWSResource"
USE = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey")
NEEDED = (
    "kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext", "kms:DescribeKey",
)  # fmt: skip


def another_key(lab: LabView, answer: Any) -> Outcome:
    """Check that a database restored from a snapshot of `archive`, or from a copy, is under the key `museum`."""
    key, rds = str(the_key(lab, "museum")["Arn"]), lab.observer.client("rds")
    databases = {each["DBInstanceIdentifier"]: each for each in rds.describe_db_instances()["DBInstances"]}
    have = _with_data_of_archive(lab)
    found = [each for name, each in databases.items() if name in have.databases and name != "archive"]
    others = [each for name, each in databases.items() if name not in ("archive", "collection", "collection-2")]
    if "archive" not in have.databases:
        return not_yet("The old database `archive` is gone.")
    if not have.snapshots and not others and not found:
        return not_attempted("There is no snapshot of the database `archive`.")
    if not found and others:
        return not_yet("There is a new database, without its data: it was not restored from a snapshot of `archive`.")
    if not found:
        return not_yet("There is a snapshot of `archive`. But no database has been restored from it, or from a copy.")
    if not any(each.get("KmsKeyId") == key for each in found):
        return not_yet("A new database has the data of `archive`. But it is under another key than `museum`.")
    if wrong := unusable(lab, key):
        return not_yet(f"The data are under the key. But: {wrong}")
    return solved("The data of the archive are under your own key. When the programs use it, the old database can go.")


def on_loan(lab: LabView, answer: Any) -> Outcome:
    """Check that a copy of `archive` under `loan` is shared with one account, which the key lets in."""
    arn, account = str(the_key(lab, "loan")["Arn"]), _restorers(lab)
    shared, copies = _shared(lab), _copies(lab, arn)
    if has_first_policy(lab, arn) and not grants_on(lab, arn) and not shared and not copies:
        return not_attempted("The key policy of `loan` lets no other account in, and no snapshot is under that key.")
    reach = Reach(lab)
    key = _without_grants_of_services(reach.key(arn))
    theirs = [each for each in reach.callers(key) if each.foreign and each.account == account]
    if not _keeps_its_account(reach, key):
        return not_yet("The key policy of `loan` has lost your own account's statement, or part of it.")
    visitor = reach.outsider(f"arn:aws:iam::{account}:role/Restorer")
    by_rds: Situation = through("rds", lab.region) | {FOR_AWS: "true"}
    if not _for_long(reach, visitor, "kms:DescribeKey", key) or not _for_long(
        reach, visitor, "kms:CreateGrant", key, by_rds
    ):
        return not_yet("The key policy of `loan` does not let the account `restorers` in with both of the actions.")
    within = Right(("kms:DescribeKey",), (arn,)), Right(("kms:CreateGrant",), (arn,), {FOR_AWS: ("true",)})
    if (more := next(filter(None, (reach.exceeds_on(key, each, *within) for each in theirs)), None)) is not None:
        return not_yet(f"The key policy of `loan` lets that account do more than the task allows: {more.told}.")
    if said := _others_get_in(reach, key, [each for each in reach.callers(key) if each.account != account]):
        return not_yet(said)
    if wrong := unusable(lab, arn):
        return not_yet(f"The key policy is as it should be. But: {wrong}")
    if not any(name in shared for name in copies):
        return not_yet("The key policy is as it should be. But no snapshot of `archive` under that key is shared.")
    if any(each != account for name in copies for each in shared.get(name, ())):
        return not_yet("A snapshot under the key `loan` is shared with others, too.")
    if beside := sorted(shared.keys() - set(copies)):
        return not_yet(f"One snapshot too many is shared: `{beside[0]}`, which the task does not name.")
    return solved("They can copy the snapshot under a key of their own. Then the loan can end, and their copy stays.")


def night_shift(lab: LabView, answer: Any) -> Outcome:
    """Check that `cellar` gives Auto Scaling's role its use, and grants for AWS; the group has launched."""
    arn = str(the_key(lab, "cellar")["Arn"])
    if has_first_policy(lab, arn) and not grants_on(lab, arn):
        return not_attempted("The key policy of `cellar` does not know Auto Scaling's role.")
    reach = Reach(lab)
    key = _without_grants_of_services(reach.key(arn))
    role = reach.caller(ROLE)
    if not _keeps_its_account(reach, key):
        return not_yet("The key policy of `cellar` has lost your own account's statement, or part of it.")
    by_ec2 = through("ec2", lab.region)
    lacking = [action for action in NEEDED if not _for_long(reach, role, action, key, by_ec2)]
    if not _for_long(reach, role, "kms:CreateGrant", key, {**by_ec2, FOR_AWS: "true"}):
        lacking.append("kms:CreateGrant")
    if lacking:
        return not_yet(f"The key policy of `cellar` does not give the role all that it takes: {lacking[0]} is missing.")
    within = Right(USE, (arn,)), Right(("kms:CreateGrant",), (arn,), {FOR_AWS: ("true",)})
    if (more := reach.exceeds_on(key, role, *within)) is not None:
        return not_yet(f"The key policy of `cellar` gives the role more than the guide asks for: {more.told}.")
    if said := _others_get_in(reach, key, [each for each in reach.callers(key) if each.name != ROLE]):
        return not_yet(said)
    if wrong := unusable(lab, arn):
        return not_yet(f"The key policy is as it should be. But: {wrong}")
    groups = lab.observer.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=["night"])
    found = [each for group in groups["AutoScalingGroups"] for each in group["Instances"]]
    running = [each["InstanceId"] for each in found if each["LifecycleState"] == "InService"]
    if not running:
        return not_yet("The key policy is as it should be. The group `night` has launched nothing since.")
    if not _has_disk(lab, running, arn):
        return not_yet("The group `night` has an instance, and its disk is not under the key described `cellar`.")
    return solved("The night shift is on. The role can use this key, and hand grants to EC2, but to nobody by hand.")


def _with_data_of_archive(lab: LabView) -> Holders:
    return holders(lab.events(), "archive", lab.region)


def _copies(lab: LabView, key: str) -> list[str]:
    """The snapshots with the data of `archive` that are under the key."""
    own = lab.observer.client("rds").describe_db_snapshots()["DBSnapshots"]
    names, under = (
        _with_data_of_archive(lab).snapshots,
        {each["DBSnapshotIdentifier"]: each.get("KmsKeyId") for each in own},
    )
    return [name for name in sorted(names) if under.get(name) == key]


def _shared(lab: LabView) -> dict[str, list[str]]:
    """The accounts that snapshots are shared with, by the name of the snapshot, without those that are not shared."""
    rds = lab.observer.client("rds")
    found: dict[str, list[str]] = {}
    for each in rds.describe_db_snapshots()["DBSnapshots"]:
        name = str(each["DBSnapshotIdentifier"])
        result = rds.describe_db_snapshot_attributes(DBSnapshotIdentifier=name)["DBSnapshotAttributesResult"]
        accounts = [value for each in result["DBSnapshotAttributes"] for value in each["AttributeValues"]]
        found |= {name: accounts} if accounts else {}
    return found


def _restorers(lab: LabView) -> str:
    """The account that the key `loan` was made for: the tag in the record of its making."""
    made = next(each for each in calls(lab, "CreateKey") if each["requestParameters"].get("description") == "loan")
    return str(made["requestParameters"]["tags"][0]["tagValue"])


def _others_get_in(reach: Reach, key: Thing, callers: Iterable[Caller]) -> str:
    """Say who else gets in by the key's policy or a grant; "" if nobody does."""
    others = [without_policies(each) for each in callers if not each.is_administrator]
    other = reach.let_in(key, others)
    return f"The policy of {key.words}, or a grant, lets others in as well: {other}." if other is not None else ""


def _keeps_its_account(reach: Reach, key: Thing) -> bool:
    """Whether the account's own IAM policies decide about every operation."""
    plain = replace(key, grants=())
    account = [each for each in reach.callers(key) if each.account == key.account and each.name != ROLE]
    asked = [action for action in on_keys() if action != "kms:RetireGrant"]
    return all(reach.may(with_every_policy(each), action, plain) for each in account for action in asked)


def _for_long(reach: Reach, caller: Caller, action: str, key: Thing, situation: Situation | None = None) -> bool:
    """Whether the caller may do it, now and in many years."""
    return all(reach.may(caller, action, key, {**(situation or {}), **time}) for time in ({}, LATER))


def _has_disk(lab: LabView, instances: list[str], key: str) -> bool:
    """Whether one of the instances has a volume under the key."""
    attached = {"Name": "attachment.instance-id", "Values": instances}
    volumes = lab.observer.client("ec2").describe_volumes(Filters=[attached])["Volumes"]
    return any(each.get("KmsKeyId") == key for each in volumes)


def _is_of_a_service(grant: Grant) -> bool:
    """Whether a service retires the grant, and nobody's role or user has it: a person can name such a service, too."""
    theirs = grant.grantee.endswith(".amazonaws.com") or ":assumed-role/aws:" in grant.grantee
    return theirs and grant.retiring.endswith(".amazonaws.com")


def _without_grants_of_services(key: Thing) -> Thing:
    """The key without the grants that EC2 and RDS have asked for, and that they retire themselves."""
    return replace(key, grants=tuple(each for each in key.grants if not _is_of_a_service(each)))
