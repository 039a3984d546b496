"""Nothing that a simulated lab starts calls AWS: not botocore, not the `aws` command, whatever the service."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.handlers
import botocore.session
import pytest
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

import labkit
from labkit.accounts import launchers
from labkit.cloud.core.stay_in_lab import NotInThisLab, StayInLab, guard, let_go

LAB = "http://127.0.0.1:4566"
NAME = "vpce-0a1b2c3d4e5f60718-a67de8d2.kms.us-east-1.vpce.amazonaws.com"


STAY = StayInLab(LAB)


def asked(url: str) -> SimpleNamespace:
    """A request as botocore sends it."""
    return SimpleNamespace(url=url, headers={})


@pytest.mark.parametrize("rule", [STAY, StayInLab("")], ids=["with AWS_ENDPOINT_URL", "without"])
@pytest.mark.parametrize("host", [
    "rds.amazonaws.com", "queue.amazonaws.com", "eu-west-1.queue.amazonaws.com", "health.us-east-1.amazonaws.com",
    "kms.us-east-1.amazonaws.com", "kms.us-east-1.api.aws", "kms.cn-north-1.amazonaws.com.cn", "s3.amazonaws.com",
    "bucket.s3.us-east-1.amazonaws.com", "KMS.US-EAST-1.AMAZONAWS.COM", "kms-fips.us-east-1.amazonaws.com:443",
    "kms.us-east-1.amazonaws.com.", "127.0.0.1@kms.us-east-1.amazonaws.com", "169.254.169.254", "[fd00:ec2::254]",
    "52.94.1.1", "kms.corp.example", "localhost.example", "127.0.0.1.example", "kms.us-isof-south-1.csp.hci.ic.gov", "",
])  # fmt: skip
def test_other_machines_are_refused(rule: StayInLab, host: str) -> None:
    """AWS's names and addresses, a name of one's own that may lead to AWS, and everything else outside."""
    for scheme in ("https", "http"):
        with pytest.raises(NotInThisLab, match="calls its own account only; nothing was sent"):
            rule(asked(f"{scheme}://{host}/"))


@pytest.mark.parametrize("url", [
    LAB + "/", "http://localhost:1/x", "http://127.0.0.2:1/", "http://[::1]:9/", "http://b.s3.localhost:4566/",
])  # fmt: skip
def test_this_machine_is_left_alone(url: str) -> None:
    """The lab itself, and other programs here."""
    request = asked(url)
    STAY(request)
    assert (request.url, request.headers) == (url, {})


def test_what_is_said_helps() -> None:
    """Of a machine's credentials, that they are missing; of an address, which settings lead there."""
    metadata = dict.fromkeys(("169.254.169.254", "169.254.170.2", "[fd00:ec2::254]"), "AWS_ACCESS_KEY_ID")
    for host, told in (metadata | {"kms.us-east-1.amazonaws.com": "endpoint_url"}).items():
        with pytest.raises(NotInThisLab, match=told):
            STAY(asked(f"http://{host}/latest/meta-data/"))


def test_a_lab_on_another_machine_is_the_lab() -> None:
    """Where `labkit serve` runs elsewhere, its address may be called, and no other."""
    rule = StayInLab("https://lab.school.example:4566")
    rule(asked("https://lab.school.example:4566/"))
    with pytest.raises(NotInThisLab):
        rule(asked("https://kms.school.example/"))


def test_without_a_lab_nothing_happens() -> None:
    """A process that is in no lab, or has left it, may call AWS: what botocore had is there again."""
    before = (list(botocore.handlers.BUILTIN_HANDLERS), URLLib3Session.send)
    let_go()
    free = (list(botocore.handlers.BUILTIN_HANDLERS), URLLib3Session.send)
    assert not any(isinstance(handler, StayInLab) for _, handler, *_ in free[0])
    guard(LAB)
    guard(LAB)
    let_go()
    assert (list(botocore.handlers.BUILTIN_HANDLERS), URLLib3Session.send) == free
    botocore.handlers.BUILTIN_HANDLERS[:], URLLib3Session.send = before


def test_a_vpc_endpoint_is_the_lab_under_another_name() -> None:
    """The name that AWS gives it stays in the Host header, which is signed."""
    request = asked(f"https://{NAME}/?a=1")
    STAY(request)
    assert request.url == f"{LAB}/?a=1"
    assert request.headers["Host"] == NAME
    with pytest.raises(NotInThisLab):
        StayInLab("")(asked(f"https://{NAME}/"))


AWS = "https://kms.us-east-1.amazonaws.com"
KEYS = {"region_name": "us-east-1", "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "s"}


def test_no_session_gets_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """One from before the lab, one of botocore's own, one without handlers; with and without AWS_ENDPOINT_URL."""
    let_go()
    early = boto3.session.Session().client("kms", endpoint_url=AWS, **KEYS)
    lab = labkit.start("stay-in-lab-tests")
    for variable in ("stands", "taken away"):
        if variable == "taken away":
            monkeypatch.delenv("AWS_ENDPOINT_URL")
        own = botocore.session.Session()
        bare = botocore.session.Session(include_builtin_handlers=False)
        made = [early, *(each.create_client("kms", endpoint_url=AWS, **KEYS) for each in (own, bare))]
        made += [boto3.client("kms", endpoint_url=AWS), boto3.session.Session().client("kms", endpoint_url=AWS)]
        made += [own.create_client("kms", **KEYS)] if variable == "taken away" else []
        for client in made:
            with pytest.raises(NotInThisLab):
                client.list_keys()
    with pytest.raises(NotInThisLab):
        URLLib3Session().send(AWSRequest("GET", f"{AWS}/").prepare())
    assert lab.events() == [] or lab.events()[-1]["eventName"] == "AssumeRole"


def test_commands_and_functions_stay_too() -> None:
    """`aws` where the variable is taken away or an address is given; a function's own client for AWS."""
    lab = labkit.start("stay-in-lab-tests")
    without = {name: value for name, value in os.environ.items() if name != "AWS_ENDPOINT_URL"}
    for words, env in (
        (["kms", "list-keys"], without),
        (["kms", "list-keys", "--endpoint-url", AWS], dict(os.environ)),
    ):
        done = subprocess.run(["aws", *words], capture_output=True, text=True, timeout=60, check=False, env=env)
        assert done.returncode != 0
        assert "calls its own account only" in done.stderr
    code = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    try:\n"
        f"        boto3.client('kms', endpoint_url={AWS!r}).list_keys()\n"
        "    except Exception as e:\n"
        "        return [type(e).__name__, len(boto3.client('sts').get_caller_identity()['Account'])]\n"
    )
    assert run_function(lab, code) == ["NotInThisLab", 12]


def run_function(lab: labkit.Lab, code: str) -> Any:
    """Make a Lambda function of this code, and invoke it."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr("index.py", code)
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    role = boto3.client("iam").create_role(RoleName="Runs", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    client = boto3.client("lambda")
    client.create_function(FunctionName="f", Runtime="python3.12", Role=role, Handler="index.handler", Timeout=60,
                           Code={"ZipFile": packed.getvalue()})  # fmt: skip
    return json.loads(client.invoke(FunctionName="f")["Payload"].read())


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
