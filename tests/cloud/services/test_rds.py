"""RDS: a database comes under a key by a snapshot, its copy and a restore, and each step asks KMS for the caller."""

from __future__ import annotations

import itertools
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit

NAMES = itertools.count()


@pytest.fixture(scope="module")
def lab() -> labkit.Lab:
    """One lab for all: a database without encryption, and a snapshot of it."""
    started = labkit.start("rds-tests")
    create("shop")
    boto3.client("rds").create_db_snapshot(DBInstanceIdentifier="shop", DBSnapshotIdentifier="plain")
    return started


@pytest.fixture
def rds(lab: labkit.Lab) -> Any:
    """RDS as the administrator."""
    return boto3.client("rds")


@pytest.fixture
def key(lab: labkit.Lab) -> str:
    """The ARN of a customer managed key."""
    return str(boto3.client("kms").create_key()["KeyMetadata"]["Arn"])


def create(name: str, client: Any = None, **more: Any) -> dict[str, Any]:
    """Create a small database."""
    asked = {"Engine": "postgres", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20}
    login = {"MasterUsername": "keeper", "MasterUserPassword": "correct-horse"}
    client = client or boto3.client("rds")
    made: dict[str, Any] = client.create_db_instance(DBInstanceIdentifier=name, **asked, **login, **more)["DBInstance"]
    return made


def fresh(kind: str) -> str:
    """A name that nothing has."""
    return f"{kind}-{next(NAMES)}"


def by_rds(lab: labkit.Lab, since: int) -> list[dict[str, Any]]:
    """KMS calls by way of RDS since a number of events."""
    return [each for each in lab.events()[since:] if each["userIdentity"].get("invokedBy") == "rds.amazonaws.com"]


def test_by_snapshot_copy_and_restore(lab: labkit.Lab, rds: Any, key: str) -> None:
    """The unencrypted database is as it was; the restored one is under the copy's key."""
    copied, restored = fresh("copy"), fresh("shop")
    copy = rds.copy_db_snapshot(SourceDBSnapshotIdentifier="plain", TargetDBSnapshotIdentifier=copied, KmsKeyId=key)[
        "DBSnapshot"
    ]
    assert (copy["Encrypted"], copy["KmsKeyId"]) == (True, key)
    rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier=restored, DBSnapshotIdentifier=copied)
    found = {each["DBInstanceIdentifier"]: each for each in rds.describe_db_instances()["DBInstances"]}
    assert (found[restored]["StorageEncrypted"], found[restored]["KmsKeyId"]) == (True, key)
    assert (found["shop"]["StorageEncrypted"], found["shop"].get("KmsKeyId")) == (False, None)
    assert found[restored]["DbiResourceId"] != found["shop"]["DbiResourceId"]


def test_no_parameter_changes_it_in_place(rds: Any) -> None:
    """ModifyDBInstance has none for encryption, and a restore none for another key."""
    model = rds.meta.service_model
    for name in ("ModifyDBInstance", "RestoreDBInstanceFromDBSnapshot"):
        assert not {"StorageEncrypted", "KmsKeyId"} & set(model.operation_model(name).input_shape.members)


def test_what_kms_is_asked(lab: labkit.Lab, rds: Any, key: str) -> None:
    """DescribeKey and CreateGrant for the caller, limited to the database; nothing where nothing is encrypted."""
    before = len(lab.events())
    made = create(fresh("db"), StorageEncrypted=True, KmsKeyId=key)
    described, granted = by_rds(lab, before)
    assert (described["eventName"], granted["eventName"]) == ("DescribeKey", "CreateGrant")
    assert granted["userIdentity"]["arn"].endswith("assumed-role/LabAdministrator/learner")
    limits = granted["requestParameters"]["constraints"]
    assert limits == {"encryptionContextSubset": {"aws:rds:db-id": made["DbiResourceId"]}}
    before = len(lab.events())
    create(fresh("db"))
    rds.copy_db_snapshot(SourceDBSnapshotIdentifier="plain", TargetDBSnapshotIdentifier=fresh("copy"))
    assert by_rds(lab, before) == []


@pytest.mark.parametrize("how", ["nothing", "alias", "id"])
def test_how_a_key_is_named(lab: labkit.Lab, rds: Any, key: str, how: str) -> None:
    """By id or alias, and kept by its ARN; without a name it is aws/rds."""
    kms, alias = boto3.client("kms"), f"alias/{fresh('name')}"
    kms.create_alias(AliasName=alias, TargetKeyId=key)
    named = {"nothing": {}, "alias": {"KmsKeyId": alias}, "id": {"KmsKeyId": key[-36:]}}[how]
    made = create(fresh("db"), StorageEncrypted=True, **named)
    own = kms.describe_key(KeyId="alias/aws/rds")["KeyMetadata"]["Arn"]
    assert made["KmsKeyId"] == (own if how == "nothing" else key)


