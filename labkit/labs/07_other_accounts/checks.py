"""Checks of notebooks/07-other-accounts.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

from labkit.exercises.account import calls, key_arn, keys, unusable
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved, unanswered
from labkit.exercises.reach import Caller, Reach, Right, Thing, with_every_policy, without_policies
from labkit.exercises.reach.actions import on_keys
from labkit.exercises.reach.things import federated_in

CUSTOMER = "backup-7"
ASSUME = "sts:AssumeRole"
EXTERNAL_ID = "sts:ExternalId"
_LOST = (
    "One thing more: the key policy has lost your own account's statement, or part of it. What only that statement "
    "allowed, your IAM policies can't allow any more: put it back."
)


def one_role_one_action(lab: LabView, answer: Any) -> Outcome:
    """Besides the account's own statement, the key policy of `ledger` lets Clerk decrypt; and Clerk has."""
    found, reach = _key(lab, "ledger"), Reach(lab)
    arn, key, partner = str(found["Arn"]), reach.key(found["Arn"]), _first_visitor(lab, found["AWSAccountId"])
    if not _for_others(lab, found) and not key.grants:
        return not_attempted("The key policy of `ledger` lets nobody in from another account.")
    if (said := unusable(lab, arn)) != "":
        return not_yet(said)
    clerk, right = reach.outsider(f"arn:aws:iam::{partner}:role/Clerk"), Right(("kms:Decrypt",), (arn,))
    others = [each for each in reach.callers(key) if not _is(each, clerk) and not each.is_administrator]
    if (other := reach.let_in(key, map(without_policies, others))) is not None:
        return not_yet(f"The key policy of `ledger`, or a grant, lets more than the role Clerk in: {other}.")
    by_policy = replace(key, grants=())
    if not reach.may(clerk, "kms:Decrypt", by_policy):
        return not_yet("The key policy of `ledger` has one more statement, and still does not let the clerk decrypt.")
    if (more := reach.exceeds_on(key, clerk, right)) is not None:
        return not_yet(f"The key policy of `ledger` lets the clerk do more than decrypting: {more.told}.")
    if not _is_whole(reach, by_policy):
        return not_yet("The key policy of `ledger` has lost your own account's statement, or part of it.")
    if federated := federated_in(key):
        return not_yet(f"The key policy of `ledger` names more than the role Clerk: those who sign in by {federated}.")
    if not any(_is_by_clerk(event, partner) for event in _decrypts(lab, found)):
        return not_yet("The key policy is as it should be. The entry has not been opened by the clerk yet.")
    return solved("One role of one account, one action; and your trail has the visit.")


