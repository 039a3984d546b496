"""Bad requests get AWS's errors, never a fault of ours."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

import labkit
from labkit.cloud.assembly.cloud import Cloud
from labkit.cloud.wire.protocols import HttpRequest, HttpResponse


@pytest.fixture(scope="module")
def cloud() -> Cloud:
    """A cloud with no doors: requests are handed to its gateway."""
    return Cloud("wire-tests")


def _send(cloud: Cloud, target: str, body: bytes) -> HttpResponse:
    """A correctly signed KMS request with any body."""
    keys = cloud.accounts[0]
    request = AWSRequest(
        "POST",
        "http://127.0.0.1:1/",
        headers={"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"},
        data=body,
    )
    SigV4Auth(Credentials(keys.access_key_id, keys.secret_access_key), "kms", "us-east-1").add_auth(request)
    headers = {name.lower(): value for name, value in request.headers.items()} | {"host": "127.0.0.1:1"}
    return cloud.gateway.handle(HttpRequest("POST", "/", "", headers, body))


def _error(answer: HttpResponse) -> str:
    return str(json.loads(answer.body)["__type"])


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b'{"KeyId": 1}',
        b'{"KeyId": ["a"]}',
        b'{"Limit": "5"}',
        b'{"Limit": true}',
        b'{"Marker": "\\ud800"}',
    ],
)
def test_a_body_of_the_wrong_types_is_a_serialization_exception(cloud: Cloud, body: bytes) -> None:
    """Before any parameter is validated."""
    target = "TrentService.DescribeKey" if b"KeyId" in body else "TrentService.ListKeys"
    answer = _send(cloud, target, body)
    assert (answer.status, _error(answer)) == (400, "SerializationException")


def test_an_operation_that_does_not_exist(cloud: Cloud) -> None:
    """JSON services call it unknown."""
    answer = _send(cloud, "TrentService.MakeCoffee", b"{}")
    assert (answer.status, _error(answer)) == (400, "UnknownOperationException")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
members = st.sampled_from(["KeyId", "Plaintext", "EncryptionContext", "Limit", "Tags", "CiphertextBlob", "Policy", "x"])


@given(
    st.sampled_from(["Encrypt", "Decrypt", "CreateKey", "ListKeys", "TagResource", "PutKeyPolicy", "ReEncrypt"]),
    st.dictionaries(members, json_values, max_size=4),
)
def test_no_body_makes_the_account_fail(cloud: Cloud, operation: str, body: dict[str, Any]) -> None:
    """Whatever JSON is sent, the answer is a result or an error of AWS's, never a 500."""
    answer = _send(cloud, f"TrentService.{operation}", json.dumps(body).encode())
    assert answer.status in (200, 400), answer.body


@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60),
    st.dictionaries(
        st.sampled_from(["authorization", "x-amz-target", "content-type", "x-amz-date", "host"]), st.text(max_size=80)
    ),
    st.binary(max_size=60),
)
def test_no_request_makes_the_account_fail(
    cloud: Cloud, method: str, path: str, query: str, headers: dict[str, str], body: bytes
) -> None:
    """Unsigned rubbish of any kind is refused."""
    answer = cloud.gateway.handle(HttpRequest(method, f"/{path}", query, headers, body))
    assert 400 <= answer.status < 500, answer.body


def test_a_service_that_is_not_simulated_says_so(lab: labkit.Lab) -> None:
    """A clear answer rather than a wrong one."""
    with labkit.expect_error("NotImplemented") as refused:
        boto3.client("sts").get_federation_token(Name="ada-l")
    assert refused.message == "The simulated account does not do sts:GetFederationToken."
