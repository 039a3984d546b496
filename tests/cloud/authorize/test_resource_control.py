"""Resource control policies at work: who is refused, what they leave alone, and what Organizations refuses itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit
from labkit.organization import Organization

RCP = "RESOURCE_CONTROL_POLICY"
SERVICES = ("kms", "s3", "secretsmanager", "sts")
FULL = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


def policy(*statements: dict[str, Any]) -> str:
    """Write a policy of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@dataclass(frozen=True)
class World:
    """An account whose every resource is open to everybody, its organization under one RCP, and a partner outside."""

    lab: labkit.Lab
    org: Organization
    organizations: Any
    rcp: str
    arn: str
    key: str
    bucket: str
    secret: str
    role: str

    def calls(self, client: Callable[[str], Any]) -> dict[str, Callable[[], Any]]:
        """Give one call a service, made by these clients."""
        return {
            "kms": lambda: client("kms").describe_key(KeyId=self.key),
            "s3": lambda: client("s3").get_object(Bucket=self.bucket, Key="a"),
            "secretsmanager": lambda: client("secretsmanager").get_secret_value(SecretId=self.secret),
            "sts": lambda: client("sts").assume_role(RoleArn=self.role, RoleSessionName="visit"),
        }


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One account for all: everything is open, and only the RCP keeps strangers out."""
    lab = labkit.start("resource-control-tests")
    kms, s3 = boto3.client("kms"), boto3.client("s3")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.put_key_policy(KeyId=key, Policy=policy(FULL))
    s3.create_bucket(Bucket="papers")
    s3.put_object(Bucket="papers", Key="a", Body=b"a")
    s3.delete_public_access_block(Bucket="papers")
    s3.put_bucket_policy(Bucket="papers", Policy=policy(FULL | {"Action": "s3:*", "Resource": "arn:aws:s3:::papers/*"}))
    secret = boto3.client("secretsmanager").create_secret(Name="s", SecretString="x", KmsKeyId=key)["ARN"]
    open_secret = policy(FULL | {"Action": "secretsmanager:*"})
    boto3.client("secretsmanager").put_resource_policy(SecretId=secret, ResourcePolicy=open_secret)
    role = lab.role("Open", trust=[{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]).arn
    org = lab.organization()
    organizations = org.management.client("organizations")
    perimeter = {
        "Sid": "OnlyUs",
        "Effect": "Deny",
        "Principal": "*",
        "Action": [f"{service}:*" for service in SERVICES],
        "Resource": "*",
        "Condition": {
            "StringNotEqualsIfExists": {"aws:PrincipalOrgID": org.id},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        },
    }
    organizations.enable_policy_type(RootId=org.root_id, PolicyType=RCP)
    made = organizations.create_policy(Name="perimeter", Description="-", Type=RCP, Content=policy(perimeter))
    summary = made["Policy"]["PolicySummary"]
    organizations.attach_policy(PolicyId=summary["Id"], TargetId=org.root_id)
    yield World(lab, org, organizations, summary["Id"], summary["Arn"], key, "papers", secret, role)


@pytest.mark.parametrize("service", SERVICES)
def test_a_stranger_is_refused_and_the_account_itself_is_not(world: World, service: str) -> None:
    """Each resource is open to everybody; the RCP alone refuses, and only those outside the organization."""
    partner = world.lab.account("partner")
    with labkit.expect_error("AccessDenied" if service in ("s3", "sts") else "AccessDeniedException") as refused:
        world.calls(partner.client)[service]()
    explained = world.lab.explain(refused)
    assert "'OnlyUs' of perimeter denies it" in explained.text
    assert "remove the Deny 'OnlyUs' from perimeter" in explained.text
    assert explained.text.index("Resource control policies: denies") < explained.text.index(
        "Resource control policies: a"
    )
    world.calls(world.org.management.client)[service]()
    world.calls(boto3.client)[service]()


def test_resources_of_the_management_account_are_out_of_its_reach(world: World) -> None:
    """The same open key over there lets the stranger in."""
    kms = world.org.management.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.put_key_policy(KeyId=key, Policy=policy(FULL))
    assert world.lab.account("partner").client("kms").describe_key(KeyId=key)["KeyMetadata"]["Arn"] == key


def test_the_refusal_names_the_policy_to_callers_of_the_organization(world: World) -> None:
    """An RCP of the account stops its own administrator; an AWS managed key is left alone; then it is taken away."""
    made = world.organizations.create_policy(
        Name="keep", Description="-", Type=RCP,
        Content=policy({"Effect": "Deny", "Principal": "*", "Action": "kms:D*", "Resource": "*"}),
    )["Policy"]["PolicySummary"]  # fmt: skip
    world.organizations.attach_policy(PolicyId=made["Id"], TargetId=world.lab.account_id)
    kms = boto3.client("kms")
    with labkit.expect_error("AccessDeniedException") as refused:
        kms.disable_key(KeyId=world.key)
    assert refused.message.endswith(f"with an explicit deny in a resource control policy: {made['Arn']}")
    boto3.client("s3").put_object(Bucket="papers", Key="m", Body=b"m", ServerSideEncryption="aws:kms")
    assert boto3.client("s3").get_object(Bucket="papers", Key="m")["Body"].read() == b"m"  # kms:Decrypt of aws/s3
    world.organizations.detach_policy(PolicyId=made["Id"], TargetId=world.lab.account_id)
    kms.disable_key(KeyId=world.key)
    kms.enable_key(KeyId=world.key)


def test_the_records_show_who_was_refused(world: World) -> None:
    """The stranger's own trail has the refusal; the organization's calls are in the management account's."""
    mine = [event for event in world.lab.events() if event["eventName"] == "DescribeKey" and "errorCode" in event]
    assert mine == []
    names = [event["eventName"] for event in world.lab._remote.get("events", account=world.org.management.account_id)]
    assert {"EnablePolicyType", "CreatePolicy", "AttachPolicy"} <= set(names)


