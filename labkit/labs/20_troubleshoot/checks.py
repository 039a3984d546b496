"""Checks of notebooks/20-troubleshoot.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

from labkit.exercises.account import aliases, calls, is_by, the_key, unusable
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved, unanswered
from labkit.exercises.permissions import grants_on, has_first_policy, identity_policies
from labkit.exercises.reach import Caller, Reach, Right, Thing, with_every_policy, without_policies
from labkit.exercises.reach.actions import on_keys
from labkit.exercises.reach.situations import through

FENCE = ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")
BUCKETS = "thumbs-"
ADMINISTRATOR = "LabAdministrator"
ANY_CONTEXT: dict[str, tuple[str | None, ...]] = {"kms:EncryptionContext:box": (None, "7")}


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
    work = Right(right.actions, right.on, ANY_CONTEXT)
    thing = reach.key(safe)
    if has_first_policy(lab, safe) and not thing.grants:
        return not_attempted("The key policy of the safe is as it was, and there is no grant on the key.")
    if (said := unusable(lab, safe)) != "":
        return not_yet(said)
    if not _administers(reach, thing):
        return not_yet("The administrator's statement in the key policy of the safe is gone, or part of it.")
    if (missing := reach.lacks(teller, work)) is not None:
        case = f" {missing.how}" if missing.how else ""
        return not_yet(f"Something has changed, and Teller still may not {missing.action} with that key{case}.")
    if (more := reach.exceeds(teller, right)) is not None:
        return not_yet(f"Teller can do its work, and is allowed more: {more.told}.")
    if (other := _comes_in(reach, thing, teller)) != "":
        return not_yet(f"Teller can do its work. But somebody else has come in, too: {other}.")
    return solved("One principal more gets in, and the door is shut for all others as before.")


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
    if (wide := reach.exceeds(_by_its_fence(contractor), right)) is not None:
        return not_yet(f"Contractor can make data keys. But the boundary would let more through: {wide.told}.")
    return solved("The fence stands where it stood, and is one action longer.")


def whose_refusal(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer names the objects for which KMS refused the courier, as the trail has them."""
    if answer is None:
        return unanswered()
    mine = [event for event in lab.events() if is_by(event, "Courier")]
    fetched: dict[str, bool] = {}  # the first time of each object is that of the night
    for one, two in pairwise(mine):
        if two["eventName"] == "GetObject":
            fetched.setdefault(str(two["requestParameters"]["key"]), _by_kms(one, two))
    right = {name for name, by_kms in fetched.items() if by_kms}
    given = {_object(str(each).strip(), lab) for each in answer}
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
    reach = Reach(lab)
    if not reach.may(reach.caller(ADMINISTRATOR), "kms:Decrypt", reach.key(arn)):
        return not_yet("The key is back. But an IAM policy keeps you from decrypting with it.")
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
    arn, here = str(key["Arn"]), str(key["Arn"]).partition(":key/")[0]
    leads = {name for name, target in aliases(lab).items() if target == key["KeyId"]}
    names = {arn, key["KeyId"], *leads, *(f"{here}:{name}" for name in leads)}
    if default.get("KMSMasterKeyID", "") not in names:
        return not_yet("The bucket's default is KMS, but another key than that of the reports.")
    if not rule.get("BucketKeyEnabled"):
        return not_attempted("The bucket still asks KMS for each object.")
    if (said := unusable(lab, arn)) != "":
        return not_yet(f"The bucket asks seldom. But: {said}")
    reach = Reach(lab)
    you, by_s3 = reach.caller(ADMINISTRATOR), through("s3", lab.region)
    if not all(reach.may(you, f"kms:{each}", reach.key(arn), by_s3) for each in ("GenerateDataKey", "Decrypt")):
        return not_yet("The bucket asks seldom. But S3 would be refused the key of the reports when you store objects.")
    return solved(
        "S3 now asks for a key of the bucket's once in a while, and makes the objects' keys from it by itself."
    )


def _by_kms(one: dict[str, Any], two: dict[str, Any]) -> bool:
    """Whether these are KMS's refusal and, behind it, S3's record of the object that it was about."""
    names = (one["eventName"], two["eventName"]) == ("Decrypt", "GetObject")
    return names and "errorCode" in one and "errorCode" in two and one["eventTime"] == two["eventTime"]


def _object(given: str, lab: LabView) -> str:
    """The name of an object that is given as it is, as an S3 URI, or as an ARN, in the bucket of the reports."""
    buckets = [each["Name"] for each in lab.observer.client("s3").list_buckets()["Buckets"]]
    bucket = next((name for name in buckets if name.startswith("reports-")), "")
    return given.removeprefix("arn:aws:s3:::").removeprefix("s3://").removeprefix(f"{bucket}/")


def _administers(reach: Reach, key: Thing) -> bool:
    """Whether the key policy lets the administrator do everything, without a grant."""
    plain, administrator = replace(key, grants=()), reach.caller(ADMINISTRATOR)
    return all(reach.may(administrator, action, plain) for action in on_keys() if action != "kms:RetireGrant")


def _comes_in(reach: Reach, key: Thing, teller: Caller) -> str:
    """Say who else gets in: by the key itself, whatever IAM allows them, or as Teller or the administrator.

    Whatever IAM policies allow, everybody of the account may retire a grant: that opens nothing.
    """
    grants = Right(("kms:RetireGrant",), (key.arn,)) if not any(each.retiring for each in key.grants) else Right(())
    out = {teller.principal.arn}
    asked = [each for each in reach.callers(key) if not each.is_administrator and each.principal.arn not in out]
    if (other := reach.let_in(key, asked, grants)) is not None:
        return str(other)
    for each in asked:
        may = (action for action in on_keys() if reach.may(with_every_policy(each), action, key))
        if (action := next((action for action in may if action != "kms:RetireGrant"), None)) is not None:
            return f"{each.words}: {action}, as soon as an IAM policy allows it"
    for role in map(reach.role, ("Teller", ADMINISTRATOR)):
        strangers = [without_policies(each) for each in reach.callers(role) if not each.is_administrator]
        if (other := reach.let_in(role, strangers)) is not None:
            return str(other)
    return ""


def _by_its_fence(caller: Caller) -> Caller:
    """The same caller, if its own policies were no narrower than its boundary."""
    fence = caller.boundary
    return caller if fence is None else replace(caller, identity=(fence,), boundary=None)


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
