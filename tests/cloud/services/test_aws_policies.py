"""AWS's managed policies are those that moto would have made, id by id, and each account's are its own."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, iam_backends
from moto.moto_api._internal import mock_random

import labkit
from labkit.cloud.moto.aws_policies import init_aws_policies

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.mark.parametrize("region", ["aws", "aws-cn"])
@pytest.mark.usefixtures("lab")
def test_they_are_motos(region: str) -> None:
    """Every member of every policy, after the same draws; and the next draw is the same too."""
    where: dict[str, Any] = {"account_id": "111122223333", "region_name": region}
    mock_random.seed("policies")
    made = init_aws_policies(SimpleNamespace(**where))  # type: ignore[arg-type]
    after = mock_random.getstate()
    mock_random.seed("policies")
    data = json.loads(aws_managed_policies_data)
    motos = [AWSManagedPolicy.from_data(name, data=each, **where) for name, each in data.items()]
    assert mock_random.getstate() == after
    assert [_members(policy) for policy in made] == [_members(policy) for policy in motos]


def _members(policy: Any) -> dict[str, Any]:
    _ = policy.name  # from now on it is whole
    return {
        name: [vars(version) for version in value] if name == "versions" else value
        for name, value in (vars(policy) | {"arn": policy.arn}).items()
        if name != "_origin"
    }


def test_what_changes_is_the_accounts_own(lab: labkit.Lab) -> None:
    """A policy that is attached in one account is not in the next, nor in the next lab."""
    boto3.client("iam").create_group(GroupName="clerks")
    boto3.client("iam").attach_group_policy(GroupName="clerks", PolicyArn=ADMINISTRATOR)
    partner = lab.account("partner")
    counts = [_attachments(boto3.client("iam")), _attachments(partner.client("iam"))]
    labkit.start("service-tests")
    assert [*counts, _attachments(boto3.client("iam"))] == [3, 2, 2]
    first, second = (iam_backends[account]["aws"].managed_policies[ADMINISTRATOR] for account in ("1" * 12, "2" * 12))
    assert first.versions[0] is not second.versions[0]
    assert first.tags is not second.tags


def _attachments(iam: Any) -> int:
    return int(iam.get_policy(PolicyArn=ADMINISTRATOR)["Policy"]["AttachmentCount"])


@pytest.mark.usefixtures("lab")
def test_they_may_be_asked_by_many_threads_at_once() -> None:
    """Each sees a whole policy, and what one has changed stays."""

    def attach(policy: Any) -> tuple[str, str, int]:
        policy.attachment_count = max(policy.attachment_count, 5)
        return policy.name, policy.id, policy.attachment_count

    policies = list(iam_backends["1" * 12]["aws"].managed_policies.values())
    with ThreadPoolExecutor(8) as pool:
        seen = set(pool.map(attach, [policy for policy in policies for _ in range(8)]))
    assert seen == {(policy.name, policy.id, 5) for policy in policies}


@pytest.mark.usefixtures("lab")
def test_a_member_that_is_none_is_an_attribute_error() -> None:
    """As in any object, whether it is whole yet or not."""
    policy = iam_backends["1" * 12]["aws"].managed_policies[ADMINISTRATOR]
    assert not hasattr(policy, "no_such_member")
    assert not hasattr(policy, "_no_such_member")
    assert (policy.name, policy.id[:4]) == ("AdministratorAccess", "ANPA")
