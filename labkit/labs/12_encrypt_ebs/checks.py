"""Checks of notebooks/12-encrypt-ebs.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from labkit.exercises.account import calls, is_by, key_arn, keys, the_key, unusable
from labkit.exercises.engine import LabView, Missing, Outcome, not_attempted, not_yet, solved, unanswered
from labkit.exercises.permissions import identity_policies, key_policy
from labkit.exercises.reach import Reach, Right, Thing, with_every_policy, without_policies
from labkit.exercises.reach.rights import Situation
from labkit.exercises.reach.situations import through

BRANCH = "eu-central-1"
DATA_KEYS = ("kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext")
UNBOUND = ("kms:Decrypt", "kms:DescribeKey", *DATA_KEYS, "kms:ReEncryptFrom", "kms:ReEncryptTo")
NEEDED = ("kms:CreateGrant", *UNBOUND)
FOR_AWS = "kms:GrantIsForAWSResource"


def hands_off(lab: LabView, answer: Any) -> Outcome:
    """Technician can create and attach through EC2, can neither grant nor decrypt by hand, and has attached."""
    key, reach = _key(lab, "practice"), Reach(lab)
    technician, thing = reach.caller("Technician"), reach.key(key)
    by_ec2 = _through_ec2(lab)
    if _untouched(lab, key):
        return not_attempted("The role Technician may do no more with the key than before.")
    if reach.may(technician, "kms:CreateGrant", thing, {FOR_AWS: "false"}):
        return not_yet("By hand, the Technician can make grants on the key, for anybody.")
    if reach.may(technician, "kms:Decrypt", thing):
        return not_yet("By hand, the Technician can decrypt with the key.")
    if not reach.may(technician, "kms:GenerateDataKeyWithoutPlaintext", thing, _without_grant(by_ec2)):
        return not_yet("With these permissions, the Technician can't create volumes under the key.")
    if not reach.may(technician, "kms:CreateGrant", thing, by_ec2):
        return not_yet("With these permissions, EC2 can't make the grant that an attachment takes.")
    if (beyond := reach.exceeds(technician, *_for_volumes(lab, key))) is not None:
        return not_yet(f"The Technician may do more than create and attach volumes under this key: {beyond.told}.")
    if wrong := unusable(lab, key):
        return not_yet(f"The permissions are as they should be. But: {wrong}")
    own = {event["responseElements"]["volumeId"] for event in _by(lab, "CreateVolume", "Technician")}
    if not [event for event in _by(lab, "AttachVolume", "Technician") if event["requestParameters"]["volumeId"] in own]:
        return not_yet("The permissions are as they should be. The Technician has not attached the volume yet.")
    return solved("Through EC2, the Technician can use the key, and can neither grant nor decrypt by hand.")


def _for_volumes(lab: LabView, key: str) -> list[Right]:
    """What the Technician may have: EC2's use of the key, grants for AWS's resources, and what the notebook gave."""
    by_ec2 = {"kms:ViaService": (f"ec2.{lab.region}.amazonaws.com",)}
    return [
        Right(NEEDED, (key,), by_ec2),
        Right(("kms:CreateGrant",), (key,), {FOR_AWS: ("true",)}),
        Right(("kms:GenerateDataKeyWithoutPlaintext", "kms:DescribeKey"), (key,)),
        Right(("ec2:*",)),
    ]


def the_old_disk(lab: LabView, answer: Any) -> Outcome:
    """Check for a volume under the practice's key, made over snapshots and copies from the lab's first volume."""
    old, key = calls(lab, "CreateVolume")[0]["responseElements"]["volumeId"], _key(lab, "practice")
    snapshots = _snapshots_of(lab, old)
    if not snapshots:
        return not_attempted("There is no snapshot of the old disk.")
    made = [event for event in calls(lab, "CreateVolume") if event["requestParameters"].get("snapshotId") in snapshots]
    volumes = {each["VolumeId"]: each for each in _volumes(lab)}
    found = [volumes[name] for event in made if (name := event["responseElements"]["volumeId"]) in volumes]
    if old not in volumes:
        return not_yet("The old disk is gone.")
    if not found:
        return not_yet("There is a snapshot of the old disk; no volume has been made from it, or from a copy of it.")
    if not any(each["Encrypted"] for each in found):
        return not_yet("The new volume has the old data, and is as unencrypted as the old disk.")
    if not any(each.get("KmsKeyId") == key for each in found):
        return not_yet("The new volume has the old data and is encrypted, under another key than the practice's.")
    if wrong := unusable(lab, key):
        return not_yet(f"The data are where they should be, and nobody can attach that volume now: {wrong}")
    return solved("The same data, under your key now. When you use the new volume, you can delete the old disk.")


def the_branch(lab: LabView, answer: Any) -> Outcome:
    """Check that Frankfurt encrypts by default under a customer managed key there, and that a volume shows it."""
    ec2 = lab.observer.client("ec2", BRANCH)
    enabled = ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
    default = ec2.get_ebs_default_kms_key_id()["KmsKeyId"]
    made = [event for event in calls(lab, "CreateVolume") if event["awsRegion"] == BRANCH]
    own = {key["Arn"]: key for key in keys(lab, BRANCH)}
    if not enabled and default == "alias/aws/ebs" and not made and not own:
        return not_attempted(f"In {BRANCH}, everything is as it was.")
    if not enabled:
        return not_yet(f"Encryption by default is off in {BRANCH}.")
    if default == "alias/aws/ebs" or _is_managed(lab, default):
        return not_yet(f"Encryption by default is on in {BRANCH}. Its key is an AWS managed one, none of your own.")
    if default not in own or not own[default]["Enabled"]:
        return not_yet(f"The default key in {BRANCH} is no key of that Region that could be used: volumes will vanish.")
    silent = [event for event in made if not {"encrypted", "kmsKeyId"} & event["requestParameters"].keys()]
    ids = {event["responseElements"]["volumeId"] for event in silent}
    if not [each for each in ec2.describe_volumes()["Volumes"] if each["VolumeId"] in ids and _under(each, default)]:
        return not_yet("The settings are as they should be. There is no volume there yet that they have encrypted.")
    return solved("Another Region, another key, and nobody has to think of it.")


def what_the_hospital_needs(lab: LabView, answer: Any) -> Outcome:
    """Check that the key lets the hospital's account in, with what restoring takes; and the hospital has restored."""
    key, hospital, reach = _key(lab, "practice"), _shared_with(lab), Reach(lab)
    thing = _without_grants_of_services(reach.key(key))
    everybody = [with_every_policy(each) for each in reach.callers(thing) if each.account == thing.account]
    if not all(reach.may(each, "kms:PutKeyPolicy", thing) for each in everybody):
        return not_yet("The key policy does not let your own account in any more, or only some of it.")
    outside = [caller for caller in reach.callers(thing) if caller.foreign or caller.principal.kind == "AWSService"]
    theirs, others = [c for c in outside if c.account == hospital], [c for c in outside if c.account != hospital]
    if (access := reach.let_in(thing, others)) is not None:
        return not_yet(f"The key policy lets others than the hospital in as well: {access}.")
    own = [c for c in reach.callers(thing) if c.account == thing.account and not c.is_administrator]
    if (access := reach.let_in(thing, map(without_policies, own))) is not None:
        return not_yet(f"The key policy lets others than the hospital in as well, by name: {access}.")
    within = Right(UNBOUND, (key,)), Right(("kms:CreateGrant",), (key,), {FOR_AWS: ("true",)})
    by_hand = Right(("kms:CreateGrant",), (key,))
    beyond = reach.let_in(thing, theirs, *within)
    if beyond is not None and reach.let_in(thing, theirs, *within, by_hand) is None:
        return not_yet("The hospital can hand your key on by hand: let it make grants only where an AWS service asks.")
    if beyond is not None:
        return not_yet(f"The key policy lets the hospital do more than it needs for that: {beyond.told}.")
    restorer = reach.outsider(f"arn:aws:iam::{hospital}:role/Administrator")
    by_ec2 = _through_ec2(lab)
    allowed = {
        action
        for action in NEEDED
        if reach.may(restorer, action, thing, by_ec2 if action == "kms:CreateGrant" else _without_grant(by_ec2))
    }
    if not allowed and reach.let_in(thing, theirs) is None:
        return not_attempted("The key policy lets nobody from another account in.")
    if not allowed:
        return not_yet("The key policy lets somebody of the hospital in. Its account is to be let in, with every role.")
    if set(NEEDED) - allowed:
        return not_yet("The key policy lets the hospital in, but not with all that it takes.")
    if wrong := unusable(lab, key):
        return not_yet(f"The key policy is as it should be. But: {wrong}")
    visits = [event for event in calls(lab, "Decrypt", "ReEncrypt") if event["userIdentity"]["accountId"] == hospital]
    if not visits:
        return not_yet("The key policy is as it should be. The hospital has not made a volume from the snapshot yet.")
    return solved("The snapshot and the key are shared; and since the key is yours, the visit is in your trail.")


