"""Checks of notebooks/07-other-accounts.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from labkit.exercises.account import calls, key_arn, keys
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved, unanswered
from labkit.exercises.permissions import Context, key_policy
from labkit.policy import simulate

EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
NOT_ASKED_FOR = ("Encrypt", "ReEncryptFrom", "GenerateDataKey", "DescribeKey", "GetKeyRotationStatus", "CreateGrant")
STRANGER = "999999999999"
ROLES = ("Clerk", "SomebodyElse")
CUSTOMER = "backup-7"


def one_role_one_action(lab: LabView, answer: Any) -> Outcome:
    """Besides the account's own statement, the key policy of `ledger` lets Clerk decrypt; and Clerk has."""
    key = _key(lab, "ledger")
    others = _for_others(lab, key)
    if not others:
        return not_attempted("The key policy of `ledger` lets nobody in from another account.")
    accounts = {*re.findall(r"(?<!\d)\d{12}(?!\d)", json.dumps(others))} - {key["AWSAccountId"]}
    lets = {(account, role): _lets(lab, key, account, role) for account in (*accounts, STRANGER) for role in ROLES}
    if any(lets[account, role] for account, role in lets if role != "Clerk" or account == STRANGER):
        return not_yet("The key policy of `ledger` lets more than the role Clerk in.")
    if not any(lets.values()):
        return not_yet("The key policy of `ledger` has a statement more, and still does not let the clerk decrypt.")
    if any(_lets(lab, key, account, "Clerk", name) for account in accounts for name in NOT_ASKED_FOR):
        return not_yet("The key policy of `ledger` lets the clerk do more than decrypting.")
    if not any(event["userIdentity"]["principalId"].endswith(":clerk") for event in _decrypts(lab, key)):
        return not_yet("The key policy is as it should be. The entry has not been opened by the clerk yet.")
    return solved("One role of one account, one action; and your trail has the visit.")


def who_came_in(lab: LabView, answer: Any) -> Outcome:
    """The answer is the account, other than the own, that decrypted most often with `archive`."""
    if answer is None:
        return unanswered()
    key = _key(lab, "archive")
    visits = Counter(event["userIdentity"]["accountId"] for event in _decrypts(lab, key))
    own, account = key["AWSAccountId"], str(answer).strip()
    del visits[own]
    if account == own:
        return not_yet("That is your own account; the question is about the visitors.")
    if account not in visits:
        return not_yet(f"The trail has no visit of an account {account!r} to that key.")
    if visits[account] < max(visits.values()):
        return not_yet("That account has been there, but less often than the other.")
    return solved(f"{visits[account]} visits. Yours is the key, so yours is the record.")


def name_your_customer(lab: LabView, answer: Any) -> Outcome:
    """A role Backup, trusting another account under the external ID only; and assumed with it."""
    iam = lab.observer.client("iam")
    roles = {role["RoleName"]: role for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]}
    if "Backup" not in roles:
        return not_attempted("There is no role `Backup` in your account.")
    trusted = [each for each in roles["Backup"]["AssumeRolePolicyDocument"]["Statement"] if each["Effect"] == "Allow"]
    if any("*" in _principals(statement) for statement in trusted):
        return not_yet("The role Backup trusts whoever knows the external ID, and an external ID is no secret.")
    wanted = [_external_id(statement.get("Condition", {})) for statement in trusted]
    if None in wanted:
        return not_yet("The trust policy of Backup does not ask for whom the vendor works.")
    if any(value not in (CUSTOMER, [CUSTOMER]) for value in wanted):
        return not_yet(f"The trust policy of Backup asks for {wanted}: not for the customer of the task.")
    assumed = [event for event in calls(lab, "AssumeRole") if _role_of(event) == "Backup"]
    if not any(event["userIdentity"]["accountId"] != _own(roles["Backup"]) for event in assumed):
        return not_yet("The role is as it should be. The vendor has not assumed it yet.")
    return solved("The vendor gets in when it works for you, and not when somebody else sends it.")


def family_only(lab: LabView, answer: Any) -> Outcome:
    """The key policy of `minutes` lets the organization decrypt, by its id; and another account has."""
    key = _key(lab, "minutes")
    others = _for_others(lab, key)
    if not others:
        return not_attempted("The key policy of `minutes` lets nobody in from another account.")
    if any(_principals(statement) != ["*"] for statement in others):
        return not_yet("The key policy of `minutes` names an account. Those who join later would be left out.")
    organization = lab.observer.client("organizations").describe_organization()["Organization"]["Id"]
    member = {"aws:PrincipalOrgID": organization, "aws:PrincipalOrgPaths": [f"{organization}/r-root/"]}
    if _lets(lab, key, STRANGER, "Clerk"):
        return not_yet("The key policy of `minutes` lets everybody in, not only the organization.")
    if not _lets(lab, key, STRANGER, "Clerk", context=member):
        return not_yet("The key policy of `minutes` does not let the whole organization decrypt.")
    if any(_lets(lab, key, STRANGER, "Clerk", name, member) for name in NOT_ASKED_FOR):
        return not_yet("The key policy of `minutes` allows more than decrypting.")
    if not any(event["userIdentity"]["accountId"] != key["AWSAccountId"] for event in _decrypts(lab, key)):
        return not_yet("The key policy is as it should be. The management account has not opened the minute yet.")
    return solved("Whoever joins the organization can read the minutes, whoever leaves it no longer can.")


def _key(lab: LabView, description: str) -> dict[str, Any]:
    return next(key for key in keys(lab) if key["Description"] == description)


def _decrypts(lab: LabView, key: dict[str, Any]) -> list[dict[str, Any]]:
    return [event for event in calls(lab, "Decrypt") if key_arn(event) == key["Arn"]]


def _for_others(lab: LabView, key: dict[str, Any]) -> list[dict[str, Any]]:
    """The Allow statements of the key policy but for those that name the own account."""
    text = lab.observer.client("kms").get_key_policy(KeyId=key["Arn"], PolicyName="default")["Policy"]
    own = {key["AWSAccountId"], f"arn:aws:iam::{key['AWSAccountId']}:root"}
    allows = [statement for statement in json.loads(text)["Statement"] if statement["Effect"] == "Allow"]
    return [statement for statement in allows if not own.issuperset(_principals(statement))]


def _principals(statement: dict[str, Any]) -> list[str]:
    named = statement.get("Principal", [])
    return _listed(named.get("AWS", []) if isinstance(named, dict) else named)


def _lets(
    lab: LabView,
    key: dict[str, Any],
    account: str,
    role: str,
    operation: str = "Decrypt",
    context: Context | None = None,
) -> bool:
    """Whether the key policy lets in a role of another account that may do everything there."""
    arn, policy = f"arn:aws:iam::{account}:role/{role}", key_policy(lab, key["Arn"])
    asked = simulate(arn, f"kms:{operation}", key["Arn"], identity=EVERYTHING, resource_policy=policy, context=context)
    return asked.data["allowed"]


def _external_id(condition: dict[str, Any]) -> Any:
    """What a condition asks of the external ID; None if it asks nothing."""
    for operator in ("StringEquals", "StringLike", "StringEqualsIgnoreCase"):
        for name, value in condition.get(operator, {}).items():
            if name.lower() == "sts:externalid":
                return value
    return None


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _role_of(event: dict[str, Any]) -> str:
    return str(event["requestParameters"]["roleArn"]).rpartition("/")[2]


def _own(role: dict[str, Any]) -> str:
    """The account that the role is in."""
    return str(role["Arn"]).split(":")[4]
