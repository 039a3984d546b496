"""Checks of notebooks/16-disable-and-delete.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from labkit.exercises.account import calls, is_by, key_arn, keys, the_key, unusable
from labkit.exercises.answers import named
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved, unanswered
from labkit.exercises.objects import Writing, writings
from labkit.exercises.permissions import bucket_policy, decided, key_policy
from labkit.exercises.reach import Caller, Reach, Right, Thing, with_every_policy

BOXES = ("red", "green", "blue")
ROLES = ("Ledger", "Packing", "Adverts")
CUSTOMERS = ("Berg", "Lindgren", "Svensson")
IDLE, WAITING = "kms:TrailingDaysWithoutKeyUsage", "kms:ScheduleKeyDeletionPendingWindowInDays"
CRYPTOGRAPHY = ("Encrypt", "Decrypt", "GenerateDataKey")
TO_STOP = {"kms:DisableKey": "disabled", "kms:ScheduleKeyDeletion": "scheduled for deletion"}


def dust(lab: LabView, answer: Any) -> Outcome:
    """Check that of the three boxes, the one that the notebook did not use is disabled, and the others are enabled."""
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
    """Check that the answer is the role whose Decrypt failed because the key was disabled."""
    if answer is None:
        return unanswered()
    role = named(answer, ROLES)
    if role is None:
        return not_yet(f"{answer!r} is none of the three roles.")
    tried = [event for event in lab.events() if event["eventName"] == "Decrypt" and is_by(event, role)]
    if not tried:
        return not_attempted(f"The trail has no try of {role} to use the key so far.")
    if tried[0].get("errorCode") != "DisabledException":
        return not_yet(f"{role} was refused for another reason: it may not use the key at all, enabled or not.")
    return solved("Only a permission that would have been enough runs into the key's state.")


def in_use(lab: LabView, answer: Any) -> Outcome:
    """Check that `wages` denies DisableKey and ScheduleKeyDeletion to all until 90 idle days, and nothing more."""
    wages, reach = str(the_key(lab, "wages")["Arn"]), Reach(lab)
    key, people = reach.key(wages), _everybody(reach, reach.key(wages))
    you = next(caller for caller in people if caller.name == "LabAdministrator")

    def allowed(action: str, who: Caller, idle: int, wait: int) -> bool:
        return reach.may(who, action, key, {IDLE: str(idle), WAITING: str(wait)})

    if IDLE.lower() not in key_policy(lab, wages).lower() and allowed("kms:DisableKey", you, 0, 30):
        return not_attempted("The key policy of `wages` says nothing about use so far.")
    for who in people:
        for action, says in TO_STOP.items():
            for idle in range(90):
                if allowed(action, who, idle, 30):
                    return not_yet(
                        f"With {idle} days since its last use, the key can still be {says}, by {_words(who)}."
                    )
            for idle in (91, 365):
                if not allowed(action, who, idle, 30):
                    return not_yet(f"After {idle} days without use, the key should be free to be {says}. It isn't.")
            for access in reach.ways(who, action, key, [Right((action,), (wages,), {IDLE: ()})]):
                days = access.situation.get(IDLE)
                if isinstance(days, str) and int(days) < 90:
                    return not_yet(f"With {days} days since its last use, the key can still be {says}: {access}.")
        if any(allowed("kms:ScheduleKeyDeletion", who, 91, wait) for wait in range(7, 30)):
            return not_yet("What the policy said about the waiting period is gone.")
        for other in _others(lab):
            if not reach.may(who, f"kms:{other}", key):
                return not_yet(f"The policy now keeps {_words(who)} from {other}, too.")
    if wrong := unusable(lab, wages):
        return not_yet(f"The policy is as it should be. But: {wrong}")
    return solved("A key in use can't be switched off by mistake, nor in anger.")


def _everybody(reach: Reach, key: Thing) -> list[Caller]:
    """The account's roles and users, the root user, and some that are not there: each with every IAM policy."""
    own = [caller for caller in reach.callers(key) if not caller.foreign and caller.account == key.account]
    return [with_every_policy(caller) for caller in own]


def _words(who: Caller) -> str:
    words = "you" if who.name == "LabAdministrator" else who.words
    return f"{words}, {who.later}" if who.later else words


