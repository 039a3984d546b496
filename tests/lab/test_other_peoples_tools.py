"""docs/test-your-own-code.md: what it shows is run, and what it says of other tools is tried by the calls they make."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

import labkit
from labkit.pytest_plugin import kms_account, kms_endpoint  # noqa: F401  # the fixtures that the page is about


@pytest.fixture(scope="module")
def page(checkout: Path) -> str:
    """The page."""
    return (checkout / "docs" / "test-your-own-code.md").read_text(encoding="utf-8")


def test_the_tests_that_the_page_shows_pass(page: str, tmp_path: Path) -> None:
    """Each that needs nothing but Python, as it stands, in one run of pytest."""
    shown = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    here = [text for text in shown if '"node"' not in text]
    assert len(here) == 3
    for number, text in enumerate(here):
        (tmp_path / f"test_shown_{number}.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, str(tmp_path)]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    run = subprocess.run(command, capture_output=True, text=True, env=plain, cwd=tmp_path, check=False)
    assert "3 passed" in run.stdout, run.stdout + run.stderr


def test_the_fixtures_are_those_of_the_plugin(page: str) -> None:
    """All of them, and no other."""
    from labkit import pytest_plugin

    table = page.partition("| Fixture |")[2].partition("\n\n")[0]
    named = set(re.findall(r"^\| `(\w+)`(?:, or `(\w+)`)? \|", table, re.MULTILINE))
    made = {name for name, value in vars(pytest_plugin).items() if type(value).__name__ == "FixtureFunctionDefinition"}
    assert {name for pair in named for name in pair if name} == made


# A client without any SDK: Signature Version 4 by Node's own crypto, the address and keys from the variables alone.
SIGNED_BY_HAND = """
import { createHash, createHmac } from "node:crypto";
const { AWS_ENDPOINT_URL: url, AWS_REGION: region, AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret,
        AWS_SESSION_TOKEN: token } = process.env;
