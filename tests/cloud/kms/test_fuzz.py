"""Hostile input: whatever the parameters hold, the answer is an answer or an AwsError, never a fault of ours."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit.cloud.core.errors import AwsError

MODEL = botocore.session.get_session().get_service_model("kms")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
SLOW = {"RSA_3072", "RSA_4096"}


@pytest.fixture(scope="module")
def used(shared: Any) -> dict[str, list[Any]]:
    """A KMS with keys of several kinds, and the names of everything in it."""
    found: dict[str, list[Any]] = {"key": [], "alias": [], "token": [], "grant": [], "blob": [b"\x01\x02\x02\x00\x78"]}
    for number, params in enumerate(
        (
            {"MultiRegion": True},
            {"Origin": "EXTERNAL"},
            {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
            {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
            {"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"},
            {"KeySpec": "ML_KEM_768", "KeyUsage": "ENCAPSULATE_DECAPSULATE"},
        )
    ):
        meta = shared.create(**params)
        shared.call("CreateAlias", AliasName=f"alias/{number}", TargetKeyId=meta["KeyId"])
        found["key"] += [meta["KeyId"], meta["Arn"]]
        found["alias"] += [f"alias/{number}", f"arn:aws:kms:us-east-1:111122223333:alias/{number}"]
    blob = shared.call("Encrypt", KeyId=found["key"][0], Plaintext=b"x")["CiphertextBlob"]
    params = {"GranteePrincipal": "arn:aws:iam::111122223333:root", "Operations": ["CreateGrant", "DescribeKey"]}
    grant = shared.call("CreateGrant", KeyId=found["key"][0], **params)
    found["blob"] += [blob, shared.parameters(found["key"][2])["ImportToken"]]
    found["token"].append(grant["GrantToken"])
    found["grant"].append(grant["GrantId"])
    return found


def values(name: str, shape: Shape, used: dict[str, list[Any]]) -> st.SearchStrategy[Any]:
    """Values that get past the model's own constraints, mostly naming what is there."""
    if isinstance(shape, StructureShape):
        members = {n: values(n, member, used) for n, member in shape.members.items()}
        required = {n: members.pop(n) for n in shape.required_members}
        return st.fixed_dictionaries(required, optional=members)
    if isinstance(shape, ListShape):
        return st.lists(values(name, shape.member, used), max_size=3)
    if isinstance(shape, MapShape):
        return st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=3)
    if shape.type_name == "blob":
        return st.sampled_from(used["blob"]) | st.binary(min_size=1, max_size=64) | st.just(b"d" * 32)
    if shape.type_name == "timestamp":
        return st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
    if shape.type_name in ("integer", "long"):
        return st.integers(shape.metadata.get("min", 0), shape.metadata.get("max", 10))
    if shape.type_name == "boolean":
        return st.booleans()
    if shape.enum:
        return st.sampled_from([value for value in shape.enum if value not in SLOW])
    known = {
        "AliasName": used["alias"],
        "GrantToken": used["token"],
        "GrantTokens": used["token"],
        "GrantId": used["grant"],
        "Policy": ["{}", "x"],
        "GranteePrincipal": ["arn:aws:iam::111122223333:root", "x"],
        "ReplicaRegion": ["eu-west-1", "us-east-1"],
        "PrimaryRegion": ["eu-west-1", "us-east-1"],
    }
    if name.endswith("KeyId"):
        return st.sampled_from(used["key"] + used["alias"]) | st.text(min_size=1, max_size=10)
    if name in known:
        return st.sampled_from(known[name]) | st.text(st.characters(max_codepoint=0xFF), min_size=1, max_size=10)
    return st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=12)


@pytest.mark.parametrize("operation", MODEL.operation_names)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_plausible_parameters(shared: Any, used: dict[str, list[Any]], operation: str, data: st.DataObject) -> None:
    """Parameters that satisfy the model, in any combination, on keys in whatever state they have come to."""
    params = data.draw(values("", MODEL.operation_model(operation).input_shape, used))
    for name in ("KeySpec", "KeyPairSpec", "CustomerMasterKeySpec", "WrappingKeySpec"):
        if params.get(name, "").startswith("RSA"):
            params[name] = "ECC_NIST_P256"  # RSA keys are slow to make
    try:
        answer = shared.call(operation, **params)
    except AwsError as error:
        assert error.code
        return
    shape = MODEL.operation_model(operation).output_shape
    assert set(answer) <= set(shape.members if shape else ())


@pytest.mark.parametrize("operation", MODEL.operation_names)
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_parameters(shared: Any, operation: str, data: st.DataObject) -> None:
    """Values of any kind."""
    members = MODEL.operation_model(operation).input_shape.members
    params = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(members, ANYTHING)))
    try:
        shared.call(operation, **params)
    except AwsError as error:
        assert error.code


def test_unknown_operations(shared: Any) -> None:
    """An operation that the model doesn't have."""
    assert shared.refused("MakeCoffee").code == "UnknownOperationException"
