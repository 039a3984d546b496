"""Checks of notebooks/26-test-your-own-code.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from labkit.exercises.account import the_key, unusable
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved, unanswered
from labkit.exercises.permissions import grants_on, identity_policies
from labkit.exercises.reach import Access, Caller, Reach, Right
from labkit.exercises.reach.moment import LATER
from labkit.exercises.reach.situations import in_context

from .attempts import Unclear, read_attempts
from .policies import ADA, allowed, of_clerk, wider

CUSTOMER = "kms:EncryptionContext:customer"
WORTH = ("kms:CancelKeyDeletion", "kms:DescribeKey", "kms:EnableKey", "kms:ListGrants")
"""What the role's own policy lacks. The key policy of `vault` refuses GetKeyRotationStatus, the SCP the deletion."""


def every_path(lab: LabView, answer: Any) -> Outcome:
    """Ask what Report may do on keys: Decrypt and GenerateDataKey for the customer ada, and nothing else."""
    key, reach = str(the_key(lab, "invoices")["Arn"]), Reach(lab)
    first = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": key}]}
    if identity_policies(lab, "Report") == [first] and not grants_on(lab, key):
        return not_attempted("The role Report has the policy that it had from the first run.")
    report = reach.caller("Report")
    right = Right(("kms:Decrypt", "kms:GenerateDataKey"), (key,), {CUSTOMER: (ADA,)})
    if (missing := _lacks(reach, report, [(action, key) for action in right.actions])) is not None:
        return not_yet(f"That is not all that `report` needs for `ada`: the role lacks {missing.what}.")
    if (more := reach.exceeds(report, right)) is not None:
        return not_yet(f"The role can do what it needs, and more than that: {more.told}.")
    if wrong := unusable(lab, key):
        return not_yet(f"The permission is as it should be. But: {wrong}")
    return solved("Two actions, one key, one customer: the list gave the actions, and you the condition.")


def _lacks(reach: Reach, caller: Caller, asked: Iterable[tuple[str, str]]) -> Access | None:
    """Find what the program asks for and the caller may not do, with the encryption context that it has, and no other.

    A policy that lets through this context and no larger one is narrower still, and right.
    """
    situation = {**in_context({"customer": ADA}), "kms:ReEncryptOnSameKey": "false"}
    for action, arn in asked:
        key = reach.key(arn)
        for time in ({}, LATER):  # now, and for long
            if not reach.may(caller, action, key, {**situation, **time}):
                varied = frozenset({"context", *("aws:currenttime" for _ in time)})
                return Access(caller, action, key, {**situation, **time}, varied)
    return None


def worth_an_allow(lab: LabView, answer: Any) -> Outcome:
    """Compare with the actions that nothing but the role's own policies refuses."""
    if answer is None:
        return unanswered()
    given = {str(each).strip().lower() for each in answer}
    if not given:
        return not_attempted("`answer` is an empty list.")
    if any(not each.startswith("kms:") for each in given):
        return not_yet("Names of actions begin with their service, as in `kms:Encrypt`.")
    worth = {each.lower() for each in WORTH}
    if given - worth:
        return not_yet("With an Allow for all of these, one of them would still be refused, or was never asked for.")
    if worth - given:
        return not_yet("These are right. They are not all: another action is refused for want of an Allow alone.")
    return solved("The other two are refused by a key policy and by an SCP. Nobody has to widen a role for them.")


def from_the_trail(lab: LabView, answer: Any) -> Outcome:
    """Ask what Archive may do on keys: ReEncryptFrom on `invoices`, ReEncryptTo on `shelf`, and nothing else."""
    key, shelf = (str(the_key(lab, name)["Arn"]) for name in ("invoices", "shelf"))
    wide = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}
    if identity_policies(lab, "Archive") == [wide]:
        return not_attempted("The role Archive still has its first policy.")
    reach = Reach(lab)
    archive = reach.caller("Archive")
    asked = (("kms:ReEncryptFrom", key), ("kms:ReEncryptTo", shelf))
    if (missing := _lacks(reach, archive, asked)) is not None:
        return not_yet(f"With this policy the role can't do last night's work: it lacks {missing.what}.")
    work = [Right((action,), (place,), {CUSTOMER: (ADA,)}) for action, place in asked]
    if (more := reach.exceeds(archive, *work)) is not None:
        return not_yet(f"The role can do last night's work, and more than that: {more.told}.")
    for each in (key, shelf):
        if wrong := unusable(lab, each):
            return not_yet(f"The policy is as it should be. But: {wrong}")
    return solved("One operation in the trail, two permissions in the policy, each on its own key, for one customer.")


def must_not(lab: LabView, answer: Any) -> Outcome:
    """Decide each attempt with the Clerk's policy, and with the three that are too wide."""
    if answer is None:
        return unanswered()
    try:
        attempts = read_attempts(lab, answer)
    except Unclear as unclear:
        return not_yet(str(unclear))
    if not attempts:
        return not_attempted("`answer` is an empty list.")
    key = str(the_key(lab, "invoices")["Arn"])
    for number, attempt in enumerate(attempts, 1):
        if allowed(lab, attempt, of_clerk(key)):
            return not_yet(f"Call {number} is allowed by the role's own policy: it is what the Clerk is there for.")
    for name, statement in wider(key).items():
        if not any(allowed(lab, attempt, statement) for attempt in attempts):
            return not_yet(f"The list does not notice the policy *{name}*: all of its calls would still be refused.")
    return solved("If somebody widens the policy in one of these ways, a test in CI turns red.")
