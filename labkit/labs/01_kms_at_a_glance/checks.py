"""Checks of notebooks/01-kms-at-a-glance.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from typing import Any

from labkit.exercises.account import keys, unusable
from labkit.exercises.engine import LabView, Outcome, no_number, not_attempted, not_yet, solved, unanswered

FRANKFURT = "eu-central-1"
IRELAND = "eu-west-1"


def key_in_ireland(lab: LabView, answer: Any) -> Outcome:
    """Check that a key described "far away" exists in eu-west-1, and can be used."""
    there = [key["Description"] for key in keys(lab, IRELAND)]
    far = [key["Arn"] for key in keys(lab, IRELAND) if key["Description"] == "far away"]
    if far and all(unusable(lab, arn) for arn in far):
        return not_yet(f"It is in Ireland. But: {unusable(lab, far[-1])}")
    if far:
        return solved("The key is in Ireland. Nothing about it can be seen from Virginia.")
    for region in (lab.region, FRANKFURT):
        if any(key["Description"] == "far away" for key in keys(lab, region)):
            return not_yet(f"There is a key of that description, but it is in {region}.")
    if there:
        return not_yet(f"There is a key in Ireland; its description is {there[-1]!r}.")
    return not_attempted("There is no key in Ireland so far.")


def whose_key(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is "AWS managed"."""
    if answer is None:
        return unanswered()
    words = str(answer).replace("-", " ").replace("_", " ").casefold().split()
    match " ".join(word for word in words if word not in ("a", "an", "key")):
        case "aws managed":
            return solved("AWS manages it for you. It is in your account. You see its use, and you cannot change it.")
        case "customer managed":
            return not_yet(
                "If it were customer managed, you would have chosen its alias. Could you have chosen this one?"
            )
        case "aws owned":
            return not_yet("A key that AWS owns is in no account of yours, so you cannot see it. Can you see this one?")
        case "aws":
            return not_yet("AWS has two kinds of keys. It owns some, and it manages others for you.")
    return not_yet(f"{answer!r} is not one of the three kinds that the task names.")


def release_signing(lab: LabView, answer: Any) -> Outcome:
    """Check that a key described "release signing" signs, has a public half, and can be used."""
    found = [key for key in keys(lab) if key["Description"] == "release signing"]
    if not found:
        return not_attempted("There is no key described `release signing` so far.")
    signing = [key["Arn"] for key in found if key["KeyUsage"] == "SIGN_VERIFY"]
    if signing and all(unusable(lab, arn) for arn in signing):
        return not_yet(f"It is of the right kind. But: {unusable(lab, signing[-1])}")
    if signing:
        return solved("It signs inside KMS, and `get_public_key` gives the half that everybody may have.")
    key = found[-1]
    if key["KeyUsage"] == "GENERATE_VERIFY_MAC":
        return not_yet("An HMAC key has no public half. To check its codes, one has to ask KMS, and needs permission.")
    return not_yet(f"The key is there; its usage is {key['KeyUsage']}, which is for another job.")


def two_regions(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the number of records of Frankfurt."""
    if missing := no_number(answer):
        return missing
    regions = [event["awsRegion"] for event in lab.events()]
    if answer == regions.count(FRANKFURT):
        return solved("That is right. Each Region records its own calls, and the trail of this lab shows all of them.")
    if answer == len(regions):
        return not_yet("That is the number of calls in all Regions.")
    return not_yet(f"I counted the records of Frankfurt, and {answer} does not agree with the trail.")
