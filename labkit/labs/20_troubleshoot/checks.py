"""Checks of notebooks/20-troubleshoot.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from labkit.exercises.account import aliases, calls, is_by, the_key, unusable
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved, unanswered
from labkit.exercises.permissions import grants_on, has_first_policy, identity_policies, may
from labkit.exercises.reach import Reach, Right, without_policies

FENCE = ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")
BUCKETS = "thumbs-"


def clerk_and_alias(lab: LabView, answer: Any) -> Outcome:
    """Ask whether Clerk decrypts with the ledger's key by its own policy, and may do nothing else with any key."""
    ledger, reach = _arn(lab, "ledger"), Reach(lab)
    clerk, right = reach.caller("Clerk"), Right(("kms:Decrypt",), (ledger,))
    if (aside := _opened(lab, ledger, reach, "Clerk")) is not None:
        return aside
    if _still_the_alias(lab):
        return not_attempted("The policy of the role Clerk is as it was.")
    if (said := unusable(lab, ledger)) != "":
        return not_yet(said)
    if (missing := reach.lacks(clerk, right)) is not None:
        case = f" {missing.how}" if missing.how else ""
        return not_yet(f"The policy has been changed, and Clerk still may not decrypt with the key{case}.")
    if (more := reach.exceeds(clerk, right)) is not None:
        return not_yet(f"Clerk can decrypt with the key, and is allowed more: {more.told}.")
    return solved("An alias is a name for callers. Policies name the key itself.")


def tellers_door(lab: LabView, answer: Any) -> Outcome:
    """Ask whether Teller encrypts and decrypts with the safe's key, and nobody else has come in."""
    safe, reach = _arn(lab, "safe"), Reach(lab)
    teller, right = reach.caller("Teller"), Right(("kms:Encrypt", "kms:Decrypt"), (safe,))
    thing = reach.key(safe)
    if has_first_policy(lab, safe) and not thing.grants:
        return not_attempted("The key policy of the safe is as it was, and there is no grant on the key.")
    if (said := unusable(lab, safe)) != "":
        return not_yet(said)
    if (missing := reach.lacks(teller, right)) is not None:
        case = f" {missing.how}" if missing.how else ""
        return not_yet(f"Something has changed, and Teller still may not {missing.action} with that key{case}.")
    if (more := reach.exceeds(teller, right)) is not None:
        return not_yet(f"Teller can do its work, and is allowed more: {more.told}.")
    ended = [Right(("kms:RetireGrant",), (safe,))] if thing.grants else []  # who may kms:* may end a grant: no way in
    if (other := reach.others(thing, *ended, besides=[teller])) is not None:
        return not_yet(f"Teller can do its work. But somebody else has come in, too: {other}.")
    if not may(lab, "LabAdministrator", "kms:PutKeyPolicy", safe):
        return not_yet(
            "Teller can do its work. But the administrator is locked out: nobody can change this key any more."
        )
    return solved("One more principal in the key policy, and the door is shut for all others as before.")


def contractors_fence(lab: LabView, answer: Any) -> Outcome:
    """Ask whether Contractor also makes data keys, within a boundary that still stands; and nothing else."""
    plans, reach = _arn(lab, "plans"), Reach(lab)
    contractor, right = reach.caller("Contractor"), Right(FENCE, (plans,))
    if (aside := _opened(lab, plans, reach, "Contractor")) is not None:
        return aside
    if "PermissionsBoundary" not in lab.observer.client("iam").get_role(RoleName="Contractor")["Role"]:
        return not_yet("The role Contractor has no permissions boundary any more: the fence is gone.")
    missing = reach.lacks(contractor, right)
    more = reach.exceeds(contractor, right)
    if missing is not None and missing.action == "kms:GenerateDataKey" and more is None and not _fence_moved(lab):
        return not_attempted("The boundary and the policy of the role Contractor are as they were.")
    if (said := unusable(lab, plans)) != "":
        return not_yet(said)
    if missing is not None:
        case = f" {missing.how}" if missing.how else ""
        return not_yet(f"Something has changed, and Contractor may not {missing.action} with the key{case}.")
    if more is not None:
        return not_yet(f"Contractor can make data keys, and is allowed more: {more.told}.")
    return solved("The fence stands where it stood, and is one action longer.")


