"""Checks of notebooks/15-rotate-keys.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from typing import Any

from labkit.exercises.account import calls, context_of, is_by, key_arn, keys, the_key, unusable
from labkit.exercises.answers import named
from labkit.exercises.chains import destination, source
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved, unanswered
from labkit.exercises.permissions import identity_policies
from labkit.exercises.reach import Caller, Reach, Right, Thing

PERIOD = "kms:RotationPeriodInDays"
SHORT, LONG = range(90, 181), range(181, 2561)
PAGES = ("1", "2", "3", "4")
LETTERS = "alias/letters"


def half_a_year(lab: LabView, answer: Any) -> Outcome:
    """Custodian may set every period up to 180 days and no longer one, on this key alone, and has set 180."""
    wages, reach = the_key(lab, "wages")["Arn"], Reach(lab)
    custodian, key = reach.caller("Custodian"), reach.key(wages)
    right = Right(("kms:EnableKeyRotation",), (wages,), {PERIOD: tuple(map(str, SHORT))})
    beyond = reach.exceeds(custodian, right)
    short, long = (_settable(reach, custodian, key, days) for days in (SHORT, LONG))
    if not identity_policies(lab, "Custodian") and not short and not long and not beyond:
        return not_attempted("The role Custodian has no policy.")
    if long:
        return not_yet(f"The custodian can set a longer period as well: {long[0]} days, for instance.")
    if 180 not in short:
        return not_yet("The custodian can't set a period of 180 days.")
    if missing := sorted(set(SHORT) - set(short)):
        return not_yet(f"180 days are allowed. A shorter period, say {missing[0]} days, is refused.")
    others = (thing for thing in reach.keys if thing.arn != wages)
    if more := next((thing for thing in others if _settable(reach, custodian, thing, range(180, 181))), None):
        return not_yet(f"The custodian can do it with other keys as well: with {more.words}, for instance.")
    if beyond is not None:
        return not_yet(f"The custodian may do more than switch on the rotation of this key: {beyond.told}.")
    if wrong := unusable(lab, wages):
        return not_yet(f"The permission is as it should be. But: {wrong}")
    status = lab.observer.client("kms").get_key_rotation_status(KeyId=wages)
    if status.get("RotationPeriodInDays") != 180 or not status["KeyRotationEnabled"]:
        return not_yet("The permission is as it should be. The key does not rotate every 180 days yet.")
    if not [
        event for event in calls(lab, "EnableKeyRotation") if key_arn(event) == wages and is_by(event, "Custodian")
    ]:
        return not_yet("The key rotates every 180 days, but it was not the custodian that set this.")
    return solved("With that policy, one can make a key rotate sooner, but never later.")


def _settable(reach: Reach, caller: Caller, key: Thing, days: range) -> list[int]:
    """The periods among these that the caller may set."""
    return [each for each in days if reach.may(caller, "kms:EnableKeyRotation", key, {PERIOD: str(each)})]


def by_hand(lab: LabView, answer: Any) -> Outcome:
    """Postman encrypts under the alias with the new key, and opens what is under the old one."""
    old, new = the_key(lab, "letters, old"), the_key(lab, "letters, new")
    aliases = lab.observer.client("kms").list_aliases(KeyId=new["Arn"])["Aliases"]
    if LETTERS not in [alias["AliasName"] for alias in aliases]:
        return not_yet("The alias is back at the old key, or gone: new letters would not be under the new key.")
    if old["KeyState"] != "Enabled":
        return not_yet(f"The old key is {old['KeyState']}: what was sealed under it opens for nobody.")
    mine = [event for event in calls(lab, "Encrypt", "Decrypt") if is_by(event, "Postman")]
    if not mine and not _touched(lab, new["Arn"]):
        return not_attempted("The postman has nothing on the new key so far.")
    sent = [event for event in mine if event["eventName"] == "Encrypt" and key_arn(event) == new["Arn"]]
    if not [event for event in sent if event["requestParameters"]["keyId"].endswith(LETTERS)]:
        return not_yet("The postman has not encrypted under alias/letters, with the new key.")
    if not [event for event in mine if event["eventName"] == "Decrypt" and key_arn(event) == old["Arn"]]:
        return not_yet("New letters go out. The postman has not opened the old letter.")
    if wrong := unusable(lab, new["Arn"]):
        return not_yet(f"It has worked. But: {wrong}")
    reach = Reach(lab)
    postman = reach.caller("Postman")
    if not reach.may(postman, "kms:Encrypt", reach.key(new["Arn"]), {"kms:RequestAlias": LETTERS}):
        return not_yet("It has worked, and the postman may not encrypt under alias/letters any more.")
    if not reach.may(postman, "kms:Decrypt", reach.key(old["Arn"])):
        return not_yet("It has worked, and the postman may not open old letters any more.")
    return solved("New data under the new key, old data readable: that is all that a rotation by hand must reach.")


def _touched(lab: LabView, new: str) -> bool:
    """Whether anything on the new key is for Postman: by any policy, or by a grant."""
    reach = Reach(lab)
    if any(reach.may(reach.caller("Postman"), action, reach.key(new)) for action in ("kms:Encrypt", "kms:Decrypt")):
        return True
    grants = lab.observer.client("kms").list_grants(KeyId=new)["Grants"]
    return any("/Postman" in grant.get("GranteePrincipal", "") for grant in grants)


def without_seeing(lab: LabView, answer: Any) -> Outcome:
    """Check that each page was re-encrypted inside KMS to the diary's current material, with its context."""
    diary = the_key(lab, "diary")
    moved = [event for event in calls(lab, "ReEncrypt") if diary["Arn"] in _keys_of(event)]
    read = [event for event in calls(lab, "Decrypt") if key_arn(event) == diary["Arn"]]
    if not moved and not read:
        return not_attempted("Nothing has been done with the diary's pages.")
    here = [event for event in moved if _destination(event) == diary["CurrentKeyMaterialId"]]
    kept = {_page(event) for event in here if source(event).context == destination(event).context}
    lost = {_page(event) for event in here} - kept
    if not kept and read:
        return not_yet("Pages have been read: their plaintext has left KMS.")
    if lost:
        return not_yet(f"{_list(lost) or 'A page'}: re-encrypted, but not with the context that the page had.")
    if missing := set(PAGES) - kept:
        return not_yet(f"Still under older material: {_list(missing)}.")
    old = {_page(event) for event in moved if source(event).key == diary["Arn"] and _was_old(event, diary)}
    if missing := set(PAGES) - old:
        return not_yet(f"Something was brought under today's material for {_list(missing)}: it was not the old page.")
    if wrong := unusable(lab, diary["Arn"]):
        return not_yet(f"The pages are under today's material, and open for nobody now. {wrong}")
    order = [event["eventID"] for event in lab.events()]
    peeks = [order.index(event["eventID"]) for event in read if _material(event) != diary["CurrentKeyMaterialId"]]
    times = [order.index(event["eventID"]) for event in here]
    peeked = [time for time in peeks if time < times[-1]]  # what is read later is no part of the move
    since = {_page(event) for event, time in zip(here, times, strict=True) if not peeked or time > peeked[-1]}
    if peeked and times[0] < peeked[-1] and since & set(PAGES) != set(PAGES):
        return not_yet("While the pages were moved, some were read. Move all of them again, without reading one.")
    if peeked:
        return solved(
            "Four pages under today's material. Some have been read on the way: ReEncrypt shows them to nobody."
        )
    return solved("Four pages under today's material, and only KMS has seen them.")


