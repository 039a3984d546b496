"""Aliases, tags, policies, descriptions, pages, AWS managed keys, last usage."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.cloud.core.kms_operations import table

ECC = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}


# --- Aliases ---------------------------------------------------------------------------------------------------------


def test_an_alias_and_its_permissions(world: Any) -> None:
    """Alias and key are both asked for; the list tells when it was made and last moved."""
    one, two = world.create(), world.create()
    world.call("CreateAlias", AliasName="alias/a", TargetKeyId=one["Arn"])
    made, arn = world.clock.now(), "arn:aws:kms:us-east-1:111122223333:alias/a"
    assert [(t.action, t.arn) for t in world.last.targets] == [
        ("kms:CreateAlias", arn),
        ("kms:CreateAlias", one["Arn"]),
    ]
    world.call("UpdateAlias", AliasName="alias/a", TargetKeyId=two["KeyId"])
    assert [t.arn for t in world.last.targets] == [arn, one["Arn"], two["Arn"]]
    assert _own(world) == [
        {
            "AliasName": "alias/a",
            "AliasArn": arn,
            "TargetKeyId": two["KeyId"],
            "CreationDate": made,
            "LastUpdatedDate": world.clock.now() - (world.clock.now() - made) / 2,
        }
    ]
    assert (world.key(one["Arn"]).aliases, world.key(two["Arn"]).aliases) == ([], ["alias/a"])
    world.call("DeleteAlias", AliasName="alias/a")
    assert [t.arn for t in world.last.targets] == [arn, two["Arn"]]
    assert _own(world) == []


def _own(world: Any) -> list[dict[str, Any]]:
    """The aliases that are not AWS's."""
    return [each for each in world.call("ListAliases")["Aliases"] if not each["AliasName"].startswith("alias/aws/")]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("alias/a:b", "InvalidAliasNameException"),
        ("alias/", "InvalidAliasNameException"),
        ("alias/aws/s3", "NotAuthorizedException"),
        ("alias/a b", "ValidationException"),
        ("Alias/a", "ValidationException"),
        ("alias/" + "a" * 251, "ValidationException"),
    ],
)
def test_names_that_are_not_allowed(world: Any, name: str, code: str) -> None:
    """Letters, digits, slash, underscore and dash, after alias/; alias/aws/ is reserved."""
    assert world.refused("CreateAlias", AliasName=name, TargetKeyId=world.create()["Arn"]).code == code


def test_names_that_are_allowed(world: Any) -> None:
    """Up to 256 characters; case matters."""
    arn = world.create()["Arn"]
    for name in ("alias/a", "alias/A", "alias/a/b_c-1", "alias/" + "a" * 250, "alias/awsome"):
        world.call("CreateAlias", AliasName=name, TargetKeyId=arn)
    assert len(world.call("ListAliases", KeyId=arn)["Aliases"]) == 5


def test_an_alias_exists_once(world: Any) -> None:
    """In one account and Region; in another Region the name is free."""
    arn = world.create()["Arn"]
    world.call("CreateAlias", AliasName="alias/a", TargetKeyId=arn)
    error = world.refused("CreateAlias", AliasName="alias/a", TargetKeyId=arn)
    said = "An alias with the name arn:aws:kms:us-east-1:111122223333:alias/a already exists"
    assert (error.code, error.message) == ("AlreadyExistsException", said)
    other = world.create(region="eu-west-1")["KeyId"]
    world.call("CreateAlias", AliasName="alias/a", TargetKeyId=other, region="eu-west-1")


def test_fifty_aliases_a_key(world: Any) -> None:
    """The 51st is one too many."""
    arn = world.create()["Arn"]
    for number in range(50):
        world.call("CreateAlias", AliasName=f"alias/{number}", TargetKeyId=arn)
    error = world.refused("CreateAlias", AliasName="alias/x", TargetKeyId=arn)
    said = "Aliases per key quota for this account in this region is 50, current usage is 50."
    assert (error.code, error.message) == ("LimitExceededException", said)


