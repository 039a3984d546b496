"""Requests in every protocol, also to services that are not there: each refusal can be read by its caller."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.credentials import Credentials

import labkit
from labkit.cloud.assembly.cloud import Cloud
from labkit.cloud.wire.protocols import HttpRequest

from .sweeping import faults_of, model_of, request_for, signed


@pytest.fixture(scope="module")
def cloud() -> Cloud:
    """One account for the file."""
    return Cloud("protocols")


@pytest.fixture
def keys(cloud: Cloud) -> Credentials:
    """The administrator's."""
    return Credentials(cloud.accounts[0].access_key_id, cloud.accounts[0].secret_access_key)


@pytest.mark.parametrize(
    ("service", "operation", "protocol"),
    [
        ("lightsail", "GetInstances", "json"),
        ("bedrock", "ListFoundationModels", "rest-json"),
        ("cloudsearch", "ListDomainNames", "query"),
        ("cloudfront", "ListStreamingDistributions", "rest-xml"),
        ("ec2", "DescribeIpamPools", "ec2"),
        ("xray", "GetGroups", "rest-json"),
        ("apigateway", "GetRestApis", "rest-json"),
        ("cognito-idp", "ListUserPools", "json"),
        ("cloudwatch", "ListMetricStreams", "smithy-rpc-v2-cbor"),
    ],
)
def test_what_is_not_there_says_so_in_its_own_protocol(
    cloud: Cloud, keys: Credentials, caplog: pytest.LogCaptureFixture, service: str, operation: str, protocol: str
) -> None:
    """NotImplemented, status 501, with the names of service and operation, and nothing in the log."""
    asked = model_of(service).operation_model(operation)
    answer = cloud.gateway.handle(signed(request_for(asked, "dummy", protocol), asked.service_model, keys))
    assert (answer.status, list(faults_of(asked, protocol, answer))) == (501, [])
    assert f"{service}:{operation}".encode() in answer.body
    assert caplog.records == []


@pytest.mark.parametrize(
    ("headers", "sign"),
    [
        ({"x-amz-target": "No_1.Do"}, b'"UnknownServiceException"'),
        ({"content-type": "application/x-www-form-urlencoded"}, b"<Code>UnknownServiceException</Code>"),
        ({"content-type": "application/xml"}, b"<Code>UnknownServiceException</Code>"),
        ({"smithy-protocol": "rpc-v2-cbor"}, b"wUnknownServiceException"),
    ],
    ids=["json", "query", "rest-xml", "cbor"],
)
def test_a_service_that_nobody_knows_refuses_in_the_protocol_that_was_spoken(
    cloud: Cloud, keys: Credentials, headers: dict[str, str], sign: bytes
) -> None:
    """By the request's headers: there is no model to go by."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    made = AWSRequest("POST", "http://127.0.0.1:1/", {**headers, "host": "127.0.0.1:1"}, b"")
    SigV4Auth(keys, "no-such-service", "us-east-1").add_auth(made)
    sent = {name.lower(): str(value) for name, value in made.headers.items()}
    assert sign in cloud.gateway.handle(HttpRequest("POST", "/", "", sent, b"")).body


def test_cbor_is_read_and_answered(cloud: Cloud, keys: Credentials) -> None:
    """CloudWatch's newer SDKs speak it: data points go in, metrics come out."""
    from botocore.parsers import create_parser
    from botocore.serialize import create_serializer

    def ask(name: str, **params: Any) -> Any:
        asked = model_of("cloudwatch").operation_model(name)
        sent = create_serializer("smithy-rpc-v2-cbor").serialize_to_request(params, asked)
        headers = {str(key).lower(): str(value) for key, value in sent["headers"].items()}
        request = HttpRequest("POST", sent["url_path"], "", headers, sent["body"])
        answer = cloud.gateway.handle(signed(request, asked.service_model, keys))
        assert (answer.status, answer.headers["smithy-protocol"]) == (200, "rpc-v2-cbor")
        response = {"status_code": 200, "headers": answer.headers, "body": answer.body}
        return create_parser("smithy-rpc-v2-cbor").parse(response, asked.output_shape)

    ask("PutMetricData", Namespace="Mine", MetricData=[{"MetricName": "m", "Value": 1.5}])
    assert [metric["MetricName"] for metric in ask("ListMetrics", Namespace="Mine")["Metrics"]] == ["m"]


def test_the_table_of_signing_names_is_botocores(checkout: Path) -> None:
    """Whatever service a new botocore brings."""
    spec = importlib.util.spec_from_file_location("signing_names", checkout / "tools" / "write_signing_names.py")
    assert spec
    assert spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    written = (checkout / "labkit" / "cloud" / "wire" / "signing_names.tsv").read_text(encoding="utf-8")
    assert written.splitlines() == tool.rows()


@pytest.mark.parametrize("name", ["a\x0bb", "a b", "x" * 65, ""])
def test_a_name_that_the_model_does_not_allow_is_not_kept(name: str) -> None:
    """A role of such a name would spoil every later list."""
    labkit.start("gateway-tests")
    iam = boto3.client("iam", config=boto3.session.Config(parameter_validation=False))
    with labkit.expect_error("ValidationError"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    assert {role["RoleName"] for role in iam.list_roles()["Roles"]} == {"LabAdministrator"}
