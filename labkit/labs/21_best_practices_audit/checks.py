"""Checks of notebooks/21-best-practices-audit.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from labkit.audit import Report, audit
from labkit.exercises.account import aliases, calls, keys, the_key, unusable
from labkit.exercises.engine import LabView, Outcome, no_number, not_attempted, not_yet, solved, unanswered
from labkit.exercises.permissions import decided, grants_on, has_first_policy
from labkit.exercises.reach import Caller, Reach, Right, Thing, with_every_policy, without_policies
from labkit.exercises.reach.actions import on_keys
from labkit.practice.shop import READ

from .open_shop import OFFERS, PHOTO, THROUGH_S3, USE, broken

PORTRAIT = "arn:aws:s3:::shop-photos/people/3.png"
ANY_CONTEXT: dict[str, tuple[str | None, ...]] = {"kms:EncryptionContext:box": (None, "7")}
LEAVES = frozenset({"pending-deletion", "secret-in-context"})
"""What a report may hold at the end: a key that nobody needs, until its window is over, and what the trail has kept."""


def bring_back_wages(lab: LabView, answer: Any) -> Outcome:
    """Check that the key `wages` is enabled, with alias and secret; `old catalogue` was left to its end."""
    wages, old = the_key(lab, "wages"), _state(lab, "old catalogue")
    if old not in ("PendingDeletion", ""):
        return not_yet(f"The key `old catalogue` is {old}: nobody needs it, and it should have gone.")
    called_off = [
        str(event["requestParameters"]) + str(event["resources"]) for event in calls(lab, "CancelKeyDeletion")
    ]
    if old and any(the_key(lab, "old catalogue")["KeyId"] in each for each in called_off):
        return not_yet("The deletion of the key `old catalogue` was called off: it waits longer than before.")
    if aliases(lab).get("alias/wages") != wages["KeyId"]:
        return not_yet("The alias `alias/wages` does not lead to the key any more: whoever uses the name is refused.")
    secret = next((each for each in _secrets(lab) if each["Name"] == "shop/wages"), {})
    named = str(secret.get("KmsKeyId", "")).rpartition(":")[2].removeprefix("key/")
    if named not in (wages["KeyId"], "alias/wages") or "DeletedDate" in secret:
        return not_yet("The secret `shop/wages` is not under the key any more.")
    if wages["KeyState"] == "PendingDeletion":
        return not_attempted("The key `wages` waits for its deletion.")
    if wages["KeyState"] != "Enabled":
        return not_yet(
            f"The key `wages` is {wages['KeyState']}: its deletion is called off, and nobody can use it yet."
        )
    if not any(wages["KeyId"] in each for each in called_off):
        return not_yet("This is another key of the same description. What was under the shop's own is lost.")
    if not has_first_policy(lab, wages["Arn"]) or grants_on(lab, wages["Arn"]):
        return not_yet("The key `wages` is enabled, but its policy or its grants are others than before.")
    if not Reach(lab).may(_you(lab), "kms:Decrypt", Reach(lab).key(wages["Arn"])):
        return not_yet("The key `wages` is enabled, but its policy keeps you from using it.")
    return solved("The key works, and the secret opens. KMS.3 has one finding less.")


def who_fails_alone(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the number of symmetric keys with imported material that are enabled."""
    if answer is None:
        return unanswered()
    if (wrong := no_number(answer)) is not None:
        return wrong
    enabled = [key for key in keys(lab) if key["KeyState"] == "Enabled" and key["KeySpec"] == "SYMMETRIC_DEFAULT"]
    number = sum(key["Origin"] == "EXTERNAL" for key in enabled)
    if answer == number:
        return solved("Imported keys: Prowler never asks whether they rotate, and KMS.4 leaves them out.")
    if answer > number:
        return not_yet("There are fewer. A key that fails in both tools is no quarrel.")
    return not_yet("There are more. It is about symmetric keys of one origin, and there are several.")


def close_the_newsletter(lab: LabView, answer: Any) -> Outcome:
    """Check that by the policy of `newsletter`, Reader may decrypt, and nobody but the account anything else."""
    arn, reach = str(the_key(lab, "newsletter")["Arn"]), Reach(lab)
    if has_first_policy(lab, arn):
        return not_attempted("The policy of `newsletter` lets in everybody, as at first.")
    key, reader, right = reach.key(arn), reach.caller("Reader"), Right(READ, (arn,))
    if (said := unusable(lab, arn)) != "":
        return not_yet(said)
    if not _keeps_its_account(reach, key):
        return not_yet("The statement for the account is gone, or part of it.")
    others = [each for each in reach.callers(key) if each.name != "Reader" and not each.is_administrator]
    if (other := reach.let_in(key, map(without_policies, others))) is not None:
        return not_yet(f"The policy still lets in {other}.")
    if (missing := reach.lacks(without_policies(reader), Right(READ, (arn,), ANY_CONTEXT))) is not None:
        return not_yet(f"Nobody else is let in by the policy. But Reader is not allowed {missing.action} by it.")
    if (more := reach.exceeds_on(key, without_policies(reader), right)) is not None:
        return not_yet(f"Reader is allowed more by the policy: {more.told}.")
    for each in audit(lab.observer.client, only=("public-key-policy", "account-wide-principal")):
        if each.resource == arn:  # a pattern takes in roles of accounts that nobody has thought of
            return not_yet(f"The policy still lets in more than one role. {each.why}")
    if not all(reach.may(without_policies(reader), action, replace(key, grants=())) for action in READ):
        return not_yet("Reader is let in by a grant, and not by the policy.")
    return solved("One role, one action: KMS.5 passes, and Reader still reads.")