@pytest.mark.parametrize("other", [ECC, {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}])
def test_an_alias_keeps_to_one_type_of_key(world: Any, other: dict[str, str]) -> None:
    """UpdateAlias does not lead from one type or usage to another."""
    old, new = world.create()["Arn"], world.create(**other)["Arn"]
    world.call("CreateAlias", AliasName="alias/a", TargetKeyId=old)
    error = world.refused("UpdateAlias", AliasName="alias/a", TargetKeyId=new)
    said = (
        f"Alias alias/a cannot be changed from a CMK with key usage ENCRYPT_DECRYPT to a CMK with key usage "
        f"{other['KeyUsage']}. The key usage of the current CMK and the new CMK must be the same."
    )
    assert (error.code, error.message) == ("ValidationException", said)
    assert world.key(old).aliases == ["alias/a"]


def test_an_alias_may_move_between_sizes_but_not_types(world: Any) -> None:
    """RSA keys of two sizes are of one type; an RSA key for encryption and a symmetric one are not."""
    small, large = (world.create(KeySpec=f"RSA_{bits}", KeyUsage="ENCRYPT_DECRYPT")["Arn"] for bits in (2048, 3072))
    world.call("CreateAlias", AliasName="alias/a", TargetKeyId=small)
    world.call("UpdateAlias", AliasName="alias/a", TargetKeyId=large)
    error = world.refused("UpdateAlias", AliasName="alias/a", TargetKeyId=world.create()["Arn"])
    assert error.code == "ValidationException"
    assert "key type asymmetric to a CMK with key type symmetric" in error.message


def test_unknown_aliases(world: Any) -> None:
    """Neither moved nor deleted."""
    arn = world.create()["Arn"]
    said = "Alias arn:aws:kms:us-east-1:111122223333:alias/no is not found."
    assert world.refused("UpdateAlias", AliasName="alias/no", TargetKeyId=arn).message == said
    assert world.refused("DeleteAlias", AliasName="alias/no").message == said


# --- Tags, descriptions, policies ------------------------------------------------------------------------------------


def tags(**values: str) -> list[dict[str, str]]:
    """Tags as the API writes them."""
    return [{"TagKey": name, "TagValue": value} for name, value in values.items()]


def test_tags(world: Any) -> None:
    """Added, given another value, taken away (recorded); what authorization reads is up to date."""
    arn = world.create(Tags=tags(tag1="value1", tag2="value2"))["Arn"]
    world.call("TagResource", KeyId=arn, Tags=tags(tag2="updated", tag3=""))
    assert world.call("ListResourceTags", KeyId=arn)["Tags"] == tags(tag1="value1", tag2="updated", tag3="")
    assert world.key(arn).tags == {"tag1": "value1", "tag2": "updated", "tag3": ""}
    world.call("UntagResource", KeyId=arn, TagKeys=["tag2", "not there"])
    assert world.call("ListResourceTags", KeyId=arn)["Tags"] == tags(tag1="value1", tag3="")


def test_fifty_tags(world: Any) -> None:
    """The 51st is one too many (recorded); renewing a tag is not."""
    full = {f"k{number}": "v" for number in range(50)}
    arn = world.create(Tags=tags(**full))["Arn"]
    world.call("TagResource", KeyId=arn, Tags=tags(k1="w"))
    for operation, params in (
        ("TagResource", {"KeyId": arn, "Tags": tags(new="v")}),
        ("CreateKey", {"Tags": tags(**full, new="v")}),
    ):
        error = world.refused(operation, **params)
        assert (error.code, error.message) == ("TagException", "Too many tags")


def test_description(world: Any) -> None:
    """UpdateKeyDescription replaces it, also with nothing."""
    arn = world.create(Description="one")["Arn"]
    for text in ("two", ""):
        world.call("UpdateKeyDescription", KeyId=arn, Description=text)
        assert world.call("DescribeKey", KeyId=arn)["KeyMetadata"]["Description"] == text