DENY = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}
MALFORMED = {
    "an Allow": DENY | {"Effect": "Allow"},
    "what RCPFullAWSAccess says": FULL,
    "every action": DENY | {"Action": "*"},
    "any service": DENY | {"Action": ["kms:*", "*:*"]},
    "a principal": DENY | {"Principal": {"AWS": "*"}},
    "no principal": {name: value for name, value in DENY.items() if name != "Principal"},
    "NotPrincipal": {"Effect": "Deny", "NotPrincipal": "*", "Action": "kms:*", "Resource": "*"},
    "NotAction": {"Effect": "Deny", "Principal": "*", "NotAction": "kms:*", "Resource": "*"},
    "no resource": {"Effect": "Deny", "Principal": "*", "Action": "kms:*"},
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_rcp_is_refused(world: World, name: str) -> None:
    """When it is made and when it is changed."""
    content = policy(MALFORMED[name])
    for call in (
        lambda: world.organizations.create_policy(Name="bad", Description="-", Type=RCP, Content=content),
        lambda: world.organizations.update_policy(PolicyId=world.rcp, Content=content),
    ):
        with labkit.expect_error("MalformedPolicyDocumentException") as refused:
            call()
        told = "The provided policy document does not meet the requirements of the specified policy type."
        assert refused.message.startswith(told)


def test_limits_of_organizations(world: World) -> None:
    """Size, number at one place, twice the same, RCPFullAWSAccess, and a policy type that is not enabled."""
    client = world.organizations

    def make(name: str, **more: Any) -> str:
        made = client.create_policy(Name=name, Description="-", Type=RCP, Content=policy(DENY | {"Sid": name} | more))
        return str(made["Policy"]["PolicySummary"]["Id"])

    with labkit.expect_error("ConstraintViolationException") as large:
        make("large", Resource=["arn:aws:kms:*:*:key/" + "a" * 5120])
    assert large.message == "You have exceeded the maximum policy size."
    for number in range(4):
        client.attach_policy(PolicyId=make(f"no{number}"), TargetId=world.org.management.account_id)
    with labkit.expect_error("ConstraintViolationException") as many:
        client.attach_policy(PolicyId=world.rcp, TargetId=world.org.management.account_id)
    assert many.message == "You have attached the maximum number of policies to the specified target."
    with labkit.expect_error("DuplicatePolicyAttachmentException"):
        client.attach_policy(PolicyId=world.rcp, TargetId=world.org.root_id)
    with labkit.expect_error("ConstraintViolationException"):
        client.detach_policy(PolicyId="p-RCPFullAWSAccess", TargetId=world.lab.account_id)
    client.disable_policy_type(RootId=world.org.root_id, PolicyType=RCP)
    with labkit.expect_error("PolicyTypeNotEnabledException"):
        client.attach_policy(PolicyId=world.rcp, TargetId=world.lab.account_id)
    world.lab.account("partner").client("kms").describe_key(KeyId=world.key)  # nothing is limited any more


def test_an_organization_is_made_with_both_kinds_of_policies() -> None:
    """`lab.organization(scps=..., rcps=...)`: each attached, each named by its id."""
    lab = labkit.start("resource-control-both")
    org = lab.organization(scps=[{"Effect": "Deny", "Action": "kms:EnableKey", "Resource": "*"}], rcps=[DENY])
    assert org.policy_id.startswith("p-")
    assert org.rcp_id.startswith("p-")
    kms = boto3.client("kms")
    with pytest.raises(ClientError, match="explicit deny in a resource control policy: arn:aws:organizations"):
        kms.describe_key(KeyId=kms.create_key()["KeyMetadata"]["KeyId"])


def test_a_service_is_a_member_of_no_organization() -> None:
    """It has no aws:PrincipalOrgID: a perimeter that does not spare services stops them, by whatever it asks."""
    lab = labkit.start("resource-control-services")
    org = lab.organization()
    organizations = org.management.client("organizations")
    organizations.enable_policy_type(RootId=org.root_id, PolicyType=RCP)
    kms, sns, sqs = (boto3.client(name) for name in ("kms", "sns", "sqs"))
    root = {"AWS": f"arn:aws:iam::{lab.account_id}:root"}
    let_in = {"Principal": {"Service": "sns.amazonaws.com"}, "Action": ["kms:GenerateDataKey*", "kms:Decrypt"]}
    key = kms.create_key(Policy=policy(FULL | {"Principal": root, "Action": "kms:*"}, FULL | let_in))["KeyMetadata"]
    arn = f"arn:aws:sqs:us-east-1:{lab.account_id}:q"
    told = policy(FULL | {"Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn})
    attributes = {"KmsMasterKeyId": key["KeyId"], "KmsDataKeyReusePeriodSeconds": "60", "Policy": told}
    queue = sqs.create_queue(QueueName="q", Attributes=attributes)["QueueUrl"]
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    ours = {"aws:PrincipalOrgID": org.id}
    delivered = {}
    for name, condition in {
        "not ours": {"StringNotEqualsIfExists": ours},
        "not ours, and no service": {
            "StringNotEqualsIfExists": ours,
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        },
        "ours": {"StringEquals": ours},
        "without an organization": {"Null": {"aws:PrincipalOrgID": "true"}},
        "a service for a stranger": {
            "StringNotEqualsIfExists": {"aws:SourceOrgID": org.id},
            "Bool": {"aws:PrincipalIsAWSService": "true"},
        },
    }.items():
        content = policy(DENY | {"Condition": condition})
        made = organizations.create_policy(Name=name, Description="-", Type=RCP, Content=content)
        identity = made["Policy"]["PolicySummary"]["Id"]
        organizations.attach_policy(PolicyId=identity, TargetId=org.root_id)
        lab.clock.advance(minutes=10)  # the queue's data key is asked for anew
        sns.publish(TopicArn=topic, Message=name)
        organizations.detach_policy(PolicyId=identity, TargetId=org.root_id)
        found = sqs.receive_message(QueueUrl=queue).get("Messages", [])
        delivered[name] = len(found)
        for each in found:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=each["ReceiptHandle"])
    assert delivered == {
        "not ours": 0,
        "not ours, and no service": 1,
        "ours": 1,
        "without an organization": 0,
        "a service for a stranger": 1,
    }
