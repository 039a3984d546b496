"""The same lab shows the same ids, ciphertexts, times and events at each run; another lab others."""

from __future__ import annotations

import json
import os
import subprocess
import sys

PROGRAM = """
import sys, json, boto3, labkit
lab = labkit.start(sys.argv[1])
kms, s3 = boto3.client("kms"), boto3.client("s3")
key = kms.create_key(Description="d")["KeyMetadata"]
blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext={"b": "1", "a": "2"})["CiphertextBlob"]
role = lab.role("Clerk", [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}])
who = role.client("sts").get_caller_identity()["UserId"]
s3.create_bucket(Bucket="b-1"); s3.put_object(Bucket="b-1", Key="k", Body=b"x")
dated = str(s3.head_object(Bucket="b-1", Key="k")["LastModified"])
lab.clock.advance(days=3)
events = lab.events()
for event in events:
    del event["userAgent"]  # the one thing that is the machine's own
print(json.dumps([key, blob.hex(), who, dated, str(lab.clock.now()), events], default=str))
"""


def _run(name: str, **environment: str) -> list[object]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, name],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "random"} | environment,
    )
    result: list[object] = json.loads(done.stdout)
    return result


def test_two_runs_of_a_lab_are_alike_to_the_letter() -> None:
    """In processes of their own, in different time zones."""
    first, second = _run("same"), _run("same", TZ="Asia/Tokyo")
    assert first == second
    assert first[4] == "2026-01-08 09:00:10+00:00"


def test_another_name_and_the_random_seed_give_other_keys() -> None:
    """The seed is the lab's name unless LABKIT_SEED says otherwise."""
    runs = [_run("one"), _run("two"), _run("one", LABKIT_SEED="random"), _run("one", LABKIT_SEED="random")]
    assert len({str(run[1]) for run in runs}) == 4
