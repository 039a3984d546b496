"""Checks of notebooks/16-disable-and-delete.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from labkit.exercises.account import calls, key_arn, keys
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved, unanswered
from labkit.exercises.permissions import key_policy
from labkit.policy import simulate

BOXES = ("red", "green", "blue")
ROLES = ("Ledger", "Packing", "Adverts")
CUSTOMERS = ("Berg", "Lindgren", "Svensson")
IDLE, WAITING = "kms:TrailingDaysWithoutKeyUsage", "kms:ScheduleKeyDeletionPendingWindowInDays"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
CRYPTOGRAPHY = ("Encrypt", "Decrypt", "GenerateDataKey")


def dust(lab: LabView, answer: Any) -> Outcome:
    """Of the three boxes, the one that the notebook did not use is disabled, and the others are enabled."""
    boxes = {key["Description"]: key for key in keys(lab) if key["Description"] in BOXES}
    touched = {name for name, key in boxes.items() if key["KeyState"] != "Enabled"}
    if missing := sorted(set(BOXES) - set(boxes)):
        return not_yet(
            f"The key of the {missing[0]} box is deleted: nothing brings that back. To try again, start anew."
        )
    unused = {name for name, key in boxes.items() if not _used_at_first(lab, key)}
    if not touched:
        return not_attempted("All three keys are enabled.")
    if len(touched) > 1:
        return not_yet("That is too many: only one of the three has never been used.")
    if touched != unused:
        return not_yet("A key is out of use, and it is not the right one: it has been used, so something is under it.")
    state = boxes[unused.pop()]["KeyState"]
    if state != "Disabled":
        return not_yet(f"It is the right key, and it is {state}: on its way out, when it should only rest for now.")
    return solved("Nobody will miss it. If somebody does, EnableKey brings it back.")


def who_complains(lab: LabView, answer: Any) -> Outcome:
    """The answer is the role whose Decrypt failed because the key was disabled."""
    if answer is None:
        return unanswered()
    if answer not in ROLES:
        return not_yet(f"{str(answer)!r} is none of the three roles.")
    failed = [event for event in lab.events() if event.get("errorCode") == "DisabledException"]
    if not [event for event in failed if f":assumed-role/{answer}/" in event["userIdentity"]["arn"]]:
        return not_yet(f"{answer} may not use the key at all: enabled or not, it would have been refused.")
    return solved("Only a permission that would have been enough runs into the key's state.")


def in_use(lab: LabView, answer: Any) -> Outcome:
    """The policy of `wages` denies DisableKey and ScheduleKeyDeletion to all until 90 idle days, and nothing more."""
    wages = _key(lab, "wages")
    policy = key_policy(lab, wages)

    def allowed(action: str, who: str, **context: str) -> bool:
        keys_of_request = {IDLE: context["idle"], WAITING: context["wait"]}
        arn = f"arn:aws:iam::{wages.split(':')[4]}:role/{who}"
        asked = simulate(arn, action, wages, identity=EVERYTHING, resource_policy=policy, context=keys_of_request)
        return bool(asked.data["allowed"])

    if IDLE.lower() not in policy.lower() and allowed("kms:DisableKey", "LabAdministrator", idle="0", wait="30"):
        return not_attempted("The key policy of `wages` says nothing about use so far.")
    for who in ("LabAdministrator", "SomebodyElse"):
        for action, says in (("kms:DisableKey", "disabled"), ("kms:ScheduleKeyDeletion", "scheduled for deletion")):
            for idle in ("0", "89"):
                if allowed(action, who, idle=idle, wait="30"):
                    return not_yet(f"With {idle} days since its last use, the key can still be {says}, by {who}.")
            if not allowed(action, who, idle="91", wait="30"):
                return not_yet(f"After 90 days without use, the key should be free to be {says}. It isn't.")
        if allowed("kms:ScheduleKeyDeletion", who, idle="91", wait="7"):
            return not_yet("What the policy said about the waiting period is gone.")
        for other in _others(lab):
            if not allowed(f"kms:{other}", who, idle="0", wait="30"):
                return not_yet(f"The policy now keeps {who} from {other}, too.")
    return solved("A key in use can't be switched off by mistake, nor in anger.")


def forget_lindgren(lab: LabView, answer: Any) -> Outcome:
    """Lindgren's key is deleted, the other two work, and all six objects are where they were."""
    states = {key["Description"].removeprefix("customer "): key["KeyState"] for key in keys(lab)}
    made = {event["requestParameters"]["description"]: key_arn(event) for event in calls(lab, "CreateKey")}
    gone = {key_arn(event) for event in calls(lab, "DeleteKey")}
    names = {f"{place}/{name}" for place in ("orders", "backup") for name in CUSTOMERS}
    s3 = lab.observer.client("s3")
    listed = s3.list_objects_v2(Bucket="shop-orders").get("Contents", [])
    if missing := sorted(names - {each["Key"] for each in listed}):
        return not_yet(f"{missing[0]} was taken out of the bucket. A copy of it, elsewhere, would still open.")
    for name in ("Berg", "Svensson"):
        if states.get(name) != "Enabled":
            return not_yet(
                f"The key of {name} is {states.get(name, 'deleted')}: that customer's data do not open either."
            )
    for name in ("orders/Lindgren", "backup/Lindgren"):
        if s3.head_object(Bucket="shop-orders", Key=name).get("SSEKMSKeyId") != made["customer Lindgren"]:
            return not_yet(f"{name} was written again, and is no longer under Lindgren's key: another key opens it.")
    if made["customer Lindgren"] in gone:
        return solved("Every copy of Lindgren's data is noise now, the backups included. The trail is the proof.")
    state = states.get("Lindgren", "")
    if state == "PendingDeletion":
        return not_yet("The deletion of Lindgren's key is scheduled, and can still be called off: it is not over.")
    if state == "Disabled":
        return not_yet("Lindgren's key is disabled. One call would enable it, and the data would open again.")
    shut = [key_arn(event) for event in calls(lab, "PutKeyPolicy")]
    fenced = [event["requestParameters"]["bucketName"] for event in calls(lab, "PutBucketPolicy")]
    if made["customer Lindgren"] in shut or "shop-orders" in fenced:
        return not_yet(
            "Lindgren's key is enabled. A policy that keeps people out can be changed, and the data open again."
        )
    return not_attempted("Lindgren's key is enabled, and the objects open.")


def _key(lab: LabView, description: str) -> str:
    """The ARN of the notebook's own key of that description."""
    return next(str(key["Arn"]) for key in keys(lab) if key["Description"] == description)


def _others(lab: LabView) -> list[str]:
    """All that a key policy may allow, but for the two; operations that name a key, by botocore's model of KMS."""
    model = lab.observer.client("kms").meta.service_model
    named = [name for name in model.operation_names if "KeyId" in (model.operation_model(name).input_shape.members)]
    further = {"CreateAlias", "DeleteAlias", "UpdateAlias", "ReEncryptFrom", "ReEncryptTo"}  # those name it otherwise
    decided_elsewhere = {"ListAliases", "RetireGrant"}  # by IAM policies and by the grant, says that model
    return sorted({*named, *further} - decided_elsewhere - {"DisableKey", "ScheduleKeyDeletion"})


def _used_at_first(lab: LabView, key: dict[str, Any]) -> bool:
    """Whether the key was used within a day of its making, which is when the notebook used two of them."""
    first_day: datetime = key["CreationDate"] + timedelta(days=1)
    used = [event for event in calls(lab, *CRYPTOGRAPHY) if key_arn(event) == key["Arn"]]
    return any(datetime.fromisoformat(event["eventTime"]) < first_day for event in used)
