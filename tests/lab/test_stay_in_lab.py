"""Nothing that a simulated lab starts calls AWS: not botocore, not the `aws` command, whatever the service."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest

import labkit
from labkit.accounts import launchers
from labkit.accounts.stay_in_lab import NotInThisLab, redirect

LAB = "http://127.0.0.1:4566"
NAME = "vpce-0a1b2c3d4e5f60718-a67de8d2.kms.us-east-1.vpce.amazonaws.com"


@pytest.fixture
def pointed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is in a lab."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", LAB)


@pytest.mark.parametrize("host", [
    "rds.amazonaws.com", "queue.amazonaws.com", "eu-west-1.queue.amazonaws.com", "health.us-east-1.amazonaws.com",
    "kms.us-east-1.amazonaws.com", "kms.us-east-1.api.aws", "kms.cn-north-1.amazonaws.com.cn", "s3.amazonaws.com",
    "bucket.s3.us-east-1.amazonaws.com", "KMS.US-EAST-1.AMAZONAWS.COM", "kms-fips.us-east-1.amazonaws.com:443",
])  # fmt: skip
def test_names_of_aws_are_refused(pointed: None, host: str) -> None:
    """Whatever the service, the Region or the kind of endpoint."""
    with pytest.raises(NotInThisLab, match="which is AWS itself"):
        redirect(SimpleNamespace(url=f"https://{host}/", headers={}))


@pytest.mark.parametrize(
    "url", [LAB + "/", "http://localhost:1/x", "https://example.com/", "https://amazonaws.com.example/"]
)
def test_other_names_are_left_alone(pointed: None, url: str) -> None:
    """The lab itself, and whatever is not AWS's."""
    request = SimpleNamespace(url=url, headers={})
    redirect(request)
    assert (request.url, request.headers) == (url, {})


def test_without_a_lab_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is in no lab may call AWS."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    redirect(SimpleNamespace(url="https://kms.us-east-1.amazonaws.com/", headers={}))


def test_a_vpc_endpoint_is_the_lab_under_another_name(pointed: None) -> None:
    """The name that AWS gives it stays in the Host header, which is signed."""
    request = SimpleNamespace(url=f"https://{NAME}/?a=1", headers={})
    redirect(request)
    assert request.url == f"{LAB}/?a=1"
    assert request.headers["Host"] == NAME


def test_the_command_and_boto3_stay_in_a_lab() -> None:
    """`aws rds` and `aws sqs` of version 1 have addresses of their own; in a lab they are answered by it."""
    lab = labkit.start("stay-in-lab-tests")
    with pytest.raises(NotInThisLab):
        boto3.client("kms", endpoint_url="https://kms.us-east-1.api.aws").list_keys()
    for words in (["rds", "describe-db-instances"], ["sqs", "list-queues", "--region", "eu-west-1"]):
        done = subprocess.run(["aws", *words], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
    seen = [event["eventName"] for event in lab.events()]
    assert seen[-2:] == ["DescribeDBInstances", "ListQueues"]


def test_the_learners_own_command_stays_theirs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Another `aws` that is found first is not hidden by the lab's."""
    other = tmp_path / "aws"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path), str(launchers.commands()), os.environ["PATH"]]))
    labkit.start("stay-in-lab-tests")
    assert os.environ["PATH"].split(os.pathsep)[0] == str(tmp_path)
