"""docs/add-an-operation.md, followed to the letter: an invented operation in a copy of the checkout.

The copy takes the steps of the page and nothing else. botocore's model is a double with the operation in it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from botocore.loaders import Loader

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "add-an-operation.md"
STEP = re.compile(
    r"^In (?:the new file |\[)`(?P<file>[^`]+)`(?P<where>[^:]*):\n\n```\w+\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
TESTS = (  # besides the page's own test: those that hold tables, model and ledger together
    "tests/cloud/kms/test_ping_key.py",
    "tests/cloud/kms/test_tables.py::test_the_table_is_whole",
    "tests/cloud/kms/test_model.py::test_every_operation_has_a_handler",
    "tests/cloud/kms/test_model.py::test_every_member_is_produced_or_in_the_ledger",
    "tests/cloud/kms/test_states.py::test_the_shipped_table_is_the_same",
    "tests/cloud/kms/test_identifiers.py::test_forms_of_key_id",
)
THROUGH_THE_ACCOUNT = """
import json
import boto3
import labkit
from labkit.trail.ask.costs import KINDS

lab = labkit.start("ping")
kms = boto3.client("kms")
arn = kms.create_key()["KeyMetadata"]["Arn"]
kms.create_alias(AliasName="alias/pinged", TargetKeyId=arn)
by_alias = {"StringEquals": {"kms:RequestAlias": "alias/pinged"}}
statement = {"Effect": "Allow", "Action": "kms:PingKey", "Resource": "*", "Condition": by_alias}
pinger = lab.role("Pinger", policy=[statement]).client("kms")
answered = pinger.ping_key(KeyId="alias/pinged")["KeyId"]
with labkit.expect_error("AccessDeniedException"):
    pinger.ping_key(KeyId=arn)
wanted = [{"AttributeKey": "EventName", "AttributeValue": "PingKey"}]
found = boto3.client("cloudtrail").lookup_events(LookupAttributes=wanted)
events = [json.loads(each["CloudTrailEvent"]) for each in found["Events"]]
event = next(each for each in events if "errorCode" not in each)
shown = [event["readOnly"], event["requestParameters"], event["responseElements"], event["resources"][0]["ARN"] == arn]
print(json.dumps([answered == arn, sorted(each.get("errorCode", "") for each in events), shown, KINDS["PingKey"]]))
"""


def steps() -> Iterator[re.Match[str]]:
    """The steps of the page: a file, where in it, and what to write there."""
    yield from STEP.finditer(PAGE.read_text(encoding="utf-8"))


def take(step: re.Match[str], checkout: Path) -> None:
    """Do what a step says."""
    path, text = checkout / step["file"], step["text"]
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    assert bool(before) != ("new file" in step[0]), step["file"]
    if after := re.search(r"after the line of\s+`(\w+)`", step["where"]):
        line = next(line for line in before.splitlines(keepends=True) if after[1] in line)
        path.write_text(before.replace(line, line + text), encoding="utf-8")
    else:
        assert not before or "at its end" in step["where"], step["where"]
        path.write_text(before + text, encoding="utf-8")


def modelled(folder: Path) -> None:
    """Put a model of KMS with PingKey into the folder."""
    model = botocore.session.get_session().get_component("data_loader").load_service_model("kms", "service-2")
    model = json.loads(json.dumps(model))
    names = {"shape": "KeyIdType", "documentation": "<p>A key id, key ARN, alias name or alias ARN.</p>"}
    model["shapes"]["PingKeyRequest"] = {"type": "structure", "required": ["KeyId"], "members": {"KeyId": names}}
    model["shapes"]["PingKeyResponse"] = {"type": "structure", "members": {"KeyId": names}}
    errors = [{"shape": "DisabledException"}, {"shape": "NotFoundException"}, {"shape": "KMSInvalidStateException"}]
    ping = {
        "name": "PingKey",
        "http": {"method": "POST", "requestUri": "/"},
        "input": {"shape": "PingKeyRequest"},
        "output": {"shape": "PingKeyResponse"},
        "errors": errors,
        "documentation": "<p>Cross-account use: Yes.</p>",
    }
    model["operations"] = dict(sorted({**model["operations"], "PingKey": ping}.items()))
    version = Loader().determine_latest_version("kms", "service-2")
    place = folder / "kms" / version
    place.mkdir(parents=True)
    (place / "service-2.json").write_text(json.dumps(model), encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the tests of KMS need, with every step of the page taken."""
    checkout = tmp_path_factory.mktemp("checkout")
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "labkit", checkout / "labkit", ignore=without)
    shutil.copytree(ROOT / "tests" / "cloud" / "kms", checkout / "tests" / "cloud" / "kms", ignore=without)
    shutil.copy(ROOT / "tests" / "conftest.py", checkout / "tests")
    shutil.copy(ROOT / "pyproject.toml", checkout)
    modelled(checkout / ".aws" / "models")
    for step in steps():
        take(step, checkout)
    return checkout


def run(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the copy, with the copy's labkit and, by way of its home, the double of the model."""
    environment = {**os.environ, "PYTHONPATH": str(copy), "HOME": str(copy)}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=300)


def test_the_page_names_a_row_a_function_and_tests() -> None:
    """Nothing else is to be touched: six files, one of them new."""
    assert [step["file"] for step in steps()] == [
        "labkit/cloud/kms/operations.tsv",
        "labkit/cloud/kms/operations/reading.py",
        "labkit/cloud/kms/operations/__init__.py",
        "labkit/cloud/fidelity/kms.tsv",
        "tests/cloud/kms/test_ping_key.py",
        "tests/cloud/kms/test_model.py",
    ]


def test_every_file_and_column_that_the_page_names_is_there() -> None:
    """Columns in their order, and links that lead somewhere."""
    from labkit.cloud.core.kms_operations import COLUMNS

    text = PAGE.read_text(encoding="utf-8")
    assert tuple(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)) == COLUMNS[1:]
    links = re.findall(r"\]\(\.\./([^)]+)\)", text)
    assert links and all((ROOT / each).exists() for each in links)


def test_the_steps_are_enough_for_the_tests(copy: Path) -> None:
    """The page's own tests pass, and so do those that hold the tables against the model."""
    done = run(copy, "-m", "pytest", "-q", "-n0", "-p", "no:nbval", "-o", "addopts=--import-mode=importlib", *TESTS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_steps_are_enough_for_the_account(copy: Path) -> None:
    """boto3 calls it, a policy allows it by its condition key, and CloudTrail shows it."""
    done = run(copy, "-c", THROUGH_THE_ACCOUNT)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = [True, {"keyId": "alias/pinged"}, None, True]
    assert json.loads(done.stdout.splitlines()[-1]) == [True, ["", "AccessDenied"], shown, "symmetric"]


def test_without_the_row_no_lab_starts(copy: Path) -> None:
    """The model has the operation, the table has not: the error says which row is missing."""
    table = copy / "labkit" / "cloud" / "kms" / "operations.tsv"
    written = table.read_text(encoding="utf-8")
    lines = written.splitlines(keepends=True)
    table.write_text("".join(each for each in lines if not each.startswith("PingKey\t")), encoding="utf-8")
    try:
        done = run(copy, "-c", "import labkit; labkit.start('ping')")
    finally:
        table.write_text(written, encoding="utf-8")
    assert "operations.tsv has no row for PingKey" in done.stderr