def photos_through_s3(lab: LabView, answer: Any) -> Outcome:
    """Ask that Photographer may use `photos` by way of S3 alone, and store objects in the bucket."""
    arn, reach = str(the_key(lab, "photos")["Arn"]), Reach(lab)
    who, right = reach.caller("Photographer"), Right(USE, (arn,), THROUGH_S3)
    stores = all(decided(lab, "Photographer", "s3:PutObject", each, None) for each in (PHOTO, PORTRAIT))
    if (said := unusable(lab, arn)) != "":
        return not_yet(said)
    if (missing := reach.lacks(who, right)) is not None:
        return not_yet(f"Photographer can't use the key `photos` through S3 any more: {missing.action} is refused.")
    if not stores:
        return not_yet("Photographer can't store photos in `shop-photos` any more: s3:PutObject is not allowed.")
    if who.boundary is not None:
        return not_yet("Photographer has a permissions boundary now. The task is about its policy.")
    more = reach.exceeds(who, right, Right(("s3:PutObject",)))
    if more is None:
        return solved("The key serves S3 alone, and the policy says so.")
    if _is_as_planted(lab, arn):
        return not_attempted("Photographer may use the key directly, as at first.")
    return not_yet(f"Photographer may do more than the task says: {more.told}.")


def _is_as_planted(lab: LabView, photos: str) -> bool:
    """Whether Photographer's policy is the one that it was made with."""
    iam = lab.observer.client("iam")
    names = iam.list_role_policies(RoleName="Photographer")["PolicyNames"]
    if names != ["inline"] or iam.list_attached_role_policies(RoleName="Photographer")["AttachedPolicies"]:
        return False
    found = iam.get_role_policy(RoleName="Photographer", PolicyName="inline")["PolicyDocument"]["Statement"]
    use = {"Effect": "Allow", "Action": list(USE), "Resource": photos}
    return bool(found == [use, {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::shop-photos/*"}])


def nothing_left(lab: LabView, answer: Any) -> Outcome:
    """Check that the audit finds nothing but what time mends, and everybody who works in the shop still can."""
    said = broken(lab)
    if said not in ("", unusable(lab, the_key(lab, "wages")["Arn"])):  # that fault was there before
        return not_yet(said)
    report = audit(lab.observer.client)
    if report.unread:
        return not_yet(f"The audit could not read everything: {report.unread[0].why}")
    left = [each for each in report if each.check not in LEAVES]
    if _untouched(lab, report):
        return not_attempted(f"The report has {len(left)} findings, and none of the three was mended.")
    if said != "":
        return not_yet(said)
    if left:
        more = f" {len(left) - 1} more are left." if len(left) > 1 else ""
        return not_yet(f"The audit still finds: {left[0].why}{more}")
    return solved("Nothing is left that anybody could mend, and the shop is open.")


def _untouched(lab: LabView, report: Report) -> bool:
    """Whether all three faults are there, and the policy of `till` is the first."""
    found = {(each.check, each.resource.rpartition(":")[2].rpartition("/")[2]) for each in report}
    till = the_key(lab, "till")
    three = {("user-can-administer", till["KeyId"]), ("topic-encryption", OFFERS), ("plaintext-in-logs", "debug")}
    return three <= found and has_first_policy(lab, till["Arn"])


def _keeps_its_account(reach: Reach, key: Thing) -> bool:
    """Whether the account's own IAM policies decide about every operation; Reader's statement is judged apart."""
    plain = replace(key, grants=())
    account = [each for each in reach.callers(key) if each.account == key.account and each.name != "Reader"]
    asked = [action for action in on_keys() if action != "kms:RetireGrant"]
    return all(reach.may(with_every_policy(each), action, plain) for each in account for action in asked)


def _you(lab: LabView) -> Caller:
    return Reach(lab).caller("LabAdministrator")


def _state(lab: LabView, description: str) -> str:
    """The state of the key of that description; "" if it is deleted."""
    return next((str(key["KeyState"]) for key in keys(lab) if key["Description"] == description), "")


def _secrets(lab: LabView) -> list[dict[str, Any]]:
    pages = lab.observer.client("secretsmanager").get_paginator("list_secrets").paginate(IncludePlannedDeletion=True)
    return [each for page in pages for each in page["SecretList"]]
