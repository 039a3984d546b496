"""Checks of notebooks/03-encrypt-and-decrypt.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from typing import Any

from labkit.exercises.account import calls, key_arn, keys
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved, unanswered

DRAWERS = ("red", "green", "blue")
INVOICES = {"purpose": "invoices"}
CLIENTS = {"table": "clients", "customer": "alice"}
WHY_NOT = {
    "AccessDeniedException": "The program has every permission, and the key is there: access is not what fails.",
    "IncorrectKeyException": "That is for a key other than the ciphertext's own; here the key is the right one.",
    "ValidationException": "That is for requests that are not well-formed; this one is well-formed.",
}


def which_key(lab: LabView, answer: Any) -> Outcome:
    """The answer is the description of the drawer's key that has encrypted something."""
    if answer is None:
        return unanswered()
    drawers = {key["Arn"]: key["Description"] for key in keys(lab) if key["Description"] in DRAWERS}
    text = str(answer).strip()
    if text in drawers or text in {arn.rpartition("/")[2] for arn in drawers}:
        return not_yet("That names a key, but the task asks for the description of the key.")
    if text not in DRAWERS:
        return not_yet(f"The descriptions are red, green and blue; {text!r} is none of them.")
    used = next(drawers[key_arn(event)] for event in calls(lab, "Encrypt") if key_arn(event) in drawers)
    if text == used:
        return solved("Decrypt tells which key it has used, and the trail agrees.")
    return not_yet(f"The key described {text!r} was not it: the trail says that another key has made the ciphertext.")


def sealed_for_invoices(lab: LabView, answer: Any) -> Outcome:
    """Encrypt and Decrypt under alias/app's key, both with exactly the wanted context."""
    sealed = [event for event in calls(lab, "Encrypt") if _is_about(event, INVOICES)]
    if not sealed:
        return not_attempted("Nothing has been encrypted with a context that speaks of invoices.")
    exact = [event for event in sealed if _context(event) == INVOICES]
    if not exact:
        return not_yet(f"Something was encrypted with the context {_context(sealed[-1])}: not exactly the one pair.")
    app = _app_key(lab)
    if app not in map(key_arn, exact):
        return not_yet("The context is right, but it was encrypted with another key than the one behind `alias/app`.")
    opened = [event for event in calls(lab, "Decrypt") if _context(event) == INVOICES and key_arn(event) == app]
    if not opened:
        return not_yet("It is sealed as it should be. It has not been opened with that context yet.")
    return solved("Sealed and opened for invoices, and for nothing else. The trail says so in both calls.")


def change_the_lock(lab: LabView, answer: Any) -> Outcome:
    """A ReEncrypt to the renamed table's context, under alias/app's key (of the two resources, the latter)."""
    moves = [
        (_context(event, "destinationEncryptionContext"), event["resources"][-1]["ARN"])
        for event in calls(lab, "ReEncrypt")
        if "clients" in _context(event, "destinationEncryptionContext").values()
    ]
    app = _app_key(lab)
    if (CLIENTS, app) in moves:
        return solved("The context is changed, and the phone number never left KMS: a ReEncrypt, and no Decrypt.")
    if moves and moves[-1][0] == CLIENTS:
        return not_yet("The context is right, but it was sealed under another key than the one behind `alias/app`.")
    if moves:
        return not_yet(f"It was sealed again, with the context {moves[-1][0]}: not exactly the one of the task.")
    if any(_context(event) == CLIENTS for event in calls(lab, "Encrypt")):
        return not_yet("The context is right, but the trail shows an Encrypt: on the way, the phone number left KMS.")
    return not_attempted("Nothing has been sealed for the table `clients` so far.")


def name_the_error(lab: LabView, answer: Any) -> Outcome:
    """The answer is InvalidCiphertextException."""
    if answer is None:
        return unanswered()
    code = str(answer).strip()
    if code == "InvalidCiphertextException":
        return solved("A wrong context and a broken ciphertext look alike from outside, on purpose.")
    return not_yet(WHY_NOT.get(code, f"{code!r} is not the code that KMS answers with. Try it with `phone`."))


def _context(event: dict[str, Any], field: str = "encryptionContext") -> dict[str, str]:
    context: dict[str, str] = (event.get("requestParameters") or {}).get(field) or {}
    return context


def _is_about(event: dict[str, Any], wanted: dict[str, str]) -> bool:
    """Does the context hold one of the wanted words, in whatever case?"""
    context = _context(event)
    words = {word.casefold() for word in (*context, *context.values())}
    return bool(words & {*wanted, *wanted.values()})


def _app_key(lab: LabView) -> str:
    arn: str = lab.observer.client("kms").describe_key(KeyId="alias/app")["KeyMetadata"]["Arn"]
    return arn