def _without_grants_of_services(key: Thing) -> Thing:
    """The key without the grants that EC2 has made for its instances, and that it retires itself."""
    return replace(key, grants=tuple(each for each in key.grants if not each.retiring.endswith(".amazonaws.com")))


def what_hangs_on_it(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the ids of all volumes and own snapshots under the spare key."""
    if answer is None:
        return unanswered()
    if not all(isinstance(each, str) for each in answer):
        return not_yet("`answer` should be a list of ids, such as vol-… and snap-…; something else is among them.")
    spare, named = _born(lab, "spare"), {str(each).strip() for each in answer}
    own = lab.observer.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    volumes = {each["VolumeId"] for each in _volumes(lab) if _under(each, spare)}
    snapshots = {each["SnapshotId"] for each in own if _under(each, spare)}
    if not volumes | snapshots:
        raise Missing("disks")
    foreign = sorted(named - volumes - snapshots)
    if foreign:
        return not_yet(f"{foreign[0]} is not under the spare key.")
    if volumes - named:
        return not_yet("All of these are under the spare key. But the volumes are not all there.")
    if snapshots - named:
        return not_yet("All of these are under the spare key. But the snapshots are not all there.")
    return solved(f"{len(volumes)} volumes and {len(snapshots)} snapshots would be lost with that key.")


def _key(lab: LabView, description: str) -> str:
    return str(the_key(lab, description)["Arn"])


def _born(lab: LabView, description: str) -> str:
    """The ARN of a key that may be deleted by now, from the record of its making."""
    made = calls(lab, "CreateKey")
    return next(key_arn(event) for event in made if event["requestParameters"].get("description") == description)


def _volumes(lab: LabView) -> list[dict[str, Any]]:
    volumes: list[dict[str, Any]] = lab.observer.client("ec2").describe_volumes()["Volumes"]
    return volumes


def _under(described: dict[str, Any], key: str) -> bool:
    return described.get("KmsKeyId") == key


def _by(lab: LabView, name: str, role: str) -> list[dict[str, Any]]:
    return [event for event in calls(lab, name) if is_by(event, role)]


def _through_ec2(lab: LabView) -> Situation:
    """The condition keys of EC2's call when it makes a grant for somebody."""
    return through("ec2", lab.region) | {FOR_AWS: "true"}


def _without_grant(situation: Situation) -> Situation:
    """The condition keys of a call that makes no grant: kms:GrantIsForAWSResource is none of them."""
    return {name: value for name, value in situation.items() if name != FOR_AWS}


def _untouched(lab: LabView, key: str) -> bool:
    """Whether the Technician has the notebook's own permission on keys, and no other."""
    if "Technician" in key_policy(lab, key):
        return False
    statements = [each for document in identity_policies(lab, "Technician") for each in _listed(document["Statement"])]
    actions = {action for each in statements for action in _listed(each.get("Action", [])) if action.startswith("kms:")}
    return actions <= {"kms:GenerateDataKeyWithoutPlaintext"}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _snapshots_of(lab: LabView, volume: str) -> set[str]:
    """The ids of a volume's snapshots, and of their copies, by the trail; it keeps what is deleted since."""
    own = lab.observer.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    found = {str(each["SnapshotId"]) for each in own if each["VolumeId"] == volume}
    for event in calls(lab, "CreateSnapshot", "CopySnapshot"):
        asked = event["requestParameters"]
        if asked.get("volumeId") == volume or asked.get("sourceSnapshotId") in found:
            found.add(event["responseElements"]["snapshotId"])
    return found


def _is_managed(lab: LabView, key: str) -> bool:
    if f":{BRANCH}:" not in key:
        return False
    metadata = lab.observer.client("kms", BRANCH).describe_key(KeyId=key)["KeyMetadata"]
    return bool(metadata["KeyManager"] == "AWS")


def _shared_with(lab: LabView) -> str:
    """The account with which a snapshot is shared."""
    ec2 = lab.observer.client("ec2")
    for each in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]:
        asked = {"SnapshotId": each["SnapshotId"], "Attribute": "createVolumePermission"}
        for permission in ec2.describe_snapshot_attribute(**asked)["CreateVolumePermissions"]:
            if "UserId" in permission:
                return str(permission["UserId"])
    raise LookupError("The notebook shares a snapshot before this exercise.")
