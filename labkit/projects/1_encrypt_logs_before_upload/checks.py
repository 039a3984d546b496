"""Checks of notebooks/projects/1-encrypt-logs-before-upload.ipynb: they read the account, and leave no trace."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from labkit.exercises.account import calls, context_of, is_by, key_arn, the_key, unusable
from labkit.exercises.engine import CannotJudge, LabView, Outcome, no_number, not_attempted, not_yet, solved
from labkit.exercises.reach import Reach, Right
from labkit.policy import simulate

from .bucket_door import ABROAD, OTHER_NAMES, callers_at, circumstances_in, places_in
from .sealed_file import frames_of, header_of

FIRST = "web/2026-01-05T00.log.sealed"
FIRST_BYTES, FIRST_FRAME = 30 * 41, 100
LOG_BYTES = 2000 * len("T12 POST /login 200\n")
STOPPED = {hour: f"web/2026-01-05T{hour}.log.sealed" for hour in (12, 13, 14)}
ALWAYS = {"aws:SecureTransport": "true", "aws:RequestedRegion": "us-east-1"}  # what no request is without
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def billing_may_seal(lab: LabView, answer: Any) -> Outcome:
    """Ask what BillingShipper may do on keys: GenerateDataKey for app=billing, and nothing else."""
    key, reach = str(the_key(lab, "log archive")["Arn"]), Reach(lab)
    billing = reach.caller("BillingShipper")
    right = Right(("kms:GenerateDataKey",), (key,), {"kms:EncryptionContext:app": ("billing",)})
    has_none = not _policies(lab, "BillingShipper") and reach.exceeds(billing, Right(("s3:*",))) is None
    if has_none:
        return not_attempted("The role BillingShipper has nothing on any key so far.")
    beyond, lacking = reach.exceeds(billing, right, Right(("s3:*",))), reach.lacks(billing, right)
    if beyond is not None:
        return not_yet(f"BillingShipper may do more than that: {beyond.told}.")
    if lacking is not None:
        return not_yet(f"BillingShipper can't make data keys as it should: it lacks {lacking.what}.")
    if wrong := unusable(lab, key):
        return not_yet(f"The permission is as it should be. But: {wrong}")
    return solved("Billing's server seals for billing, and opens nothing.")


def seal_the_first_hour(lab: LabView, answer: Any) -> Outcome:
    """Check for hour 0 as a sealed file of its own name, in frames of 100 bytes, made as WebShipper."""
    raw = _object(lab, FIRST)
    if raw is None:
        return not_attempted(f"The bucket has no object `{FIRST}`.")
    header = header_of(raw)
    if header is None:
        return not_yet(f"There is `{FIRST}`, but it is no sealed file.")
    about = {"app": "web", "file": "2026-01-05T00.log"}
    if header.context != about:
        return not_yet(f"The file was sealed in another context: {header.context}. The reader will expect {about}.")
    if header.frame != FIRST_FRAME:
        return not_yet(f"The file is sealed, but its frames are of {header.frame} bytes.")
    if frames_of(raw, header) != FIRST_BYTES:
        return not_yet("The file is sealed, but what is in its frames is not as long as the text `first_hour`.")
    last, key = _puts(lab, FIRST)[-1], str(the_key(lab, "log archive")["Arn"])
    made = [event for event in _before(lab, last) if context_of(event) == about]
    if not made or not is_by(made[-1], "WebShipper") or not is_by(last, "WebShipper"):
        return not_yet("The file is sealed. But it was not the web server that made its data key and put it.")
    if key_arn(made[-1]) != key:
        return not_yet("The file is sealed. But its data key is of another KMS key than `key`.")
    if wrong := unusable(lab, key):
        return not_yet(f"The file is as it should be. But: {wrong}")
    return solved("One file, one data key, and a name that both are bound to.")


def a_door_for_billing(lab: LabView, answer: Any) -> Outcome:
    """Check that the bucket policy lets both shippers put new sealed objects in their places, and nothing else."""
    text = _bucket_policy(lab)
    if text is None:
        return not_yet("The bucket has no policy now.")
    changed = [e for e in lab.events() if e["eventName"] == "PutBucketPolicy" and "errorCode" not in e]
    wrong = next(_wrong_at_the_door(lab, text), "")
    if wrong and len(changed) < 2:
        return not_attempted("The bucket's policy is still that of `web` alone.")
    return not_yet(wrong) if wrong else solved("Two applications, each with a door of its own.")


def bring_it_to_its_end(lab: LabView, answer: Any) -> Outcome:
    """Check that the three files of the server that stopped are in the bucket, sealed, each in one version."""
    there = {hour: _versions(lab, name) for hour, name in STOPPED.items()}
    tried = [event for name in STOPPED.values() for event in _puts(lab, name, refused=True)]
    if {hour: len(found) for hour, found in there.items()} == {12: 1, 13: 1, 14: 0} and len(tried) == 2:
        return not_attempted("The files of 12 and 13 o'clock are in the bucket, as the server left them.")
    for hour, found in there.items():
        if len(found) > 1:
            return not_yet(f"The file of {hour} o'clock stands there {len(found)} times: it has so many versions.")
    last = [event for event in _puts(lab, STOPPED[13], refused=True) if event.get("errorCode")][-1:]
    if not there[14] and last and _sum(last[0]) != _sum(_puts(lab, STOPPED[13])[0]):
        return not_yet("The file of 13 o'clock was sealed anew: S3 has other bytes under that name, and refused them.")
    for hour, found in there.items():
        if not found:
            return not_yet(f"The file of {hour} o'clock is missing.")
        header = header_of(_object(lab, STOPPED[hour]) or b"")
        if header is None or header.context != {"app": "web", "file": f"2026-01-05T{hour}.log"}:
            return not_yet(f"What is in the bucket for {hour} o'clock is no sealed file of that name.")
        if frames_of(_object(lab, STOPPED[hour]) or b"", header) != LOG_BYTES:
            return not_yet(
                f"The sealed file of {hour} o'clock holds another text than that hour's log: its length differs."
            )
    if wrong := unusable(lab, str(the_key(lab, "log archive")["Arn"])):
        return not_yet(f"The files are there. But: {wrong}")
    return solved("Nothing is lost, and nothing is there twice.")


def ten_o_clock(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the number of failed logins of ten o'clock, and LogAuditor has opened that file."""
    if wrong := no_number(answer):
        return wrong
    if answer == _failed(9):
        return not_yet("That is the log of nine o'clock.")
    if answer != _failed(10):
        return not_yet("That is not the number of lines that end with 401.")
    about = {"app": "web", "file": "2026-01-05T10.log"}
    if not any(is_by(e, "LogAuditor") and context_of(e) == about for e in calls(lab, "Decrypt")):
        return not_yet("The number is right. But the auditor has not opened the log of ten o'clock.")
    return solved("The auditor reads what the server can't read any more.")


