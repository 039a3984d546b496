"""Checks of notebooks/06-grants.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from labkit.exercises.account import calls, key_arn, keys, unusable
from labkit.exercises.engine import LabView, Outcome, no_text, not_attempted, not_yet, solved
from labkit.exercises.permissions import has_first_policy, identity_policies
from labkit.exercises.reach import Reach, Right, without_policies

PRINTING = {"Encrypt", "DescribeKey"}
RETIRABLE = {"Decrypt", "RetireGrant"}
STAFF = ("Courier", "Printer", "Clerk", "Researcher", "Porter", "Foreman", "Helper", "Temp")
BOX = {"box": "7"}
STILL_THERE = "A new grant takes nothing away from an old one, so revoke what is wrong."


def just_enough(lab: LabView, answer: Any) -> Outcome:
    """Check for one grant for Printer, with Encrypt and DescribeKey; no policy, and nothing else that it may do."""
    if identity_policies(lab, "Printer"):
        return not_yet("The role Printer has got a policy of its own. The task asks for a grant, and for no policy.")
    grants = _grants_for(lab, "archive", "Printer")
    if not grants:
        return not_attempted("There is no grant for the role Printer on the archive's key.")
    given = {operation for grant in grants for operation in grant["Operations"]}
    if given - PRINTING:
        return not_yet(f"Printer's grant allows too much: {', '.join(sorted(given - PRINTING))}.{_of_several(grants)}")
    if PRINTING - given:
        return not_yet(f"In what Printer is allowed, something is missing: {', '.join(sorted(PRINTING - given))}.")
    if len(grants) > 1:
        return not_yet(f"Printer has {len(grants)} grants. One is enough, and somebody has to find the others again.")
    archive, reach = _key(lab, "archive"), Reach(lab)
    if (said := unusable(lab, archive)) != "":
        return not_yet(said)
    printer, right = reach.caller("Printer"), Right(("kms:Encrypt", "kms:DescribeKey"), (archive,))
    if (missing := reach.lacks(printer, right)) is not None:
        return not_yet(f"The grant names the operations, and Printer still may not do {missing.action} in every case.")
    if (more := reach.exceeds(printer, right)) is not None:
        return not_yet(f"Printer's grant is as it should be, and Printer is allowed more: {more.told}.")
    if other := _somebody_else(lab, reach):
        return not_yet(f"Printer's grant is as it should be. But somebody else is let in, too: {other}.")
    if not has_first_policy(lab, archive):
        return not_yet("Printer's grant is as it should be. But the key's policy is another than before.")
    return solved("Printer can put letters in and look at the key. It can't read a single one.")


def one_box(lab: LabView, answer: Any) -> Outcome:
    """Check for one grant for Researcher: Decrypt, subset box=7; and after it a successful Decrypt of such a letter."""
    grants = _grants_for(lab, "archive", "Researcher")
    if not grants:
        return not_attempted("There is no grant for the role Researcher on the archive's key.")
    problem = next((said for said in map(_what_is_wrong_with, grants) if said), None)
    if problem:
        return not_yet(problem + _of_several(grants))
    if len(grants) > 1:
        return not_yet(
            f"Researcher has {len(grants)} such grants. One is enough, and somebody has to find the others again."
        )
    archive, reach = _key(lab, "archive"), Reach(lab)
    right = Right(("kms:Decrypt",), (archive,), {"kms:EncryptionContext:box": ("7",)})
    if (more := reach.exceeds(reach.caller("Researcher"), right)) is not None:
        return not_yet(f"The grant is as it should be, and Researcher is allowed more: {more.told}.")
    if other := _somebody_else(lab, reach):
        return not_yet(f"The grant is as it should be. But somebody else is let in, too: {other}.")
    opened = [each for each in _done_by(lab, "Decrypt", "Researcher") if _came_after(lab, each, grants[0]["GrantId"])]
    if not any(key_arn(each) == archive and _context(each).get("box") == "7" for each in opened):
        return not_yet("The grant is as it should be. With it, Researcher has not opened the letter yet.")
    if (said := unusable(lab, archive)) != "":
        return not_yet(f"The letter was opened. But: {said}")
    return solved("Box 7, whatever the year, and nothing else.")


def _what_is_wrong_with(grant: dict[str, Any]) -> str | None:
    constraints = grant.get("Constraints", {})
    more = sorted({*grant["Operations"]} - {"Decrypt"})
    if more or not grant["Operations"]:
        return f"The grant should allow Decrypt only, and it allows {', '.join(more)}."
    if not constraints:
        return "The grant has no constraint. It opens everything that the archive's key protects."
    if "EncryptionContextEquals" in constraints:
        return "The constraint asks for the whole context, and a letter's context has more pairs than the box."
    asked = constraints.get("EncryptionContextSubset", {})
    if {name.lower(): value for name, value in asked.items()} != BOX:  # a name's case does not count here
        return f"The constraint asks for {asked}. That is not exactly the one pair."
    if constraints.get("SourceArn"):
        return "The grant works for one resource of a service only. Researcher itself can't use it."
    return None


def _somebody_else(lab: LabView, reach: Reach) -> str:
    """Somebody beside the notebook's roles whom a grant on the archive's key, or its policy, lets in; "" if none."""
    key = reach.key(_key(lab, "archive"))
    grants = [each for each in key.grants if each.grantee.rpartition("/")[2] not in STAFF]
    if made := next((each for each in grants if ":assumed-role/aws:" not in each.grantee), None):  # EC2's own
        return f"a grant for {made.grantee}"
    everybody = (without_policies(each) for each in reach.callers(key) if not each.is_administrator)
    return str(reach.let_in(replace(key, grants=()), everybody) or "")


def _of_several(grants: list[dict[str, Any]]) -> str:
    """What to say beside a fault if there are more grants than one."""
    return f" It is one of {len(grants)} grants, and each counts. {STILL_THERE}" if len(grants) > 1 else ""


def put_it_down(lab: LabView, answer: Any) -> Outcome:
    """Check that a grant for Temp, to decrypt and retire, was made, used and retired by Temp; nothing is left."""
    made = {
        _grant_id(event): event for event in calls(lab, "CreateGrant") if _names(event["requestParameters"], "Temp")
    }
    if not made:
        return not_attempted("Nobody has given the role Temp a grant so far.")
    if _grants_for(lab, "archive", "Temp"):
        return not_yet("Temp still has a grant on the archive's key.")
    retired = [event for event in _done_by(lab, "RetireGrant", "Temp") if _grant_id(event) in made]
    if not retired:
        return not_yet("Temp's grant is gone, but not by Temp itself. Somebody took it away.")
    narrow = [each for each in retired if {*made[_grant_id(each)]["requestParameters"]["operations"]} <= RETIRABLE]
    if not narrow:
        return not_yet("The grant that Temp has retired allowed more than to decrypt and to retire it.")
    events, opened = lab.events(), [each for each in _done_by(lab, "Decrypt", "Temp") if not _context(each)]
    if not any(_used(events, made[_grant_id(each)], opened, each) for each in narrow):
        return not_yet("Temp has retired its grant, but with it Temp has opened nothing.")
    if (more := Reach(lab).exceeds(Reach(lab).caller("Temp"))) is not None:
        return not_yet(f"Temp has put its grant down, and is still allowed: {more.told}.")
    return solved("The grant was given, used, and put down by its own holder. The trail has all three.")


def _used(events: list[Any], made: dict[str, Any], opened: list[dict[str, Any]], retired: dict[str, Any]) -> bool:
    """Whether something was opened with the grant's key between the two."""
    span = events[events.index(made) : events.index(retired)]
    return any(each in span and key_arn(each) == key_arn(made) for each in opened)


