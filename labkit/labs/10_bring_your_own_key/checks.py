"""Checks of notebooks/10-bring-your-own-key.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from labkit.exercises.account import aliases, calls, key_arn, keys, the_key, unusable
from labkit.exercises.engine import LabView, MovedOn, Outcome, no_number, not_attempted, not_yet, solved

REGISTER = "alias/land-register"
LIFE = timedelta(days=90)
ENCRYPTING = (
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
)
SLACK = timedelta(days=1)  # who counts whole days, from midnight to midnight, is right, too


def ninety_days(lab: LabView, answer: Any) -> Outcome:
    """Check that the alias leads to an EXTERNAL key with material for 90 days, which is there and has encrypted."""
    key = _behind(lab, REGISTER)
    if key is None:
        return not_attempted(f"There is no alias {REGISTER}.")
    if key["Origin"] != "EXTERNAL":
        return not_yet(f"The key's origin is {key['Origin']}: KMS has made the material itself.")
    if key["KeySpec"] != "SYMMETRIC_DEFAULT":
        return not_yet(f"The key's spec is {key['KeySpec']}; a symmetric encryption key was asked for.")
    imports = _of(calls(lab, "ImportKeyMaterial"), key["Arn"])
    if not imports:
        return not_yet("The key is made for imported material, and no material has been imported so far.")
    end = imports[-1]["requestParameters"].get("validTo")
    if end is None:
        return not_yet("The material that was imported does not expire.")
    life = _moment(end) - datetime.fromisoformat(imports[-1]["eventTime"])
    if abs(life - LIFE) > SLACK:
        return not_yet(f"The material was imported for about {round(life / timedelta(days=1))} days.")
    if _of(calls(lab, "DeleteExpiredKeyMaterial"), key["Arn"]) and key["KeyState"] == "PendingImport":
        raise MovedOn("its ninety days are over, and the material has expired.")
    if wrong := unusable(lab, key["Arn"]):
        return not_yet(f"The material was imported as it should be. But: {wrong}")
    if not _of(calls(lab, *ENCRYPTING), key["Arn"]):
        return not_yet("The material is as it should be. Nothing has been encrypted with the key yet.")
    return solved("Yours, for ninety days. Keep the 32 bytes: afterwards, nothing else opens its ciphertexts.")


def lost_material(lab: LabView, answer: Any) -> Outcome:
    """Check that the key "deaths" has its material back and has decrypted."""
    key = the_key(lab, "deaths")
    tried = _of([event for event in lab.events() if event["eventName"] == "ImportKeyMaterial"], key["Arn"])
    if key["KeyState"] == "PendingImport":
        if len(tried) < 2:
            return not_attempted("The key deaths is as it was: without material.")
        return not_yet("The key deaths is still without material: what it was given was not its own.")
    if wrong := unusable(lab, key["Arn"]):
        return not_yet(f"The key has its material. But: {wrong}")
    if not _of(calls(lab, "Decrypt"), key["Arn"]):
        return not_yet("The key works again. Nobody has decrypted anything with it yet.")
    return solved("KMS compares. It took the right one, and opens the old entries again.")


def turn_the_year(lab: LabView, answer: Any) -> Outcome:
    """Check that the key "marriages" is Enabled, has two materials, and the one described as 2027 is current."""
    key = the_key(lab, "marriages")
    kms = lab.observer.client("kms")
    materials = kms.list_key_rotations(KeyId=key["KeyId"], IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    if len(materials) == 1:
        return not_attempted("The key marriages has one material, the first.")
    if any(material["KeyMaterialState"] == "PENDING_ROTATION" for material in materials):
        started = _of(calls(lab, "RotateKeyOnDemand"), key["Arn"])
        more = " A rotation takes some seconds; `lab.clock.advance` lets them pass." if started else ""
        return not_yet(f"The new material is imported and still waits for its rotation.{more}")
    current: dict[str, Any] = next((each for each in materials if each["KeyMaterialState"] == "CURRENT"), {})
    if current.get("KeyMaterialDescription") != "2027":
        return not_yet("The key was rotated. Its current material is not described as 2027.")
    if key["KeyState"] != "Enabled" and key["KeyState"] != "PendingImport":
        return not_yet(f"The key was rotated as it should be. But: {unusable(lab, key['Arn'])}")
    if key["KeyState"] != "Enabled":
        return not_yet(f"The key's state is {key['KeyState']}: not all of its material is there.")
    return solved("The new material encrypts from now on. The old one opens what was there before.")


def old_stamps(lab: LabView, answer: Any) -> Outcome:
    """Check that an EXTERNAL HMAC key has verified tags, and the answer is the number of the forged one."""
    hmacs = [key for key in keys(lab) if key["KeySpec"] == "HMAC_256"]
    if not hmacs:
        return not_attempted("There is no HMAC key for the stamps.")
    ours = [key for key in hmacs if key["Origin"] == "EXTERNAL"]
    if not ours:
        return not_yet("The HMAC key has material of its own, made by KMS. The stamps were made with other material.")
    if all(key["KeyState"] == "PendingImport" for key in ours):
        return not_yet("The HMAC key is still without material.")
    if all(unusable(lab, key["Arn"]) for key in ours):
        return not_yet(f"The HMAC key is made for these stamps. But: {unusable(lab, ours[-1]['Arn'])}")
    events = [event for event in lab.events() if event["eventName"] == "VerifyMac"]
    shown = [event for key in ours for event in _of(events, key["Arn"])]
    if not shown:
        return not_yet("The key has material. It has verified nothing yet.")
    if all("errorCode" in event for event in shown):
        return not_yet("The key has refused whatever it was shown: another secret, other messages, or other tags.")
    if answer is None:
        return not_yet("The key has verified a tag. Which of the five is forged? `answer` is still None.")
    if wrong := no_number(answer):
        return wrong
    if answer not in range(1, 6):
        return not_yet(f"No stamp has the number {answer}. The numbers are 1 to 5.")
    if answer != random.Random(lab.name).randrange(1, 6):  # noqa: S311  # as the notebook has it
        return not_yet(f"{answer} is not it: that stamp is genuine.")
    return solved("Old stamps, verified in KMS. Nobody copies the ink from there; guard the copy that you have.")


def _behind(lab: LabView, alias: str) -> dict[str, Any] | None:
    """KeyMetadata of the key behind an alias; None if there is no such alias."""
    target = aliases(lab).get(alias)
    return lab.observer.client("kms").describe_key(KeyId=target)["KeyMetadata"] if target else None


def _of(events: list[dict[str, Any]], arn: str) -> list[dict[str, Any]]:
    return [event for event in events if key_arn(event) == arn]


def _moment(text: str) -> datetime:
    """A time as CloudTrail writes it in parameters: "Apr 5, 2026, 9:00:38 AM", UTC."""
    return datetime.strptime(text, "%b %d, %Y, %I:%M:%S %p").replace(tzinfo=UTC)