def test_default_policy(world: Any) -> None:
    """A key made without a policy lets the account's IAM policies speak; laid out as AWS does it."""
    arn = world.create()["Arn"]
    answer = world.call("GetKeyPolicy", KeyId=arn)
    assert answer["PolicyName"] == "default"
    assert answer["Policy"] == (
        '{\n  "Version" : "2012-10-17",\n  "Id" : "key-default-1",\n  "Statement" : [ {\n'
        '    "Sid" : "Enable IAM User Permissions",\n    "Effect" : "Allow",\n    "Principal" : {\n'
        '      "AWS" : "arn:aws:iam::111122223333:root"\n    },\n    "Action" : "kms:*",\n'
        '    "Resource" : "*"\n  } ]\n}'
    )
    assert world.call("ListKeyPolicies", KeyId=arn) == {"PolicyNames": ["default"], "Truncated": False}


def test_put_policy(world: Any) -> None:
    """The new text is kept as it is; there is but one name; what is no JSON object is refused."""
    arn, text = world.create()["Arn"], '{"Version":"2012-10-17","Statement":[]}'
    world.call("PutKeyPolicy", KeyId=arn, PolicyName="default", Policy=text)
    assert world.call("GetKeyPolicy", KeyId=arn)["Policy"] == text
    assert world.refused("PutKeyPolicy", KeyId=arn, PolicyName="mine", Policy=text).code == "NotFoundException"
    assert world.refused("GetKeyPolicy", KeyId=arn, PolicyName="mine").code == "NotFoundException"
    assert world.refused("GetKeyPolicy", KeyId=arn, PolicyName="AWS_RAM").code == "NotFoundException"
    error = world.refused("PutKeyPolicy", KeyId=arn, PolicyName="AWS_RAM", Policy=text)
    said = "The AWS_RAM policy can only be managed by the RAM service."
    assert (error.code, error.message) == ("ValidationException", said)
    for bad in ("[]", "{", "1", '"x"', "[" * 30000):
        assert world.refused("PutKeyPolicy", KeyId=arn, Policy=bad).code == "MalformedPolicyDocumentException"
        assert world.refused("CreateKey", Policy=bad).code == "MalformedPolicyDocumentException"
    large = json.dumps({"Version": "x" * 32768})
    assert world.refused("PutKeyPolicy", KeyId=arn, Policy=large).code == "LimitExceededException"
    assert world.call("GetKeyPolicy", KeyId=arn)["Policy"] == text


def test_the_policy_checker(world: Any) -> None:
    """The gateway's checker sees the text and the key before anything is kept, and can refuse."""
    seen: list[tuple[str, str, str]] = []

    def checker(call: Any, text: str, key: Any) -> None:
        seen.append((call.operation, text, key.arn))
        if "no" in text:
            raise type(world.refused("DescribeKey", KeyId="x"))("MalformedPolicyDocumentException", "refused")

    arn = world.create(MultiRegion=True)["Arn"]
    world.kms.policy_checker = checker
    world.call("PutKeyPolicy", KeyId=arn, Policy='{"a": 1}')
    world.call("ReplicateKey", KeyId=arn, ReplicaRegion="eu-west-1", Policy='{"b": 1}')
    assert [(operation, text) for operation, text, _ in seen] == [
        ("PutKeyPolicy", '{"a": 1}'),
        ("ReplicateKey", '{"b": 1}'),
    ]
    assert seen[1][2] == arn.replace("us-east-1", "eu-west-1")
    before = world.call("ListKeys")["Keys"]
    for operation, params in (
        ("CreateKey", {}),
        ("PutKeyPolicy", {"KeyId": arn}),
        ("ReplicateKey", {"KeyId": arn, "ReplicaRegion": "ap-south-1"}),
    ):
        assert world.refused(operation, Policy='{"no": 1}', **params).message == "refused"
    assert world.call("ListKeys")["Keys"] == before
    assert len(world.key(arn).group.replicas) == 1


# --- Pages -----------------------------------------------------------------------------------------------------------


def test_all_pages_together_are_the_list(world: Any) -> None:
    """Nothing is left out or told twice; the last page has no marker."""
    keys = {world.create()["KeyId"] for _ in range(7)}
    found, params = [], {}
    while True:
        answer = world.call("ListKeys", Limit=3, **params)
        found += [entry["KeyId"] for entry in answer["Keys"]]
        if not answer["Truncated"]:
            break
        params = {"Marker": answer["NextMarker"]}
    assert "NextMarker" not in answer
    assert len(found) == 7
    assert set(found) == keys