def _failed(hour: int) -> int:
    """The failed logins that the page's `write_logs` makes."""
    return sum(hashlib.sha256(f"{hour}/{number}".encode()).digest()[0] < 9 for number in range(2000))


def _bucket(lab: LabView) -> str:
    account = lab.observer.client("sts").get_caller_identity()["Account"]
    return f"log-archive-{account}"


def _policies(lab: LabView, role: str) -> bool:
    iam = lab.observer.client("iam")
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return bool(attached or iam.list_role_policies(RoleName=role)["PolicyNames"])


def _object(lab: LabView, name: str) -> bytes | None:
    """What is in an object; None if there is none."""
    try:
        body = lab.observer.client("s3").get_object(Bucket=_bucket(lab), Key=name)["Body"]
    except ClientError as refused:
        if refused.response["Error"]["Code"] == "NoSuchKey":
            return None
        if refused.response["Error"]["Code"] in ("AccessDenied", "InvalidRequest"):
            raise CannotJudge(f"what is in `{name}`, which is encrypted once more by S3") from None
        raise
    content: bytes = body.read()
    return content


def _versions(lab: LabView, name: str) -> list[str]:
    found = lab.observer.client("s3").list_object_versions(Bucket=_bucket(lab), Prefix=name)
    return [each["VersionId"] for each in found.get("Versions", []) if each["Key"] == name]


