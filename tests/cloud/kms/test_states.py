"""The key-state table, cell by cell: on real keys where a lab can bring one into the state, and at the gate itself."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from labkit.cloud.core.clock import START
from labkit.cloud.core.errors import AwsError
from labkit.cloud.core.kms_operations import table
from labkit.cloud.kms import states
from labkit.cloud.kms.operation import on_account, operations
from labkit.cloud.kms.operations import HANDLERS, creation, grants

OPERATIONS = operations(HANDLERS)

with (Path(__file__).parent / "key-states.tsv").open(encoding="utf-8") as file:
    PAGE = {row.pop("operation"): row for row in csv.DictReader(file, delimiter="\t")}

# What the real service was seen to answer instead (floci-io/floci, KmsIntegrationTest, 2026; localstack says the same).
RECORDED = {("GetPublicKey", "Disabled"): "Y"}
TABLE = {name: {state: RECORDED.get((name, state), cell) for state, cell in row.items()} for name, row in PAGE.items()}

# The footnotes of "Key states of AWS KMS keys" (AWS KMS Developer Guide).
STATE, UNSUPPORTED = "KMSInvalidStateException", "UnsupportedOperationException"
ORIGIN = "{arn} origin is {origin} which is not valid for this operation."
FOOTNOTES = {
    1: ("DisabledException", "{arn} is disabled."),
    3: (STATE, "{arn} is pending deletion."),
    4: (STATE, "{arn} is not pending deletion."),
    5: (STATE, "{arn} is pending import."),
    11: (STATE, "{arn} is unavailable."),
    14: (STATE, "{arn} is creating."),
    15: (STATE, "{arn} is updating."),
}


def expected(cell: str, state: str, origin: str) -> tuple[str, str] | None:
    """What the table says of a key of this origin: the error, or None for success."""
    if cell == "N/A":  # imported HMAC and asymmetric material is newer than the table; key stores never hold any
        cell = {"PendingImport": "X[5]", "Unavailable": "X[9]"}[state]
    notes = [int(n) for n in re.findall(r"\d+", cell)]
    if (9 in notes and origin != "EXTERNAL") or (7 in notes and origin != "AWS_KMS") or 6 in notes:
        return UNSUPPORTED, ORIGIN
    if 8 in notes or 10 in notes:
        return FOOTNOTES[3]
    if cell.startswith("X"):
        return next((FOOTNOTES[n] for n in (3, 1, 4, 5, 11, 14, 15) if n in notes), None)
    return None


CELLS = [(operation, state) for operation, row in TABLE.items() for state in row]


IMPOSSIBLE = {  # states that a key of this origin can't have ("Key states and KMS key types")
    "AWS_KMS": {"PendingImport", "Unavailable"},
    "EXTERNAL": {"Unavailable"},
    "AWS_CLOUDHSM": {"PendingImport", "Creating", "Updating"},
}
GATED = [(*cell, origin) for cell in CELLS for origin, never in IMPOSSIBLE.items() if cell[1] not in never]


@pytest.mark.parametrize(("operation", "state", "origin"), GATED)
def test_the_gate_holds_the_table(operation: str, state: str, origin: str) -> None:
    """Each cell, for a key of each origin: the footnote's error and message, or none."""
    wanted = expected(TABLE[operation][state], state, origin)
    key = SimpleNamespace(arn="ARN", origin=origin, state=lambda _now: state, custom_store=None)
    try:
        states.check(operation, key, START)
        got = None
    except AwsError as error:
        got = (error.code, error.message)
    assert got == (wanted and (wanted[0], wanted[1].format(arn="ARN", origin=origin)))


