"""Ten thousand things of others in the account: clean-up reads its way through all pages, and touches none of them."""

from __future__ import annotations

import copy
from typing import Any

import boto3
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from labkit.accounts.local import LocalCloud

from .conftest import World

REGION = "us-east-1"


def _state(account: str) -> dict[str, Any]:
    """What the account holds, straight from its stores."""
    server = LocalCloud._server
    assert server is not None
    return {
        "topics": set(sns_backends[account][REGION].topics),
        "groups": set(logs_backends[account][REGION].groups),
        "users": set(iam_backends[account]["aws"].users),
        "queues": set(sqs_backends[account][REGION].queues),
        "keys": {each.id: each.deletion_date is not None for each in (*server.cloud.kms.keys(),)},
    }


def test_ten_thousand_things_of_others_are_untouched(world: World) -> None:
    """Their names are like the run's, and some carry tags; each list has many pages."""
    account = world.lab.account_id
    kms = boto3.client("kms")
    key = kms.create_key(Tags=[{"TagKey": "labkit:run", "TagValue": "another1"}])["KeyMetadata"]["KeyId"]
    server = LocalCloud._server
    assert server is not None
    store = server.cloud.kms._store
    mother = store.key(account, REGION, key)
    for number in range(2000):
        other = copy.copy(mother)
        assert other is not None
        other.id = f"{number:08x}-0000-4000-8000-000000000000"
        store.in_region(account, REGION).keys[other.id] = other
    for number in range(3000):
        sns_backends[account][REGION].create_topic(f"few-{number}")
        logs_backends[account][REGION].create_log_group(f"few-{number}-rabc234", {})
    for number in range(1000):
        iam_backends[account]["aws"].create_user(REGION, f"rabc2345-{number}", "/", [])
        sqs_backends[account][REGION].create_queue(f"few-rabc2345x{number}")
    before = _state(account)
    assert sum(map(len, before.values())) > 10000
    world.install()
    mine = boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]
    boto3.client("sns").create_topic(Name="few-1")
    boto3.client("logs").create_log_group(logGroupName="few-1")
    boto3.client("iam").create_user(UserName="few")
    boto3.client("sqs").create_queue(QueueName="few-1")
    assert len(_state(account)["topics"]) == 3001
    assert world.clean() == 3, "\n".join(world.said)
    after = _state(account)
    assert after.pop("keys") == before.pop("keys") | {mine: True}
    assert after == before