def _puts(lab: LabView, name: str, *, refused: bool = False) -> list[dict[str, Any]]:
    """The records of what was put under a name; with `refused` those that S3 refused as well."""
    every = [event for event in lab.events() if event["eventName"] == "PutObject"]
    about = [event for event in every if (event["requestParameters"] or {}).get("key") == name]
    return [event for event in about if refused or "errorCode" not in event]


def _before(lab: LabView, put: dict[str, Any]) -> list[dict[str, Any]]:
    """The data keys that were made before an object was put, oldest first."""
    events = lab.events()
    place = next(number for number, event in enumerate(events) if event["eventID"] == put["eventID"])
    return [event for event in events[:place] if event["eventName"] == "GenerateDataKey" and "errorCode" not in event]


def _sum(event: dict[str, Any]) -> str:
    asked = event["requestParameters"] or {}
    return str(next((value for name, value in asked.items() if "checksumsha256" in name.lower()), ""))


def _bucket_policy(lab: LabView) -> str | None:
    try:
        return str(lab.observer.client("s3").get_bucket_policy(Bucket=_bucket(lab))["Policy"])
    except ClientError as refused:
        if refused.response["Error"]["Code"] == "NoSuchBucketPolicy":
            return None
        raise


def _wrong_at_the_door(lab: LabView, text: str) -> Iterator[str]:
    """What a policy does otherwise than the task says: each caller, each place, new or not; and deletions."""
    bucket, policy, own = _bucket(lab), json.loads(text), {"web": "WebShipper", "billing": "BillingShipper"}
    account, mine = bucket.rpartition("-")[2], f"arn:aws:s3:::{bucket}"
    callers = callers_at(text, account)
    required = [f"{app}/2026-01-0{day}T09.log.sealed" for app in own for day in (5, 6)]
    names = list(dict.fromkeys([*required, *OTHER_NAMES, *places_in(policy, mine)]))
    circumstances = circumstances_in(policy)

    def may(role: str, action: str, name: str, more: dict[str, str]) -> bool:
        asked = {"identity": ALLOW, "resource_policy": policy, "resource_account": account}
        context = {**ALWAYS, **more}
        return simulate(callers[role], action, f"{mine}{name and '/'}{name}", context=context, **asked).allowed

    def ever(role: str, action: str, name: str, more: dict[str, str]) -> bool:
        return any(may(role, action, name, more | each) for each in circumstances)

    new = {"s3:if-none-match": "*"}
    for role in callers:
        for name in names:
            at_home = own.get(name.partition("/")[0]) == role and name.endswith(".sealed")
            if at_home and name in required and not may(role, "s3:PutObject", name, new):
                yield f"{role} is refused when it puts {name}, though it is new."
            if not at_home and ever(role, "s3:PutObject", name, new):
                yield f"{role} may put {name}."
            if ever(role, "s3:PutObject", name, {}):
                yield f"{role} may put {name} without asking whether it is there already."
            for action in ("s3:DeleteObject", "s3:DeleteObjectVersion"):
                if ever(role, action, name, {}):
                    yield f"{role} may delete {name} ({action})."
    for name in required:
        if not may("LogAuditor", "s3:GetObject", name, {}):
            yield f"The auditor is refused when it gets {name}."
        if not may(own[name.partition("/")[0]], "s3:GetObject", name, {}):
            yield f"The shipper is refused when it asks for the checksum of {name} (s3:GetObject)."
        if ever(ABROAD, "s3:GetObject", name, {}):
            yield f"{ABROAD} may get {name}."
    if not may("LogAuditor", "s3:ListBucket", "", {}):
        yield "The auditor is refused when it lists the bucket."
