"""Checks of notebooks/04-key-policies-and-iam.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

import json
from typing import Any

from labkit.exercises.account import keys, unusable
from labkit.exercises.engine import LabView, Outcome, no_text, not_attempted, not_yet, solved
from labkit.exercises.permissions import identity_policies, may
from labkit.exercises.reach import Caller, Reach, Right, Thing, without_policies

WHY_NOT = {
    "R1": "R1 is a deny, but look at whom it names.",
    "R2": "R2 is a deny for everybody, but not for kms:Encrypt: look at its actions.",
    "Account": "That statement allows, and an allow never keeps anybody out.",
}
# Whoever switches a key may manage it, and not use its material; a user of it may look at it, and give grants.
USE = (
    "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:GenerateMac", "kms:VerifyMac",
    "kms:Sign", "kms:Verify", "kms:DeriveSharedSecret", "kms:Encapsulate", "kms:Decapsulate",
)  # fmt: skip
LOOK = ("kms:Describe*", "kms:Get*", "kms:List*")
GRANTS = ("kms:CreateGrant", "kms:RetireGrant", "kms:RevokeGrant")
MANAGE = (
    *LOOK, *GRANTS, "kms:CancelKeyDeletion", "kms:CreateAlias", "kms:DeleteAlias", "kms:DeleteImportedKeyMaterial",
    "kms:Disable*", "kms:Enable*", "kms:ImportKeyMaterial", "kms:PutKeyPolicy", "kms:ReplicateKey",
    "kms:RotateKeyOnDemand", "kms:ScheduleKeyDeletion", "kms:SynchronizeMultiRegionKey", "kms:TagResource",
    "kms:UntagResource", "kms:Update*",
)  # fmt: skip


def reader_for_payroll(lab: LabView, answer: Any) -> Outcome:
    """Reporter may decrypt with the payroll key by IAM policy, and may do nothing else with any key."""
    payroll, reach = _key(lab, "payroll"), Reach(lab)
    key, reporter, right = reach.key(payroll), reach.caller("Reporter"), Right(("kms:Decrypt",), (payroll,))
    if (door := reach.exceeds_on(key, without_policies(reporter))) is not None:
        granted = any("role/Reporter" in each.grantee + each.retiring for each in key.grants)
        by = "A grant" if granted else "The key policy"
        return not_yet(f"{by} lets the Reporter in ({door.told}). That is a second door; the task asks for the first.")
    if not identity_policies(lab, "Reporter"):
        return not_attempted("The role Reporter has no policy so far.")
    if (said := unusable(lab, payroll)) != "":
        return not_yet(said)
    if (missing := reach.lacks(reporter, right)) is not None:
        case = f" {missing.how}" if missing.how else ""
        return not_yet(
            f"There is a policy on the role, and with it the Reporter still cannot decrypt with that key{case}."
        )
    if (more := reach.exceeds(reporter, right)) is not None:
        return not_yet(f"The Reporter can decrypt with the payroll key, and is allowed more: {more.told}.")
    return solved("The Reporter can decrypt with the payroll key, and that is all.")


def two_pairs_of_hands(lab: LabView, answer: Any) -> Outcome:
    """Check a key `contracts`: DevOps may switch it and not use it, LedgerApp may use it and not manage it."""
    made = [key for key in keys(lab) if key["Description"] == "contracts"]
    if not made:
        return not_attempted("There is no key with the description `contracts`.")
    if made[-1]["KeyState"] == "PendingDeletion":
        return not_yet("The key `contracts` is pending deletion: nobody can use it, or switch it, as it is.")
    arn, reach = str(made[-1]["Arn"]), Reach(lab)
    wanted = {"DevOps": ("kms:DisableKey", "kms:EnableKey"), "LedgerApp": ("kms:Encrypt", "kms:Decrypt")}
    for role, actions in wanted.items():
        if (missing := reach.lacks(reach.caller(role), Right(actions, (arn,)))) is not None:
            return not_yet(f"The key is there. {role} is not allowed {missing.action} on it.")
    limits = {"DevOps": Right(MANAGE, (arn,)), "LedgerApp": Right((*USE, *LOOK, *GRANTS), (arn,))}
    for role, right in limits.items():
        if (more := reach.exceeds_on(reach.key(arn), reach.caller(role), right)) is not None:
            return not_yet(f"The key is there, but {role} is also allowed {more.told}.")
    return solved("One pair of hands on the switch, another on the data.")


def which_statement(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is R3: a deny of everything but kms:De* for the courier."""
    if (wrong := no_text(answer, "the Sid of a statement")) is not None:
        return wrong
    sid = str(answer).strip()
    if sid == "R3":
        return solved("NotAction is read as *everything but*: kms:Encrypt does not begin with kms:De, so it is denied.")
    return not_yet(WHY_NOT.get(sid, f"The parcel key's policy has no statement with the Sid {sid!r}."))


def the_way_back(lab: LabView, answer: Any) -> Outcome:
    """LabAdministrator may read and change the key policy of `archive` again; nobody from elsewhere gets in."""
    archive = _key(lab, "archive")
    can = {name: may(lab, "LabAdministrator", f"kms:{name}", archive) for name in ("GetKeyPolicy", "PutKeyPolicy")}
    if all(can.values()):
        reach, key = Reach(lab), Reach(lab).key(archive)
        if (other := reach.let_in(key, map(without_policies, _strangers(reach, key)))) is not None:
            return not_yet(f"You are back in, and not alone: the key policy lets in {other}.")
        return solved("You are back in. The keeper's role was the second way in that every locked key needs.")
    tried = [event for event in lab.events() if _puts(event, archive)]
    if not tried:
        return not_attempted("Nobody has tried to change that key's policy since it was made.")
    if all("errorCode" in event for event in tried):
        return not_yet("Somebody tried to change the key policy and was refused: that role is not the one it names.")
    missing = " and ".join(f"kms:{name}" for name, allowed in can.items() if not allowed)
    return not_yet(f"The key policy has been changed, but the administrator is still not allowed {missing}.")


def _key(lab: LabView, description: str) -> str:
    """The ARN of the notebook's own key of that description: the first one."""
    return next(str(key["Arn"]) for key in keys(lab) if key["Description"] == description)


def _puts(event: dict[str, Any], arn: str) -> bool:
    """Is it a PutKeyPolicy on that key? A refused one names the key in its message only."""
    return event["eventName"] == "PutKeyPolicy" and arn in json.dumps(event)


def _strangers(reach: Reach, key: Thing) -> list[Caller]:
    """Everybody but the account's own roles and users: they are a matter of its IAM policies."""
    return [each for each in reach.callers(key) if not each.is_own and not each.is_administrator]
