"""Checks of notebooks/17-multi-region-keys.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from botocore.session import get_session

from labkit.exercises.account import calls, is_by, key_arn, keys, unusable
from labkit.exercises.engine import Gone, LabView, MovedOn, Outcome, not_attempted, not_yet, solved, unanswered
from labkit.exercises.reach import Caller, Reach, Thing, with_every_policy, without_policies
from labkit.exercises.reach.things import NOTHING

VIRGINIA, IRELAND, SYDNEY, FRANKFURT = "us-east-1", "eu-west-1", "ap-southeast-2", "eu-central-1"
OPENING = ("kms:Decrypt", "kms:ReEncryptFrom", "kms:CreateGrant", "kms:PutKeyPolicy")
DELETED = "its keys are deleted by now, or about to be."
MOVED = "the primary is in Ireland by now, and nothing is replicated from Virginia any more."


def complete_replica(lab: LabView, answer: Any) -> Outcome:
    """Check for a replica in Sydney with description, tag and alias."""
    kms, mrk = lab.observer.client("kms", SYDNEY), _born(lab, "backups")
    replica = _describe(lab, SYDNEY, mrk)
    if replica is None:
        if keys(lab, SYDNEY):
            return not_yet("There is a key in Sydney, but it is no replica: its id is another, and so is its material.")
        _primary_in_virginia(lab, mrk)
        return not_attempted("There is no key in Sydney.")
    if replica["Description"] != "backups":
        return not_yet("The replica is there. Its description is not the one that was asked for.")
    tags = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=mrk)["Tags"]}
    if tags.get("team") != "archive":
        return not_yet("The replica is there. It does not have the tag.")
    if "alias/backups" not in [alias["AliasName"] for alias in kms.list_aliases(KeyId=mrk)["Aliases"]]:
        return not_yet("The replica is there, and described. It has no alias alias/backups in Sydney.")
    if replica["KeyState"] != "Creating" and (wrong := unusable(lab, replica["Arn"])):
        return not_yet(f"The replica is complete. But: {wrong}")
    return solved("A program that names alias/backups works in Sydney as it does in Virginia.")


def close_everywhere(lab: LabView, answer: Any) -> Outcome:
    """Check that Trainee decrypts with no related key; all are enabled, and open to the administrator."""
    mrk = _born(lab, "backups")
    related = [(where["Region"], where["Arn"]) for where in _related(lab, mrk)]
    if _describe(lab, VIRGINIA, mrk) is None or _leaves_ireland(lab, mrk):
        raise MovedOn(DELETED)
    if not _has_role(lab, "Trainee"):
        return not_yet(
            "There is no role `Trainee` any more. Whoever makes it anew finds the keys as they are: "
            "the role is to stay, and to find them closed."
        )
    reach = Reach(lab)
    trainee, you = reach.caller("Trainee"), reach.caller("LabAdministrator")
    ways = {region: _opens(reach, trainee, arn) for region, arn in related}
    still = [region for region, way in ways.items() if way]
    shut = [region for region, arn in related if not reach.may(you, "kms:Decrypt", reach.key(arn))]
    states = {region: (_describe(lab, region, arn) or {"KeyState": "gone"})["KeyState"] for region, arn in related}
    unusable = {region: state for region, state in states.items() if state not in ("Enabled", "Creating")}
    abroad = [event for event in calls(lab, "PutKeyPolicy") if event["awsRegion"] != VIRGINIA]
    if unusable:
        region, state = next(iter(unusable.items()))
        return not_yet(f"The key in {region} is {state}: that closes it for everybody.")
    if shut:
        return not_yet(f"In {shut[0]} the trainee can't decrypt, and neither can you.")
    if not still and (role := next((each for each in reach.assumes(trainee)), None)) is not None:
        return not_yet(f"The keys are closed for the trainee, which can become somebody else: {role.what}.")
    whatever = with_every_policy(trainee)
    if not still and not any(reach.may(whatever, "kms:Decrypt", reach.key(arn)) for _, arn in related):
        return solved("One ciphertext, several keys that open it, and a policy at each of them.")
    if not still:
        return solved("One ciphertext, several keys that open it, and the trainee's IAM policies open none of them.")
    if not abroad and len(still) == len(related) - 1:
        return not_attempted("The trainee is shut out in Virginia, as before, and nowhere else.")
    return not_yet(f"The trainee still decrypts in {', '.join(still)}: {ways[still[0]]}.")


def _opens(reach: Reach, caller: Caller, arn: str) -> str:
    """In which way the caller can still get at what was encrypted under this key, in any situation; "" if in none."""
    key = reach.key(arn)
    sessions = reach.with_sessions(caller, key)
    found = (access for who in sessions for access in reach.accesses(who, key) if access.in_force)
    return next((access.what for access in found if access.action in OPENING), "")


def _has_role(lab: LabView, name: str) -> bool:
    pages = lab.observer.client("iam").get_paginator("list_roles").paginate()
    return any(role["RoleName"] == name for page in pages for role in page["Roles"])


def only_frankfurt(lab: LabView, answer: Any) -> Outcome:
    """Check that Operator may replicate to Frankfurt alone, in whatever situation, and has done so."""
    mrk = _born(lab, "backups")
    arn = f"arn:aws:kms:{VIRGINIA}:{_account(lab)}:key/{mrk}"
    replica = _describe(lab, FRANKFURT, mrk)
    if replica is None:
        _primary_in_virginia(lab, mrk)
    mine = [event for event in calls(lab, "ReplicateKey") if is_by(event, "Operator")]
    there = [event for event in mine if event["requestParameters"]["replicaRegion"] == FRANKFURT]
    reach = Reach(lab)
    operator, primary = reach.caller("Operator"), reach.key(arn)
    replicates = reach.values(operator, "kms:ReplicateKey", primary, "kms:ReplicaRegion", _regions())
    creates = reach.values(operator, "kms:CreateKey", NOTHING, "aws:RequestedRegion", _regions())
    if replica is None and FRANKFURT in replicates and FRANKFURT not in creates:
        if replicates == _regions():
            return not_attempted("The operator may replicate the key, and create none, as before.")
        return not_yet("The operator may replicate the key to eu-central-1. It lacks kms:CreateKey in eu-central-1.")
    if more := [region for region in replicates if region in creates and region != FRANKFURT]:
        return not_yet(f"The operator can replicate the key to other Regions as well: to {more[0]}, for instance.")
    if (door := next(iter(reach.assumes(operator)), None)) is not None:
        return not_yet(f"The operator can become another role ({door.told}), and do what that one may.")
    if FRANKFURT not in replicates and FRANKFURT in creates:
        return not_yet(
            "The operator may create a key in eu-central-1. It lacks kms:ReplicateKey on the primary, "
            "which is asked where the primary is: in us-east-1."
        )
    if not (_plainly(reach, operator, "kms:ReplicateKey", primary) and _plainly(reach, operator, "kms:CreateKey")):
        return not_yet("The operator can't replicate the key to eu-central-1.")
    if (door := reach.exceeds_on(primary, without_policies(operator))) is not None:
        return not_yet(f"The key policy, or a grant, lets the operator in ({door.told}). An IAM policy is asked for.")
    if replica is None:
        return not_yet("The permissions are as they should be. There is no replica in Frankfurt yet.")
    if replica["KeyState"] != "Creating" and (wrong := unusable(lab, replica["Arn"])):
        return not_yet(f"There is a replica in Frankfurt. But: {wrong}")
    if not there:
        return not_yet("There is a replica in Frankfurt, but it was not the operator that made it.")
    return solved("One Region was allowed, and one got the key.")


def _regions() -> list[str]:
    """All Regions with KMS but that of the primary."""
    regions = get_session().get_available_regions("kms")
    return [region for region in regions if region != VIRGINIA and "-fips" not in region]


def _plainly(reach: Reach, operator: Caller, action: str, thing: Thing = NOTHING) -> bool:
    """Whether the operator may do its part of replicating to Frankfurt in a plain call."""
    where = "kms:ReplicaRegion" if action == "kms:ReplicateKey" else "aws:RequestedRegion"
    return reach.may(operator, action, thing, {where: FRANKFURT})


def leave_virginia(lab: LabView, answer: Any) -> Outcome:
    """Ireland has the primary, enabled; the key in Virginia goes."""
    photos = _born(lab, "photos")
    here, there = _describe(lab, VIRGINIA, photos), _describe(lab, IRELAND, photos)
    if there is None or there["KeyState"] not in ("Enabled", "Updating"):
        state = there["KeyState"] if there else "gone"
        return not_yet(f"In Ireland the key is {state}, and the photos can't be read there.")
    moved = there["MultiRegionConfiguration"]["MultiRegionKeyType"] == "PRIMARY"
    state = here["KeyState"] if here else "gone"
    if state == "PendingReplicaDeletion":
        return not_yet(
            "The key in Virginia waits until its replicas are deleted. Ireland's is to stay: it would wait for ever."
        )
    if not moved and state == "Enabled":
        return not_attempted("The primary is in Virginia, and no key is to be deleted.")
    if state not in ("PendingDeletion", "gone"):
        primary = "The primary is in Ireland now." if moved else "The primary is still in Virginia."
        return not_yet(f"{primary} The deletion of the key in Virginia is not scheduled: it is {state}.")
    reach = Reach(lab)
    if not reach.may(reach.caller("LabAdministrator"), "kms:Decrypt", reach.key(there["Arn"])):
        return not_yet("Virginia is given up. In Ireland the key's policy keeps you out: the photos can't be read.")
    return solved("A primary can't go while it has replicas; a replica can.")


def where_at_night(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the Region in which Night has decrypted."""
    if answer is None:
        return unanswered()
    text = str(answer).strip().casefold()
    if text not in (VIRGINIA, IRELAND):
        return not_yet(f"{str(answer)!r} is neither us-east-1 nor eu-west-1.")
    regions = {event["awsRegion"] for event in calls(lab, "Decrypt") if is_by(event, "Night") and key_arn(event)}
    if text not in regions:
        return not_yet(f"Night has decrypted, but not in {text}.")
    return solved("Each Region keeps its own record. If you look in one alone, you see half.")