def the_odd_one(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the name of the scanner's grant without a constraint."""
    if (wrong := no_text(answer, "the grant's Name")) is not None:
        return wrong
    made, name = _shelves(lab), str(answer).strip()
    if name not in made:
        return not_yet(f"The key of the scans has no grant of that name: {name!r}.")
    if made[name]:
        return not_yet(f"The grant {name!r} has a constraint. Look further, on the other pages too.")
    return solved("It has no constraint, so it reads every shelf.")


def close_the_door(lab: LabView, answer: Any) -> Outcome:
    """Check that the odd grant is gone, and no other; and that nothing else lets the scanner read without a shelf."""
    made = _shelves(lab)
    left = {grant.get("Name") for grant in _grants_of(lab, "scans")}
    odd = {name for name, constraints in made.items() if not constraints}
    gone = {*made} - left
    if not gone:
        return not_attempted("All the scanner's grants are there.")
    if gone - odd:
        told = "The one without a constraint is still there." if odd & left else "That was too much."
        return not_yet(f"Gone: {len(gone - odd)} of the other grants, which have a constraint. {told}")
    scans, reach = _key(lab, "scans"), Reach(lab)
    shelves = tuple(made[name]["encryptionContextEquals"]["shelf"] for name in made.keys() - odd)
    right = Right(("kms:Decrypt",), (scans,), {"kms:EncryptionContext:shelf": shelves})
    if (more := reach.exceeds(reach.caller("Scanner"), right)) is not None:
        return not_yet(f"The grant is gone, and the scanner is still allowed more than its shelves: {more.told}.")
    if (said := unusable(lab, scans)) != "":
        return not_yet(f"The grant is gone. But: {said}")
    return solved("The scanner reads the shelves that it has grants for, and no others.")


def _shelves(lab: LabView) -> dict[str, Any]:
    """The constraints of each of the scanner's grants, as they were made."""
    given = [event["requestParameters"] for event in calls(lab, "CreateGrant")]
    return {made["name"]: made.get("constraints") for made in given if made.get("name", "").startswith("shelf-")}


def _key(lab: LabView, description: str) -> str:
    """The ARN of the notebook's own key of that description."""
    return next(str(key["Arn"]) for key in keys(lab) if key["Description"] == description)


def _grants_of(lab: LabView, description: str) -> list[dict[str, Any]]:
    pages = lab.observer.client("kms").get_paginator("list_grants").paginate(KeyId=_key(lab, description))
    return [grant for page in pages for grant in page["Grants"]]


def _grants_for(lab: LabView, description: str, role: str) -> list[dict[str, Any]]:
    grants = _grants_of(lab, description)
    return [grant for grant in grants if grant.get("GranteePrincipal", "").endswith(f":role/{role}")]


def _names(request: dict[str, Any], role: str) -> bool:
    return str(request.get("granteePrincipal")).endswith(f":role/{role}")


def _done_by(lab: LabView, operation: str, role: str) -> list[dict[str, Any]]:
    """The successful calls of this operation by sessions of the role."""
    return [event for event in calls(lab, operation) if f":assumed-role/{role}/" in event["userIdentity"]["arn"]]


def _grant_id(event: dict[str, Any]) -> str:
    """The grant that a record of CreateGrant or RetireGrant is about."""
    found = [event.get(part) or {} for part in ("responseElements", "additionalEventData", "requestParameters")]
    return next((str(each["grantId"]) for each in found if "grantId" in each), "")


def _came_after(lab: LabView, event: dict[str, Any], grant_id: str) -> bool:
    """Whether a call came after the grant was made."""
    events = lab.events()
    made = next(each for each in calls(lab, "CreateGrant") if _grant_id(each) == grant_id)
    return events.index(event) > events.index(made)


def _context(event: dict[str, Any]) -> dict[str, str]:
    """The encryption context of a call."""
    context: dict[str, str] = (event["requestParameters"] or {}).get("encryptionContext") or {}
    return context