def who_came_in(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the account, other than the own, that decrypted most often with `archive`."""
    if answer is None:
        return unanswered()
    if not isinstance(answer, (str, int)):
        return not_yet(f"The answer should be an account id, as text; this is {type(answer).__name__}.")
    key = _key(lab, "archive")
    visits = Counter(event["userIdentity"]["accountId"] for event in _decrypts(lab, key))
    own, account = key["AWSAccountId"], str(answer).strip()
    del visits[own]
    if account == own:
        return not_yet("That is your own account; the question is about the visitors.")
    if account not in visits:
        return not_yet(f"The trail has no visit by the account {account!r} to that key.")
    if visits[account] < max(visits.values()):
        return not_yet("That account has been there, but less often than the other.")
    return solved(f"{visits[account]} visits. The key is yours, so you have the record.")


def name_your_customer(lab: LabView, answer: Any) -> Outcome:
    """Check for a role Backup that the vendor's account may assume under the external ID only; and it has."""
    iam, reach = lab.observer.client("iam"), Reach(lab)
    pages = iam.get_paginator("list_roles").paginate()
    if "Backup" not in {role["RoleName"] for page in pages for role in page["Roles"]}:
        return not_attempted("There is no role `Backup` in your account.")
    backup = reach.role("Backup")
    vendor = _first_visitor(lab, backup.account)
    asks = Right((ASSUME,), (backup.arn,), {EXTERNAL_ID: (CUSTOMER,)})
    beside = Right(("sts:TagSession", "sts:SetSourceIdentity"), (backup.arn,))
    theirs = [each for each in reach.callers(backup) if each.account == vendor]
    by_strangeness = sorted(reach.callers(backup), key=lambda each: (each.named, not each.foreign))
    others = [with_every_policy(each) for each in by_strangeness if each.account != vendor]
    if (other := reach.let_in(backup, others)) is not None:
        return not_yet(f"The role Backup trusts more than the vendor's account: {_whoever(other.caller)}.")
    if federated := federated_in(backup):
        return not_yet(f"The role Backup trusts more than the vendor's account: those who sign in by {federated}.")
    if (more := reach.let_in(backup, theirs, asks, beside)) is not None:
        if EXTERNAL_ID not in more.situation:
            return not_yet("The trust policy of Backup does not ask for whom the vendor works.")
        return not_yet(f"The trust policy of Backup lets the vendor in with {more.situation[EXTERNAL_ID]!r} as well.")
    collector = reach.outsider(f"arn:aws:iam::{vendor}:role/Collector")
    if not reach.may(collector, ASSUME, backup, {EXTERNAL_ID: CUSTOMER}):
        return not_yet(
            f"With {CUSTOMER!r}, the customer of the task, the vendor is not let in by Backup's trust policy."
        )
    if (power := reach.exceeds(reach.caller("Backup"))) is not None:
        return not_yet(f"The trust policy is as it should be. The role needs no permissions, and it has: {power.told}.")
    if not any(_is_visit(event, vendor) for event in _assumed(lab)):
        return not_yet("The role is as it should be. The vendor has not assumed it yet, for this customer.")
    return solved("The vendor gets in when it works for you, and not when somebody else sends it.")


def family_only(lab: LabView, answer: Any) -> Outcome:
    """Check that the key policy of `minutes` lets the organization decrypt, by its id; and another account has."""
    found, reach = _key(lab, "minutes"), Reach(lab)
    arn, key, others = str(found["Arn"]), reach.key(found["Arn"]), _for_others(lab, found)
    if not others and not key.grants:
        return not_attempted("The key policy of `minutes` lets nobody in from another account.")
    if len(others) != 1 or _principals(others[0]) != ["*"]:
        return not_yet("The task asks for one statement. Yours names an account, and leaves out what joins later.")
    organization = lab.observer.client("organizations").describe_organization()["Organization"]["Id"]
    right = Right(("kms:Decrypt",), (arn,))
    everybody = [without_policies(each) for each in reach.callers(key) if not each.is_administrator]
    members = [each for each in everybody if each.facts.get("aws:PrincipalOrgID") == organization]
    rest = [each for each in everybody if each not in members]
    if (other := reach.let_in(key, rest)) is not None:
        return not_yet(f"The key policy of `minutes` lets in more than the organization, if not everybody: {other}.")
    if not all(reach.may(each, "kms:Decrypt", key) for each in members if each.foreign):
        return not_yet("The key policy of `minutes` does not let the whole organization decrypt.")
    if (more := next(filter(None, (reach.exceeds_on(key, each, right) for each in members)), None)) is not None:
        return not_yet(f"The key policy of `minutes` allows more than decrypting: {more}.")
    if not any(event["userIdentity"]["accountId"] != found["AWSAccountId"] for event in _decrypts(lab, found)):
        return not_yet("The key policy is as it should be. The management account has not opened the minute yet.")
    if (said := unusable(lab, arn)) != "":
        return not_yet(f"The key policy is as it should be. But: {said}")
    lost = "" if _is_whole(reach, replace(key, grants=())) else f" {_LOST}"
    return solved(
        "The key lets in each account of the organization, those that join later too. Which of its roles may decrypt "
        f"is up to that account. An account that leaves is out.{lost}"
    )


def _key(lab: LabView, description: str) -> dict[str, Any]:
    return next(key for key in keys(lab) if key["Description"] == description)


def _decrypts(lab: LabView, key: dict[str, Any]) -> list[dict[str, Any]]:
    return [event for event in calls(lab, "Decrypt") if key_arn(event) == key["Arn"]]


def _first_visitor(lab: LabView, own: str) -> str:
    """The first account beside the own that the trail has: the partner, which is the vendor, too."""
    visitors = (event["userIdentity"].get("accountId", own) for event in lab.events())
    return next(account for account in visitors if account.isdigit() and account != own)


def _is_by_clerk(event: dict[str, Any], partner: str) -> bool:
    caller = event["userIdentity"]
    return caller["accountId"] == partner and str(caller["principalId"]).endswith(":clerk")


def _is(caller: Caller, other: Caller) -> bool:
    return caller.principal.arn == other.principal.arn


def _is_whole(reach: Reach, key: Thing) -> bool:
    """Whether the account's own IAM policies decide about every operation."""
    account = map(with_every_policy, (each for each in reach.callers(key) if each.account == key.account))
    asked = [action for action in on_keys() if action != "kms:RetireGrant"]
    return all(reach.may(each, action, key) for each in account for action in asked)


def _whoever(caller: Caller) -> str:
    if caller.named:
        return caller.words
    return f"{caller.words} gets in, and so does whoever knows the external ID, which is no secret"


def _is_visit(event: dict[str, Any], vendor: str) -> bool:
    """Whether the vendor has assumed the role for this customer."""
    asked = event["requestParameters"]
    return event["userIdentity"].get("accountId") == vendor and asked.get("externalId") == CUSTOMER


def _assumed(lab: LabView) -> list[dict[str, Any]]:
    """The times that Backup was assumed since it was made."""
    assumed: list[dict[str, Any]] = []
    for event in calls(lab, "AssumeRole", "CreateRole"):
        asked = event["requestParameters"]
        if event["eventName"] == "CreateRole":
            assumed = [] if asked["roleName"] == "Backup" else assumed
        elif str(asked["roleArn"]).endswith(":role/Backup"):
            assumed.append(event)
    return assumed


def _for_others(lab: LabView, key: dict[str, Any]) -> list[dict[str, Any]]:
    """The Allow statements of the key policy but for those that name the own account."""
    text = lab.observer.client("kms").get_key_policy(KeyId=key["Arn"], PolicyName="default")["Policy"]
    own = {key["AWSAccountId"], f"arn:aws:iam::{key['AWSAccountId']}:root"}
    allows = [statement for statement in json.loads(text)["Statement"] if statement["Effect"] == "Allow"]
    return [each for each in allows if "NotPrincipal" in each or not own.issuperset(_principals(each))]


def _principals(statement: dict[str, Any]) -> list[str]:
    """Whom a statement names, services among them."""
    named = statement.get("Principal", [])
    entries = named.values() if isinstance(named, dict) else [named]
    return [each for entry in entries for each in ([entry] if isinstance(entry, str) else entry)]
