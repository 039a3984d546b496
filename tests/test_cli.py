"""The labkit command: what it prints, how it stops, and what it says to arguments that cannot be used."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest

from labkit import __version__, cli, doctor
from labkit.commands import serve

SECONDS = 30
Start = Callable[..., subprocess.Popen]


@pytest.fixture
def start(checkout: Path) -> Iterator[Start]:
    """Starts `labkit …` processes, and ends those that a test leaves."""
    running: list[subprocess.Popen] = []

    def begin(*arguments: str) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-m", "labkit", *arguments],
            cwd=checkout,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def exported(text: str) -> dict[str, str]:
    """The variables that `export NAME=value` lines set."""
    return dict(re.findall(r"^export (\w+)=(\S+)$", text, re.MULTILINE))


def read_exports(process: subprocess.Popen) -> str:
    """What a person sees before the account waits for calls."""
    lines = []
    while not lines or "Ctrl-C" not in lines[-1]:
        lines.append(process.stdout.readline())
        assert lines[-1], process.stderr.read()
    return "".join(lines)


def test_json_is_the_first_line_and_the_account_answers_at_once(start: Start) -> None:
    """With --json the first line is one JSON object, and the keys in it work the moment it is there."""
    process = start("serve", "--json", "--accounts", "2")
    told = json.loads(process.stdout.readline())
    assert set(told) == {"endpoint", "region", "accounts", "control_token", "note"}
    assert told["note"] == "Everything in these accounts is in memory, and gone when this process ends."
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", told["endpoint"])
    assert told["region"] == "us-east-1"
    assert [set(each) for each in told["accounts"]] == [{"account_id", "access_key_id", "secret_access_key"}] * 2
    for account in told["accounts"]:
        sts = boto3.client(
            "sts",
            endpoint_url=told["endpoint"],
            region_name=told["region"],
            aws_access_key_id=account["access_key_id"],
            aws_secret_access_key=account["secret_access_key"],
        )
        assert sts.get_caller_identity()["Account"] == account["account_id"]
    process.send_signal(signal.SIGTERM)
    rest, errors = process.communicate(timeout=SECONDS)
    assert (process.returncode, rest, errors) == (0, "", "")


def test_the_same_seed_serves_the_same_accounts(start: Start) -> None:
    """Two processes with one seed hand out the same keys; another seed, others."""
    told = []
    for seed in ("one", "one", "two"):
        process = start("serve", "--json", "--seed", seed)
        told.append(json.loads(process.stdout.readline())["accounts"])
    assert told[0] == told[1] != told[2]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_with_success(start: Start, number: int) -> None:
    """Ctrl-C and SIGTERM end the account quietly, exit status 0, and its port is free again."""
    process = start("serve")
    endpoint = exported(read_exports(process))["AWS_ENDPOINT_URL"]
    process.send_signal(number)
    _, errors = process.communicate(timeout=SECONDS)
    assert (process.returncode, errors) == (0, "")
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(endpoint, timeout=2)


def test_the_lines_to_copy_outrank_a_config_file(start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A config file that ignores configured endpoints does not lead a terminal with the printed variables to AWS."""
    (tmp_path / "config").write_text("[default]\nignore_configured_endpoint_urls = true\n")
    printed = exported(read_exports(start("serve")))
    for name, value in {**printed, "AWS_CONFIG_FILE": str(tmp_path / "config")}.items():
        monkeypatch.setenv(name, value)
    assert boto3.Session().client("kms").meta.endpoint_url == printed["AWS_ENDPOINT_URL"]


