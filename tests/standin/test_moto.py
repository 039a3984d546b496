"""A real run against moto's own server, which knows nothing of the kit: another program that is taken for AWS.

What it lacks is named here: it refuses nobody (no policies), it has no CloudTrail LookupEvents, no ML-DSA, and its
ciphertexts and some of its messages are not AWS's. So it serves for calls that go through, and for nothing else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tools.standin_run import environment, moto_server

LAB = """
import json
import boto3
import labkit

lab = labkit.start("a-simple-lab", account="aws")
kms = boto3.client("kms")
key = kms.create_key(Description="orders", Tags=[{"TagKey": "team", "TagValue": "shop"}])["KeyMetadata"]["KeyId"]
kms.create_alias(AliasName="alias/orders", TargetKeyId=key)
sealed = kms.encrypt(KeyId="alias/orders", Plaintext=b"twelve eggs")["CiphertextBlob"]
clerk = lab.role("Clerk", policy=[])
with labkit.expect_error("NotFoundException") as refused:
    kms.describe_key(KeyId="alias/nobody")
told = {
    "simulated": lab.simulated,
    "opened": kms.decrypt(CiphertextBlob=sealed)["Plaintext"].decode(),
    "aliases": [each["AliasName"] for each in kms.list_aliases(KeyId=key)["Aliases"]],
    "tags": [each["TagKey"] for each in kms.list_resource_tags(KeyId=key)["Tags"]],
    "refused": refused.code,
    "gap: a role without permission": clerk.client("kms").decrypt(CiphertextBlob=sealed)["Plaintext"].decode(),
}
try:
    lab.events()
except Exception as gap:
    told["gap: events"] = type(gap).__name__
print(json.dumps(told))
"""


def test_a_simple_lab_on_moto_server(tmp_path: Path) -> None:
    """What needs no refusal and no record works; the gaps are moto's."""
    (tmp_path / "lab.py").write_text(LAB)
    with moto_server() as served:
        settings = environment(served, tmp_path / "run", "0")
        ran = subprocess.run(
            [sys.executable, str(tmp_path / "lab.py")], env=settings, capture_output=True, text=True, timeout=120
        )
        assert ran.returncode == 0, ran.stderr
        listed = _aliases(settings)
    told = json.loads(ran.stdout.splitlines()[-1])
    assert told.pop("gap: a role without permission") == "twelve eggs"
    assert told.pop("gap: events")
    assert told == {
        "simulated": False, "opened": "twelve eggs", "aliases": ["alias/orders"], "tags": ["team"],
        "refused": "NotFoundException",
    }  # fmt: skip
    assert len(listed) == 1  # in the account itself the name carries the run's id
    assert listed[0].startswith("alias/orders-")


def _aliases(settings: dict[str, str]) -> list[str]:
    """The account's aliases, as a plain client lists them."""
    code = (
        "import boto3, os, json; kms = boto3.client('kms', endpoint_url=os.environ['LABKIT_STANDIN_ENDPOINT']);"
        "print(json.dumps([a['AliasName'] for a in kms.list_aliases()['Aliases'] if 'TargetKeyId' in a"
        " and not a['AliasName'].startswith('alias/aws/')]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | settings | {"AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))
