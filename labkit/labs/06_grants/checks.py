"""Checks of notebooks/06-grants.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from typing import Any

from labkit.exercises.account import calls, keys
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved, unanswered

PRINTING = {"Encrypt", "DescribeKey"}
BOX = {"box": "7"}


def just_enough(lab: LabView, answer: Any) -> Outcome:
    """One grant for Printer, with Encrypt and DescribeKey; no policy of its own."""
    if lab.observer.client("iam").list_role_policies(RoleName="Printer")["PolicyNames"]:
        return not_yet("The role Printer has got a policy of its own. The task asks for a grant, and for no policy.")
    grants = _grants_for(lab, "archive", "Printer")
    if not grants:
        return not_attempted("There is no grant for the role Printer on the archive's key.")
    given = {operation for grant in grants for operation in grant["Operations"]}
    if given - PRINTING:
        return not_yet(f"Printer's grant allows too much: {', '.join(sorted(given - PRINTING))}.")
    if PRINTING - given:
        return not_yet(f"In what Printer is allowed, something is missing: {', '.join(sorted(PRINTING - given))}.")
    if len(grants) > 1:
        return not_yet(f"Printer has {len(grants)} grants; one is enough, and the others would have to be found again.")
    return solved("Printer can put letters in and look at the key. It can't read a single one.")


def one_box(lab: LabView, answer: Any) -> Outcome:
    """A grant for Researcher: Decrypt, subset box=7; and a successful Decrypt by it."""
    grants = _grants_for(lab, "archive", "Researcher")
    if not grants:
        return not_attempted("There is no grant for the role Researcher on the archive's key.")
    problem = next((said for said in map(_what_is_wrong_with, grants) if said), None)
    if problem:
        return not_yet(problem)
    if not _done_by(lab, "Decrypt", "Researcher"):
        return not_yet("The grant is as it should be. Researcher has not opened the letter yet.")
    return solved("Box 7, whatever the year, and nothing else.")


def _what_is_wrong_with(grant: dict[str, Any]) -> str | None:
    constraints = grant.get("Constraints", {})
    more = sorted({*grant["Operations"]} - {"Decrypt"})
    if more or not grant["Operations"]:
        return f"The grant should allow Decrypt only; it allows {', '.join(more)}."
    if not constraints:
        return "The grant has no constraint: it opens everything that the archive's key protects."
    if "EncryptionContextEquals" in constraints:
        return "The constraint asks for the whole context, and a letter's context has more pairs than the box."
    if constraints.get("EncryptionContextSubset") != BOX:
        return f"The constraint asks for {constraints.get('EncryptionContextSubset')}: not exactly the one pair."
    return None


def put_it_down(lab: LabView, answer: Any) -> Outcome:
    """A grant for Temp was made, used by Temp, and retired by Temp."""
    made = [event for event in calls(lab, "CreateGrant") if _names(event["requestParameters"], "Temp")]
    if not made:
        return not_attempted("Nobody has given the role Temp a grant so far.")
    if _grants_for(lab, "archive", "Temp"):
        return not_yet("Temp still has a grant on the archive's key.")
    if not _done_by(lab, "RetireGrant", "Temp"):
        return not_yet("Temp's grant is gone, but it was taken away, not by Temp itself.")
    if not _done_by(lab, "Decrypt", "Temp"):
        return not_yet("Temp has retired its grant, but with it Temp has opened nothing.")
    return solved("Given, used, put down by its own holder. The trail has all three.")


def the_odd_one(lab: LabView, answer: Any) -> Outcome:
    """The answer is the name of the scanner's grant without a constraint."""
    if answer is None:
        return unanswered()
    made, name = _shelves(lab), str(answer)
    if name not in made:
        return not_yet(f"The key of the scans has no grant of that name: {name!r}.")
    if made[name]:
        return not_yet(f"The grant {name!r} has a constraint; look further, on the other pages too.")
    return solved("No constraint: this one reads every shelf.")


def close_the_door(lab: LabView, answer: Any) -> Outcome:
    """The odd grant is gone, and no other."""
    made = _shelves(lab)
    left = {grant["Name"] for grant in _grants_of(lab, "scans")}
    odd = {name for name, constraints in made.items() if not constraints}
    gone = {*made} - left
    if not gone:
        return not_attempted("All the scanner's grants are there.")
    if gone - odd:
        told = "The one without a constraint is still there." if odd & left else "That was too much."
        return not_yet(f"Gone: {len(gone - odd)} of the other grants, which have a constraint. {told}")
    return solved("The scanner reads the shelves that it has grants for, and no others.")


def _shelves(lab: LabView) -> dict[str, Any]:
    """The constraints of each of the scanner's grants, as they were made."""
    given = [event["requestParameters"] for event in calls(lab, "CreateGrant")]
    return {made["name"]: made.get("constraints") for made in given if made.get("name", "").startswith("shelf-")}


def _grants_of(lab: LabView, description: str) -> list[dict[str, Any]]:
    key = next(key for key in keys(lab) if key["Description"] == description)
    pages = lab.observer.client("kms").get_paginator("list_grants").paginate(KeyId=key["Arn"])
    return [grant for page in pages for grant in page["Grants"]]


def _grants_for(lab: LabView, description: str, role: str) -> list[dict[str, Any]]:
    grants = _grants_of(lab, description)
    return [grant for grant in grants if grant["GranteePrincipal"].endswith(f":role/{role}")]


def _names(request: dict[str, Any], role: str) -> bool:
    return str(request["granteePrincipal"]).endswith(f":role/{role}")


def _done_by(lab: LabView, operation: str, role: str) -> list[dict[str, Any]]:
    """The successful calls of this operation by sessions of the role."""
    return [event for event in calls(lab, operation) if f":assumed-role/{role}/" in event["userIdentity"]["arn"]]