def _born(lab: LabView, description: str) -> str:
    """The id of the first multi-Region key that was created with this description."""
    events = calls(lab, "CreateKey")
    made = next((event for event in events if event["requestParameters"]["description"] == description), None)
    if made is None:
        raise Gone(f"The key described `{description}`")
    return key_arn(made).rpartition("/")[2]


def _related(lab: LabView, mrk: str) -> list[dict[str, str]]:
    """The primary and all replicas that are left, with Arn and Region."""
    found = _describe(lab, VIRGINIA, mrk) or _describe(lab, IRELAND, mrk)
    if found is None:
        return []
    configuration = found["MultiRegionConfiguration"]
    return [configuration["PrimaryKey"], *configuration["ReplicaKeys"]]


def _primary_in_virginia(lab: LabView, mrk: str) -> None:
    """MovedOn where the notebook's later cells have moved the primary away, or deleted it."""
    here = _describe(lab, VIRGINIA, mrk)
    if here is None:
        raise MovedOn(DELETED)
    if here["MultiRegionConfiguration"]["MultiRegionKeyType"] != "PRIMARY":
        raise MovedOn(MOVED)


def _leaves_ireland(lab: LabView, mrk: str) -> bool:
    """Whether the deletion of the primary in Ireland is scheduled, with which the notebook ends."""
    there = _describe(lab, IRELAND, mrk)
    if there is None:
        return True
    is_primary = there["MultiRegionConfiguration"]["MultiRegionKeyType"] == "PRIMARY"
    return bool(is_primary and there["KeyState"].startswith("Pending"))


def _describe(lab: LabView, region: str, key: str) -> dict[str, Any] | None:
    try:
        described: dict[str, Any] = lab.observer.client("kms", region).describe_key(KeyId=key)["KeyMetadata"]
    except ClientError as refused:
        if refused.response["Error"]["Code"] != "NotFoundException":
            raise
        return None
    return described


def _account(lab: LabView) -> str:
    return str(lab.observer.client("sts").get_caller_identity()["Account"])