def forget_lindgren(lab: LabView, answer: Any) -> Outcome:
    """Lindgren's key is deleted, no copy is under another key, the other two work, and all objects are there."""
    states = {key["Description"].removeprefix("customer "): key["KeyState"] for key in keys(lab)}
    made = {event["requestParameters"]["description"]: key_arn(event) for event in calls(lab, "CreateKey")}
    gone = {key_arn(event) for event in calls(lab, "DeleteKey")}
    names = {f"{place}/{name}" for place in ("orders", "backup") for name in CUSTOMERS}
    s3 = lab.observer.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="shop-orders")
    listed = [each["Key"] for page in pages for each in page.get("Contents", [])]
    if missing := sorted(names - set(listed)):
        return not_yet(f"{missing[0]} was taken out of the bucket. A copy of it, elsewhere, would still open.")
    for name in ("Berg", "Svensson"):
        if states.get(name) != "Enabled":
            return not_yet(
                f"The key of {name} is {states.get(name, 'deleted')}: that customer's data do not open either."
            )
        if not _still_opens(lab, made[f"customer {name}"]):
            return not_yet(f"The policy of {name}'s key keeps you out: that customer's data do not open either.")
    if wrong := _lost(lab, sorted(names)):
        return not_yet(wrong)
    for name in ("orders/Lindgren", "backup/Lindgren"):
        if s3.head_object(Bucket="shop-orders", Key=name).get("SSEKMSKeyId") != made["customer Lindgren"]:
            return not_yet(f"{name} was written again, and is no longer under Lindgren's key: another key opens it.")
    if copy := _copy_elsewhere(lab, made["customer Lindgren"]):
        return not_yet(f"A copy of Lindgren's data is in {copy}, and not under Lindgren's key: it can still be read.")
    if made["customer Lindgren"] in gone:
        return solved(
            "All that is under Lindgren's key is noise now, the backups included. The trail is the proof of that."
            f"{_readings(lab, made['customer Lindgren'])}"
        )
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


def _lost(lab: LabView, names: Iterable[str]) -> str:
    """Say which object was written over, or which of the other customers' nobody can read any more; "" if none is."""
    s3, written = lab.observer.client("s3"), writings(lab)
    gone = {key_arn(event) for event in calls(lab, "DeleteKey")}
    policy = bucket_policy(lab, "shop-orders")
    for name in names:
        mine = [each.content for each in written if (each.bucket, each.key) == ("shop-orders", name)]
        if mine[-1].is_same(mine[0]) is False:
            return f"{name} was written over: what it held is out of the bucket."
        if name.endswith("/Lindgren"):
            continue
        key = s3.head_object(Bucket="shop-orders", Key=name).get("SSEKMSKeyId")
        if key in gone:
            return f"{name} was put under a key that is deleted: nobody can read it any more."
        if key and (wrong := unusable(lab, key)):
            return f"{name} does not open any more. {wrong}"
        place = f"arn:aws:s3:::shop-orders/{name}"
        if not decided(lab, "LabAdministrator", "s3:GetObject", place, policy, {"aws:SecureTransport": "true"}):
            return f"The bucket's policy keeps you from {name}: that customer's data do not open either."
    return ""


def _readings(lab: LabView, key: str) -> str:
    """Say how often Lindgren's objects were opened: what became of what was read, the account does not tell."""
    times = len([event for event in calls(lab, "Decrypt") if key_arn(event) == key])
    if not times:
        return " Nobody has ever opened them, so there is no copy in another form either."
    return (
        f" It was used to open them {times} {'time' if times == 1 else 'times'}: what was read then may be kept "
        "in another form, and no record tells of that."
    )


def _still_opens(lab: LabView, arn: str) -> bool:
    """Whether the administrator may decrypt with the key."""
    reach = Reach(lab)
    return reach.may(with_every_policy(reach.caller("LabAdministrator")), "kms:Decrypt", reach.key(arn))


def _copy_elsewhere(lab: LabView, key: str) -> str:
    """Where an object, or a version of one, with the bytes of Lindgren's is under another key; "" if nowhere."""
    written = writings(lab)
    first = next(each for each in written if each.key == "orders/Lindgren")
    copies = {(each.bucket, each.key) for each in written if _is_copy(each, first)}
    s3 = lab.observer.client("s3")
    buckets = {each["Name"] for each in s3.list_buckets()["Buckets"]}
    for bucket, name in sorted(copies):
        if bucket not in buckets:
            continue
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=name)
        for version in (each for page in pages for each in page.get("Versions", []) if each["Key"] == name):
            wanted = {"Bucket": bucket, "Key": name}
            wanted |= {"VersionId": version["VersionId"]} if version["VersionId"] != "null" else {}
            if s3.head_object(**wanted).get("SSEKMSKeyId") != key:
                return f"{bucket}/{name}"
    return ""


def _is_copy(each: Writing, first: Writing) -> bool:
    """Whether a writing brought Lindgren's bytes to some place, by a copy of S3 or by an upload of the same."""
    return each.copied_from.endswith("/Lindgren") or each.content.is_same(first.content) is True


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
