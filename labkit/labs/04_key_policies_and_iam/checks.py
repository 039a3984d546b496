"""Checks of notebooks/04-key-policies-and-iam.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

import json
from typing import Any

from labkit.exercises.account import keys
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved, unanswered
from labkit.exercises.permissions import decided, grants_on, identity_policies, key_policy, may

WHY_NOT = {
    "R1": "R1 is a deny, but look at whom it names.",
    "R2": "R2 is a deny for everybody, but not for kms:Encrypt: look at its actions.",
    "Account": "That statement allows, and an allow never keeps anybody out.",
}


def reader_for_payroll(lab: LabView, answer: Any) -> Outcome:
    """Reporter may decrypt with the payroll key by IAM policy: nothing but that, and with no other key."""
    payroll = _key(lab, "payroll")
    policy = key_policy(lab, payroll)
    if "role/Reporter" in policy:
        return not_yet("The key policy names the Reporter. That is the second door; the task asks for the first.")
    if not identity_policies(lab, "Reporter"):
        return not_attempted("The role Reporter has no policy so far.")
    if not may(lab, "Reporter", "kms:Decrypt", payroll):
        return not_yet("There is a policy on the role, and with it the Reporter still cannot decrypt with that key.")
    if may(lab, "Reporter", "kms:Encrypt", payroll):
        return not_yet("The Reporter can decrypt with the payroll key, but can encrypt with it as well.")
    another = payroll.rpartition("/")[0] + "/00000000-0000-0000-0000-000000000000"
    account_may = json.dumps({"Version": "2012-10-17", "Statement": _account_statement(payroll)})
    if decided(lab, "Reporter", "kms:Decrypt", another, account_may):
        return not_yet("The Reporter can decrypt with the payroll key, and with the account's other keys as well.")
    return solved("The Reporter can decrypt with the payroll key, and that is all.")


def two_pairs_of_hands(lab: LabView, answer: Any) -> Outcome:
    """A key `contracts`: DevOps may switch it and not use it, LedgerApp may use it and not switch it off."""
    arns = [key["Arn"] for key in keys(lab) if key["Description"] == "contracts"]
    if not arns:
        return not_attempted("There is no key with the description `contracts`.")
    contracts = arns[-1]
    grants = grants_on(lab, contracts)
    wanted: dict[str, tuple[str, ...]] = {"DevOps": ("DisableKey", "EnableKey"), "LedgerApp": ("Encrypt", "Decrypt")}
    for role, operations in wanted.items():
        for operation in operations:
            if not may(lab, role, f"kms:{operation}", contracts, grants=grants):
                return not_yet(f"The key is there. {role} is not allowed kms:{operation} on it.")
    unwanted: dict[str, tuple[str, ...]] = {"DevOps": ("Encrypt", "Decrypt"), "LedgerApp": ("DisableKey",)}
    for role, operations in unwanted.items():
        for operation in operations:
            if may(lab, role, f"kms:{operation}", contracts, grants=grants):
                return not_yet(f"The key is there, but {role} is also allowed kms:{operation} on it.")
    return solved("One pair of hands on the switch, another on the data.")


def which_statement(lab: LabView, answer: Any) -> Outcome:
    """The answer is R3: a deny of everything but kms:De* for the courier."""
    if answer is None:
        return unanswered()
    sid = str(answer).strip()
    if sid == "R3":
        return solved("NotAction is read as *everything but*: kms:Encrypt does not begin with kms:De, so it is denied.")
    return not_yet(WHY_NOT.get(sid, f"The parcel key's policy has no statement with the Sid {sid!r}."))


def the_way_back(lab: LabView, answer: Any) -> Outcome:
    """LabAdministrator may read and change the key policy of `archive` again."""
    archive = _key(lab, "archive")
    can = {name: may(lab, "LabAdministrator", f"kms:{name}", archive) for name in ("GetKeyPolicy", "PutKeyPolicy")}
    if all(can.values()):
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


def _account_statement(key_arn: str) -> list[dict[str, Any]]:
    root = f"arn:aws:iam::{key_arn.split(':')[4]}:root"
    return [{"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}]