def _was_old(event: dict[str, Any], key: dict[str, Any]) -> bool:
    """Whether a ReEncrypt opened something that was under older material of the key."""
    return bool(event.get("additionalEventData", {}).get("sourceKeyMaterialId", "") != key["CurrentKeyMaterialId"])


def _keys_of(event: dict[str, Any]) -> list[str]:
    return [resource["ARN"] for resource in event["resources"]]


def _destination(event: dict[str, Any]) -> str:
    return str(event.get("additionalEventData", {}).get("destinationKeyMaterialId", ""))


def _material(event: dict[str, Any]) -> str:
    return str(event.get("additionalEventData", {}).get("keyMaterialId", ""))


def _page(event: dict[str, Any]) -> str:
    return context_of(event, "sourceEncryptionContext").get("page", "")


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names))


def which_drawer(lab: LabView, answer: Any) -> Outcome:
    """Check for the symmetric drawer whose rotation nobody switched on (or the learner did, as the last one)."""
    if answer is None:
        return unanswered()
    drawers = {key["Description"]: key for key in keys(lab) if key["Description"].startswith("drawer ")}
    name = named(" ".join(str(answer).split()), sorted(drawers, reverse=True))
    ids = {key["KeyId"] for key in drawers.values()}
    if name is None and str(answer).strip().rpartition("/")[2] in ids:
        return not_yet("That names a key, but the task asks for the description of the key.")
    if name is None:
        return not_yet(f"{str(answer)!r} is none of the twelve descriptions.")
    drawer = drawers[name]
    if drawer["KeySpec"] != "SYMMETRIC_DEFAULT":
        return not_yet(f"{name} is of the spec {drawer['KeySpec']}: it can't be rotated by KMS.")
    able = [key["Arn"] for key in drawers.values() if key["KeySpec"] == "SYMMETRIC_DEFAULT"]
    switched = [key_arn(event) for event in calls(lab, "EnableKeyRotation") if key_arn(event) in able]
    forgotten = max(able, key=lambda arn: switched.index(arn) if arn in switched else len(switched))
    if drawer["Arn"] != forgotten:
        return not_yet(f"{name} rotates: the trail has the call that switched it on.")
    return solved("An auditor looks for the same: a key that could rotate, and does not.")
