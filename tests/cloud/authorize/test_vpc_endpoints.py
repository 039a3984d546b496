"""VPC endpoints: their policies as one more gate, their condition keys, and what CloudTrail tells of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit

ALL = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


def policy(*statements: dict[str, Any]) -> str:
    """Write a policy of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@dataclass(frozen=True)
class Inside:
    """A key, an interface endpoint for KMS, and a client that calls through it."""

    lab: labkit.Lab
    key: str
    endpoint: str
    url: str
    vpc: str

    @property
    def kms(self) -> Any:
        """A client of the administrator's that comes by the endpoint."""
        return boto3.client("kms", endpoint_url=self.url)

    def let(self, *statements: dict[str, Any]) -> None:
        """Give the endpoint this policy."""
        boto3.client("ec2").modify_vpc_endpoint(VpcEndpointId=self.endpoint, PolicyDocument=policy(*statements))


@pytest.fixture(scope="module")
def inside() -> Iterator[Inside]:
    """One VPC for all of these tests."""
    lab = labkit.start("vpc-endpoint-tests")
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName="com.amazonaws.us-east-1.kms", VpcEndpointType="Interface"
    )["VpcEndpoint"]  # fmt: skip
    name = made["DnsEntries"][0]["DnsName"]
    assert name.startswith(made["VpcEndpointId"] + "-")
    assert name.endswith(".kms.us-east-1.vpce.amazonaws.com")
    shown = ec2.describe_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])["VpcEndpoints"][0]
    assert shown["DnsEntries"][0]["DnsName"] == name
    yield Inside(lab, key, made["VpcEndpointId"], f"https://{name}", vpc)


GATES = {
    "the default policy": ([ALL], ""),
    "one action": ([ALL | {"Action": "kms:Decrypt"}], "because no VPC endpoint policy allows the kms:Encrypt action"),
    "a Deny": ([ALL, ALL | {"Effect": "Deny"}], "with an explicit deny in a VPC endpoint policy"),
    "somebody else": ([ALL | {"Principal": {"AWS": "444455556666"}}], "because no VPC endpoint policy allows"),
    "another key": ([ALL | {"Resource": "arn:aws:kms:us-east-1:111122223333:key/x"}], "because no VPC endpoint"),
}


@pytest.mark.parametrize("name", GATES)
def test_the_policy_is_one_more_gate(inside: Inside, name: str) -> None:
    """Refused with AWS's words through the endpoint, and never past it; what would help is said and true."""
    statements, words = GATES[name]
    inside.let(*statements)
    boto3.client("kms").encrypt(KeyId=inside.key, Plaintext=b"x")
    if not words:
        inside.kms.encrypt(KeyId=inside.key, Plaintext=b"x")
        return
    with labkit.expect_error("AccessDeniedException") as refused:
        inside.kms.encrypt(KeyId=inside.key, Plaintext=b"x")
    assert words in refused.message
    assert "call past the VPC endpoint" in inside.lab.explain(refused).text


def test_a_refusal_by_the_endpoint_is_in_no_record_but_its_owners_network_activity(inside: Inside) -> None:
    """Every other call is in both, under one request id; the endpoint and the private address stand in it."""
    inside.let(ALL | {"Action": "kms:Encrypt"})
    inside.kms.encrypt(KeyId=inside.key, Plaintext=b"x")
    before = len(inside.lab.events())
    with pytest.raises(ClientError):
        inside.kms.decrypt(KeyId=inside.key, CiphertextBlob=b"x" * 200)  # never gets so far as to be read
    assert len(inside.lab.events()) == before
    mine, (passed, stopped) = inside.lab.events()[-1], inside.lab.network_activity()[-2:]
    assert (mine["vpcEndpointId"], mine["vpcEndpointAccountId"]) == (inside.endpoint, "111122223333")
    assert mine["sourceIPAddress"] == "10.7.0.10"
    assert mine["tlsDetails"]["clientProvidedHostHeader"] == inside.url.removeprefix("https://")
    assert list(mine).index("vpcEndpointId") == list(mine).index("recipientAccountId") + 1
    assert passed["requestID"] == mine["requestID"]
    assert "errorCode" not in passed
    assert (stopped["errorCode"], stopped["errorMessage"]) == (
        "VpceAccessDenied", "The request was denied due to a VPC endpoint policy",
    )  # fmt: skip
    assert set(stopped) == {
        "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress",
        "errorCode", "errorMessage", "requestID", "eventID", "eventType", "recipientAccountId", "sharedEventID",
        "vpcEndpointId", "vpcEndpointAccountId", "eventCategory",
    }  # fmt: skip
    assert (stopped["eventType"], stopped["eventCategory"]) == ("AwsVpceEvent", "NetworkActivity")


