"""Checks of notebooks/08-envelope-encryption.ipynb: they read the account, change nothing and leave no trace."""

from __future__ import annotations

import io
import random
from typing import Any

from labkit.envelope import EnvelopeError, Header, read_header
from labkit.envelope.frames import TAG_BYTES
from labkit.exercises.account import calls, context_of, key_arn, the_key, unusable
from labkit.exercises.chains import Place, carried
from labkit.exercises.engine import LabView, Outcome, no_number, not_attempted, not_yet, solved, unanswered

PARCEL = {"parcel": "7"}
REPORT = {"file": "report.csv"}
REPORT_BYTES = 22_000  # as the notebook writes report.csv
OBJECT = "report.env"
OBJECTS, MESSAGES = 10_000, 50


def open_the_parcel(lab: LabView, answer: Any) -> Outcome:
    """Check that the answer is the text that was sealed."""
    if answer is None:
        return unanswered()
    text = f"The safe opens with {random.Random(lab.name).randrange(1000, 9999)}"  # noqa: S311  # as the notebook has it
    answer = bytes(answer) if isinstance(answer, bytearray | memoryview) else answer
    if answer == repr(text.encode()):
        return not_yet("It is there, with `b''` round it. A text of bytes is made with `.decode()`.")
    if answer in (text, text.encode()):
        return solved("KMS has seen 32 bytes of it, and those were the key.")
    if isinstance(answer, bytes) and len(answer) == 32:
        return not_yet("That is the data key. It opens the body of the parcel.")
    if isinstance(answer, bytes) and len(answer) == len(text) + 16:
        return not_yet("That is as long as the body with its tag: it is still sealed.")
    return not_yet("That is not what stands in the parcel.")


def change_the_wrapper(lab: LabView, answer: Any) -> Outcome:
    """ReEncrypt, once or in steps, has moved the parcel's data key under the vault's key, for its context."""
    app, vault = the_key(lab, "app")["Arn"], the_key(lab, "vault")["Arn"]
    moved = calls(lab, "ReEncrypt")
    arrived = [event for event in moved if event["resources"][-1]["ARN"] == vault]
    if [event for event in arrived if context_of(event, "destinationEncryptionContext") == PARCEL]:
        if Place(vault, PARCEL) not in carried(moved, Place(app, PARCEL)):
            return not_yet(
                "Something is under the vault's key, for the right context. It is not the parcel's data key."
            )
        if wrong := unusable(lab, vault):
            return not_yet(f"The data key is where it should be, and opens for nobody now: {wrong}")
        return solved("Another key, the same data key, and the body was not touched.")
    if arrived:
        return not_yet("The data key has arrived under the vault's key, for another context than before, or for none.")
    if moved:
        return not_yet("The data key has been wrapped anew. The key that it is under now is not the vault's.")
    if [event for event in calls(lab, "Encrypt") if key_arn(event) == vault]:
        return not_yet("It is under the vault's key, but the data key has been in your program on the way.")
    return not_attempted("Nothing has been moved under the vault's key.")


def into_the_archive(lab: LabView, answer: Any) -> Outcome:
    """Check that the bucket holds an envelope for the report, made with the app's key, and somebody has opened it."""
    body = _object(lab)
    if body is None:
        return not_attempted(f"There is no object `{OBJECT}` in the archive so far.")
    header, frames = _opened(body)
    if header is None:
        return not_yet("The object is there, and it is no envelope of `labkit.envelope`.")
    if header.context != REPORT:
        return not_yet(f"The envelope was sealed for another context: {dict(header.context)}.")
    app = the_key(lab, "app")["Arn"]
    if key_arn(_made_for_it(lab)) != app:
        return not_yet("The envelope's data key does not come from `alias/app`.")
    if frames != _frames(header):
        return not_yet(f"The context is right. But these {frames} bytes of frames can't be those of the whole report.")
    if wrong := unusable(lab, app):
        return not_yet(f"The envelope is in the archive, and opens for nobody now: {wrong}")
    if not [event for event in _about_the_report(lab, "Decrypt") if key_arn(event) == app]:
        return not_yet("The envelope is in the archive. Nobody has opened it yet, to see whether that works.")
    return solved("Sealed before it left, and S3 could not read it if it wanted to.")


def count_the_calls(lab: LabView, answer: Any) -> Outcome:
    """Check for one request for each data key, twice."""
    if no := no_number(answer):
        return no
    keys_needed = OBJECTS // MESSAGES
    if answer == 2 * keys_needed:
        return solved(f"{keys_needed} data keys, each generated once and unwrapped once.")
    if answer == 2 * OBJECTS:
        return not_yet("So many it would be without any cache.")
    if answer == keys_needed:
        return not_yet("So many are made by one of the two programs.")
    return not_yet(f"{answer!r} is not the number. Count the data keys first.")


def _about_the_report(lab: LabView, name: str) -> list[dict[str, Any]]:
    return [event for event in calls(lab, name) if context_of(event) == REPORT]


def _made_for_it(lab: LabView) -> dict[str, Any]:
    """The last making of a data key for the report before the envelope came into the bucket; {} if there was none."""
    last: dict[str, Any] = {}
    made: dict[str, Any] = {}
    for event in calls(lab, "GenerateDataKey", "PutObject", "CompleteMultipartUpload", "CopyObject"):
        if event["eventName"] == "GenerateDataKey":
            last = event if context_of(event) == REPORT else last
        elif event["requestParameters"].get("key") == OBJECT:
            made = last
    return made


def _object(lab: LabView) -> bytes | None:
    s3 = lab.observer.client("s3")
    bucket = f"archive-{lab.observer.client('sts').get_caller_identity()['Account']}"
    if bucket not in [each["Name"] for each in s3.list_buckets()["Buckets"]]:
        return None
    listed = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    if OBJECT not in [each["Key"] for each in listed]:
        return None
    body: bytes = s3.get_object(Bucket=bucket, Key=OBJECT)["Body"].read()
    return body


def _opened(body: bytes) -> tuple[Header | None, int]:
    """The header, and how many bytes the frames behind it have. No check may unwrap a data key and look further."""
    source = io.BytesIO(body)
    try:
        return read_header(source), len(body) - source.tell()
    except EnvelopeError:
        return None, 0


def _frames(header: Header) -> int:
    """What the report's frames would have: its own bytes, and a tag for each frame."""
    return REPORT_BYTES + TAG_BYTES * -(-REPORT_BYTES // header.frame_bytes)
