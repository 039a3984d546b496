"""The table of condition keys, held against AWS's own model of KMS."""

from __future__ import annotations

import html
import re

import botocore.session
import pytest

from labkit.cloud.policy import condition_keys

MODEL = botocore.session.get_session().get_service_model("kms")
PERMISSIONS = {"ReEncrypt": ["ReEncryptFrom", "ReEncryptTo"]}
NO_KEY = {  # operations that are not authorized on a KMS key
    "CreateKey", "GenerateRandom", "ListAliases", "ListKeys", "ListRetirableGrants", "ConnectCustomKeyStore",
    "CreateCustomKeyStore", "DeleteCustomKeyStore", "DescribeCustomKeyStores", "DisconnectCustomKeyStore",
    "UpdateCustomKeyStore",
}  # fmt: skip


def documentation(operation: str) -> str:
    return re.sub("<[^>]+>", "", html.unescape(MODEL.operation_model(operation).documentation))


def test_every_operation_on_a_key_is_in_the_table() -> None:
    """The operations on KMS keys are those of the model, ReEncrypt as its two permissions."""
    named = {p for o in MODEL.operation_names if o not in NO_KEY for p in PERMISSIONS.get(o, [o])}
    assert named == condition_keys.KEY_OPERATIONS


@pytest.mark.parametrize("operation", sorted(set(MODEL.operation_names) - NO_KEY))
def test_cross_account_use_is_as_documented(operation: str) -> None:
    """An operation works across accounts exactly if its documentation says so."""
    found = re.search(r"Cross-account use\s*:\s*(Yes|No)", documentation(operation))
    assert found is not None
    for permission in PERMISSIONS.get(operation, [operation]):
        assert (permission in condition_keys.CROSS_ACCOUNT_OPERATIONS) is (found[1] == "Yes")


def test_operations_in_the_table_exist() -> None:
    """No key names an operation that KMS does not have."""
    known = condition_keys.KEY_OPERATIONS | NO_KEY
    assert {o for key in condition_keys.table().values() for o in key.operations} <= known


@pytest.mark.parametrize(("name", "action", "supported"), [
    ("kms:RequestAlias", "kms:Decrypt", True),
    ("kms:requestalias", "KMS:decrypt", True),
    ("kms:RequestAlias", "kms:CreateAlias", False),
    ("kms:EncryptionContext:Department", "kms:GenerateDataKey", True),
    ("kms:EncryptionContext:Department", "kms:Sign", False),
    ("kms:EncryptionContext:", "kms:Decrypt", False),
    ("kms:RecipientAttestation:PCR0", "kms:Decrypt", True),
    ("kms:PolicyName", "kms:PutKeyPolicy", True),
    ("kms:NoSuchKey", "kms:Decrypt", False),
    ("kms:GrantOperations", "kms:CreateGrant", True),
    ("kms:ViaService", "kms:ListKeys", False),
])  # fmt: skip
def test_supported(name: str, action: str, supported: bool) -> None:
    """A key is known for the operations of its row, in any case."""
    assert condition_keys.supported(name, action) is supported


def test_keys_that_key_policies_do_not_know() -> None:
    """Aliases and tags of the key work in IAM policies only."""
    assert condition_keys.identity_only("kms:ResourceAliases")
    assert condition_keys.identity_only("aws:ResourceTag/Project")
    assert not condition_keys.identity_only("kms:ViaService")


def test_every_documented_condition_key_is_in_the_table() -> None:
    """Each condition key that the operations' documentation names has a row."""
    text = " ".join(documentation(operation) for operation in MODEL.operation_names)
    named = set(re.findall(r"kms:([A-Z][A-Za-z]+) condition key", text))
    assert named
    assert all(condition_keys.lookup(f"kms:{name}") or condition_keys.lookup(f"kms:{name}:x") for name in named)
