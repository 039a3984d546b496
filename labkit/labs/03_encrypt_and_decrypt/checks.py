"""Checks of notebooks/03-encrypt-and-decrypt.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from typing import Any

from labkit.exercises.account import aliases, calls, context_of, key_arn, keys, unusable
from labkit.exercises.chains import Place, carried
from labkit.exercises.engine import Gone, LabView, Outcome, not_attempted, not_yet, solved, unanswered

DRAWERS = ("red", "green", "blue")
INVOICES = {"purpose": "invoices"}
CUSTOMERS, CLIENTS = {"table": "customers", "customer": "alice"}, {"table": "clients", "customer": "alice"}
WHY_NOT = {
    "AccessDeniedException": "The program has every permission, and the key is there. Access is not what fails.",
    "IncorrectKeyException": "That is for another key than the ciphertext's own. Here the key is the right one.",
    "ValidationException": "That is for requests that are not well-formed. This one is well-formed.",
}


def which_key(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the description of the drawer's key that has encrypted something."""
    if answer is None:
        return unanswered()
    drawers = {key["Arn"]: key["Description"] for key in keys(lab) if key["Description"] in DRAWERS}
    text = str(answer).strip()
    if text in drawers or text in {arn.rpartition("/")[2] for arn in drawers}:
        return not_yet("That names a key, but the task asks for the description of the key.")
    text = text.casefold()
    if text not in DRAWERS:
        return not_yet(f"The descriptions are red, green and blue. {text!r} is none of them.")
    used = next((drawers[key_arn(event)] for event in calls(lab, "Encrypt") if key_arn(event) in drawers), None)
    if used is None:
        raise Gone("The key that has made the ciphertext")
    if text == used:
        return solved("Decrypt tells you which key it has used, and the trail agrees.")
    return not_yet(f"It was not the key described {text!r}. The trail says that another key has made the ciphertext.")


def sealed_for_invoices(lab: LabView, answer: Any) -> Outcome:
    """Encrypt and Decrypt under alias/app's key, both with exactly the wanted context; the key can be used."""
    sealed = [event for event in calls(lab, "Encrypt") if _is_about(event, INVOICES)]
    if not sealed:
        return not_attempted("Nothing has been encrypted with a context that speaks of invoices.")
    exact = [event for event in sealed if context_of(event) == INVOICES]
    if not exact:
        return not_yet(
            f"Something was encrypted with the context {context_of(sealed[-1])}. That is not exactly the one pair."
        )
    app = _app_key(lab)
    if app not in map(key_arn, exact):
        return not_yet("The context is right, but it was encrypted with another key than the one behind `alias/app`.")
    if wrong := unusable(lab, app):
        return not_yet(f"It is sealed as it should be, and opens for nobody now: {wrong}")
    opened = [event for event in calls(lab, "Decrypt") if context_of(event) == INVOICES and key_arn(event) == app]
    if not opened:
        return not_yet("It is sealed as it should be. It has not been opened with that context yet.")
    return solved("Sealed and opened for invoices, and for nothing else. The trail says so in both calls.")


def change_the_lock(lab: LabView, answer: Any) -> Outcome:
    """ReEncrypt has brought `phone`, in one step or several, to the renamed table's context under alias/app's key."""
    moved = calls(lab, "ReEncrypt")
    moves = [
        (context_of(event, "destinationEncryptionContext"), event["resources"][-1]["ARN"])
        for event in moved
        if "clients" in context_of(event, "destinationEncryptionContext").values()
    ]
    app = _app_key(lab)
    if (CLIENTS, app) in moves:
        if Place(app, CLIENTS) not in carried(moved, Place(app, CUSTOMERS)):
            return not_yet("Something was sealed for `clients` as it should be. But it was not made of `phone`.")
        if wrong := unusable(lab, app):
            return not_yet(f"The context is changed, but it opens for nobody now: {wrong}")
        return solved(
            "The context is changed, and the phone number never left KMS. The trail shows a ReEncrypt, and no Decrypt."
        )
    if moves and moves[-1][0] == CLIENTS:
        return not_yet("The context is right, but it was sealed under another key than the one behind `alias/app`.")
    if moves:
        return not_yet(
            f"It was sealed again, with the context {moves[-1][0]}. That is not exactly the one of the task."
        )
    if any(context_of(event) == CLIENTS for event in calls(lab, "Encrypt")):
        return not_yet("The context is right, but the trail shows an Encrypt. On the way, the phone number left KMS.")
    return not_attempted("Nothing has been sealed for the table `clients` so far.")


def name_the_error(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is InvalidCiphertextException."""
    if answer is None:
        return unanswered()
    code, _, more = str(answer).strip().partition(":")
    if more.strip() and code in (*WHY_NOT, "InvalidCiphertextException"):
        return not_yet("That is a code and its message. Put the code alone into `answer`. It is the first word.")
    if code.casefold() == "invalidciphertextexception":
        return solved("A wrong context and a broken ciphertext look alike from outside, on purpose.")
    return not_yet(WHY_NOT.get(code, f"{code!r} is not the code that KMS answers with. Try it with `phone`."))


def _is_about(event: dict[str, Any], wanted: dict[str, str]) -> bool:
    """Does the context hold one of the wanted words, in whatever case?"""
    context = context_of(event)
    words = {word.casefold() for word in (*context, *context.values())}
    return bool(words & {*wanted, *wanted.values()})


def _app_key(lab: LabView) -> str:
    if (target := aliases(lab).get("alias/app")) is None:
        raise Gone("The alias `alias/app`")
    return str(lab.observer.client("kms").describe_key(KeyId=target)["KeyMetadata"]["Arn"])
