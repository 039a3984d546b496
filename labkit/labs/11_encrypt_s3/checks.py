"""Checks of notebooks/11-encrypt-s3.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from labkit.exercises.account import calls, keys
from labkit.exercises.engine import LabView, Outcome, not_attempted, not_yet, solved, unanswered
from labkit.exercises.permissions import may

MEMO_BYTES = len(b"Tea at four.")
READERS = ("Ruth", "Sami", "Tove")
DAYS = tuple(f"day/{number}" for number in range(1, 6))


def under_your_key(lab: LabView, answer: Any) -> Outcome:
    """minutes.txt is there, SSE-KMS, under alias/records' key."""
    found = _object(lab, "minutes.txt")
    if found is None:
        return not_attempted("The bucket has no object `minutes.txt`.")
    return _wrong_encryption(lab, "minutes.txt", found) or solved("Whoever wants to read the minutes needs your key.")


def one_report(lab: LabView, answer: Any) -> Outcome:
    """Auditor may decrypt reports/2025.csv alone, has read it, and was refused reports/2024.csv."""
    policies = lab.observer.client("iam").list_role_policies(RoleName="Auditor")["PolicyNames"]
    if len(policies) < 2:
        return not_attempted("The role Auditor has no further inline policy.")
    right, others = "reports/2025.csv", ("reports/2024.csv", "pay.csv")
    too_much = [name for name in others if _may_open(lab, name)]
    if too_much:
        return not_yet(f"The policy is too wide: it opens {too_much[0]} too.")
    if not _may_open(lab, right):
        return not_yet(f"With these policies, the auditor would be refused {right}.")
    if not _gets(lab, right, refused=False):
        return not_yet(f"The permissions are as they should be. The auditor has not read {right} yet.")
    if not _gets(lab, others[0], refused=True):
        return not_yet(f"The auditor has not tried {others[0]}, to see that it is refused.")
    return solved("One key, many objects, and a policy that tells them apart.")


def old_memo(lab: LabView, answer: Any) -> Outcome:
    """memo.txt is under alias/records' key, and as long as it was."""
    found = _object(lab, "memo.txt")
    if found is None:
        return not_yet("There is no `memo.txt` any more.")
    if found["ServerSideEncryption"] == "AES256":
        return not_attempted("`memo.txt` is still under S3's own key.")
    if found["ContentLength"] != MEMO_BYTES:
        return not_yet("`memo.txt` is encrypted with a KMS key now, but its text is another.")
    return _wrong_encryption(lab, "memo.txt", found) or solved("The memo is under your key, no letter changed.")


def fewer_calls(lab: LabView, answer: Any) -> Outcome:
    """The sensor's bucket uses a bucket key with the same KMS key; five objects were put with it."""
    bucket = _bucket(lab, "sensor")
    there = {name: found for name in DAYS if (found := _object(lab, name, bucket)) is not None}
    configuration = lab.observer.client("s3").get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    rule = configuration["Rules"][0]
    if not there and not rule["BucketKeyEnabled"]:
        return not_attempted("The bucket key is off, and there is no object of a day.")
    if not rule["BucketKeyEnabled"]:
        return not_yet("The bucket's default does not use a bucket key.")
    if rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID") not in _names_of_the_key(lab):
        return not_yet("The bucket's default has another key than before, or none.")
    if missing := [name for name in DAYS if name not in there]:
        return not_yet(f"Objects are missing: {', '.join(missing)}.")
    if alone := [name for name in there if not there[name].get("BucketKeyEnabled")]:
        return not_yet(f"{len(alone)} of the objects don't use the bucket key.")
    return solved("Five objects, and at most one call to KMS.")


def who_read(lab: LabView, answer: Any) -> Outcome:
    """The answer is the role that has decrypted salaries.csv."""
    if answer is None:
        return unanswered()
    if not isinstance(answer, str):
        return not_yet(f"The answer should be the name of a role, as text; this is {type(answer).__name__}.")
    if answer not in READERS:
        return not_yet(f"{answer!r} is none of the three.")
    arn = f"arn:aws:s3:::{_bucket(lab, 'records')}/salaries.csv"
    reads = [event for event in calls(lab, "Decrypt") if _context(event).get("aws:s3:arn") == arn]
    if not any(f":assumed-role/{answer}/" in event["userIdentity"]["arn"] for event in reads):
        return not_yet(f"{answer} has not read it: no Decrypt of this role names the object in its context.")
    return solved("KMS has kept the list of readers.")


def _bucket(lab: LabView, word: str) -> str:
    """The lab's bucket whose name begins with this word."""
    names: list[str] = [each["Name"] for each in lab.observer.client("s3").list_buckets()["Buckets"]]
    return next(name for name in names if name.startswith(f"{word}-"))


def _object(lab: LabView, name: str, bucket: str = "") -> dict[str, Any] | None:
    """HeadObject's answer for an object of the records' bucket (or of another); None if it is not there."""
    try:
        place = bucket or _bucket(lab, "records")
        found: dict[str, Any] = lab.observer.client("s3").head_object(Bucket=place, Key=name)
    except ClientError as refused:
        if refused.response["Error"]["Code"] == "404":
            return None
        raise
    return found


def _key(lab: LabView) -> str:
    return next(str(key["Arn"]) for key in keys(lab) if key["Description"] == "records")


def _names_of_the_key(lab: LabView) -> set[str]:
    """What a bucket's default may call the key."""
    arn = _key(lab)
    alias = "alias/records"
    return {arn, arn.rpartition("/")[2], alias, f"{arn.partition(':key/')[0]}:{alias}"}


def _wrong_encryption(lab: LabView, name: str, found: dict[str, Any]) -> Outcome | None:
    """What to say if an object is not under SSE-KMS with the key; None if it is."""
    if found["ServerSideEncryption"] != "aws:kms":
        return not_yet(f"`{name}` is encrypted with {found['ServerSideEncryption']}; SSE-KMS is asked for.")
    if found["SSEKMSKeyId"] != _key(lab):
        return not_yet(f"`{name}` is under another key than that of `alias/records`.")
    return None


def _may_open(lab: LabView, name: str) -> bool:
    """Whether the auditor could decrypt this object through S3."""
    arn = f"arn:aws:s3:::{_bucket(lab, 'records')}/{name}"
    context = {"kms:EncryptionContext:aws:s3:arn": arn, "kms:EncryptionContextKeys": ["aws:s3:arn"]}
    via = {"kms:ViaService": f"s3.{lab.region}.amazonaws.com"}
    return may(lab, "Auditor", "kms:Decrypt", _key(lab), context | via)


def _gets(lab: LabView, name: str, *, refused: bool) -> bool:
    """Whether the auditor's last GetObject of this object ended so."""
    tries = [
        event
        for event in lab.events()
        if event["eventName"] == "GetObject"
        and ":assumed-role/Auditor/" in event["userIdentity"]["arn"]
        and (event["requestParameters"] or {}).get("key") == name
    ]
    return bool(tries) and ("errorCode" in tries[-1]) is refused


def _context(event: dict[str, Any]) -> dict[str, str]:
    context: dict[str, str] = (event["requestParameters"] or {}).get("encryptionContext") or {}
    return context
