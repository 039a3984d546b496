"""Checks of notebooks/projects/4-secure-file-uploads.ipynb: they read the account, and leave no trace."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from labkit.exercises.account import calls, context_of, is_by, key_arn, the_key, unusable
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved, unanswered
from labkit.exercises.reach import Reach, Right, without_policies
from labkit.exercises.reach.actions import kms_actions

from .doors import who_gets_in
from .origins import wrong_origins

CONTEXT = "kms:EncryptionContext:tenant"
USES = tuple(
    f"kms:{name}"
    for name in (
        "Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo",
    )
)  # fmt: skip
MINUTES = b"Minutes of the meeting of January 5th\n"
UPLOADED = "initech/minutes.txt"
KIND = "application/octet-stream"


def close_the_key(lab: LabView, answer: Any) -> Outcome:
    """Check that the key of globex has its tag, and a policy under which globex's context alone is used."""
    arn = str(the_key(lab, "uploads of globex")["Arn"])
    if not any(key_arn(event) == arn for event in calls(lab, "PutKeyPolicy", "TagResource", "CreateGrant")):
        return not_attempted("The key of globex is still as it was made: without a tag, and with the default policy.")
    wrong = next(_wrong_with_the_key(lab, arn), "")
    return not_yet(wrong) if wrong else solved("Under this key, there is no use without globex in the context.")


def _wrong_with_the_key(lab: LabView, arn: str) -> Iterator[str]:
    """What the key of globex lacks, and what it allows, as sentences."""
    if wrong := unusable(lab, arn):
        yield wrong
    reach, kms = Reach(lab), lab.observer.client("kms")
    key, admin, tenant = reach.key(arn), reach.caller("LabAdministrator"), reach.caller("UploadTenant")
    rest = Right(tuple(action for action in kms_actions() if action not in USES))
    used = Right(USES, (arn,), {CONTEXT: ("globex",)})
    if (missing := reach.lacks(admin, Right(("kms:PutKeyPolicy", "kms:DescribeKey"), (arn,)))) is not None:
        yield f"The account can't look after the key any more: its administrator lacks {missing.what}."
    ways = (each for who in reach.with_sessions(admin, key) for each in reach.accesses(who, key, (used,)))
    more = (each for each in ways if each.in_force and not used.covers(each) and not rest.covers(each))
    for access in more:  # an administrator's IAM policy allows everything: what is left out is the key's own rule
        yield f"The key can be used in another way: an administrator may {access.told}."
    people = (without_policies(each) for each in reach.callers(key) if not each.is_administrator)
    if (let_in := reach.let_in(key, people)) is not None:
        yield f"Whom IAM allows nothing is let in by the key itself. {let_in}."
    if (missing := reach.lacks(admin, Right(used.actions[:3], (arn,), used.where))) is not None:
        yield f"Even in the right context the key can't be used: an administrator lacks {missing.what}."
    tags = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=arn)["Tags"]}
    if tags.get("tenant") != "globex":
        yield "The policy is as it should be. But the key has no tag `tenant` with the value `globex`."
    session = {"aws:PrincipalTag/tenant": "globex", "kms:ViaService": f"s3.{lab.region}.amazonaws.com"}
    session |= {CONTEXT: "globex", "aws:ResourceTag/tenant": "globex"}
    for action in ("kms:GenerateDataKey", "kms:Decrypt"):
        if not reach.may(tenant, action, key, session):
            yield f"A session of globex is refused when it uses the key through S3: {action}."


def a_door_for_globex(lab: LabView, answer: Any) -> Outcome:
    """Check that the bucket policy lets each of three tenants into its own place, under its own key, and no others."""
    try:
        text = str(lab.observer.client("s3").get_bucket_policy(Bucket=_bucket(lab))["Policy"])
    except ClientError as refused:
        if refused.response["Error"]["Code"] != "NoSuchBucketPolicy":
            raise
        return not_yet("The bucket has no policy now.")
    names = ("acme", "initech", "globex")
    keys = {name: str(the_key(lab, f"uploads of {name}")["Arn"]) for name in names}
    wrong = next(who_gets_in(text, _bucket(lab), keys), "")
    if wrong and len(calls(lab, "PutBucketPolicy")) < 2:
        return not_attempted("The bucket's policy is still that of acme and initech alone.")
    return not_yet(wrong) if wrong else solved("Three tenants, three folders, three keys.")