@pytest.mark.parametrize(
    ("actions", "works"),
    [
        (("kms:CreateGrant", "kms:DescribeKey"), True),
        (("kms:CreateGrant",), False),
        (("kms:DescribeKey",), False),
        (("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"), False),
    ],
)
@pytest.mark.parametrize("step", ["create", "copy", "copy the copy", "restore"])
def test_which_permissions_it_takes(
    lab: labkit.Lab, rds: Any, key: str, step: str, actions: tuple[str, ...], works: bool
) -> None:
    """Two, for each key that is involved; refused, nothing is made."""
    encrypted = fresh("copy")
    if step in ("copy the copy", "restore"):
        rds.copy_db_snapshot(SourceDBSnapshotIdentifier="plain", TargetDBSnapshotIdentifier=encrypted, KmsKeyId=key)
    allowed = {"Effect": "Allow", "Action": ["rds:*", *actions], "Resource": "*"}
    clerk, name = lab.role(f"Clerk{next(NAMES)}", policy=[allowed]).client("rds"), fresh("new")
    source = encrypted if step == "copy the copy" else "plain"
    copy = {"SourceDBSnapshotIdentifier": source, "TargetDBSnapshotIdentifier": name}
    steps: dict[str, Any] = {
        "create": lambda: create(name, clerk, StorageEncrypted=True, KmsKeyId=key),
        "copy": lambda: clerk.copy_db_snapshot(**copy, KmsKeyId=key),
        "copy the copy": lambda: clerk.copy_db_snapshot(**copy),
        "restore": lambda: clerk.restore_db_instance_from_db_snapshot(
            DBInstanceIdentifier=name, DBSnapshotIdentifier=encrypted
        ),
    }
    if works:
        steps[step]()
        return
    with pytest.raises(ClientError, match=r"KMS key \[.*\] does not exist, is not enabled") as refused:
        steps[step]()
    assert refused.value.response["Error"]["Code"] == "KMSKeyNotAccessibleFault"
    assert refused.value.response["Error"]["Message"].startswith("The source") == (step == "copy the copy")
    there = [each["DBInstanceIdentifier"] for each in rds.describe_db_instances()["DBInstances"]]
    there += [each["DBSnapshotIdentifier"] for each in rds.describe_db_snapshots()["DBSnapshots"]]
    assert name not in there


@pytest.mark.parametrize("kind", ["disabled", "pending deletion", "not there", "asymmetric", "elsewhere"])
def test_keys_that_are_no_good(rds: Any, kind: str) -> None:
    """One refusal for all."""
    kms = boto3.client("kms", "eu-west-1" if kind == "elsewhere" else "us-east-1")
    spec = {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"} if kind == "asymmetric" else {}
    key = kms.create_key(**spec)["KeyMetadata"]["Arn"]
    if kind == "disabled":
        kms.disable_key(KeyId=key)
    if kind == "pending deletion":
        kms.schedule_key_deletion(KeyId=key)
    key = f"{key[:-12]}000000000000" if kind == "not there" else key
    with pytest.raises(rds.exceptions.KMSKeyNotAccessibleFault):
        rds.copy_db_snapshot(SourceDBSnapshotIdentifier="plain", TargetDBSnapshotIdentifier=fresh("copy"), KmsKeyId=key)


@pytest.mark.parametrize(
    ("under", "with_whom", "shared"),
    [
        ("", "444455556666", True),
        ("", "all", True),
        ("own", "444455556666", True),
        ("own", "all", False),
        ("alias/aws/rds", "444455556666", False),
    ],
)
def test_what_can_be_shared(rds: Any, key: str, under: str, with_whom: str, shared: bool) -> None:
    """Not what is under aws/rds; and nothing encrypted with everybody."""
    name = fresh("copy")
    more = {"KmsKeyId": key if under == "own" else under} if under else {}
    rds.copy_db_snapshot(SourceDBSnapshotIdentifier="plain", TargetDBSnapshotIdentifier=name, **more)
    share = {"DBSnapshotIdentifier": name, "AttributeName": "restore", "ValuesToAdd": [with_whom]}
    if shared:
        rds.modify_db_snapshot_attribute(**share)
        return
    with pytest.raises(ClientError):
        rds.modify_db_snapshot_attribute(**share)


def test_keys_of_what_is_not_simulated(rds: Any, key: str) -> None:
    """They are refused: a key that nobody asks would be a lie."""
    with pytest.raises(ClientError, match="not simulated"):
        rds.create_db_cluster(DBClusterIdentifier="c", Engine="aurora-mysql", StorageEncrypted=True, KmsKeyId=key)
    with pytest.raises(ClientError, match="not simulated"):
        create(fresh("db"), StorageEncrypted=True, KmsKeyId=key, PerformanceInsightsKMSKeyId=key)
