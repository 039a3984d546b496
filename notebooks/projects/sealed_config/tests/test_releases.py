"""Releases: deployed, rotated, rolled back, revoked; and what must not work does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from sealed_config import Releases, open_config, seal_config
from sealed_config.must_not import must_not
from sealed_config.releasing import ALIAS
from sealed_config.rules import MANAGE, deployer_may, function_may, function_trust, key_policy, revoke

import labkit
from labkit.policy import simulate

PACKAGES = Path(__file__).resolve().parents[2]
FIRST = {"user": "report", "host": "db.internal", "password": "first"}


class World:
    """The key, the function `report`, and the clients of the deployer."""

    def __init__(self, lab: labkit.Lab) -> None:
        self.account = lab.account_id
        place = f"arn:aws:lambda:{lab.region}:{lab.account_id}:function:report"
        self.role = lab.role("ReportRole", policy=function_may(), trust=function_trust()).arn
        self.deployer_role = lab.role("Deployer", policy=deployer_may(place))
        self.deployer = self.deployer_role.session()
        self.kms, self.functions = boto3.client("kms"), boto3.client("lambda")
        self.key = self.kms.create_key(Policy=json.dumps(self.policy()))["KeyMetadata"]["Arn"]
        clients = self.deployer.client("kms"), self.deployer.client("lambda")
        self.releases = Releases("report", self.key, *clients)
        self.releases.create(self.role, self.functions)

    def policy(self) -> dict[str, object]:
        return key_policy(self.account, self.deployer_role.arn, {"report": self.role})

    def revoke(self, *releases: str) -> None:
        """Revoke these releases, and no others."""
        policy = revoke(self.policy(), "report", *releases) if releases else self.policy()
        self.kms.put_key_policy(KeyId=self.key, Policy=json.dumps(policy))

    def live(self) -> str:
        """What the live function answers; AWS's code of its error, if it ends with one."""
        answer = self.functions.invoke(FunctionName="report", Qualifier=ALIAS)
        told = json.loads(answer["Payload"].read())
        return str(told["errorMessage"].split("(")[1].split(")")[0] if "FunctionError" in answer else told)


@pytest.fixture(scope="module")
def world(lab: labkit.Lab) -> World:
    """One account for the whole file."""
    return World(lab)


def test_a_life_of_releases(world: World) -> None:
    """Deploy, rotate the password, rotate the key, roll back, revoke, go on."""
    world.releases.deploy("1", FIRST)
    assert world.live() == "1: report signs in at db.internal, 5 characters"
    world.releases.deploy("2", FIRST | {"password": "another one"})
    assert world.live() == "2: report signs in at db.internal, 11 characters"
    world.kms.rotate_key_on_demand(KeyId=world.key)
    world.releases.roll_back("1")
    assert world.live() == "1: report signs in at db.internal, 5 characters"
    world.revoke("1")
    assert world.live() == "AccessDeniedException"
    world.releases.roll_back("2")
    assert world.live().startswith("2: ")
    world.releases.deploy("1", FIRST)  # under its old name, it stays revoked
    assert world.live() == "AccessDeniedException"
    world.revoke()
    assert world.live().startswith("1: ")


def test_what_must_not_work_does_not(world: World) -> None:
    """The list that the notebook shows; what is live goes on."""
    world.releases.deploy("3", FIRST)
    other = Releases("other", world.key, world.kms, world.functions)
    other.create(world.role, world.functions)
    tried = must_not("report", "other", world.role, world.key, world.deployer.client, boto3.client)
    assert {each.what: each.outcome() for each in tried} == {each.what: each.error for each in tried}
    assert world.live().startswith("3: ")


def test_a_release_that_is_not_there_is_told(world: World) -> None:
    """And the alias stays where it is."""
    with pytest.raises(LookupError, match="report has no release 2019"):
        world.releases.roll_back("2019")


def test_settings_come_back_as_they_were(lab: labkit.Lab) -> None:
    """In their own context, and in no other one."""
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    sealed = seal_config(kms, key, "f", "1", FIRST | {"umlaut": "ü"})
    assert open_config(kms, key, "f", "1", sealed) == FIRST | {"umlaut": "ü"}
    for function, release in (("f", "2"), ("g", "1"), ("1", "f")):
        with labkit.expect_error("InvalidCiphertextException"):
            open_config(kms, key, function, release, sealed)


def test_the_account_may_manage_the_key_and_not_use_it() -> None:
    """None of what is handed to the account's IAM policies encrypts, decrypts, signs or grants."""
    uses = ("Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "Sign", "Verify", "CreateGrant", "Derive", "*")
    assert [each for each in MANAGE if each.removeprefix("kms:").startswith(uses)] == []


def test_a_deployer_attaches_no_layer() -> None:
    """A layer is code, and code acts as the function's role."""
    where = "arn:aws:lambda:us-east-1:111122223333:function:report"
    policy = {"Version": "2012-10-17", "Statement": deployer_may(where)}
    layer = {"lambda:Layer": "arn:aws:lambda:us-east-1:111122223333:layer:x:1"}
    may = [
        simulate(
            "arn:aws:iam::111122223333:role/D", f"lambda:UpdateFunction{what}", where, identity=policy, context=more
        )
        for what, more in (("Configuration", {}), ("Configuration", layer), ("Code", {}))
    ]
    assert [each.allowed for each in may] == [True, False, False]


def test_the_commands(world: World) -> None:
    """In a process of their own, over HTTP, as the deployer."""
    settings = os.environ | {"PYTHONPATH": str(PACKAGES)}
    settings |= {name.upper(): value for name, value in world.deployer._keys.items()}

    def command(*words: str, told: str = "") -> str:
        line = [sys.executable, "-m", "sealed_config", *words, "--key", world.key]
        done = subprocess.run(line, env=settings, input=told, capture_output=True, text=True, timeout=60)
        assert done.stderr == ""
        return done.stdout

    version = command("deploy", "report", "by-command", told=json.dumps(FIRST)).strip()
    assert world.live().startswith("by-command: ")
    assert f"{version} by-command\n" in command("list", "report")
