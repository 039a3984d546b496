"""Parameters that break the model are refused in AWS's own words."""

from __future__ import annotations

import botocore.session
import pytest
from botocore.model import ShapeResolver
from hypothesis import given
from hypothesis import strategies as st

from labkit.cloud.core.errors import AwsError
from labkit.cloud.wire.validation import validate

KMS = botocore.session.get_session().get_service_model("kms")
SPECS = ", ".join(KMS.shape_for("KeySpec").enum)


def said(operation: str, **params: object) -> str:
    """The message for these parameters of a KMS operation."""
    with pytest.raises(AwsError) as caught:
        validate(params, KMS.operation_model(operation).input_shape)
    assert caught.value.code == "ValidationException"
    assert caught.value.status == 400
    return str(caught.value.message)


ONE = "1 validation error detected: "
CASES = {
    "an enum names its values, unquoted": (
        said("CreateKey", KeySpec="HMAC_random"),
        ONE + "Value 'HMAC_random' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: "
        f"[{SPECS}]",
    ),
    "a number that is too small": (
        said("GenerateRandom", NumberOfBytes=0),
        ONE + "Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or "
        "equal to 1",
    ),
    "a number that is too large": (
        said("GenerateRandom", NumberOfBytes=1025),
        ONE + "Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or "
        "equal to 1024",
    ),
    "a plaintext is not shown": (
        said("Encrypt", KeyId="k", Plaintext=b"x" * 4097),
        ONE + "Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
    ),
    "an empty plaintext": (
        said("Encrypt", KeyId="k", Plaintext=b""),
        ONE + "Value at 'plaintext' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ),
    "a missing member": (
        said("DescribeKey"),
        ONE + "Value null at 'keyId' failed to satisfy constraint: Member must not be null",
    ),
    "a structure in a list is named by its place": (
        said("TagResource", KeyId="k", Tags=[{"TagKey": "a" * 129, "TagValue": ""}]),
        ONE + f"Value '{'a' * 129}' at 'tags.1.member.tagKey' failed to satisfy constraint: Member must have length "
        "less than or equal to 128",
    ),
    "the second structure in a list": (
        said("TagResource", KeyId="k", Tags=[{"TagKey": "a", "TagValue": ""}, {"TagKey": "b", "TagValue": "v" * 257}]),
        ONE + f"Value '{'v' * 257}' at 'tags.2.member.tagValue' failed to satisfy constraint: Member must have length "
        "less than or equal to 256",
    ),
    "a pattern is quoted": (
        said("CreateAlias", AliasName="alias/a b", TargetKeyId="k"),
        ONE + "Value 'alias/a b' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression "
        "pattern: ^[a-zA-Z0-9:/_-]+$",
    ),
    "of a list of plain values, the list is reported": (
        said("CreateGrant", KeyId="k", GranteePrincipal="p", Operations=["Fly"]),
        ONE + "Value '[Fly]' at 'operations' failed to satisfy constraint: Member must satisfy constraint: "
        f"[Member must satisfy enum value set: [{', '.join(KMS.shape_for('GrantOperation').enum)}]]",
    ),
    "several errors are counted and joined": (
        said("Sign", KeyId="k", Message=b"", SigningAlgorithm="X"),
        (
            "2 validation errors detected: Value at 'message' failed to satisfy constraint: Member must have length "
            "greater than or equal to 1; Value 'X' at 'signingAlgorithm' failed to satisfy constraint: Member must "
            f"satisfy enum value set: [{', '.join(KMS.shape_for('SigningAlgorithmSpec').enum)}]"
        ),
    ),
    "a password is not shown": (
        said("CreateCustomKeyStore", CustomKeyStoreName="n", KeyStorePassword="short"),
        ONE + "Value at 'keyStorePassword' failed to satisfy constraint: Member must have length greater than or "
        "equal to 7",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_message(case: str) -> None:
    """Each kind of broken constraint has its sentence."""
    got, expected = CASES[case]
    assert got == expected


def test_lists_that_could_hold_secrets_are_not_shown() -> None:
    """Of a list of blobs not even the items' number is told; of a list of names, the names."""
    model = {
        "S": {"type": "structure", "members": {"Blobs": {"shape": "Blobs"}, "Names": {"shape": "Names"}}},
        "Blobs": {"type": "list", "member": {"shape": "Blob"}, "max": 1},
        "Blob": {"type": "blob"},
        "Names": {"type": "list", "member": {"shape": "Name"}, "max": 1},
        "Name": {"type": "string"},
    }
    shape = ShapeResolver(model).get_shape_by_name("S")
    with pytest.raises(AwsError) as caught:
        validate({"Blobs": [b"secret", b"s"], "Names": ["a", "b"]}, shape)
    rule = "failed to satisfy constraint: Member must have length less than or equal to 1"
    assert caught.value.message == (
        f"2 validation errors detected: Value at 'blobs' {rule}; Value '[a, b]' at 'names' {rule}"
    )


def test_good_parameters_pass() -> None:
    """Nothing is said of parameters that satisfy the model; unknown ones are none of its business."""
    params = {"KeyId": "alias/x", "Plaintext": b"x", "EncryptionContext": {"a": ""}, "Unknown": 1}
    validate(params, KMS.operation_model("Encrypt").input_shape)


@pytest.mark.parametrize(
    "params",
    [{"KeyId": 1}, {"KeyId": ["a"]}, {"KeyId": "k", "GrantTokens": "t"}, {"KeyId": "k", "GrantTokens": [None]}],
)
def test_wrong_types(params: dict) -> None:
    """A value of the wrong JSON type is a SerializationException, before any constraint."""
    with pytest.raises(AwsError) as caught:
        validate(params, KMS.operation_model("DescribeKey").input_shape)
    assert caught.value.code == "SerializationException"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(KMS.operation_names), st.data())
def test_anything_gives_an_aws_error_or_nothing(operation: str, data: st.DataObject) -> None:
    """Whatever stands in the parameters, validation ends with an AwsError or in peace."""
    shape = KMS.operation_model(operation).input_shape
    params = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(shape.members, JSON)))
    try:
        validate(params, shape)
    except AwsError as error:
        assert error.code in ("ValidationException", "SerializationException")
