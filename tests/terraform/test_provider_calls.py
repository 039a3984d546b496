"""The calls that Terraform's AWS provider really made, made again: each answer is the one that the provider has read.

`python -m tools.run_terraform --record` has written them, with the real provider; see docs/clients.md. The provider
found no drift in these answers, changed and imported what it had made, and destroyed it.
"""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tools.recorded_calls import read
from tools.run_terraform import (
    BESIDE,
    CALLS,
    CONFIGURATIONS,
    account,
    actions_of,
    credentials,
    fingerprint,
    key_store_proxy,
)

from .replay import Replay

MATERIAL = base64.b64decode("Wblj06fduthWggmsT0cLVoIMOkeLbc2kVfMud77i/JY=")
RECORDINGS = sorted(CALLS.glob("*.jsonl"))


@pytest.mark.parametrize("file", RECORDINGS, ids=lambda file: file.stem)
def test_the_account_answers_as_it_answered_the_provider(file: Path, checkout: Path) -> None:
    """As a role that is allowed what policy.json allows, and no more."""
    about, calls = read(file)
    policy = (checkout / about["configuration"] / "policy.json").read_text(encoding="utf-8")
    with account() as (server, _):
        proxy = key_store_proxy(server.cloud)
        given = credentials(server, policy)
        session = boto3.Session(given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"], given["AWS_SESSION_TOKEN"])

        @cache
        def client(service: str, region: str) -> Any:
            once = Config(retries={"total_max_attempts": 1})
            return session.client(service, region_name=region, endpoint_url=server.endpoint, config=once)

        replay = Replay(client, MATERIAL)
        for call in calls:
            replay.make(call)
        proxy.stop()
    assert replay.wrong == []
    assert len(calls) > 10


@pytest.mark.parametrize("file", RECORDINGS, ids=lambda file: file.stem)
def test_a_policy_allows_what_was_asked_for(file: Path, checkout: Path) -> None:
    """Each action of policy.json was asked for by some call, and each that was asked for stands there."""
    about, calls = read(file)
    allowed = actions_of((checkout / about["configuration"] / "policy.json").read_text(encoding="utf-8"))
    asked = {need for call in calls for need in call.needs} | set(about["inner"])
    assert allowed - BESIDE == asked - BESIDE
    assert about["provider"] == {"registry.terraform.io/hashicorp/aws": "5.100.0"}


def test_every_configuration_was_recorded(checkout: Path) -> None:
    """So that a changed configuration is run again: the recording has the hash of its files."""
    folders = [each.parent for each in CONFIGURATIONS.glob("*/main.tf")] + [checkout / "examples" / "terraform"]
    assert {each.name for each in folders} == {file.stem for file in RECORDINGS}
    for file in RECORDINGS:
        about, _ = read(file)
        assert about["sha256"] == fingerprint(checkout / about["configuration"]), f"run it again: {file.stem}"


def test_what_the_provider_waits_for() -> None:
    """It asks until the same answer came so many times running; each time the account gives the new one."""
    _, calls = read(CALLS / "keys.jsonl")
    waits = [call for call in calls if call.service == "kms" and call.times >= 5]
    assert {"DescribeKey", "GetKeyPolicy", "ListResourceTags"} <= {call.operation for call in waits}
    disabled = [call.times for call in waits if (call.answer or {}).get("KeyMetadata", {}).get("Enabled") is False]
    assert max(disabled) >= 15
