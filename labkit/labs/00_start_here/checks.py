"""Checks of notebooks/00-start-here.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from typing import Any

from labkit.exercises.account import keys, unusable
from labkit.exercises.engine import LabView, Outcome, no_number, not_attempted, not_yet, solved, unanswered

OWN_KEYS = {"made in lab 00"}
"""Descriptions of the keys that the notebook itself makes."""


def hello_key(lab: LabView, answer: Any) -> Outcome:
    """Check that a key described "Hello, KMS" exists, and can be used."""
    found = [key["Arn"] for key in keys(lab) if key["Description"] == "Hello, KMS"]
    if any(not unusable(lab, arn) for arn in found):
        return solved("There is a key that says hello. It can be used at once; keys need no warming up.")
    if found:
        return not_yet(unusable(lab, found[-1]))
    descriptions = [key["Description"] for key in keys(lab)]
    if not descriptions:
        return not_attempted("The account holds no key so far.")
    others = [text for text in descriptions if text not in OWN_KEYS]
    if not others:
        return not_attempted("The account holds no key yet but the one that was made above.")
    seen = ", ".join(repr(text) if text else "no description" for text in others)
    return not_yet(f"I looked at the keys' descriptions and found {seen}. None is exactly what the task asks for.")


def count_refusals(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the number of records with an errorCode."""
    if missing := no_number(answer):
        return missing
    codes = [event.get("errorCode") for event in lab.events()]
    refused = sum(code is not None for code in codes)
    if answer == refused:
        return solved(f"{refused} of {len(codes)} calls were refused, and each of them is on record.")
    if answer == len(codes):
        return not_yet("That counts every call in the trail, also those that succeeded.")
    if answer == codes.count("AccessDenied"):
        return not_yet("That counts the calls refused for lack of permission. There are other reasons for refusing.")
    return not_yet(f"I counted the records that have an errorCode; {answer} does not agree with the trail.")


def name_your_role(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the role's name in the caller's ARN."""
    if answer is None:
        return unanswered()
    arn = lab.observer.client("sts").get_caller_identity()["Arn"]
    role, session = arn.split("/")[1:3]
    text = str(answer).strip()
    if text == role:
        return solved("That is the role. Its permissions are what you may do; the session says who wears it.")
    if text == session:
        return not_yet("That is the name of the session: who wears the role, not the role itself.")
    if text == arn:
        return not_yet("That is the whole ARN. The role's name is one part of it.")
    if text.casefold() == role.casefold():
        return not_yet("That is the role, but for capital letters. Write the name as IAM does.")
    if role in text.replace(":", "/").split("/"):
        return not_yet("The role's name is in that, with more around it. Put the name alone into `answer`.")
    return not_yet(f"{text!r} is not the role that you work as. Who are you, according to STS?")