const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
const sha = (text) => createHash("sha256").update(text).digest("hex");
async function call(operation, input) {
  const body = JSON.stringify(input), time = new Date().toISOString().replace(/[-:]|\\.\\d{3}/g, "");
  const day = time.slice(0, 8);
  const headers = { "content-type": "application/x-amz-json-1.1", host: new URL(url).host, "x-amz-date": time,
                    "x-amz-security-token": token, "x-amz-target": `TrentService.${operation}` };
  const names = Object.keys(headers).join(";"), scope = `${day}/${region}/kms/aws4_request`;
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\\n`).join("");
  const asked = ["POST", "/", "", lines, names, sha(body)].join("\\n");
  const key = [day, region, "kms", "aws4_request"].reduce(hmac, "AWS4" + secret);
  const toSign = ["AWS4-HMAC-SHA256", time, scope, sha(asked)].join("\\n");
  const signature = hmac(key, toSign).toString("hex");
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return (await fetch(url, { method: "POST", headers, body })).json();
}
const { KeyMetadata } = await call("CreateKey", {});
const { CiphertextBlob } = await call("Encrypt", { KeyId: KeyMetadata.KeyId, Plaintext: btoa("payroll") });
const { Plaintext } = await call("Decrypt", { CiphertextBlob });
const refused = await call("Encrypt", { KeyId: "alias/nowhere", Plaintext: btoa("payroll") });
console.log(JSON.stringify([atob(Plaintext), refused.__type]));
"""


def test_a_program_in_javascript(
    kms_endpoint: Any,  # noqa: F811
    need: Callable[[str, object], None],
    tmp_path: Path,
) -> None:
    """It finds the account by the fixture's variables alone, and gets AWS's errors."""
    need("Node.js", shutil.which("node"))
    (tmp_path / "service.mjs").write_text(SIGNED_BY_HAND, encoding="utf-8")
    plain = {"PATH": os.environ["PATH"], **kms_endpoint.environment}
    told = subprocess.run(["node", "service.mjs"], env=plain, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == ["payroll", "NotFoundException"]


# terraform-provider-aws, internal/service/kms/key.go and wait.go (MPL-2.0, read in 2026): the calls and their order are
# theirs. A wait asks until the same answer came so many times running.
ROTATION_TIMES, STATE_TIMES, OTHER_TIMES = 5, 15, 5


class Provider:
    """What the provider asks of KMS for one `aws_kms_key`."""

    def __init__(self) -> None:
        self.kms = boto3.client("kms")
        self.id = ""

    def create(self, policy: str, tags: dict[str, str], days: int) -> None:
        """resourceKeyCreate: the key, its rotation, then waits for the policy and the tags."""
        written = [{"TagKey": name, "TagValue": value} for name, value in tags.items()]
        made = self.kms.create_key(
            BypassPolicyLockoutSafetyCheck=False,
            KeySpec="SYMMETRIC_DEFAULT",
            KeyUsage="ENCRYPT_DECRYPT",
            Tags=written,
            Policy=policy,
        )
        self.id = made["KeyMetadata"]["KeyId"]
        self.rotate(days)
        self.wait(lambda: json.loads(self.kms.get_key_policy(KeyId=self.id, PolicyName="default")["Policy"]),
                  json.loads(policy), OTHER_TIMES)  # fmt: skip
        self.wait(lambda: self.read()["tags"], tags, OTHER_TIMES)

    def wait(self, ask: Callable[[], Any], wanted: Any, times: int) -> None:
        """The account's own answers: each time the wanted one, so nobody waits for long."""
        assert [ask() for _ in range(times)] == [wanted] * times

    def rotate(self, days: int) -> None:
        """updateKeyRotationEnabled."""
        self.kms.enable_key_rotation(KeyId=self.id, RotationPeriodInDays=days)
        status = self.kms.get_key_rotation_status
        self.wait(lambda: (status(KeyId=self.id)["KeyRotationEnabled"], status(KeyId=self.id)["RotationPeriodInDays"]),
                  (True, days), ROTATION_TIMES)  # fmt: skip

    def disable(self) -> None:
        """updateKeyEnabled."""
        self.kms.disable_key(KeyId=self.id)
        self.wait(lambda: self.kms.describe_key(KeyId=self.id)["KeyMetadata"]["Enabled"], False, STATE_TIMES)

    def read(self) -> dict[str, Any]:
        """findKeyInfo: metadata, policy, rotation and tags."""
        metadata = self.kms.describe_key(KeyId=self.id)["KeyMetadata"]
        policy = self.kms.get_key_policy(KeyId=self.id, PolicyName="default")["Policy"]
        rotation = self.kms.get_key_rotation_status(KeyId=self.id)
        tags = self.kms.get_paginator("list_resource_tags").paginate(KeyId=self.id)
        return {
            "description": metadata["Description"],
            "enabled": metadata["Enabled"],
            "policy": json.loads(policy),
            "rotation": (rotation["KeyRotationEnabled"], rotation.get("RotationPeriodInDays")),
            "tags": {tag["TagKey"]: tag["TagValue"] for part in tags for tag in part["Tags"]},
        }


def test_terraforms_aws_kms_key_by_its_calls() -> None:
    """Create, read, update and destroy, each wait at its first answer; what is read is what was written."""
    lab = labkit.start("terraform")
    provider = Provider()
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{lab.account_id}:root"}, "Action": "kms:*"}
    policy: dict[str, Any] = {"Version": "2012-10-17", "Statement": [{**root, "Resource": "*"}]}
    provider.create(json.dumps(policy), {"team": "blue"}, 180)
    created = {"description": "", "enabled": True, "policy": policy, "rotation": (True, 180), "tags": {"team": "blue"}}
    assert provider.read() == created
    kms, key = provider.kms, provider.id
    provider.rotate(365)  # resourceKeyUpdate, in its order: rotation, description, policy, and last the state
    kms.update_key_description(KeyId=key, Description="app")
    provider.wait(lambda: provider.read()["description"], "app", OTHER_TIMES)
    policy["Id"] = "second"
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy), BypassPolicyLockoutSafetyCheck=False)
    provider.wait(lambda: provider.read()["policy"], policy, OTHER_TIMES)
    provider.disable()
    updated = {"description": "app", "enabled": False, "policy": policy, "rotation": (True, 365)}
    assert provider.read() == {**created, **updated}
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)  # resourceKeyDelete
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"  # gone, to Terraform
    with pytest.raises(kms.exceptions.KMSInvalidStateException, match="is pending deletion"):  # it reads this phrase
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    lab.clock.advance(days=8)
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