def test_the_shipped_table_is_the_same() -> None:
    """The package's table is AWS's, plus rows for operations that are newer than it, or are about no key."""
    shipped = {operation: dict(row) for operation, row in states.table().items()}
    keyless = {name for name, row in shipped.items() if set(row.values()) == {states.NO_KEY}}
    assert {name: row for name, row in shipped.items() if name in TABLE} == TABLE
    assert states.page().keys() - TABLE.keys() == {"RotateKeyOnDemand"}
    relatives = {name: table()[name].states for name in set(shipped) - set(TABLE) - keyless}
    newer = {"Decapsulate", "DeriveSharedSecret", "Encapsulate", "GetKeyLastUsage", "ListKeyRotations"}
    assert newer <= relatives.keys()
    assert all(relative in TABLE for name, relative in relatives.items() if name != "RotateKeyOnDemand")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_on_a_key_has_states(world: Any, operation: str) -> None:
    """No cell is empty; "-" stands where no key is planned for, and nowhere else."""
    cells = set(states.table()[operation].values())
    assert all(cells)
    keyless = OPERATIONS[operation].plan in (on_account, creation.plan, grants.plan_list_retirable)
    assert (cells == {states.NO_KEY}) == keyless


@pytest.mark.parametrize("operation", ["Decapsulate", "DeriveSharedSecret", "Encapsulate"])
@pytest.mark.parametrize("state", ["Enabled", "Disabled", "PendingDeletion", "Creating", "Updating"])
def test_newer_operations_are_as_their_relatives(operation: str, state: str) -> None:
    """Operations that the table doesn't know yet are refused as Sign is."""
    assert states.table()[operation][state] == TABLE["Sign"][state]


def test_pending_replica_deletion_is_named() -> None:
    """A multi-Region primary that waits for its replicas is refused by the name of its state."""
    key = SimpleNamespace(arn="ARN", origin="AWS_KMS", state=lambda _now: "PendingReplicaDeletion")
    with pytest.raises(AwsError, match="ARN is pending replica deletion.") as caught:
        states.check("Encrypt", key, START)
    assert caught.value.code == STATE


# --- On real keys ----------------------------------------------------------------------------------------------------