def a_link_for_initech(lab: LabView, answer: Any) -> Outcome:
    """Check that the minutes of initech are in the bucket as the site puts files: place, key, context; never shown."""
    s3 = lab.observer.client("s3")
    try:
        found = s3.head_object(Bucket=_bucket(lab), Key=UPLOADED)
    except ClientError as refused:
        if refused.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        names = [event["requestParameters"]["key"] for event in calls(lab, "PutObject")]
        elsewhere = next((name for name in names if name.rpartition("/")[2].startswith("minutes")), "")
        if elsewhere:
            return not_yet(f"There is `{elsewhere}`. The file has to be `{UPLOADED}`.")
        return not_attempted(f"The bucket has no object `{UPLOADED}`.")
    put = [event for event in calls(lab, "PutObject") if event["requestParameters"]["key"] == UPLOADED][-1]
    made = [event for event in calls(lab, "GenerateDataKey") if _object_in(event) == UPLOADED]
    asked = s3.get_object_attributes(Bucket=_bucket(lab), Key=UPLOADED, ObjectAttributes=["Checksum"])
    digest = b64encode(hashlib.sha256(MINUTES).digest()).decode()
    if found["ContentLength"] != len(MINUTES):
        return not_yet("The object is there. But it is not as long as the text `minutes`.")
    if found.get("SSEKMSKeyId") != the_key(lab, "uploads of initech")["Arn"]:
        return not_yet("The object is there, but it is not under the key of initech.")
    if not made or context_of(made[-1]).get("tenant") != "initech":
        return not_yet("The object is under the right key. But its context does not say `tenant=initech`.")
    if not is_by(put, "UploadTenant"):
        return not_yet("The object is there. But it was not put in a session of the tenant's role.")
    if not str(found.get("ContentDisposition", "")).startswith("attachment") or found["ContentType"] != KIND:
        return not_yet("The object is there. But a browser would show it: look at its content type and disposition.")
    if (asked.get("Checksum") or {}).get("ChecksumSHA256") != digest:
        return not_yet("The object is there. But it has no SHA-256 checksum of the text `minutes`.")
    return solved("S3 has checked the place, the key, the length and the checksum.")


def another_page(lab: LabView, answer: Any) -> Outcome:
    """Check that the CORS rules let the site's page and https://files.example.com put files, and allow no more."""
    try:
        rules = lab.observer.client("s3").get_bucket_cors(Bucket=_bucket(lab))["CORSRules"]
    except ClientError as refused:
        if refused.response["Error"]["Code"] != "NoSuchCORSConfiguration":
            raise
        return not_yet("The bucket has no CORS configuration now: no page can upload.")
    written = calls(lab, "PutBucketCors")
    first = written[0]["requestParameters"]["cORSConfiguration"]["cORSRules"][0]["allowedOrigins"]
    own = first if isinstance(first, str) else first[0]
    wrong = next(wrong_origins(rules, own), "")
    if wrong and len(written) < 2:
        return not_attempted("The bucket's CORS rules are still those of the site's own page.")
    return not_yet(wrong) if wrong else solved("Two pages may upload, by PUT alone.")


def what_was_opened(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer lists the objects whose data keys KMS has decrypted."""
    opened = sorted({_object_in(event) for event in calls(lab, "Decrypt")} - {""})
    if answer is None:
        return unanswered()
    names = [str(each) for each in answer] if isinstance(answer, (list, tuple, set, frozenset)) else [str(answer)]
    if sorted(names) == opened and len(names) == len(opened):
        return solved("Each object that is opened leaves a Decrypt, with its place in the context.")
    put = {event["requestParameters"]["key"] for event in calls(lab, "PutObject")}
    if sorted(set(names)) == opened:
        return not_yet("Some stand there more than once.")
    if opened and {name.rpartition("/")[2] for name in opened} == set(names):
        return not_yet("The folders are missing: two tenants may have files of the same name.")
    if more := sorted(set(names) - set(opened)):
        kind = "was uploaded, and nobody has opened it" if more[0] in put else "is none of the objects that were opened"
        return not_yet(f"`{more[0]}` {kind}.")
    return not_yet("Not all of the objects that were opened are there.")


def _object_in(event: dict[str, Any]) -> str:
    """The object that a KMS call of S3 is about, without its bucket; "" for any other call."""
    return context_of(event).get("aws:s3:arn", "").removeprefix("arn:aws:s3:::").partition("/")[2]


def _bucket(lab: LabView) -> str:
    account = lab.observer.client("sts").get_caller_identity()["Account"]
    return f"uploads-{account}"
