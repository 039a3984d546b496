"""Checks of notebooks/11-encrypt-s3.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from labkit.exercises.account import calls, context_of, is_by, the_key, unusable
from labkit.exercises.answers import named
from labkit.exercises.engine import CannotJudge, Gone, LabView, Outcome, not_attempted, not_yet, solved, unanswered
from labkit.exercises.objects import writings
from labkit.exercises.reach import Reach, Right
from labkit.exercises.reach.rights import Situation

READERS = ("Ruth", "Sami", "Tove")
DAYS = tuple(f"day/{number}" for number in range(1, 6))


def under_your_key(lab: LabView, answer: Any) -> Outcome:
    """minutes.txt is there, SSE-KMS, under alias/records' key."""
    found = _object(lab, "minutes.txt")
    if found is None:
        return not_attempted("The bucket has no object `minutes.txt`.")
    return _wrong_encryption(lab, "minutes.txt", found) or solved("To read the minutes, one needs your key.")


def one_report(lab: LabView, answer: Any) -> Outcome:
    """Auditor may decrypt reports/2025.csv alone, has read it, and was refused reports/2024.csv."""
    policies = lab.observer.client("iam").list_role_policies(RoleName="Auditor")["PolicyNames"]
    if len(policies) < 2:
        return not_attempted("The role Auditor has no further inline policy.")
    key, reach, right = _key(lab), Reach(lab), "reports/2025.csv"
    auditor = reach.caller("Auditor")
    opens = Right(("kms:Decrypt",), (key,), {"kms:EncryptionContext:aws:s3:arn": (_arn(lab, right),)})
    for name in ("reports/2024.csv", "pay.csv"):
        if reach.may(auditor, "kms:Decrypt", reach.key(key), _through_s3(lab, name)):
            return not_yet(f"The policy is too wide: it opens {name} too.")
    if not reach.may(auditor, "kms:Decrypt", reach.key(key), _through_s3(lab, right)):
        return not_yet(f"With these policies, the auditor would be refused {right}.")
    if (beyond := reach.exceeds(auditor, opens, Right(("s3:GetObject",)))) is not None:
        return not_yet(f"The policy is too wide: it allows {_other_object(beyond.told, lab)} too.")
    if wrong := unusable(lab, key):
        return not_yet(f"The permissions are as they should be. But: {wrong}")
    if not _gets(lab, right, refused=False):
        return not_yet(f"The permissions are as they should be. The auditor has not read {right} yet.")
    if not _gets(lab, "reports/2024.csv", refused=True):
        return not_yet("The auditor has not tried reports/2024.csv, to see that it is refused.")
    return solved("One key, many objects, and a policy that tells them apart.")


def old_memo(lab: LabView, answer: Any) -> Outcome:
    """memo.txt is under alias/records' key, and its text is what it was."""
    found = _object(lab, "memo.txt")
    if found is None:
        return not_yet("There is no `memo.txt` any more.")
    if found["ServerSideEncryption"] == "AES256":
        return not_attempted("`memo.txt` is still under S3's own key.")
    if wrong := _wrong_encryption(lab, "memo.txt", found):
        return wrong
    written = [each for each in writings(lab) if (each.bucket, each.key) == (_bucket(lab, "records"), "memo.txt")]
    same = written[-1].content.is_same(written[0].content)
    if same is False:
        return not_yet("`memo.txt` is encrypted with the right key now, but its text is another.")
    if same is None:
        raise CannotJudge("whether the text of `memo.txt` is still the old one; the record of its upload doesn't say")
    return solved("The memo is under your key, no letter changed.")


def fewer_calls(lab: LabView, answer: Any) -> Outcome:
    """Check that the sensor's bucket uses a bucket key with the same KMS key; five objects were put with it."""
    bucket = _bucket(lab, "sensor")
    there = {name: found for name in DAYS if (found := _object(lab, name, bucket)) is not None}
    configuration = lab.observer.client("s3").get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    rule = configuration["Rules"][0]
    default = rule.get("ApplyServerSideEncryptionByDefault", {})
    if not there and not rule.get("BucketKeyEnabled"):
        return not_attempted("The bucket key is off, and there is no object of a day.")
    if not rule.get("BucketKeyEnabled"):
        return not_yet("The bucket's default does not use a bucket key.")
    if default.get("SSEAlgorithm") != "aws:kms" or default.get("KMSMasterKeyID") not in _names_of_the_key(lab):
        return not_yet("The bucket's default has another key than before, or none.")
    if missing := [name for name in DAYS if name not in there]:
        return not_yet(f"Objects are missing: {', '.join(missing)}.")
    if alone := [name for name in there if not there[name].get("BucketKeyEnabled")]:
        return not_yet(f"{len(alone)} of the objects don't use the bucket key.")
    if others := [name for name in there if there[name].get("SSEKMSKeyId") != _key(lab)]:
        return not_yet(f"{others[0]} is under another key than that of the default.")
    puts = {each["key"]: each for event in calls(lab, "PutObject") if (each := event["requestParameters"] or {})}
    if asking := [name for name in there if "serverSideEncryption" in puts.get(name, {})]:
        return not_yet(f"{asking[0]} was put with a word about encryption. Leave that to the default.")
    if wrong := unusable(lab, _key(lab)):
        return not_yet(f"The bucket is as it should be. But: {wrong}")
    return solved("Five objects, and at most one call to KMS.")


def who_read(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the role that has decrypted salaries.csv."""
    if answer is None:
        return unanswered()
    reader = named(answer, READERS)
    if reader is None:
        return not_yet(f"{answer!r} is none of the three.")
    reads = [
        event for event in calls(lab, "Decrypt") if context_of(event).get("aws:s3:arn") == _arn(lab, "salaries.csv")
    ]
    if not any(is_by(event, reader) for event in reads):
        return not_yet(f"{reader} has not read it: no Decrypt of this role names the object in its context.")
    return solved("KMS has kept the list of readers.")


def _bucket(lab: LabView, word: str) -> str:
    """The lab's bucket whose name begins with this word. Raises Gone if it was deleted."""
    names: list[str] = [each["Name"] for each in lab.observer.client("s3").list_buckets()["Buckets"]]
    name = next((name for name in names if name.startswith(f"{word}-")), None)
    if name is None:
        raise Gone(f"The bucket whose name begins with `{word}-`")
    return name


def _arn(lab: LabView, name: str) -> str:
    return f"arn:aws:s3:::{_bucket(lab, 'records')}/{name}"


def _through_s3(lab: LabView, name: str) -> Situation:
    """The condition keys of S3's call when it opens this object for somebody."""
    context = {"kms:EncryptionContext:aws:s3:arn": _arn(lab, name), "kms:EncryptionContextKeys": ["aws:s3:arn"]}
    return context | {"kms:ViaService": f"s3.{lab.region}.amazonaws.com"}


def _other_object(told: str, lab: LabView) -> str:
    """What the auditor may do more, with the names of objects alone."""
    return told.replace(f"arn:aws:s3:::{_bucket(lab, 'records')}/", "")


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
    return str(the_key(lab, "records")["Arn"])


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
    if wrong := unusable(lab, _key(lab)):
        return not_yet(f"`{name}` is under the right key, and nobody can read it now: {wrong}")
    return None


def _gets(lab: LabView, name: str, *, refused: bool) -> bool:
    """Whether the auditor's last GetObject of this object ended so."""
    tries = [
        event
        for event in lab.events()
        if event["eventName"] == "GetObject"
        and is_by(event, "Auditor")
        and (event["requestParameters"] or {}).get("key") == name
    ]
    return bool(tries) and ("errorCode" in tries[-1]) is refused
