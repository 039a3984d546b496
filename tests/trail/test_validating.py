"""Digest files: what a lab's trail delivers is valid, whatever is done to it is noticed, in S3 and in a folder."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

import labkit
from labkit.trail import validate
from labkit.trail.ask.validating import VALID

BUCKET = "digested-logs"


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any], dict[str, str]]:
    """Three hours of a trail, downloaded; the public keys; the signatures that S3 has in the objects' metadata."""
    lab = labkit.start("validating-tests")
    s3, cloudtrail, kms = map(boto3.client, ("s3", "cloudtrail", "kms"))
    s3.create_bucket(Bucket=BUCKET)
    allow = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:*"}
    allow["Resource"] = [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    cloudtrail.create_trail(Name="digested", S3BucketName=BUCKET, EnableLogFileValidation=True)
    cloudtrail.start_logging(Name="digested")
    for _ in range(3):
        kms.list_keys()
        lab.clock.advance(hours=1)
    folder = tmp_path_factory.mktemp("delivered")
    signatures = {}
    for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        got = s3.get_object(Bucket=BUCKET, Key=item["Key"])
        path = folder / item["Key"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(got["Body"].read())
        if "signature" in got["Metadata"]:
            signatures[item["Key"]] = got["Metadata"]["signature"]
    keys = cloudtrail.list_public_keys()["PublicKeyList"]
    in_s3 = validate(f"s3://{BUCKET}/AWSLogs/", keys)
    assert set(in_s3["state"]) == {VALID}
    assert set(in_s3["kind"]) == {"log", "digest"}
    return folder, keys, signatures


def _copy(folder: Path, goal: Path) -> Path:
    for path in folder.rglob("*.gz"):
        inner = goal / path.relative_to(folder)
        inner.parent.mkdir(parents=True, exist_ok=True)
        inner.write_bytes(path.read_bytes())
    return goal


def _of(folder: Path, kind: str, at: int = 0) -> Path:
    return sorted(path for path in folder.rglob("*.gz") if ("Digest" in path.name) == (kind == "digest"))[at]


def _rewrite(path: Path, change: Callable[[Any], Any]) -> None:
    content = json.loads(gzip.decompress(path.read_bytes()))
    path.write_bytes(gzip.compress(json.dumps(change(content), separators=(",", ":")).encode()))


def test_a_downloaded_folder_is_valid_but_for_the_last_signature(delivered: Any) -> None:
    """Which is in S3's metadata only; given, all is valid; also from within the folder, and zipped anew."""
    folder, keys, signatures = delivered
    found = validate(folder, keys)
    assert (found["state"] == "unproven").sum() == 1 + found["reason"].eq("its digest file is not valid").sum()
    assert found[found["state"] == "unproven"]["reason"].str.contains("metadata").any()
    assert set(validate(folder, keys, signatures)["state"]) == {VALID}
    inner = next(folder.rglob("CloudTrail-Digest")).parent
    assert set(validate(inner, {"PublicKeyList": keys}, signatures)["state"]) == {VALID}
    assert set(validate(folder, {key["Fingerprint"]: key["Value"] for key in keys}, signatures)["state"]) == {VALID}


def _forge(path: Path) -> None:
    _rewrite(path, lambda says: {"Records": [record | {"sourceIPAddress": "192.0.2.1"} for record in says["Records"]]})


TAMPERED: list[tuple[str, Callable[[Path], object], str, str, str]] = [
    ("a record is changed", lambda folder: _forge(_of(folder, "log")), "log", "invalid", "changed since"),
    ("a log file is gone", lambda folder: _of(folder, "log").unlink(), "log", "missing", "named by a digest"),
    ("a digest is gone", lambda folder: _of(folder, "digest", 1).unlink(), "digest", "missing", "next digest"),
    (
        "a digest forgets its files",
        lambda folder: _rewrite(_of(folder, "digest"), lambda says: says | {"logFiles": []}),
        "digest",
        "invalid",
        "another content",
    ),
    (
        "the last digest too",
        lambda folder: _rewrite(_of(folder, "digest", -1), lambda says: says | {"logFiles": []}),
        "digest",
        "invalid",
        "signature is wrong",
    ),
    (
        "a digest lies elsewhere",
        lambda folder: _of(folder, "digest").rename(_of(folder, "digest").with_name("x_CloudTrail-Digest_y.json.gz")),
        "digest",
        "invalid",
        "moved",
    ),
    ("a digest is junk", lambda folder: _of(folder, "digest").write_bytes(b"junk"), "digest", "invalid", "form"),
    (
        "another key's name",
        lambda folder: _rewrite(_of(folder, "digest", -1), lambda says: says | {"digestPublicKeyFingerprint": "ab"}),
        "digest",
        "unproven",
        "no public key",
    ),
]


@pytest.mark.parametrize(("name", "tamper", "kind", "state", "words"), TAMPERED, ids=[each[0] for each in TAMPERED])
def test_what_is_done_to_the_files_is_noticed(
    delivered: Any, tmp_path: Path, name: str, tamper: Any, kind: str, state: str, words: str
) -> None:
    """Each in a copy of the folder."""
    folder, keys, signatures = delivered
    copy = _copy(folder, tmp_path)
    tamper(copy)
    found = validate(copy, keys, signatures)
    found = found[(found["kind"] == kind) & (found["state"] == state)]
    assert found["reason"].str.contains(words).any()


def test_a_file_that_no_digest_names_is_told(delivered: Any, tmp_path: Path) -> None:
    """Delivered since, or by somebody else."""
    folder, keys, signatures = delivered
    copy = _copy(folder, tmp_path)
    real = _of(copy, "log")
    forged = real.with_name(real.name[:-24] + "0" * 16 + ".json.gz")
    forged.write_bytes(real.read_bytes())
    found = validate(copy, keys, signatures)
    assert found[found["file"].str.endswith(forged.name)]["state"].tolist() == ["unproven"]


SAYS = st.dictionaries(
    st.sampled_from(
        ["digestS3Object", "logFiles", "digestEndTime", "previousDigestSignature", "digestPublicKeyFingerprint"]
    ),
    st.none() | st.text(max_size=5) | st.integers() | st.lists(st.none() | st.dictionaries(st.text(), st.text())),
)


@given(SAYS)
def test_no_digest_however_odd_stops_it(delivered: Any, tmp_path_factory: Any, says: dict[str, Any]) -> None:
    """It is invalid, and the others are judged."""
    folder, keys, signatures = delivered
    place = tmp_path_factory.mktemp("odd")
    copy = _copy(folder, place)
    _rewrite(_of(copy, "digest"), lambda content: content | says)
    found = validate(copy, keys, signatures)
    assert len(found) > 3
    assert VALID in set(found["state"])
