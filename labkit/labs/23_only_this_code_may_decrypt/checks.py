"""Checks of notebooks/23-only-this-code-may-decrypt.ipynb: they read the account, change nothing, leave no trace."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from labkit.cloud.nitro.images import extended, of_parent
from labkit.enclave import Signer
from labkit.exercises.account import calls, is_by, key_arn, the_key, unusable
from labkit.exercises.engine import Gone, LabView, Outcome, no_number, not_attempted, not_yet, solved, unanswered
from labkit.exercises.permissions import grants_on, has_first_policy
from labkit.exercises.reach import Reach, Right, Thing, with_every_policy, without_policies
from labkit.exercises.reach.actions import on_keys
from labkit.exercises.reach.attested import document
from labkit.exercises.reach.moment import LATER
from labkit.exercises.reach.rights import Access

PAYROLL, DECRYPT = "Payroll", "kms:Decrypt"
OPENING = (DECRYPT, "kms:ReEncryptFrom")
REGISTER = "kms:RecipientAttestation:"
SHOWN = (1, 2, 3, 4, 8)  # the registers in a record, beside the image's digest
TOTAL = 800 + 350 + 620
OTHER = "e" * 96


def bind_it(lab: LabView, answer: Any) -> Outcome:
    """Check that `bonuses` is bound to the image, and that its enclave has told the total."""
    arn = str(the_key(lab, "bonuses")["Arn"])
    if _is_as_made(lab, arn):
        return not_attempted("The key policy of `bonuses` is the one that it was made with.")
    if said := _wrong_of(Reach(lab), arn, _image(lab), ("PCR0",), "document of `image`"):
        return not_yet(said)
    if wrong := unusable(lab, arn):
        return not_yet(f"The key policy of `bonuses` is as it should be. But: {wrong}")
    if _image(lab)["PCR0"] not in [each["PCR0"] for each in _attested(lab, arn)]:
        return not_yet("The key policy of `bonuses` is as it should be. The enclave has not opened `bonus_file` yet.")
    if answer is None:
        return unanswered()
    if (odd := no_number(answer)) is not None:
        return odd
    if answer != TOTAL:
        return not_yet("The key is bound, and the enclave has opened the file. But `answer` is not the total it told.")
    return solved("You know the total, and nobody but the enclave has seen the bonuses.")


def three_doors(lab: LabView, answer: Any) -> Outcome:
    """Check that each of three keys is bound to the image."""
    arns = {name: str(the_key(lab, name)["Arn"]) for name in ("crane", "winch", "hoist")}
    if all(_is_as_made(lab, arn) for arn in arns.values()):
        return not_attempted("The key policies of `crane`, `winch` and `hoist` are the ones that they were made with.")
    reach, image = Reach(lab), _image(lab)
    for arn in arns.values():
        if said := _wrong_of(reach, arn, image, ("PCR0",), "document of `image`"):
            return not_yet(said)
    if wrong := next((said for arn in arns.values() if (said := unusable(lab, arn))), ""):
        return not_yet(f"The three policies are as they should be. But: {wrong}")
    return solved("The three doors are shut: a debug enclave has zeros, and zeros open none of them.")


def no_gap(lab: LabView, answer: Any) -> Outcome:
    """Check that `archive` went from one image to another, and that both were let in when the new one decrypted."""
    arn, old = str(the_key(lab, "archive")["Arn"]), _image(lab)
    if _is_as_made(lab, arn):
        return not_attempted("The key policy of `archive` is the one that it was made with.")
    new = next((each for each in _attested(lab, arn)[::-1] if each["PCR0"] not in (old["PCR0"], "0" * 96)), None)
    if new is None:
        return not_yet("No new image has decrypted with the key `archive` so far.")
    reach = Reach(lab)
    if reach.may(reach.caller(PAYROLL), DECRYPT, reach.key(arn), document(old)):
        return not_yet("The new image has decrypted. But the key policy of `archive` still lets the old image in.")
    registers = {name: value for name, value in new.items() if name != "event"}
    if said := _wrong_of(reach, arn, registers, ("PCR0",), "document of the new image"):
        return not_yet(said)
    if not _had_both(lab, arn, old["PCR0"], new["PCR0"]):
        return not_yet(
            "The key policy ends as it should. There was a gap: the old image was out when the new one first decrypted."
        )
    if wrong := unusable(lab, arn):
        return not_yet(f"The key policy of `archive` is as it should be. But: {wrong}")
    return solved("At every moment one of the two could decrypt, and now only the new one can.")


def signed_images(lab: LabView, answer: Any) -> Outcome:
    """Check that `ledger` is bound to the team's signature and the parent's role, and that a signed image decrypted."""
    arn, account = str(the_key(lab, "ledger")["Arn"]), str(the_key(lab, "ledger")["AWSAccountId"])
    if _is_as_made(lab, arn):
        return not_attempted("The key policy of `ledger` is the one that it was made with.")
    signer = extended(Signer("payroll-team").certificate).hex()
    role = of_parent(f"arn:aws:iam::{account}:role/{PAYROLL}").hex()
    reach = Reach(lab)
    key, payroll = reach.key(arn), reach.caller(PAYROLL)
    by_team = {**_image(lab), "PCR8": signer, "PCR3": role}
    newer = {"PCR0": OTHER, "PCR2": OTHER}
    if reach.may(payroll, DECRYPT, key, document(by_team)):
        if not reach.may(payroll, DECRYPT, key, document({**by_team, **newer})):
            return not_yet("A new version would be refused, though the team signs it: `ledger` names an image.")
        if reach.may(payroll, DECRYPT, key, document({**by_team, "PCR3": OTHER})):
            return not_yet("The key `ledger` takes the team's images beside another parent, too, with whatever role.")
        if reach.may(payroll, DECRYPT, key, document({**by_team, "PCR8": OTHER})):
            return not_yet("The key `ledger` takes images that the team has not signed.")
    if said := _wrong_of(reach, arn, by_team, ("PCR8", "PCR3"), "document of a signed image beside its role"):
        return not_yet(said)
    if (signer, role) not in [(each["PCR8"], each["PCR3"]) for each in _attested(lab, arn)]:
        return not_yet("The key policy of `ledger` is as it should be. A signed image has not decrypted with it yet.")
    if wrong := unusable(lab, arn):
        return not_yet(f"The key policy of `ledger` is as it should be. But: {wrong}")
    return solved("The team's next version runs without a change of the policy.")


# What the tasks have in common


def _wrong_of(reach: Reach, arn: str, pcrs: Mapping[str, str], bound: Iterable[str], what: str) -> str:
    """Say what is wrong with a key that opens for Payroll with such a document, and for nobody else; "" if nothing.

    `pcrs` are all registers of a document that must be enough, `bound` those by which others are kept out.
    """
    key, payroll = reach.key(arn), reach.caller(PAYROLL)
    for also, where in (({}, ""), (LATER, " for long"), ({f"{REGISTER}PCR4": OTHER}, ", on another instance of its")):
        if not reach.may(payroll, DECRYPT, key, {**document(pcrs), **also}):
            return f"The policy of {key.words} does not let Payroll decrypt with a {what}{where}."
    within = Right((DECRYPT,), (arn,), {f"{REGISTER}{name}": (pcrs[name],) for name in bound})
    if (found := _opened(reach, key, within)) is not None:
        if any(name.startswith(REGISTER) for name in found.situation):
            return f"With {key.words}, a document of other code is enough: {found}."
        return f"With {key.words}, somebody decrypts without a {what}: {found}."
    if (more := reach.exceeds_on(key, payroll, within)) is not None:
        return f"Payroll may do more with {key.words} than decrypt with a {what}: {more.told}."
    others = [each for each in reach.callers(key) if each.name != PAYROLL and not each.is_administrator]
    if (other := reach.let_in(key, map(without_policies, others))) is not None:
        return f"The policy of {key.words}, or a grant, lets others in as well: {other}."
    if lost := _lost(reach, key):
        return f"The policy of {key.words} has taken {lost} from your own account."
    return ""


def _opened(reach: Reach, key: Thing, within: Right) -> Access | None:
    """Find a way to the plaintext, of anybody with every IAM policy there could be, that is not within the right."""
    account = [with_every_policy(each) for each in reach.callers(key) if each.account == key.account]
    for caller in account:
        for action in OPENING:
            for access in reach.ways(caller, action, key, (within,)):
                if access.in_force and not within.covers(access):
                    return access
    return None


def _lost(reach: Reach, key: Thing) -> str:
    """Name the first permission, but for the two that open data, that IAM policies of the account no longer give."""
    account = [with_every_policy(each) for each in reach.callers(key) if each.account == key.account]
    for action in on_keys():
        if action not in (*OPENING, "kms:RetireGrant") and not all(reach.may(each, action, key) for each in account):
            return action
    return ""


def _is_as_made(lab: LabView, arn: str) -> bool:
    return has_first_policy(lab, arn) and not grants_on(lab, arn)


# What the trail shows


def _attested(lab: LabView, arn: str) -> list[dict[str, str]]:
    """The registers and the event id of each attested Decrypt of Payroll's with the key, oldest first."""
    found = []
    for event in calls(lab, "Decrypt"):
        recipient = event.get("additionalEventData", {}).get("recipient")
        if recipient and key_arn(event) == arn and is_by(event, PAYROLL):
            names = {"EnclaveImageDigest": "PCR0"} | {f"EnclavePCR{index}": f"PCR{index}" for index in SHOWN}
            values = {name: recipient.get(f"attestationDocument{member}", "") for member, name in names.items()}
            registers = {name: base64.b64decode(value).hex() for name, value in values.items()}
            found.append(registers | {"event": str(event["eventID"])})
    return found


def _image(lab: LabView) -> dict[str, str]:
    """The registers of the notebook's `image`: the first that decrypted with the key `salaries`."""
    attested = _attested(lab, str(the_key(lab, "salaries")["Arn"]))
    if not attested:
        raise Gone("The attested Decrypt of the file under the key described `salaries`")
    return {name: value for name, value in attested[0].items() if name != "event"}


def _had_both(lab: LabView, arn: str, old: str, new: str) -> bool:
    """Whether the key policy named both images when the new one first decrypted."""
    first = next(each["event"] for each in _attested(lab, arn) if each["PCR0"] == new)
    policy = next(reversed(list(_policies_until(lab, arn, first))), "").lower()
    return old in policy and new in policy


def _policies_until(lab: LabView, arn: str, event_id: str) -> Iterable[str]:
    """The key policies that were put before this event."""
    for event in lab.events():
        if event["eventID"] == event_id:
            return
        if event["eventName"] == "PutKeyPolicy" and "errorCode" not in event and key_arn(event) == arn:
            yield json.dumps(event["requestParameters"])
