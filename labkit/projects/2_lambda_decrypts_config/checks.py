"""Checks of notebooks/projects/2-lambda-decrypts-config.ipynb: they read the account, and leave no trace."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from labkit.exercises.account import calls, context_of, is_by, the_key, unusable
from labkit.exercises.engine import LabView, Outcome, no_text, not_attempted, not_yet, solved
from labkit.exercises.reach import Reach, Right
from labkit.exercises.reach.moment import LATER
from labkit.exercises.reach.situations import in_context

FUNCTION, RELEASE = "kms:EncryptionContext:function", "kms:EncryptionContext:release"
MANAGE = (
    "kms:CancelKeyDeletion", "kms:Describe*", "kms:DisableKey", "kms:EnableKey", "kms:EnableKeyRotation", "kms:Get*",
    "kms:List*", "kms:PutKeyPolicy", "kms:RotateKeyOnDemand", "kms:ScheduleKeyDeletion", "kms:TagResource",
)  # fmt: skip
NOW: Mapping[str, str] = {}
FORGED, ERROR = "2026-09", "InvalidCiphertextException"


def invoice_opens_its_own(lab: LabView, answer: Any) -> Outcome:
    """Ask who uses the key: InvoiceRole for function=invoice, Deployer for both, ReportRole as before, nobody else."""
    key, reach = _key(lab), Reach(lab)
    thing, invoice, deployer = reach.key(key), reach.caller("InvoiceRole"), reach.caller("Deployer")
    report, admin = reach.caller("ReportRole"), reach.caller("LabAdministrator")
    opens = Right(("kms:Decrypt",), (key,), {FUNCTION: ("invoice",)})
    seals = Right(("kms:Encrypt",), (key,), {FUNCTION: ("report", "invoice")})
    own = Right(("kms:Decrypt",), (key,), {FUNCTION: ("report",)})
    manages = Right(MANAGE, (key,))
    if beyond := reach.exceeds(invoice, opens, Right(("logs:*",))):
        return not_yet(f"InvoiceRole may do more than that: {beyond.told}.{_in_vain(lab)}")
    for who, right in ((deployer, seals), (report, own)):
        if beyond := reach.exceeds_on(thing, who, right):
            return not_yet(f"{who.name} may do more than it should: {beyond.told}.")
    if beyond := reach.let_in(thing, [admin], manages):
        return not_yet(f"The administrator may do more than manage the key: {beyond.told}.")
    if beyond := reach.others(thing, manages, besides=(invoice, deployer, report)):
        return not_yet(f"Somebody else got in: {beyond}.")
    if lacking := reach.lacks(report, own):
        return not_yet(f"For `report`, something is missing now: ReportRole can't do {lacking.what}.")
    opened, sealed = reach.lacks(invoice, opens), reach.lacks(deployer, seals)
    if opened and not reach.may(deployer, "kms:Encrypt", thing, in_context({"function": "invoice"})):
        if _in_vain(lab):
            return not_yet(f"InvoiceRole still can't decrypt.{_in_vain(lab)}")
        return not_attempted("The key policy lets nobody do anything for `invoice` so far.")
    if opened:
        return not_yet(f"InvoiceRole can't do {opened.what}.")
    if sealed:
        return not_yet(f"The deployer can't do {sealed.what}.")
    if unmanaged := reach.lacks(admin, Right(("kms:PutKeyPolicy", "kms:GetKeyPolicy", "kms:DescribeKey"), (key,))):
        return not_yet(f"Nobody manages the key any more: the administrator can't do {unmanaged.what}.")
    own_role = reach.role("InvoiceRole")
    if enters := [each.name for each in (deployer, report, admin) if reach.may(each, "sts:AssumeRole", own_role)]:
        return not_yet(f"{enters[0]} may assume the role InvoiceRole, and so open what is sealed for `invoice`.")
    if wrong := unusable(lab, key):
        return not_yet(f"The policy is as it should be. But: {wrong}")
    return solved("Two functions, one key, and neither opens what is the other one's.")


def password_of_march(lab: LabView, answer: Any) -> Outcome:
    """Check that a version of 2026-03 was live, brought by Deployer, and ReportRole has opened its settings."""
    return _deployed(lab, "2026-03") or solved("The function has its new password, and you were the last to see it.")


def february_has_leaked(lab: LabView, answer: Any) -> Outcome:
    """Look for 2026-04, live and opened; ask whether 2026-01 and 2026-02 alone are refused to everybody."""
    key, reach = _key(lab), Reach(lab)
    thing, role = reach.key(key), reach.caller("ReportRole")

    def opens(release: str, time: Mapping[str, str] = NOW) -> bool:
        return reach.may(role, "kms:Decrypt", thing, {**in_context(_about(release)), **time})

    new = _deployed(lab, "2026-04")
    if new is not None and new.status == "not attempted":
        return new if opens("2026-02") else not_yet(f"2026-02 is revoked. {new.message}")
    if new is not None:
        return new
    if opens("2026-02"):
        return not_yet(
            "The new release is there. But 2026-02 can still be opened, and so somebody can roll back to it."
        )
    if opens("2026-01"):
        return not_yet("2026-02 is revoked. But 2026-01 can be opened again.")
    for release in ("2026-04", "2026-05", "2027-02"):
        if not (opens(release) and opens(release, LATER)):
            return not_yet(f"2026-02 is revoked. But {release} can't be opened any more, either.")
    for release in ("2026-01", "2026-02"):
        opening = Right(("kms:Decrypt", "kms:ReEncryptFrom"), (key,), {FUNCTION: ("report",), RELEASE: (release,)})
        for caller in reach.callers(thing):
            for action in opening.actions:
                if reach.may(caller, action, thing, in_context(_about(release))):
                    return not_yet(f"{release} is not closed to everybody: {caller.words} may {action}.")
                # at any time, from anywhere
                found = (each for each in reach.ways(caller, action, thing, [opening]) if each.in_force)
                if way := next(filter(opening.covers, found), None):
                    return not_yet(f"{release} is not closed to everybody, or not for good: {way}.")
    if not reach.may(reach.caller("Deployer"), "kms:Encrypt", thing, in_context(_about("2026-05"))):
        return not_yet("2026-02 is revoked. But the Deployer can't seal for `report` any more.")
    if (live := _live_variables(lab).get("RELEASE")) in ("2026-01", "2026-02"):
        return not_yet(f"2026-02 is revoked. But the alias `live` leads to {live}, which does not start any more.")
    if wrong := unusable(lab, key):
        return not_yet(f"The releases are as they should be. But: {wrong}")
    return solved("Nobody can roll back to a password that has leaked, not even by mistake.")


def a_forged_release(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the error code of ReportRole's Decrypt for 2026-09; `live` leads elsewhere again."""
    if wrong := no_text(answer, "the error code"):
        return wrong
    tries = [e for e in lab.events() if e["eventName"] == "Decrypt" and context_of(e) == _about(FORGED)]
    if not any(is_by(event, "ReportRole") for event in tries):
        return not_yet(f"The release {FORGED} has not been tried: the trail has no Decrypt of the function for it.")
    if answer.strip() != ERROR:
        return not_yet(f"{answer.strip()[:40]!r} is not what the trail has as `errorCode` of that record.")
    versions = list(map(_variables, _versions(lab)))
    first = {each.get("CONFIG") for each in versions if each.get("RELEASE") == "2026-01"}
    forged = {each.get("CONFIG") for each in versions if each.get("RELEASE") == FORGED}
    if first and forged and not first & forged:
        return not_yet(f"The code is right. But {FORGED} was tried with another text than `sealed`, that of 2026-01.")
    live = _live_variables(lab)
    if live.get("RELEASE") == FORGED:
        return not_yet(f"The code is right. But the alias `live` still leads to {FORGED}, which does not start.")
    borrowed = live.get("CONFIG") in {each.get("CONFIG") for each in versions if each.get("RELEASE") != live["RELEASE"]}
    reach, about = Reach(lab), in_context(_about(live["RELEASE"]))
    if borrowed or not reach.may(reach.caller("ReportRole"), "kms:Decrypt", reach.key(_key(lab)), about):
        return not_yet(f"The code is right. But the alias `live` leads to {live['RELEASE']}, which does not start.")
    return solved("The policy let the role in. It was the ciphertext that did not fit.")


