"""The AWS SDK for JavaScript and the AWS Encryption SDK for JavaScript on `labkit serve`, by examples/javascript.

Their packages are installed by tools/make_clients.py, the first time they are needed, in the lock file's versions.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import aws_encryption_sdk
import boto3
import pytest
from aws_encryption_sdk import CommitmentPolicy, StrictAwsKmsMasterKeyProvider

from tools.make_clients import javascript


@pytest.fixture(scope="module")
def account() -> Iterator[Mapping[str, str]]:
    """The variables that `labkit serve` prints for its administrator."""
    command = [sys.executable, "-m", "labkit.cli", "serve", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        served = json.loads(server.stdout.readline())
        keys = served["accounts"][0]
        yield {
            "AWS_ENDPOINT_URL": served["endpoint"],
            "AWS_REGION": served["region"],
            "AWS_DEFAULT_REGION": served["region"],
            "AWS_ACCESS_KEY_ID": keys["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": keys["secret_access_key"],
        }
        server.terminate()


@pytest.fixture(scope="module")
def project(need: Callable[[str, object], None]) -> Path:
    """The example, with its packages."""
    need("node with npm", shutil.which("node") and shutil.which("npm"))
    return javascript()


def node(project: Path, account: Mapping[str, str], *arguments: str, given: bytes = b"") -> bytes:
    """Run node in the project; what it wrote."""
    command = ["node", "--no-warnings", *arguments]
    done = subprocess.run(command, cwd=project, env=os.environ | account, input=given, capture_output=True, timeout=120)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    return done.stdout


def test_the_example_passes_its_own_tests(project: Path, account: Mapping[str, str]) -> None:
    """Contexts, data keys, signatures, a denial by the key policy, a disabled key, pages, the Encryption SDK."""
    told = node(project, account, "--test", "--test-reporter=tap").decode()
    assert "\n# pass 7\n" in told, told


def test_letters_between_javascript_and_python(
    project: Path, account: Mapping[str, str], checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one language's Encryption SDK has sealed, the other's opens, under the same KMS key."""
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in account.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    shutil.copy(checkout / "tests" / "clients" / "letters.mjs", project)
    client = aws_encryption_sdk.EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
    provider = StrictAwsKmsMasterKeyProvider(key_ids=[key])
    sealed, _ = client.encrypt(source=b"from Python", key_provider=provider, encryption_context={"from": "python"})
    assert node(project, account, "letters.mjs", "open", key, given=sealed) == b"from Python"
    sealed = node(project, account, "letters.mjs", "seal", key, given=b"from JavaScript")
    opened, header = client.decrypt(source=sealed, key_provider=provider)
    assert (opened, header.encryption_context["from"]) == (b"from JavaScript", "javascript")


def test_the_lock_file_names_no_address(checkout: Path) -> None:
    """It has versions and hashes alone, so that any registry serves."""
    lock = json.loads((checkout / "examples" / "javascript" / "package-lock.json").read_text(encoding="utf-8"))
    wanted = json.loads((checkout / "examples" / "javascript" / "package.json").read_text(encoding="utf-8"))
    assert lock["packages"][""]["dependencies"] == wanted["dependencies"]
    others = {name: each for name, each in lock["packages"].items() if name}
    assert [name for name, each in others.items() if "resolved" in each or "integrity" not in each] == []
