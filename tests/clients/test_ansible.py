"""Ansible's `amazon.aws.kms_key` and `kms_key_info` on the account: changed, then unchanged, and a key's whole life.

Ansible is installed by tools/make_clients.py, the first time it is needed.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import boto3
import pytest

import labkit
from tools.make_clients import ansible

Play = Callable[[Path], str]
QUIET = {"ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false", "ANSIBLE_NOCOLOR": "true"}


@pytest.fixture(scope="module")
def lab() -> labkit.Lab:
    """An account for the whole file."""
    return labkit.start("ansible")


@pytest.fixture(scope="module")
def play(lab: labkit.Lab, tmp_path_factory: pytest.TempPathFactory) -> Play:
    """`play(playbook)` runs it on the account; the last line of the recap."""
    commands, home = ansible(), tmp_path_factory.mktemp("ansible")
    settings = {"HOME": str(home), "ANSIBLE_HOME": str(home), **QUIET}

    def run(playbook: Path) -> str:
        command = [str(commands / "ansible-playbook"), str(playbook)]
        variables = os.environ | settings
        done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        counts = dict(re.findall(r"(\w+)=(\d+)", done.stdout.splitlines()[-2] + done.stdout.splitlines()[-1]))
        return f"changed={counts['changed']} failed={counts['failed']}"

    return run


def test_the_example_changes_nothing_the_second_time(play: Play, lab: labkit.Lab, checkout: Path) -> None:
    """The role, the key with its alias, tags, rotation and grant; then the same again."""
    playbook = checkout / "examples" / "ansible" / "keys.yml"
    assert play(playbook) == "changed=2 failed=0"
    assert play(playbook) == "changed=0 failed=0"
    kms = boto3.client("kms")
    key = kms.describe_key(KeyId="alias/payroll")["KeyMetadata"]["KeyId"]
    (grant,) = kms.list_grants(KeyId=key)["Grants"]
    assert grant["Constraints"] == {"EncryptionContextEquals": {"department": "payroll"}}
    assert grant["GranteePrincipal"] == f"arn:aws:iam::{lab.account_id}:role/Clerk"


def test_a_keys_life(play: Play, lab: labkit.Lab, checkout: Path) -> None:
    """Check mode, policy, tags, grants, aliases, state, rotation, deletion and its end: the playbook asserts each."""
    assert play(checkout / "tests" / "clients" / "kms_key.yml").endswith("failed=0")
    kms = boto3.client("kms")
    about = kms.describe_key(KeyId="alias/life")["KeyMetadata"]
    assert about["KeyState"] == "PendingDeletion"
    assert timedelta(days=6) < about["DeletionDate"] - lab.clock.now() <= timedelta(days=7)
    agents = {event["userAgent"].split()[0] for event in lab.events() if event["eventName"] == "ScheduleKeyDeletion"}
    assert all(agent.startswith("APN/") or "Ansible" in agent or "Boto3" in agent for agent in agents)
