"""Key id, key ARN, alias name, alias ARN: where each is taken, and the right error for each wrong form."""

from __future__ import annotations

import re
from typing import Any

import botocore.session
import pytest

from labkit.cloud.core.errors import AwsError
from labkit.cloud.kms.identifiers import AcceptedIdentifiers
from labkit.cloud.kms.operation import OnKey, operations
from labkit.cloud.kms.operations import HANDLERS

MODEL = botocore.session.get_session().get_service_model("kms")
OTHER_ACCOUNT = "444455556666"
UNKNOWN = "0f9b7c1e-0000-4000-8000-000000000000"


def documentation(operation: str, member: str = "KeyId") -> str:
    """The documentation of a parameter, without its markup."""
    return re.sub(r"<[^>]+>", "", MODEL.operation_model(operation).input_shape.members[member].documentation)


def documented(operation: str) -> AcceptedIdentifiers:
    """What an operation's KeyId may be, read from botocore's model."""
    whole = re.sub(r"<[^>]+>", "", MODEL.operation_model(operation).documentation)
    aliases = "alias ARN" in documentation(operation) or "or alias ARN in the value of the KeyId" in whole
    if aliases:
        return AcceptedIdentifiers.KEY_OR_ALIAS_OF_ANY_ACCOUNT
    return AcceptedIdentifiers.KEY_OF_ANY_ACCOUNT if "Cross-account use: Yes" in whole else AcceptedIdentifiers.OWN_KEY


PLAIN = [name for name, operation in operations(HANDLERS).items() if isinstance(operation.plan, OnKey)]
ARGUMENTS = {  # enough to satisfy the model
    "Plaintext": b"x",
    "CiphertextBlob": b"x",
    "Message": b"x" * 32,
    "Mac": b"x",
    "Signature": b"x",
    "PublicKey": b"x",
    "SharedSecretCiphertextBlob": b"x",
    "ImportToken": b"x",
    "EncryptedKeyMaterial": b"x",
    "Operations": ["Decrypt"],
    "GranteePrincipal": "arn:aws:iam::111122223333:root",
    "Tags": [],
    "TagKeys": [],
    "Policy": "{}",
    "Description": "",
    "GrantId": "x",
    "PolicyName": "default",
}


def arguments(operation: str) -> dict[str, Any]:
    """Parameters that satisfy the model, without KeyId."""
    shape = MODEL.operation_model(operation).input_shape
    made: dict[str, Any] = {}
    for name in shape.required_members:
        member = shape.members[name]
        if name != "KeyId":
            made[name] = ARGUMENTS.get(name) if name in ARGUMENTS else member.enum[0]
    return made


def planned(world: Any, operation: str, key_id: str, **params: Any) -> str:
    """The ARN of the operation's target, or the error's code."""
    try:
        world.call(operation, KeyId=key_id, **arguments(operation), **params)
    except AwsError as error:
        if not world.last.targets:
            return error.code
    return str(world.last.targets[0].arn)


@pytest.mark.parametrize("operation", PLAIN)
def test_forms_of_key_id(world: Any, operation: str) -> None:
    """Each operation takes the forms that its documentation names, and no other."""
    meta = world.create()
    arn = meta["Arn"]
    world.call("CreateAlias", AliasName="alias/a", TargetKeyId=arn)
    takes = documented(operation)
    assert planned(world, operation, meta["KeyId"]) == arn
    assert planned(world, operation, arn) == arn
    alias_arn = "arn:aws:kms:us-east-1:111122223333:alias/a"
    by_name, by_arn = planned(world, operation, "alias/a"), planned(world, operation, alias_arn)
    assert (by_name, by_arn) == ((arn, arn) if takes.aliases else ("InvalidArnException", "InvalidArnException"))


@pytest.mark.parametrize("alias", ["alias/a", "arn:aws:kms:us-east-1:111122223333:alias/a", "alias/none"])
def test_an_alias_where_only_a_key_will_do(world: Any, alias: str) -> None:
    """In the real service's words, as quoted for CreateGrant."""
    world.call("CreateAlias", AliasName="alias/a", TargetKeyId=world.create()["Arn"])
    grant = {"GranteePrincipal": "arn:aws:iam::111122223333:role/Clerk", "Operations": ["Decrypt"]}
    error = world.refused("CreateGrant", KeyId=alias, **grant)
    assert (error.code, error.message) == (
        "InvalidArnException",
        "Key Aliases are not supported for this operation.",
    )


@pytest.mark.parametrize("operation", PLAIN)
def test_keys_of_another_account(world: Any, operation: str) -> None:
    """Another account's key is found by its ARN where the documentation says so; elsewhere access is denied."""
    arn = world.create(account=OTHER_ACCOUNT)["Arn"]
    takes = documented(operation)
    expected = arn if takes.other_accounts else "AccessDeniedException"
    assert planned(world, operation, arn) == expected