ALIAS, GRANTEE = "alias/made-in-advance", "arn:aws:iam::111122223333:role/Clerk"
HMAC = {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}
ECC = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
DIGEST = {"Message": b"m" * 32, "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}
MAC = {"Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}

# operation -> what kind of key it needs, and its parameters beside KeyId.
CALLS: dict[str, tuple[dict[str, Any], Callable[[Any], dict[str, Any]]]] = {
    "CancelKeyDeletion": ({}, lambda made: {}),
    "CreateAlias": ({}, lambda made: {"AliasName": "alias/new", "TargetKeyId": made.arn, "KeyId": None}),
    "CreateGrant": ({}, lambda made: {"GranteePrincipal": GRANTEE, "Operations": ["DescribeKey"]}),
    "Decrypt": ({}, lambda made: {"CiphertextBlob": made.blob}),
    "DeleteAlias": ({}, lambda made: {"AliasName": ALIAS, "KeyId": None}),
    "DeleteImportedKeyMaterial": ({}, lambda made: {}),
    "DescribeKey": ({}, lambda made: {}),
    "DisableKey": ({}, lambda made: {}),
    "DisableKeyRotation": ({}, lambda made: {}),
    "EnableKey": ({}, lambda made: {}),
    "EnableKeyRotation": ({}, lambda made: {}),
    "Encrypt": ({}, lambda made: {"Plaintext": b"x"}),
    "GenerateDataKey": ({}, lambda made: {"KeySpec": "AES_256"}),
    "GenerateDataKeyPair": ({}, lambda made: {"KeyPairSpec": "ECC_NIST_P256"}),
    "GenerateDataKeyPairWithoutPlaintext": ({}, lambda made: {"KeyPairSpec": "ECC_NIST_P256"}),
    "GenerateDataKeyWithoutPlaintext": ({}, lambda made: {"NumberOfBytes": 9}),
    "GenerateMac": (HMAC, lambda made: MAC),
    "GetKeyPolicy": ({}, lambda made: {}),
    "GetKeyRotationStatus": ({}, lambda made: {}),
    "GetParametersForImport": (
        {},
        lambda made: {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"},
    ),
    "GetPublicKey": (ECC, lambda made: {}),
    "ListAliases": ({}, lambda made: {}),
    "ListGrants": ({}, lambda made: {}),
    "ListKeyPolicies": ({}, lambda made: {}),
    "ListResourceTags": ({}, lambda made: {}),
    "PutKeyPolicy": ({}, lambda made: {"Policy": "{}"}),
    "ReEncrypt": ({}, lambda made: {"CiphertextBlob": made.blob, "DestinationKeyId": made.arn, "KeyId": None}),
    "ReplicateKey": ({}, lambda made: {"ReplicaRegion": "ap-south-1"}),
    "RetireGrant": ({}, lambda made: {"GrantToken": made.token, "KeyId": None}),
    "RevokeGrant": ({}, lambda made: {"GrantId": made.grant}),
    "ScheduleKeyDeletion": ({}, lambda made: {}),
    "Sign": (ECC, lambda made: DIGEST),
    "TagResource": ({}, lambda made: {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
    "UntagResource": ({}, lambda made: {"TagKeys": ["a"]}),
    "UpdateAlias": ({}, lambda made: {"AliasName": ALIAS, "TargetKeyId": made.arn, "KeyId": None}),
    "UpdateKeyDescription": ({}, lambda made: {"Description": "d"}),
    "UpdatePrimaryRegion": ({}, lambda made: {"PrimaryRegion": made.other}),
    "Verify": (ECC, lambda made: {**DIGEST, "Signature": made.signature}),
    "VerifyMac": (HMAC, lambda made: {**MAC, "Mac": made.mac}),
}


def prepare(world: Any, kind: dict[str, Any], state: str) -> SimpleNamespace:
    """A multi-Region primary with a replica, used in all ways that leave something behind, then brought into `state`.

    Creating is a replica's state; what is pending deletion, or disabled, is the primary after its replica is gone.
    """
    home, other = "us-east-1", "eu-west-1"
    meta = world.create(MultiRegion=True, **kind)
    key_id, made = meta["KeyId"], SimpleNamespace(region=home, other=other, blob=b"", signature=b"", mac=b"")
    if kind == HMAC:
        made.mac = world.call("GenerateMac", KeyId=key_id, **MAC)["Mac"]
    elif kind == ECC:
        made.signature = world.call("Sign", KeyId=key_id, **DIGEST)["Signature"]
    else:
        made.blob = world.call("Encrypt", KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    if state in ("Enabled", "Creating", "Updating"):
        world.call("ReplicateKey", KeyId=key_id, ReplicaRegion=other)
        if state != "Creating":
            world.advance(seconds=10)
    if state in ("Creating", "Updating"):
        made.region, made.other = other, home
    region = made.region
    made.arn = meta["Arn"].replace(home, region)
    if state == "Updating":
        world.call("UpdatePrimaryRegion", KeyId=key_id, PrimaryRegion=other)
    if state != "Creating":
        # While a replica is Creating, no grant can be made on it.
        live = {"KeyId": key_id, "GranteePrincipal": GRANTEE, "Operations": ["DescribeKey"], "region": region}
        given = world.call("CreateGrant", **live)
        made.token, made.grant = given["GrantToken"], given["GrantId"]
    world.call("CreateAlias", AliasName=ALIAS, TargetKeyId=made.arn, region=region)
    if state == "Disabled":
        world.call("DisableKey", KeyId=key_id)
    if state == "PendingDeletion":
        spare = world.create(**kind)["KeyId"]
        if kind == {}:
            world.call("UpdateAlias", AliasName=ALIAS, TargetKeyId=spare)
        world.call("ScheduleKeyDeletion", KeyId=key_id)
    return made


REACHABLE = ("Enabled", "Disabled", "PendingDeletion", "Creating", "Updating")
NOT_SO = {  # cells that need what can't be there, with the reason
    ("RevokeGrant", "Creating"): "no grant can be made while the key is Creating",
    ("RetireGrant", "Creating"): "no grant can be made while the key is Creating",
}
FIRST = {  # what the real service asks before the state (recorded, localstack, test_kms.snapshot.json, 2025)
    ("ReplicateKey", "Creating"): (UNSUPPORTED, "{arn} is not a multi-region primary key."),
}
REAL = [(operation, state) for operation, state in CELLS if state in REACHABLE and (operation, state) not in NOT_SO]
REAL = [(operation, state) for operation, state in REAL if operation != "ImportKeyMaterial"]


@pytest.mark.parametrize(("operation", "state"), REAL)
def test_a_real_key_in_this_state(world: Any, operation: str, state: str) -> None:
    """The call itself succeeds or is refused as the cell says (key material by KMS)."""
    kind, params = CALLS[operation]
    made = prepare(world, kind, state)
    assert world.state(made.arn, made.region) == state
    arguments = {"KeyId": made.arn} | params(made)
    arguments = {name: value for name, value in arguments.items() if value is not None}
    wanted = FIRST.get((operation, state)) or expected(TABLE[operation][state], state, "AWS_KMS")
    if wanted is None:
        world.call(operation, region=made.region, **arguments)
        return
    error = world.refused(operation, region=made.region, **arguments)
    assert (error.code, error.message) == (wanted[0], wanted[1].format(arn=made.arn, origin="AWS_KMS"))


PENDING_IMPORT = [operation for operation in TABLE if operation in CALLS]


@pytest.mark.parametrize("operation", [name for name in PENDING_IMPORT if name not in ("RevokeGrant", "RetireGrant")])
def test_a_real_key_that_waits_for_its_material(world: Any, operation: str) -> None:
    """PendingImport: the state of a key with Origin EXTERNAL and no material."""
    kind, params = CALLS[operation]
    meta = world.create(Origin="EXTERNAL", MultiRegion=operation in ("ReplicateKey", "UpdatePrimaryRegion"), **kind)
    made = SimpleNamespace(arn=meta["Arn"], blob=b"x", signature=b"x", mac=b"x", other="eu-west-1")
    if operation in ("Decrypt", "ReEncrypt"):  # the ciphertext is looked at first
        world.bring(made.arn, b"1" * 32)
        made.blob = world.call("Encrypt", KeyId=made.arn, Plaintext=b"x")["CiphertextBlob"]
        world.call("DeleteImportedKeyMaterial", KeyId=made.arn)
    world.call("CreateAlias", AliasName=ALIAS, TargetKeyId=made.arn)
    arguments = {"KeyId": made.arn} | params(made)
    if operation == "ReEncrypt":
        arguments["SourceKeyId"] = made.arn
    arguments = {name: value for name, value in arguments.items() if value is not None}
    wanted = expected(TABLE[operation]["PendingImport"], "PendingImport", "EXTERNAL")
    if wanted is None:
        world.call(operation, **arguments)
        return
    error = world.refused(operation, **arguments)
    assert (error.code, error.message) == (wanted[0], wanted[1].format(arn=made.arn, origin="EXTERNAL"))


def test_update_alias_away_from_a_key_pending_deletion(world: Any) -> None:
    """Footnote 10: the key that the alias leaves may be pending deletion, the one that it goes to may not."""
    old, new = world.create()["KeyId"], world.create()["KeyId"]
    world.call("CreateAlias", AliasName=ALIAS, TargetKeyId=old)
    world.call("ScheduleKeyDeletion", KeyId=old)
    world.call("UpdateAlias", AliasName=ALIAS, TargetKeyId=new)
    assert world.refused("UpdateAlias", AliasName=ALIAS, TargetKeyId=old).code == STATE


def test_every_row_is_tried() -> None:
    """No row of the table is left out of the tests on real keys, save ImportKeyMaterial, which test_imports has."""
    assert set(TABLE) - set(CALLS) == {"ImportKeyMaterial"}
