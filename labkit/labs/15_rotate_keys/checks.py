"""Checks of notebooks/15-rotate-keys.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from typing import Any

from labkit.exercises.account import calls, key_arn, keys
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved, unanswered
from labkit.exercises.permissions import identity_policies, may

PAGES = ("1", "2", "3", "4")
LETTERS = "alias/letters"


def half_a_year(lab: LabView, answer: Any) -> Outcome:
    """Custodian may set every period up to 180 days and no longer one, and has set 180."""
    wages = _key(lab, "wages")["Arn"]
    allowed = {days: _may_set(lab, wages, days) for days in (90, 120, 180, 181, 365, 2560)}
    if not any(allowed.values()) and not identity_policies(lab, "Custodian"):
        return not_attempted("The role Custodian has no policy.")
    if any(allowed[days] for days in (181, 365, 2560)):
        return not_yet("The custodian can set a longer period as well.")
    if not allowed[180]:
        return not_yet("The custodian can't set a period of 180 days.")
    if not (allowed[90] and allowed[120]):
        return not_yet("180 days are allowed. A shorter period, say 90 days, is refused.")
    if _may_set(lab, _key(lab, "ledger")["Arn"], 180):
        return not_yet("The custodian can do it with other keys as well: the ledger's, for instance.")
    status = lab.observer.client("kms").get_key_rotation_status(KeyId=wages)
    if status.get("RotationPeriodInDays") != 180:
        return not_yet("The permission is as it should be. The key does not rotate every 180 days yet.")
    if not [event for event in calls(lab, "EnableKeyRotation") if key_arn(event) == wages and _by(event, "Custodian")]:
        return not_yet("The key rotates every 180 days; but it was not the custodian who has set that.")
    return solved("Whoever holds that policy can make a key rotate sooner, and never later.")


def _may_set(lab: LabView, key: str, days: int) -> bool:
    return may(lab, "Custodian", "kms:EnableKeyRotation", key, {"kms:RotationPeriodInDays": str(days)})


def by_hand(lab: LabView, answer: Any) -> Outcome:
    """Postman encrypts under the alias with the new key, and opens what is under the old one."""
    old, new = _key(lab, "letters, old"), _key(lab, "letters, new")
    aliases = lab.observer.client("kms").list_aliases(KeyId=new["Arn"])["Aliases"]
    if LETTERS not in [alias["AliasName"] for alias in aliases]:
        return not_yet("The alias is back at the old key, or gone: new letters would not be under the new key.")
    if old["KeyState"] != "Enabled":
        return not_yet(f"The old key is {old['KeyState']}: what was sealed under it opens for nobody.")
    mine = [event for event in calls(lab, "Encrypt", "Decrypt") if _by(event, "Postman")]
    if not mine and not _touched(lab, new["Arn"]):
        return not_attempted("The postman has nothing on the new key so far.")
    sent = [event for event in mine if event["eventName"] == "Encrypt" and key_arn(event) == new["Arn"]]
    if not [event for event in sent if event["requestParameters"]["keyId"].endswith(LETTERS)]:
        return not_yet("The postman has not encrypted under alias/letters, with the new key.")
    if not [event for event in mine if event["eventName"] == "Decrypt" and key_arn(event) == old["Arn"]]:
        return not_yet("New letters go out. The postman has not opened the old letter.")
    return solved("New data under the new key, old data readable: that is all that a rotation by hand must reach.")


def _touched(lab: LabView, new: str) -> bool:
    """Whether anything on the new key is for Postman: by any policy, or by a grant."""
    if any(may(lab, "Postman", action, new) for action in ("kms:Encrypt", "kms:Decrypt")):
        return True
    grants = lab.observer.client("kms").list_grants(KeyId=new)["Grants"]
    return any("/Postman" in grant["GranteePrincipal"] for grant in grants)


def without_seeing(lab: LabView, answer: Any) -> Outcome:
    """Each page was re-encrypted inside KMS to the diary's current material, with its context."""
    diary = _key(lab, "diary")
    moved = [event for event in calls(lab, "ReEncrypt") if diary["Arn"] in _keys_of(event)]
    read = [event for event in calls(lab, "Decrypt") if key_arn(event) == diary["Arn"]]
    if not moved and not read:
        return not_attempted("Nothing has been done with the diary's pages.")
    here = [event for event in moved if _destination(event) == diary["CurrentKeyMaterialId"]]
    kept = {_page(event) for event in here if _context(event, "source") == _context(event, "destination")}
    lost = {_page(event) for event in here} - kept
    if not kept and read:
        return not_yet("Pages have been read: their plaintext has left KMS.")
    if lost:
        return not_yet(f"{_list(lost) or 'A page'}: re-encrypted, but not with the context that the page had.")
    if missing := set(PAGES) - kept:
        return not_yet(f"Still under older material: {_list(missing)}.")
    if any(_material(event) != diary["CurrentKeyMaterialId"] for event in read):
        return solved(
            "Four pages under today's material. Some have been read on the way: ReEncrypt shows them to nobody."
        )
    return solved("Four pages under today's material, and only KMS has seen them.")


def _keys_of(event: dict[str, Any]) -> list[str]:
    return [resource["ARN"] for resource in event["resources"]]


def _destination(event: dict[str, Any]) -> str:
    return str(event.get("additionalEventData", {}).get("destinationKeyMaterialId", ""))


def _material(event: dict[str, Any]) -> str:
    return str(event.get("additionalEventData", {}).get("keyMaterialId", ""))


def _context(event: dict[str, Any], side: str) -> dict[str, str]:
    context: dict[str, str] = event["requestParameters"].get(f"{side}EncryptionContext") or {}
    return context


def _page(event: dict[str, Any]) -> str:
    return _context(event, "source").get("page", "")


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names))


def which_drawer(lab: LabView, answer: Any) -> Outcome:
    """The answer is the symmetric drawer whose rotation nobody switched on (or the learner did, as the last one)."""
    if answer is None:
        return unanswered()
    drawers = {key["Description"]: key for key in keys(lab) if key["Description"].startswith("drawer ")}
    drawer = drawers.get(answer) if isinstance(answer, str) else None
    if drawer is None:
        return not_yet(f"{str(answer)!r} is none of the twelve descriptions.")
    if drawer["KeySpec"] != "SYMMETRIC_DEFAULT":
        return not_yet(f"{answer} is of the spec {drawer['KeySpec']}: it can't be rotated by KMS.")
    able = [key["Arn"] for key in drawers.values() if key["KeySpec"] == "SYMMETRIC_DEFAULT"]
    switched = [key_arn(event) for event in calls(lab, "EnableKeyRotation") if key_arn(event) in able]
    forgotten = max(able, key=lambda arn: switched.index(arn) if arn in switched else len(switched))
    if drawer["Arn"] != forgotten:
        return not_yet(f"{answer} rotates.")
    return solved("Found as an auditor finds it: who could rotate, and doesn't.")


def _key(lab: LabView, description: str) -> dict[str, Any]:
    return next(key for key in keys(lab) if key["Description"] == description)


def _by(event: dict[str, Any], role: str) -> bool:
    return f":assumed-role/{role}/" in event["userIdentity"].get("arn", "")
