"""A Python such as a browser has: no sockets, threads or processes, no compiled package that Pyodide lacks.

Door one needs none of them. `tools/run_as_in_a_browser.py` takes them away by CPython's audit events.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from labkit.cloud.core.errors import AwsError
from labkit.cloud.kms.material import new_private_key
from labkit.cloud.kms.specs import SPECS
from tools.run_as_in_a_browser import rows

from .conftest import Script

LABS = ("01-kms-at-a-glance", "04-key-policies-and-iam", "07-other-accounts")
EVERYTHING = """
import sys, warnings
from tools.run_as_in_a_browser import close_the_sandbox
close_the_sandbox()
import boto3, labkit
from labkit import enclave

with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    lab = labkit.start("everything")
assert "Only Python in this process" in str(told[0].message), told
assert lab.endpoint == "http://127.0.0.1:0"  # nobody's
kms = boto3.client("kms")
key = kms.create_key()["KeyMetadata"]["KeyId"]
reader = lab.role("Reader", policy=[{"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}])
with labkit.expect_error("AccessDeniedException") as refused:
    reader.client("kms").describe_key(KeyId=key)
assert "Reader" in str(lab.explain(refused))
with lab.soft_mode() as soft:
    reader.client("kms").describe_key(KeyId=key)
assert [each.action for each in soft] == ["kms:DescribeKey"]
kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
lab.clock.advance(days=8)
assert lab.events()[-1]["eventName"] == "DeleteKey"
assert lab.account("partner").client("sts").get_caller_identity()["Account"] == "444455556666"
stored = boto3.client("s3")
stored.create_bucket(Bucket="a-bucket")
stored.put_object(Bucket="a-bucket", Key="a", Body=b"x", ServerSideEncryption="aws:kms")
assert stored.get_object(Bucket="a-bucket", Key="a")["Body"].read() == b"x"
lab.reset()
assert kms.list_keys()["Keys"] == []
for ask in (lab.xks_proxy, lambda: enclave.run(lab, enclave.build("def handle(message, enclave): return 1"), reader)):
    try:
        ask()
    except labkit.LabError as why:
        print(why)
old = lab
lab = labkit.start("another")
try:
    old.events()
except labkit.LabError as over:
    print(over)
from labkit.trail import load
print(len(load(lab, tell=lambda _: None)) > 0)
"""


def test_labs_run_as_they_are_committed(checkout: Path) -> None:
    """Every cell shows what the notebook has, to the letter, save the `aws` command's; every exercise is solved."""
    command = [sys.executable, "-m", "tools.run_as_in_a_browser", *(f"{name}.ipynb" for name in LABS)]
    done = subprocess.run(command, cwd=checkout / "notebooks", capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    told: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["notebook"] for each in told] == list(LABS)
    for each in told:
        assert each["to the letter"] + each["shell"] + each.get("otherwise", 0) == each["cells"], each
        assert each["shell"] <= 2
        assert each["solved"] == each["exercises"] > 0
    page = (checkout / "docs" / "jupyterlite.md").read_text(encoding="utf-8")
    assert [row for row in rows(told) if row not in page.splitlines()] == []
    # An `aws` line that is left out uses no id, so that a picture which sorts keys by their ids may come out otherwise.
    assert sum(each.get("otherwise", 0) for each in told) <= 1, told


def test_what_a_lab_offers_is_there_or_says_why_not(script: Script, checkout: Path) -> None:
    """Roles, explanations, soft mode, the clock, a second account, S3, a reset, the trail as a table."""
    done = script(EVERYTHING, PYTHONPATH=str(checkout), LABKIT_PROGRESS="off")
    assert done.returncode == 0, done.stderr
    proxy, inside, over, table = done.stdout.splitlines()
    assert proxy.startswith("Custom key stores need sockets, and this Python lacks a part:")
    assert inside.startswith("An enclave is a process, and this system can't start one:")
    assert over.startswith("This lab is over")
    assert table == "True"


@pytest.mark.parametrize("name", sorted(name for name in SPECS if name.startswith("ML_") and name != "ML_KEM_512"))
def test_an_older_cryptography_refuses_in_words(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pyodide has version 47, which knows the classes of ML-DSA and ML-KEM, and has no code for them."""
    from cryptography.exceptions import UnsupportedAlgorithm

    from labkit.cloud.core.entropy import Entropy
    from labkit.cloud.kms import material

    class Lacking:
        @staticmethod
        def from_seed_bytes(_: bytes) -> Any:
            raise UnsupportedAlgorithm("is not supported by this backend")

    for table in (material.ML_DSA, material.ML_KEM):
        for each in table:
            monkeypatch.setitem(table, each, Lacking)
    with pytest.raises(AwsError, match=rf"no keys of spec {name} here: this Python's cryptography \S+ lacks them"):
        new_private_key(SPECS[name], Entropy("old"))