DEFAULTS = [("ListAliases", 50, 100), ("ListKeys", 100, 1000), ("ListGrants", 50, 100), ("ListResourceTags", 50, 50)]


@pytest.mark.parametrize(("operation", "default", "most"), DEFAULTS)
def test_limits(world: Any, operation: str, default: int, most: int) -> None:
    """Each list has its default and its limit."""
    assert table()[operation].page == (default, most)
    key = {} if operation in ("ListKeys", "ListAliases") else {"KeyId": world.create()["Arn"]}
    world.call(operation, Limit=most, **key)
    assert world.refused(operation, Limit=most + 1, **key).code == "ValidationException"
    assert world.refused(operation, Limit=0, **key).code == "ValidationException"


def test_markers_of_another_list(world: Any) -> None:
    """A marker is good for its own list only."""
    one, two = world.create(Tags=tags(a="1", b="2"))["Arn"], world.create(Tags=tags(a="1", b="2"))["Arn"]
    marker = world.call("ListResourceTags", KeyId=one, Limit=1)["NextMarker"]
    assert world.call("ListResourceTags", KeyId=one, Marker=marker)["Tags"] == tags(b="2")
    assert world.refused("ListResourceTags", KeyId=two, Marker=marker).code == "InvalidMarkerException"
    assert world.refused("ListKeys", Marker=marker).code == "InvalidMarkerException"


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), min_size=1, max_size=60))
def test_broken_markers(shared: Any, marker: str) -> None:
    """Whatever it is, a marker that wasn't given out is InvalidMarkerException."""
    assert shared.refused("ListKeys", Marker=marker).code == "InvalidMarkerException"


def test_resource_owners(world: Any) -> None:
    """Nothing is shared through AWS RAM here."""
    world.create()
    assert world.call("ListKeys", ResourceOwners=["OTHER_ACCOUNTS_VIA_RAM"])["Keys"] == []
    assert len(world.call("ListKeys", ResourceOwners=["SELF", "OTHER_ACCOUNTS_VIA_RAM"])["Keys"]) == 1


# --- AWS managed keys ------------------------------------------------------------------------------------------------


def test_aws_managed_keys(world: Any) -> None:
    """Made on first use, by a service or by DescribeKey of the predefined alias; rotated every year."""
    key = world.kms.managed_key("111122223333", "us-east-1", "s3")
    assert world.kms.managed_key("111122223333", "us-east-1", "s3") is key
    meta = world.call("DescribeKey", KeyId="alias/aws/s3")["KeyMetadata"]
    assert (meta["Arn"], meta["KeyManager"]) == (key.arn, "AWS")
    ssm = world.call("DescribeKey", KeyId="alias/aws/ssm")["KeyMetadata"]
    names = {alias["AliasName"]: alias.get("TargetKeyId") for alias in world.call("ListAliases")["Aliases"]}
    without = dict.fromkeys(f"alias/aws/{service}" for service in ("dynamodb", "ebs", "rds", "redshift"))
    assert names == without | {"alias/aws/s3": key.id, "alias/aws/ssm": ssm["KeyId"]}
    assert list(names) == sorted(names)
    assert [each["AliasName"] for each in world.call("ListAliases", KeyId=key.id)["Aliases"]] == ["alias/aws/s3"]
    assert world.call("GetKeyRotationStatus", KeyId=key.arn)["KeyRotationEnabled"] is True
    assert len(world.advance(days=366)) == 2
    assert world.refused("DescribeKey", KeyId="alias/aws/nobody").code == "NotFoundException"
    assert world.refused("Encrypt", KeyId="alias/aws/ebs", Plaintext=b"x").code == "NotFoundException"
    with pytest.raises(ValueError, match="No AWS managed key is known for 'nobody'"):
        world.kms.managed_key("111122223333", "us-east-1", "nobody")


def test_policy_of_an_aws_managed_key(world: Any) -> None:
    """Everybody in the account, through the service alone; looking is for the account; nothing changes the key."""
    policy = json.loads(world.kms.managed_key("111122223333", "eu-west-1", "ebs").policy)
    through, look = policy["Statement"]
    assert through["Condition"]["StringEquals"] == {
        "kms:CallerAccount": "111122223333",
        "kms:ViaService": "ec2.eu-west-1.amazonaws.com",
    }
    allowed = set(through["Action"] + look["Action"])
    assert not allowed & {"kms:*", "kms:PutKeyPolicy", "kms:DisableKey", "kms:ScheduleKeyDeletion"}


