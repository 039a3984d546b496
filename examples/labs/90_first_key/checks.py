"""Checks of notebooks/90-first-key.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from typing import Any

from labkit.exercises.account import keys
from labkit.exercises.engine import LabView, Outcome, no_number, not_attempted, not_yet, solved, unanswered

OWN_KEYS = {"payroll"}
"""Descriptions of the keys that the notebook itself makes."""


def second_key(lab: LabView, answer: Any) -> Outcome:
    """Look for a key described "invoices"."""
    others = [key["Description"] for key in keys(lab) if key["Description"] not in OWN_KEYS]
    if "invoices" in others:
        return solved("There is a key for invoices.")
    if not others:
        return not_attempted("The account holds no key but the one that was made above.")
    seen = ", ".join(repr(text) if text else "no description" for text in others)
    return not_yet(f"I looked at the keys' descriptions and found {seen}.")


def say_its_state(lab: LabView, answer: Any) -> Outcome:
    """Compare the answer with the key's state."""
    if answer is None:
        return unanswered()
    state = next(key["KeyState"] for key in keys(lab) if key["Description"] == "payroll")
    if answer == state:
        return solved("A new key can be used at once.")
    return not_yet("That is not the word that KMS writes.")


def count_keys(lab: LabView, answer: Any) -> Outcome:
    """Compare the answer with the number of keys."""
    if wrong := no_number(answer):
        return wrong
    if answer == len(keys(lab)):
        return solved("That is all of them.")
    return not_yet("I counted the keys of this Region; your number does not agree.")