def test_an_alias_of_another_account(world: Any) -> None:
    """An alias name is the caller's own; another account's is named by its ARN."""
    arn = world.create(account=OTHER_ACCOUNT)["Arn"]
    world.call("CreateAlias", AliasName="alias/theirs", TargetKeyId=arn, account=OTHER_ACCOUNT)
    assert world.refused("DescribeKey", KeyId="alias/theirs").code == "NotFoundException"
    alias = f"arn:aws:kms:us-east-1:{OTHER_ACCOUNT}:alias/theirs"
    assert world.call("DescribeKey", KeyId=alias)["KeyMetadata"]["Arn"] == arn


def test_a_strangers_missing_key_is_not_told_from_a_forbidden_one(world: Any) -> None:
    """Whether another account has a key is none of the caller's business."""
    said = (
        "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: kms:DescribeKey on this resource "
        "because the resource does not exist in this Region, no resource-based policies allow access, "
        "or a resource-based policy explicitly denies access"
    )
    for resource in (f"key/{UNKNOWN}", "alias/none"):
        error = world.refused("DescribeKey", KeyId=f"arn:aws:kms:us-east-1:{OTHER_ACCOUNT}:{resource}")
        assert (error.code, error.message) == ("AccessDeniedException", said)


WRONG = [
    ("fake-key-id", "NotFoundException", "Invalid keyId 'fake-key-id'"),
    ("134f2428cec14b25a1ae9048164dba47", "NotFoundException", "Invalid keyId '134f2428cec14b25a1ae9048164dba47'"),
    ("mrk-fake-key-id", "NotFoundException", "Invalid keyId 'mrk-fake-key-id'"),
    (
        "mrk-d3b95762d3b95762d3b95762d3b95762",
        "NotFoundException",
        "Key 'arn:aws:kms:us-east-1:111122223333:key/mrk-d3b95762d3b95762d3b95762d3b95762' does not exist",
    ),
    (
        f"arn:aws:kms:us-east-1:111122223333:key/{UNKNOWN}",
        "NotFoundException",
        f"Key 'arn:aws:kms:us-east-1:111122223333:key/{UNKNOWN}' does not exist",
    ),
    (f"arn:aws:kms:eu-west-1:111122223333:key/{UNKNOWN}", "NotFoundException", "Invalid arn eu-west-1"),
    (
        "alias/none",
        "NotFoundException",
        "Alias arn:aws:kms:us-east-1:111122223333:alias/none is not found.",
    ),
    ("arn:aws:s3:::bucket", "InvalidArnException", "Invalid arn arn:aws:s3:::bucket"),
    (
        f"arn:aws-cn:kms:us-east-1:111122223333:key/{UNKNOWN}",
        "InvalidArnException",
        f"Invalid arn arn:aws-cn:kms:us-east-1:111122223333:key/{UNKNOWN}",
    ),
]


@pytest.mark.parametrize(("identifier", "code", "message"), WRONG)
def test_wrong_forms(world: Any, identifier: str, code: str, message: str) -> None:
    """Recorded, where the real service was asked."""
    error = world.refused("DescribeKey", KeyId=identifier)
    assert (error.code, error.message) == (code, message)


def test_each_region_has_its_own_keys(world: Any) -> None:
    """A key id of one Region is unknown in another."""
    key_id = world.create()["KeyId"]
    error = world.refused("DescribeKey", KeyId=key_id, region="eu-west-1")
    assert error.message == f"Key 'arn:aws:kms:eu-west-1:111122223333:key/{key_id}' does not exist"


def test_decrypting_for_another_account(world: Any) -> None:
    """A ciphertext names its key whoever asks; authorization then decides."""
    arn = world.create(account=OTHER_ACCOUNT)["Arn"]
    blob = world.call("Encrypt", KeyId=arn, Plaintext=b"x", account=OTHER_ACCOUNT)["CiphertextBlob"]
    world.call("Decrypt", CiphertextBlob=blob)
    assert world.last.targets[0].arn == arn


@pytest.mark.parametrize("operation", ["Decrypt", "ReEncrypt"])
def test_a_bare_key_id_of_another_account(world: Any, operation: str) -> None:
    """It will do where a symmetric ciphertext names the same key, and nowhere else."""
    theirs, others = (world.create(account=OTHER_ACCOUNT) for _ in range(2))
    blob = world.call("Encrypt", KeyId=theirs["Arn"], Plaintext=b"x", account=OTHER_ACCOUNT)["CiphertextBlob"]
    member = {"Decrypt": "KeyId", "ReEncrypt": "SourceKeyId"}[operation]
    more = {"ReEncrypt": {"DestinationKeyId": world.create()["Arn"]}}.get(operation, {})
    world.call(operation, CiphertextBlob=blob, **{member: theirs["KeyId"]}, **more)
    assert world.last.targets[0].arn == theirs["Arn"]
    for key_id, ciphertext in ((others["KeyId"], blob), (theirs["KeyId"], b"broken")):
        error = world.refused(operation, CiphertextBlob=ciphertext, **{member: key_id}, **more)
        assert error.message == f"Key 'arn:aws:kms:us-east-1:111122223333:key/{key_id}' does not exist"
    assert world.refused("Encrypt", KeyId=theirs["KeyId"], Plaintext=b"x").code == "NotFoundException"