def test_the_lines_to_copy_are_all_that_boto3_needs(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """With only the variables printed, plain boto3 clients work."""
    printed = exported(read_exports(start("serve", "--region", "eu-west-3")))
    assert set(printed) == {
        "AWS_ENDPOINT_URL",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "LABKIT_ENDPOINT",
        "LABKIT_CONTROL_TOKEN",
    }
    for name, value in printed.items():
        monkeypatch.setenv(name, value)
    session = boto3.Session()
    key = session.client("kms").create_key()["KeyMetadata"]
    assert key["Arn"].startswith("arn:aws:kms:eu-west-3:111122223333:key/")


@pytest.mark.parametrize("version", ["aws_v1", "aws_v2"])
def test_the_aws_command_works_in_another_terminal(
    start: Start, version: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """`aws kms` encrypts and decrypts with the printed variables, in both versions of the AWS CLI.

    Debian's version 2.9.19 does not read AWS_ENDPOINT_URL (2.13.0 was the first that did): it is told.
    """
    aws = request.getfixturevalue(version)
    printed = exported(read_exports(start("serve")))
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(tmp_path), **printed}
    endpoint = ["--endpoint-url", printed["AWS_ENDPOINT_URL"]] if version == "aws_v2" else []

    def run(*arguments: str) -> str:
        command = [aws, "kms", *endpoint, *arguments, "--output", "text"]
        answer = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout.strip()

    (tmp_path / "secret.txt").write_text("meet at nine")
    key = run("create-key", "--query", "KeyMetadata.KeyId")
    sealed = run("encrypt", "--key-id", key, "--plaintext", "fileb://secret.txt", "--query", "CiphertextBlob")
    (tmp_path / "secret.b64").write_text(sealed)
    with (tmp_path / "secret.enc").open("wb") as binary:
        subprocess.run(["base64", "--decode", "secret.b64"], cwd=tmp_path, stdout=binary, check=True)
    opened = run("decrypt", "--ciphertext-blob", "fileb://secret.enc", "--query", "Plaintext")
    assert subprocess.run(["base64", "--decode"], input=opened, capture_output=True, text=True).stdout == "meet at nine"


def test_the_doctor_finds_the_account(start: Start) -> None:
    """With LABKIT_ENDPOINT naming a running account, `labkit doctor` says that it answers, or what is missing."""
    told = json.loads(start("serve", "--json").stdout.readline())
    settings = {"LABKIT_ENDPOINT": told["endpoint"]}
    (found,) = doctor.endpoint(settings)
    assert (found.status, "LABKIT_CONTROL_TOKEN" in found.mend) == ("wrong", True)
    (found,) = doctor.endpoint(settings | {"LABKIT_CONTROL_TOKEN": told["control_token"]})
    assert found.status == "right"


def test_a_port_in_use_gives_one_line(start: Start) -> None:
    """Exit status 2 and a sentence that says which port, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start("serve", "--port", str(port))
        output, errors = process.communicate(timeout=SECONDS)
    assert (process.returncode, output) == (2, "")
    assert errors.count("\n") == 1
    assert str(port) in errors


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["serve", "--port", "http"], "a port is a number from 0 to 65535, not 'http'"),
        (["serve", "--port", "65536"], "a port is a number from 0 to 65535, not '65536'"),
        (["serve", "--port", "-1"], "a port is a number from 0 to 65535, not '-1'"),
        (["serve", "--accounts", "0"], "accounts are counted from 1 to 100, not '0'"),
        (["serve", "--accounts", "many"], "accounts are counted from 1 to 100, not 'many'"),
        (["serve", "--region", "atlantis-1"], "'atlantis-1' is no AWS Region with KMS"),
        ([], "the following arguments are required: COMMAND"),
        (["serv"], "invalid choice: 'serv'"),
    ],
)
def test_bad_arguments_are_explained(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each wrong argument gives a usage error in the user's words."""
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
    assert says in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`labkit --version` names the version that the package has."""
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"labkit {__version__}\n"


def test_region_names_of_every_partition_are_taken() -> None:
    """China and GovCloud have Regions with KMS too."""
    assert [serve.region_name(name) for name in ("eu-west-3", "cn-north-1", "us-gov-west-1")]
