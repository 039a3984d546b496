"""The `aws` command of a run: first on PATH, through the same hooks, and nothing without a run."""

from __future__ import annotations

import os
import subprocess

import boto3
import pytest

from labkit.accounts.aws import hooks
from labkit.accounts.aws.hooks.shim import REFUSED
from labkit.accounts.aws.ledger import open_ledger
from labkit.accounts.aws.run import Run, begin
from labkit.cli import main

from .conftest import World

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the launcher is another one on Windows")


@pytest.fixture(scope="module")
def run(world: World) -> Run:
    """A run as `labkit.start` begins one, at the account taken for AWS."""
    os.environ["LABKIT_STANDIN_ENDPOINT"] = world.lab.endpoint
    made = begin(world.lab.account_id, "us-east-1", "02-create-keys", world.within)
    hooks.install(made, open_ledger(made.folder))
    return made


def _shell(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-c", text], capture_output=True, text=True, check=False)


def test_what_the_aws_command_makes_is_in_the_ledger(run: Run, world: World) -> None:
    """A key, an alias and a look at it, as in a cell; the account has the run's name."""
    told = _shell(
        'key=$(aws kms create-key --query KeyMetadata.KeyId --output text) && echo "$key" && '
        'aws kms create-alias --alias-name alias/by-hand --target-key-id "$key" && '
        "aws kms list-aliases --query 'Aliases[].AliasName' --output text"
    )
    key, names = told.stdout.split("\n")[:2]
    assert [each for each in names.split() if not each.startswith("alias/aws/")] == ["alias/by-hand"], told.stderr
    made = {(each.operation, each.state, each.identifier) for each in open_ledger(run.folder).entries()}
    assert made == {
        ("CreateKey", "made", key),
        ("CreateAlias", "made", f"alias/by-hand-{run.id}"),
    }
    hooks.uninstall()
    assert f"alias/by-hand-{run.id}" in {each["AliasName"] for each in boto3.client("kms").list_aliases()["Aliases"]}


def test_without_a_run_nothing_is_sent(run: Run, world: World) -> None:
    """LABKIT_RUN is empty, or names a folder that is none; an unknown creating call."""
    hooks.install(run, open_ledger(run.folder))
    own = run.folder / "bin" / "aws"
    for setting in ("LABKIT_RUN=", f"LABKIT_RUN={world.within}"):
        told = _shell(f"{setting} '{own}' kms create-key")
        assert told.returncode == REFUSED and "Nothing was sent" in told.stderr
    told = _shell("aws cloudformation create-stack --stack-name x --template-body '{}'")
    assert told.returncode != 0 and "Not sent" in told.stderr
    assert _shell("command -v aws").stdout.strip() == str(own)
    hooks.uninstall()
    assert _shell("command -v aws").stdout.strip() != str(own)


def test_the_command_cleans_up(run: Run, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """`labkit clean-up` finds the run on this machine, by LABKIT_HOME; a second time it is harmless."""
    hooks.uninstall()
    assert main(["clean-up"]) == 0
    assert "nothing to clean up" in capsys.readouterr().out
    os.environ["LABKIT_HOME"] = str(world.within)
    assert main(["clean-up", "--dry-run"]) == 1
    assert main(["clean-up", "--run", run.id, "--yes"]) == 3
    assert "left until" in capsys.readouterr().out
    assert main(["clean-up", "--yes"]) == 3
    assert main(["clean-up", "--run", "nonsense-"]) == 2
    os.environ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
    assert main(["clean-up", "--yes"]) == 2
    assert "AWS_ENDPOINT_URL" in capsys.readouterr().err