def test_the_services_policies_differ(world: Any) -> None:
    """As real accounts show them: grants only where a service takes grants, and other Regions for replicas."""
    policies = {
        service: json.loads(world.kms.managed_key("111122223333", "us-east-1", service).policy)["Statement"]
        for service in ("dynamodb", "lambda", "s3", "secretsmanager", "sqs", "ssm")
    }
    assert [len(policies[service]) for service in sorted(policies)] == [3, 2, 2, 3, 2, 2]
    grants = {name for name, statements in policies.items() if "kms:CreateGrant" in statements[0]["Action"]}
    assert grants == {"dynamodb", "lambda", "secretsmanager", "sqs"}
    revoked = {name for name, (*_, look) in policies.items() if "kms:RevokeGrant" in look["Action"]}
    assert revoked == {"lambda", "secretsmanager", "sqs"}  # DynamoDB's last statement is for DynamoDB itself
    data_keys = policies["secretsmanager"][1]
    assert data_keys["Action"] == "kms:GenerateDataKey*"
    assert data_keys["Condition"]["StringLike"] == {"kms:ViaService": "secretsmanager.*.amazonaws.com"}
    assert policies["dynamodb"][0]["Condition"]["StringLike"] == {"kms:ViaService": "dynamodb.*.amazonaws.com"}
    assert policies["dynamodb"][2]["Principal"] == {"Service": "dynamodb.amazonaws.com"}
    assert policies["sqs"][0]["Sid"].endswith("through Simple Queue Service (SQS) for all principals in the account "
                                              "that are authorized to use SQS")  # fmt: skip


def test_aliases_of_aws_are_not_for_customers(world: Any) -> None:
    """Neither moved nor deleted."""
    world.kms.managed_key("111122223333", "us-east-1", "s3")
    arn = world.create()["Arn"]
    for operation, params in (("UpdateAlias", {"TargetKeyId": arn}), ("DeleteAlias", {})):
        assert world.refused(operation, AliasName="alias/aws/s3", **params).code == "NotAuthorizedException"


# --- Last usage ------------------------------------------------------------------------------------------------------


def test_last_usage(world: Any) -> None:
    """The last successful cryptographic operation; not looking at the key, no failure, no dry run."""
    meta = world.create()
    arn = meta["Arn"]
    answer = {
        "KeyId": meta["KeyId"],
        "KeyLastUsage": {},
        "TrackingStartDate": meta["CreationDate"],
        "KeyCreationDate": meta["CreationDate"],
    }
    assert world.call("GetKeyLastUsage", KeyId=arn) == answer
    world.call("GenerateDataKey", KeyId=arn, KeySpec="AES_256")
    used = world.last
    world.kms.note_event(used, "event-1")
    world.refused("Encrypt", KeyId=arn, Plaintext=b"x", DryRun=True)
    world.refused("Decrypt", KeyId=arn, CiphertextBlob=b"x")
    world.call("DescribeKey", KeyId=arn)
    world.kms.note_event(world.last, "event-2")
    assert world.call("GetKeyLastUsage", KeyId=arn)["KeyLastUsage"] == {
        "Operation": "GenerateDataKey",
        "Timestamp": used.time,
        "KmsRequestId": used.request_id,
        "CloudTrailEventId": "event-1",
    }


def test_re_encrypt_is_a_usage_of_both_keys(world: Any) -> None:
    """Usage is recorded for source and destination."""
    one, two = world.create()["Arn"], world.create()["Arn"]
    blob = world.call("Encrypt", KeyId=one, Plaintext=b"x")["CiphertextBlob"]
    world.call("ReEncrypt", CiphertextBlob=blob, DestinationKeyId=two)
    for arn in (one, two):
        assert world.call("GetKeyLastUsage", KeyId=arn)["KeyLastUsage"]["Operation"] == "ReEncrypt"