def whose_refusal(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer names the objects for which KMS refused the courier, as the trail has them."""
    if answer is None:
        return unanswered()
    mine = [event for event in lab.events() if is_by(event, "Courier")]
    right = {str(two["requestParameters"]["key"]) for one, two in pairwise(mine) if _by_kms(one, two)}
    given = {str(each).strip().rpartition("/")[2] for each in answer}
    if wrong := sorted(given - right):
        return not_yet(f"For {wrong[0]!r} KMS has not refused anything: the trail has no such record of KMS.")
    if len(given) < len(right):
        return not_yet(f"Right so far: {len(given)} of them. There are more.")
    return solved("The rest is S3's own refusal. One of those is under the key, too; but KMS was never asked.")


def bring_it_back(lab: LabView, answer: Any) -> Outcome:
    """Check that the archive's own key is enabled again, under its own policy, and its alias leads to it."""
    key = the_key(lab, "archive")
    arn, state = str(key["Arn"]), key["KeyState"]
    called_off = [each for each in calls(lab, "CancelKeyDeletion") if arn in str(each)]
    if not called_off:
        if len([each for each in calls(lab, "CreateAlias", "UpdateAlias") if "alias/archive" in str(each)]) > 1:
            return not_yet("The alias leads elsewhere now. The old letters are still under the old key, which waits.")
        return not_attempted("The archive's key still waits for its deletion.")
    if state != "Enabled":
        return not_yet(f"The deletion was called off, and the key is {state}: it opens no letter yet.")
    if aliases(lab).get("alias/archive") != key["KeyId"]:
        return not_yet("The key is back, but alias/archive does not lead to it any more.")
    if not has_first_policy(lab, arn) or grants_on(lab, arn):
        return not_yet("The key is back. But its policy or its grants are others than before: that was not broken.")
    return solved("Called off and enabled: a key that comes back from PendingDeletion comes back disabled.")


def calm_the_thumbs(lab: LabView, answer: Any) -> Outcome:
    """Check that the bucket of thumbnails has a bucket key, and the same KMS key by default."""
    s3, key = lab.observer.client("s3"), the_key(lab, "reports")
    bucket = next(each["Name"] for each in s3.list_buckets()["Buckets"] if each["Name"].startswith(BUCKETS))
    try:
        rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    except s3.exceptions.ClientError:
        return not_yet("The bucket has no default encryption any more.")
    rule = rules[0]
    default = rule.get("ApplyServerSideEncryptionByDefault", {})
    if default.get("SSEAlgorithm") != "aws:kms":
        return not_yet(f"New objects are under {default.get('SSEAlgorithm')} now. The task keeps aws:kms and the key.")
    named = str(default.get("KMSMasterKeyID", ""))
    leads = {name for name, target in aliases(lab).items() if target == key["KeyId"]}
    if named.rpartition(":")[2].removeprefix("key/") not in {key["KeyId"], *leads}:
        return not_yet("The bucket's default is KMS, but another key than that of the reports.")
    if not rule.get("BucketKeyEnabled"):
        return not_attempted("The bucket still asks KMS for each object.")
    return solved(
        "S3 now asks for a key of the bucket's once in a while, and makes the objects' keys from it by itself."
    )


def _by_kms(one: dict[str, Any], two: dict[str, Any]) -> bool:
    """Whether these are KMS's refusal and, behind it, S3's record of the object that it was about."""
    names = (one["eventName"], two["eventName"]) == ("Decrypt", "GetObject")
    return names and "errorCode" in one and "errorCode" in two and one["eventTime"] == two["eventTime"]


def _arn(lab: LabView, description: str) -> str:
    """The ARN of the notebook's own key of that description."""
    return str(the_key(lab, description)["Arn"])


def _opened(lab: LabView, arn: str, reach: Reach, role: str) -> Outcome | None:
    """What to say if the key itself was opened, where the caller's side was to be mended; None if it was not."""
    if not has_first_policy(lab, arn):
        return not_yet("The key policy has been changed. It was not what refused.")
    made = [each.grantee for each in reach.key(arn).grants]
    if made:
        return not_yet(f"There is a grant on the key, for {made[0]}. It was the caller's side that refused.")
    if (door := reach.exceeds_on(reach.key(arn), without_policies(reach.caller(role)))) is not None:
        return not_yet(f"The key itself lets {role} in: {door.told}. It was the caller's side that refused.")
    return None


def _still_the_alias(lab: LabView) -> bool:
    """Whether Clerk has its first policy, and that alone."""
    alias = _arn(lab, "ledger").partition(":key/")[0] + ":alias/ledger"
    first = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": alias}
    return [policy["Statement"] for policy in identity_policies(lab, "Clerk")] == [[first]]


def _fence_moved(lab: LabView) -> bool:
    """Whether somebody has touched the role's policies or its boundary since they were made."""
    touched = ("CreatePolicyVersion", "PutRolePermissionsBoundary", "SetDefaultPolicyVersion", "AttachRolePolicy")
    return (
        any("Contractor" in str(each["requestParameters"]) for each in calls(lab, *touched))
        or len([each for each in calls(lab, "PutRolePolicy") if "Contractor" in str(each["requestParameters"])]) > 1
    )