def test_another_accounts_caller_is_shown_without_a_name(inside: Inside) -> None:
    """The endpoint's owner sees an account; the caller's own trail has the call."""
    inside.let(ALL)
    partner = inside.lab.account("partner").role("Guest", policy=[{"Effect": "Allow", "Action": "*", "Resource": "*"}])
    partner.client("kms", endpoint_url=inside.url).list_keys()
    seen = inside.lab.network_activity()[-1]
    assert seen["userIdentity"]["type"] == "AWSAccount"
    assert seen["userIdentity"]["accountId"] == "444455556666"
    assert seen["vpcEndpointAccountId"] == inside.lab.account_id


CONDITIONS = [
    ("StringEquals", "aws:SourceVpce", "{endpoint}", True, False),
    ("StringEquals", "aws:SourceVpc", "{vpc}", True, False),
    ("IpAddress", "aws:VpcSourceIp", "10.7.0.0/16", True, False),
    ("IpAddress", "aws:SourceIp", "127.0.0.0/8", False, True),
    ("Null", "aws:SourceIp", "true", True, False),
    ("StringNotEquals", "aws:SourceVpce", "{endpoint}", False, True),
]


@pytest.mark.parametrize(("operator", "key", "value", "by", "past"), CONDITIONS)
def test_condition_keys(inside: Inside, operator: str, key: str, value: str, by: bool, past: bool) -> None:
    """What a request brings by the endpoint, and past it."""
    inside.let(ALL)
    written = value.format(endpoint=inside.endpoint, vpc=inside.vpc)
    name = f"Role{CONDITIONS.index((operator, key, value, by, past))}"
    role = inside.lab.role(name, policy=[
        {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*", "Condition": {operator: {key: written}}},
    ])  # fmt: skip
    for url, allowed in ((inside.url, by), (None, past)):
        try:
            role.client("kms", endpoint_url=url).list_keys()
            assert allowed
        except ClientError:
            assert not allowed


def test_a_name_that_leads_nowhere(inside: Inside) -> None:
    """Another service's call, S3's names, an endpoint that is not there: none reaches the account by chance."""
    with pytest.raises(ClientError, match="Credential should be scoped to correct service: 'kms'"):
        boto3.client("sts", endpoint_url=inside.url).get_caller_identity()
    for url in ("https://vpce-0000-11.kms.us-east-1.vpce.amazonaws.com", inside.url.replace(".kms.", ".s3.")):
        with pytest.raises(ClientError, match="UnknownEndpoint"):
            boto3.client("kms", endpoint_url=url).list_keys()


@pytest.mark.parametrize("text", ["{", "[]", '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}',
                                  policy(ALL | {"Sid": "a" * 20_480})])  # fmt: skip
def test_bad_policies_are_refused(inside: Inside, text: str) -> None:
    """No JSON, no object, no Principal, too long."""
    with labkit.expect_error("InvalidPolicyDocument"):
        boto3.client("ec2").modify_vpc_endpoint(VpcEndpointId=inside.endpoint, PolicyDocument=text)


def test_a_trail_has_network_activity_where_it_asks_for_it(inside: Inside) -> None:
    """By advanced event selectors alone; basic ones never take it."""
    from labkit.cloud.cloudtrail import selectors

    event = inside.lab.network_activity()[-1]
    asked = [{"Field": "eventCategory", "Equals": ["NetworkActivity"]}, {"Field": "eventSource",
             "Equals": ["kms.amazonaws.com"]}]  # fmt: skip
    assert selectors.wants_advanced([{"FieldSelectors": asked}], event)
    assert not selectors.wants_advanced([{"FieldSelectors": [{"Field": "readOnly", "Equals": ["true"]}]}], event)
    assert not selectors.wants(selectors.DEFAULT, event)
