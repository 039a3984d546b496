"""The fixtures that labkit gives to other people's tests, and the example project that uses them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit
from labkit.pytest_plugin import Endpoint

DENIED = [{"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}]


def test_each_test_has_an_account_of_its_own(kms_account: Any) -> None:
    """Nothing is in it but what an account begins with."""
    kms = boto3.client("kms")
    assert kms.list_keys()["Keys"] == []
    kms.create_key()


def test_nothing_is_left_of_the_test_before(kms_account: Any) -> None:
    """The key of the test above is in another account."""
    assert boto3.client("kms").list_keys()["Keys"] == []


def test_the_endpoint_is_for_other_processes(kms_endpoint: Endpoint) -> None:
    """A process with those variables finds the test's account; the credentials are in no repr."""
    key = boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]
    code = "import boto3; print(boto3.client('kms').list_keys()['Keys'][0]['KeyId'])"
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    run = subprocess.run(
        [sys.executable, "-c", code], env=plain | kms_endpoint.environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == key
    assert kms_endpoint.environment["AWS_SECRET_ACCESS_KEY"] not in repr(kms_endpoint)
    assert str(kms_endpoint) == kms_endpoint.url


def test_clock_role_second_account_and_trail(
    kms_clock: Any,
    kms_role: Callable[..., Any],
    kms_second_account: Any,
    kms_trail: Callable[[], list[dict[str, Any]]],
    trail: Callable[[], list[dict[str, Any]]],
) -> None:
    """All are of one account, but the second, which sees none of its keys."""
    before = kms_clock.now()
    assert (kms_clock.advance(days=8) - before).days == 8
    boto3.client("kms").create_key()
    assert kms_second_account.client("kms").list_keys()["Keys"] == []
    with pytest.raises(ClientError, match="AccessDenied"):
        kms_role("Intern", policy=DENIED).client("kms").create_key()
    assert kms_trail() == trail()
    assert [each.get("errorCode") for each in trail() if each["eventName"] == "CreateKey"] == [None, "AccessDenied"]


def test_soft_mode_lets_through_and_tells(kms_account: Any) -> None:
    """Inside the block a refusal is noted; after it, it counts again; explain says what happened."""
    intern = kms_account.role("Intern", policy=DENIED).client("kms")
    with kms_account.soft_mode() as soft:
        made = intern.create_key()
        intern.list_keys()
        assert [(each.action, each.code) for each in soft] == [("kms:CreateKey", "AccessDeniedException")]
    with labkit.expect_error("AccessDeniedException") as refused:
        intern.create_key()
    assert str(soft[0]) == str(refused)
    assert len(soft) == 1
    assert "Would have been denied" in repr(soft)
    assert kms_account.explain(made).text.startswith("Soft mode let this through. Without it:\nRefused:")
    with kms_account.soft_mode() as again:
        intern.list_keys()
    assert repr(again) == "Nothing would have been denied."


def test_soft_mode_reaches_what_services_ask(kms_account: Any) -> None:
    """S3 asks KMS for the caller: that refusal is let through as well."""
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    boto3.client("s3").create_bucket(Bucket="notes")
    writer = kms_account.role("Writer", policy=[{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]).client("s3")
    with kms_account.soft_mode() as soft:
        writer.put_object(Bucket="notes", Key="a", Body=b"a", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    assert [each.action for each in soft] == ["kms:GenerateDataKey"]


def test_the_environment_is_as_it_was(checkout: Path, tmp_path: Path) -> None:
    """The example project's tests pass in a pytest of their own, and the plugin loads no account before it is asked."""
    code = "import sys, labkit.pytest_plugin; print([m for m in ('moto', 'boto3') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
    report = tmp_path / "left.json"
    (tmp_path / "test_left.py").write_text(
        "import json, os\n"
        "def test_account(kms_account): assert os.environ['AWS_ENDPOINT_URL'] == kms_account.endpoint\n"
        f"def test_left(): json.dump([n for n in os.environ if n.startswith('AWS_')], open({str(report)!r}, 'w'))\n"
    )
    example = checkout / "examples" / "flask_app"
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:nbval",
        "--noconftest",
        "-c",
        os.devnull,
    ]
    for place in (example, tmp_path):
        run = subprocess.run([*command, "--rootdir", str(place), str(place)], capture_output=True, text=True, env=plain,
                             cwd=place, check=False)  # fmt: skip
        assert run.returncode == 0, run.stdout + run.stderr
    assert json.loads(report.read_text()) == []


def test_the_example_is_found_as_the_docs_say(checkout: Path) -> None:
    """`pytest examples/flask_app` in the checkout, with the checkout's own settings."""
    command = [sys.executable, "-c", "import pytest; raise SystemExit(pytest.console_main())"]
    command += ["-q", "-n0", "--collect-only", "examples/flask_app"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=checkout, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_soft_mode_makes_the_statements_that_an_allow_mends(kms_account: Any) -> None:
    """One for each resource; what a Deny, a boundary or an SCP refuses is told, and is in no statement."""
    kms = boto3.client("kms")
    first, second = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    every = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    job = kms_account.role("Job").client("kms")
    bounded = kms_account.role("Bounded", [every], boundary=[every | {"Action": "kms:List*"}]).client("kms")
    barred = kms_account.role("Barred", [every, every | {"Effect": "Deny", "Action": "kms:Encrypt"}]).client("kms")
    kms_account.organization([every | {"Effect": "Deny", "Action": "kms:ScheduleKeyDeletion"}])
    with kms_account.soft_mode() as soft:
        assert soft.statements() == []
        job.generate_data_key(KeyId=first, KeySpec="AES_256")
        job.describe_key(KeyId=first)
        job.describe_key(KeyId=second)
        bounded.describe_key(KeyId=first)
        barred.encrypt(KeyId=first, Plaintext=b"x")
        job.schedule_key_deletion(KeyId=second)
        assert len(soft.statements()) == 2
    allow = {"Effect": "Allow"}
    needed = [
        allow | {"Action": ["kms:DescribeKey", "kms:GenerateDataKey"], "Resource": first},
        allow | {"Action": ["kms:DescribeKey"], "Resource": second},
    ]
    assert soft.statements() == soft.statements("Job") == needed
    assert soft.statements("Bounded") == []
    assert [(each.caller, each.action) for each in soft if not each.an_allow_helps] == [
        ("Bounded", "kms:DescribeKey"),
        ("Barred", "kms:Encrypt"),
        ("Job", "kms:ScheduleKeyDeletion"),
    ]
    user = kms_account.user("ada").client("kms")
    with kms_account.soft_mode() as both:
        user.list_keys()
        job.list_keys()
    with pytest.raises(labkit.LabError, match="name one of Job, ada"):
        both.statements()
    assert both.statements("ada") == [allow | {"Action": ["kms:ListKeys"], "Resource": "*"}]