def _key(lab: LabView) -> str:
    return str(the_key(lab, "configuration")["Arn"])


def _about(release: str) -> dict[str, str]:
    return {"function": "report", "release": release}


def _in_vain(lab: LabView) -> str:
    """What to say of an IAM policy of InvoiceRole that speaks of KMS; "" if there is none."""
    iam = lab.observer.client("iam")
    names = iam.list_role_policies(RoleName="InvoiceRole")["PolicyNames"]
    texts = [str(iam.get_role_policy(RoleName="InvoiceRole", PolicyName=each)["PolicyDocument"]) for each in names]
    return " With this key, no IAM policy counts: its key policy decides." if "kms:" in "".join(texts) else ""


def _versions(lab: LabView) -> list[dict[str, Any]]:
    """The published versions of `report`, oldest first."""
    pages = lab.observer.client("lambda").get_paginator("list_versions_by_function").paginate(FunctionName="report")
    found = [each for page in pages for each in page["Versions"] if each["Version"] != "$LATEST"]
    return sorted(found, key=lambda each: int(each["Version"]))


def _variables(version: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = version.get("Environment", {}).get("Variables", {})
    return found


def _live(lab: LabView) -> str:
    return str(lab.observer.client("lambda").get_alias(FunctionName="report", Name="live")["FunctionVersion"])


def _live_variables(lab: LabView) -> dict[str, str]:
    """The variables of the version that `live` leads to."""
    return _variables(next((each for each in _versions(lab) if each["Version"] == _live(lab)), {}))


def _readable(variables: dict[str, str]) -> bool:
    """Whether a password stands in the variables: settings that are not sealed, or a variable of its own."""
    config = variables.get("CONFIG", "")
    with suppress(ValueError):
        config = base64.b64decode(config, validate=True).decode()
    return config.lstrip().startswith("{") or any("pass" in name.lower() for name in variables)


def _pointed(lab: LabView) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each version that the alias has led to, with the record."""
    for event in lab.events():
        if event["eventName"].startswith(("UpdateAlias", "CreateAlias2015")) and "errorCode" not in event:
            yield str((event["requestParameters"] or {}).get("functionVersion")), event


def _deployed(lab: LabView, release: str) -> Outcome | None:
    """What is missing to a release of `report`, deployed by the Deployer and run; None if nothing is."""
    those = [each for each in _versions(lab) if _variables(each).get("RELEASE") == release]
    if not those:
        return not_attempted(f"There is no release {release} of `report` so far.")
    if any(map(_readable, map(_variables, those))):
        return not_yet(f"The settings of {release} stand in the function's variables, where everybody can read them.")
    numbers = {each["Version"] for each in those}
    pointed = [event for version, event in _pointed(lab) if version in numbers]
    if not pointed:
        return not_yet(f"There is a version with the release {release}. The alias `live` has never led to it.")
    if not any(is_by(event, "Deployer") for event in pointed):
        return not_yet(f"The release {release} is live, but it was not the Deployer that brought it.")
    made = [event for event in lab.events() if event["eventName"].startswith("PublishVersion")]
    last = {str((event.get("responseElements") or {}).get("version")): event for event in made}
    mine = [event for version, event in last.items() if version in numbers]
    if mine and not any(is_by(event, "Deployer") for event in mine):
        return not_yet(f"The release {release} is live, but it was not the Deployer that published it.")
    opened = [event for event in calls(lab, "Decrypt") if context_of(event) == _about(release)]
    if not any(is_by(event, "ReportRole") for event in opened):
        return not_yet(f"The release {release} is deployed. The function has not opened its configuration so far.")
    return None
