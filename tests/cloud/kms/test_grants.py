"""Grants: what they may hold, tokens, names, lists, their end, and their slow spreading."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

CLERK, BOSS = "arn:aws:iam::111122223333:role/Clerk", "arn:aws:iam::111122223333:user/boss"
ECC = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
SYMMETRIC_OPERATIONS = [
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    "CreateGrant",
    "RetireGrant",
    "DescribeKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
]
OPERATIONS = [  # "Grant operations", AWS KMS Developer Guide
    ({}, SYMMETRIC_OPERATIONS, ["Sign", "GetPublicKey", "GenerateMac"]),
    (ECC, ["Sign", "Verify", "GetPublicKey", "DescribeKey", "CreateGrant"], ["GenerateDataKey", "Decrypt"]),
    ({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}, ["GenerateMac", "VerifyMac"], ["Sign"]),
    ({"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"}, ["DeriveSharedSecret", "GetPublicKey"], ["Sign"]),
    ({"KeySpec": "ML_KEM_768", "KeyUsage": "ENCAPSULATE_DECAPSULATE"}, ["Encapsulate", "Decapsulate"], ["Encrypt"]),
]


def grant(world: Any, arn: str, **params: Any) -> dict[str, str]:
    """CreateGrant for the clerk to decrypt, unless `params` say otherwise."""
    return dict(world.call("CreateGrant", KeyId=arn, **{"GranteePrincipal": CLERK, "Operations": ["Decrypt"]} | params))


@pytest.mark.parametrize(("spec", "right", "wrong"), OPERATIONS)
def test_operations_by_key(world: Any, spec: dict[str, str], right: list[str], wrong: list[str]) -> None:
    """A grant permits only what the key can do."""
    arn = world.create(**spec)["Arn"]
    grant(world, arn, Operations=right)
    for operation in wrong:
        error = world.refused("CreateGrant", KeyId=arn, GranteePrincipal=CLERK, Operations=[operation])
        assert error.code == "ValidationException"


def test_what_authorization_reads(world: Any) -> None:
    """The key carries its grants, with everything that a decision needs."""
    arn = world.create()["Arn"]
    constraints = {"EncryptionContextSubset": {"a": "b"}}
    made = grant(world, arn, RetiringPrincipal=BOSS, Constraints=constraints)
    (kept,) = world.key(arn).grants
    assert (kept.id, kept.grantee, kept.retiring) == (made["GrantId"], CLERK, BOSS)
    assert (kept.operations, kept.constraints) == (("Decrypt",), constraints)
    assert kept.issuing_account == "arn:aws:iam::111122223333:root"
    assert kept.effective(world.clock.now())
    assert made["GrantToken"] not in repr(kept)


def test_a_grant_spreads_slowly(world: Any) -> None:
    """With a delay, a new grant works at first only with its token."""
    world.kms.grant_delay = timedelta(minutes=5)
    arn = world.create()["Arn"]
    token = grant(world, arn)["GrantToken"]
    (kept,) = world.key(arn).grants
    now = world.clock.now()
    assert not kept.effective(now)
    assert not kept.effective(now, ["another token"])
    assert kept.effective(now, [token])
    assert kept.effective(now + timedelta(minutes=5))


def test_a_name_makes_requests_repeatable(world: Any) -> None:
    """Same name and same parameters: the same grant, and both tokens name it; other parameters: another grant."""
    arn = world.create()["Arn"]
    first = grant(world, arn, Name="n")
    again = grant(world, arn, Name="n")
    other = grant(world, arn, Name="n", Operations=["Encrypt"])
    assert first["GrantId"] == again["GrantId"] != other["GrantId"]
    assert {first["GrantToken"], again["GrantToken"]} == set(world.key(arn).grants[0].tokens)
    unnamed = {grant(world, arn)["GrantId"] for _ in range(2)}
    assert len(unnamed) == 2


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"GranteePrincipal": None}, "ValidationException"),
        ({"GranteeServicePrincipal": "ec2.us-east-1.amazonaws.com"}, "ValidationException"),
        ({"GranteePrincipal": None, "GranteeServicePrincipal": "ec2.us-east-1.amazonaws.com"}, "ValidationException"),
        (
            {"RetiringPrincipal": BOSS, "RetiringServicePrincipal": "ec2.us-east-1.amazonaws.com"},
            "ValidationException",
        ),
        ({"GranteePrincipal": "Clerk"}, "InvalidArnException"),
        ({"GranteePrincipal": "arn:aws:s3:::bucket"}, "InvalidArnException"),
        ({"RetiringPrincipal": "arn:aws:iam::1:role/x"}, "InvalidArnException"),
        ({"Operations": ["Fly"]}, "ValidationException"),
        ({"Constraints": {"EncryptionContextEquals": {str(n): "v" for n in range(9)}}}, "ValidationException"),
        ({"Constraints": {"EncryptionContextSubset": {"k": "v" * 384}}}, "ValidationException"),
        (
            {"Constraints": {"EncryptionContextSubset": {"k": "v"}, "EncryptionContextEquals": {"k": "v"}}},
            "ValidationException",
        ),
        ({"GrantTokens": ["never given out"]}, "InvalidGrantTokenException"),
    ],
)
def test_refused_grants(world: Any, params: dict[str, Any], code: str) -> None:
    """One grantee, real principals, at most eight pairs, known tokens (CreateGrant's documentation)."""
    arn = world.create()["Arn"]
    arguments = {"KeyId": arn, "GranteePrincipal": CLERK, "Operations": ["Decrypt"]} | params
    arguments = {name: value for name, value in arguments.items() if value is not None}
    assert world.refused("CreateGrant", **arguments).code == code


@pytest.mark.parametrize("member", ["GranteePrincipal", "RetiringPrincipal"])
def test_principals_that_are_nobody(world: Any, member: str) -> None:
    """Whoever a grant names must exist; the words were quoted from the real service, for a role that was new."""
    params = {"KeyId": world.create()["Arn"], "GranteePrincipal": CLERK, "Operations": ["Decrypt"]}
    world.kms.principal_finder = {CLERK}.__contains__
    error = world.refused("CreateGrant", **params | {member: BOSS})
    assert (error.code, error.message) == (
        "InvalidArnException",
        f"ARN does not refer to a valid principal: {BOSS}",
    )
    world.kms.principal_finder = {CLERK, BOSS}.__contains__
    world.call("CreateGrant", **params | {member: BOSS})
    assert world.call("CreateGrant", **params | {"GranteePrincipal": "rds.us-east-1.amazonaws.com"})["GrantId"]


def test_a_grant_of_creategrant_alone(world: Any) -> None:
    """A grant must allow more than to make grants; the words were quoted from the real service."""
    params = {"KeyId": world.create()["Arn"], "GranteePrincipal": CLERK}
    error = world.refused("CreateGrant", Operations=["CreateGrant", "CreateGrant"], **params)
    said = "Grants must not contain only the CreateGrant operation."
    assert (error.code, error.message) == ("ValidationException", said)
    world.call("CreateGrant", Operations=["CreateGrant", "Decrypt"], **params)


def test_context_constraints_are_for_symmetric_keys(world: Any) -> None:
    """Asymmetric and HMAC keys know no encryption context."""
    params = {"GranteePrincipal": CLERK, "Operations": ["Sign"], "Constraints": {"EncryptionContextEquals": {"a": "b"}}}
    error = world.refused("CreateGrant", KeyId=world.create(**ECC)["Arn"], **params)
    assert error.code == "ValidationException"
    assert (
        error.message == "EncryptionContext is supported only when creating a grant for a symmetric encryption KMS key."
    )


def test_grants_for_services(world: Any) -> None:
    """A service as grantee comes with a source ARN and somebody to retire the grant; lists show it."""
    arn, service = world.create()["Arn"], "rds.us-east-1.amazonaws.com"
    source = {"SourceArn": "arn:aws:rds:us-east-1:111122223333:db:one"}
    params = {"GranteeServicePrincipal": service, "RetiringServicePrincipal": service, "Constraints": source}
    made = world.call("CreateGrant", KeyId=arn, Operations=["Decrypt"], **params)
    (entry,) = world.call("ListGrants", KeyId=arn, GranteeServicePrincipal=service)["Grants"]
    assert entry["GrantId"] == made["GrantId"]
    assert {name: entry[name] for name in params} == params
    assert world.call("ListRetirableGrants", RetiringServicePrincipal=service)["Grants"] == [entry]


def test_listing(world: Any) -> None:
    """ListGrants filters; ListRetirableGrants looks at all keys of the Region."""
    one, two = world.create()["Arn"], world.create()["Arn"]
    first = grant(world, one, RetiringPrincipal=BOSS)["GrantId"]
    second = grant(world, one, GranteePrincipal=BOSS)["GrantId"]
    third = grant(world, two, RetiringPrincipal=BOSS)["GrantId"]

    def ids(operation: str, **params: Any) -> list[str]:
        return [entry["GrantId"] for entry in world.call(operation, **params)["Grants"]]

    assert ids("ListGrants", KeyId=one) == [first, second]
    assert ids("ListGrants", KeyId=one, GrantId=second) == [second]
    assert ids("ListGrants", KeyId=one, GranteePrincipal=CLERK) == [first]
    assert ids("ListRetirableGrants", RetiringPrincipal=BOSS) == [first, third]
    assert world.last.targets[0].arn == BOSS
    assert ids("ListRetirableGrants", RetiringPrincipal=BOSS, region="eu-west-1") == []
    assert world.refused("ListRetirableGrants").code == "ValidationException"


def test_retiring(world: Any) -> None:
    """By token alone, or by key ARN and grant id; a dry run leaves the grant; the recorder learns the id."""
    arn = world.create()["Arn"]
    one, two = grant(world, arn), grant(world, arn)
    assert world.refused("RetireGrant", GrantToken=one["GrantToken"], DryRun=True).code == "DryRunOperationException"
    assert len(world.key(arn).grants) == 2
    assert world.call("RetireGrant", GrantToken=one["GrantToken"]) == {}
    assert world.last.notes == {"grantId": one["GrantId"]}
    assert (world.last.targets[0].action, world.last.targets[0].arn) == ("kms:RetireGrant", arn)
    world.call("RetireGrant", KeyId=arn, GrantId=two["GrantId"])
    assert world.key(arn).grants == []
    assert world.refused("RetireGrant", GrantToken=one["GrantToken"]).code == "NotFoundException"
    assert world.refused("RetireGrant", GrantToken="x").code == "InvalidGrantTokenException"
    assert world.refused("RetireGrant", GrantId=one["GrantId"]).code == "ValidationException"


def test_who_may_retire_is_asked_of_the_grant(world: Any) -> None:
    """Authorization finds the grant that a RetireGrant call is about."""
    arn = world.create()["Arn"]
    made = grant(world, arn, RetiringPrincipal=BOSS)
    world.refused("RetireGrant", GrantToken=made["GrantToken"], DryRun=True)
    assert world.kms.grant_to_retire(world.last).retiring == BOSS


def test_revoking(world: Any) -> None:
    """RevokeGrant ends it."""
    arn = world.create()["Arn"]
    made = grant(world, arn)
    assert world.refused("RevokeGrant", KeyId=arn, GrantId=made["GrantId"], DryRun=True).code == (
        "DryRunOperationException"
    )
    world.call("RevokeGrant", KeyId=arn, GrantId=made["GrantId"])
    assert world.call("ListGrants", KeyId=arn)["Grants"] == []


def test_a_token_of_a_finished_grant_is_still_a_token(world: Any) -> None:
    """A token that was given out is no invalid token, even when its grant is gone."""
    arn = world.create()["Arn"]
    made = grant(world, arn)
    world.call("RevokeGrant", KeyId=arn, GrantId=made["GrantId"])
    assert world.call("Encrypt", KeyId=arn, Plaintext=b"x", GrantTokens=[made["GrantToken"]])
    error = world.refused("Encrypt", KeyId=arn, Plaintext=b"x", GrantTokens=["made up"])
    assert error.code == "InvalidGrantTokenException"
