"""DynamoDB: tables under KMS keys, the grant and the table key, who is denied, and in which words."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import boto3
import pytest
from botocore.config import Config

import labkit
from labkit.cloud.services.dynamodb.wrap import CACHED

TABLE = "Books"
CONTEXT = {"aws:dynamodb:tableName": TABLE, "aws:dynamodb:subscriberId": "111122223333"}
DYNAMODB = "dynamodb.us-east-1.amazonaws.com"
ITEM = {"id": {"S": "1"}, "title": {"S": "secret"}}
KEY = {"id": {"S": "1"}}


@pytest.fixture
def dynamodb(lab: labkit.Lab) -> Any:
    """DynamoDB as the administrator."""
    return boto3.client("dynamodb")


def create(dynamodb: Any, specification: dict[str, Any] | None) -> Any:
    """Make the table."""
    return dynamodb.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        **({"SSESpecification": specification} if specification else {}),
    )


def under(key: str) -> dict[str, Any]:
    """SSESpecification with a customer managed key."""
    return {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}


def encryption(dynamodb: Any) -> Any:
    """SSEDescription; None under the key that DynamoDB owns."""
    return dynamodb.describe_table(TableName=TABLE)["Table"].get("SSEDescription")


def test_a_table_without_a_word_needs_no_key(dynamodb: Any, inner: Any) -> None:
    """The AWS owned key is nobody's in this account: no description, no call."""
    create(dynamodb, None)
    dynamodb.put_item(TableName=TABLE, Item=ITEM)
    assert encryption(dynamodb) is None and inner() == []


def test_a_table_under_a_key(dynamodb: Any, kms: Any, key: str, inner: Any) -> None:
    """The caller describes the key and grants DynamoDB its use; DynamoDB itself makes the table key."""
    made = create(dynamodb, under(key))["TableDescription"]["SSEDescription"]
    assert made == {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key} == encryption(dynamodb)
    described, granted, generated = inner()
    assert [e["eventName"] for e in (described, granted, generated)] == [
        "DescribeKey",
        "CreateGrant",
        "GenerateDataKey",
    ]
    assert granted["userIdentity"]["arn"].endswith("LabAdministrator/learner")
    assert granted["userIdentity"]["invokedBy"] == "dynamodb.amazonaws.com"
    assert granted["requestParameters"] == {
        "keyId": key,
        "granteePrincipal": DYNAMODB,
        "retiringPrincipal": DYNAMODB,
        "operations": [
            "DescribeKey", "GenerateDataKey", "Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo", "RetireGrant",
        ],
        "constraints": {"encryptionContextSubset": CONTEXT},
    }  # fmt: skip
    assert generated["userIdentity"] == {"type": "AWSService", "invokedBy": "dynamodb.amazonaws.com"}
    assert generated["sourceIPAddress"] == generated["userAgent"] == "dynamodb.amazonaws.com"
    assert generated["requestParameters"] == {"keyId": key, "keySpec": "AES_256", "encryptionContext": CONTEXT}
    assert kms.list_grants(KeyId=key)["Grants"][0]["GranteePrincipal"] == DYNAMODB


def test_aws_dynamodb(dynamodb: Any, kms: Any) -> None:
    """Enabled and no more: the AWS managed key."""
    create(dynamodb, {"Enabled": True})
    assert encryption(dynamodb)["KMSMasterKeyArn"] == kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]["Arn"]
    dynamodb.put_item(TableName=TABLE, Item=ITEM)


def test_items_take_one_decrypt_in_five_minutes(dynamodb: Any, key: str, lab: labkit.Lab, inner: Any) -> None:
    """The table key stays in DynamoDB's memory while it is used; after five idle minutes KMS is asked again."""
    create(dynamodb, under(key))
    inner()
    dynamodb.put_item(TableName=TABLE, Item=ITEM)
    assert dynamodb.get_item(TableName=TABLE, Key=KEY)["Item"] == ITEM
    dynamodb.scan(TableName=TABLE)
    (decrypted,) = inner()
    assert (decrypted["eventName"], decrypted["requestParameters"]["encryptionContext"]) == ("Decrypt", CONTEXT)
    assert decrypted["userIdentity"]["arn"].endswith("LabAdministrator/learner")
    lab.clock.advance(seconds=CACHED.total_seconds())
    dynamodb.get_item(TableName=TABLE, Key=KEY)
    assert [e["eventName"] for e in inner()] == ["Decrypt"]


@pytest.mark.parametrize(
    "use",
    [
        lambda client: client.get_item(TableName=TABLE, Key=KEY),
        lambda client: client.put_item(TableName=TABLE, Item=ITEM),
        lambda client: client.scan(TableName=TABLE),
        lambda client: client.batch_get_item(RequestItems={TABLE: {"Keys": [KEY]}}),
        lambda client: client.transact_get_items(TransactItems=[{"Get": {"TableName": TABLE, "Key": KEY}}]),
        lambda client: client.execute_statement(Statement=f"SELECT * FROM \"{TABLE}\" WHERE id='1'"),
    ],
    ids=["get", "put", "scan", "batch", "transaction", "partiql"],
)
def test_every_use_of_items_is_denied_without_the_key(dynamodb: Any, key: str, reader: Any, use: Any) -> None:
    """All of DynamoDB does not open a table under a customer managed key."""
    create(dynamodb, under(key))
    dynamodb.put_item(TableName=TABLE, Item=ITEM)
    with labkit.expect_error("AccessDeniedException") as refused:
        use(reader("Clerk", "dynamodb:*").client("dynamodb"))
    assert refused.message.startswith(
        "KMS key access denied error: com.amazonaws.services.kms.model.AWSKMSException: User: "
        "arn:aws:sts::111122223333:assumed-role/Clerk/clerk is not authorized to perform: kms:Decrypt"
    )


def test_creating_needs_create_grant(dynamodb: Any, key: str, reader: Any) -> None:
    """Refused at once, in the caller's name, and no table is left."""
    clerk = reader("Clerk", "dynamodb:*", "kms:DescribeKey").client("dynamodb")
    with labkit.expect_error("AccessDeniedException") as refused:
        create(clerk, under(key))
    assert f"is not authorized to perform: kms:CreateGrant on resource: {key}" in refused.message
    with labkit.expect_error("ResourceNotFoundException"):
        dynamodb.describe_table(TableName=TABLE)


@pytest.mark.parametrize("state", ["disabled", "pending deletion", "no such key"])
def test_keys_that_cannot_be_used(dynamodb: Any, kms: Any, key: str, state: str) -> None:
    """ValidationException with KMS's message; no table, no grant."""
    name = "alias/nobody" if state == "no such key" else key
    if state == "disabled":
        kms.disable_key(KeyId=key)
        words = f"KMS key disabled error: com.amazonaws.services.kms.model.DisabledException: {key} is disabled."
    elif state == "pending deletion":
        kms.schedule_key_deletion(KeyId=key)
        words = (
            "KMS validation error: com.amazonaws.services.kms.model.KMSInvalidStateException: "
            f"{key} is pending deletion."
        )
    else:
        words = (
            "KMS validation error: com.amazonaws.services.kms.model.NotFoundException: "
            "Alias arn:aws:kms:us-east-1:111122223333:alias/nobody is not found."
        )
    with labkit.expect_error("ValidationException") as refused:
        create(dynamodb, under(name))
    assert refused.message.startswith(f"{words} (Service: AWSKMS; Status Code: 400; Error Code: ")
    assert dynamodb.list_tables()["TableNames"] == []


def test_an_asymmetric_key_is_a_fault(kms: Any) -> None:
    """The real service answers InternalServerError (500), and so does this one."""
    rsa = kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["Arn"]
    with labkit.expect_error("InternalServerError") as refused:
        create(boto3.client("dynamodb", config=Config(retries={"max_attempts": 0})), under(rsa))
    assert refused.message.startswith("KMS internal error: com.amazonaws.services.kms.model.AWSKMSException: ")


def test_a_disabled_key_is_noticed_once_the_table_key_is_forgotten(
    dynamodb: Any, kms: Any, key: str, lab: labkit.Lab
) -> None:
    """Until then the table works; after enabling it works again; with the key deleted the items are lost."""
    create(dynamodb, under(key))
    dynamodb.put_item(TableName=TABLE, Item=ITEM)
    kms.disable_key(KeyId=key)
    dynamodb.get_item(TableName=TABLE, Key=KEY)
    lab.clock.advance(minutes=6)
    with labkit.expect_error("ValidationException") as refused:
        dynamodb.get_item(TableName=TABLE, Key=KEY)
    assert refused.message.startswith("KMS key disabled error: ")
    kms.enable_key(KeyId=key)
    assert dynamodb.get_item(TableName=TABLE, Key=KEY)["Item"] == ITEM
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    lab.clock.advance(days=8)
    with labkit.expect_error("AccessDeniedException"):
        dynamodb.get_item(TableName=TABLE, Key=KEY)


def test_a_table_without_its_key_says_so(dynamodb: Any, kms: Any, key: str, lab: labkit.Lab) -> None:
    """TableStatus and the time, until the key can be used again; a table under another key is not concerned."""
    create(dynamodb, under(key))
    assert dynamodb.describe_table(TableName=TABLE)["Table"]["TableStatus"] == "ACTIVE"
    kms.disable_key(KeyId=key)
    disabled = next(event for event in lab.events() if event["eventName"] == "DisableKey")["eventTime"]
    table = dynamodb.describe_table(TableName=TABLE)["Table"]
    assert table["TableStatus"] == "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
    assert f"{table['SSEDescription']['InaccessibleEncryptionDateTime'].astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" == disabled
    kms.enable_key(KeyId=key)
    table = dynamodb.describe_table(TableName=TABLE)["Table"]
    assert (table["TableStatus"], table["SSEDescription"]["Status"]) == ("ACTIVE", "ENABLED")
    assert "InaccessibleEncryptionDateTime" not in table["SSEDescription"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    lab.clock.advance(days=8)
    assert dynamodb.describe_table(TableName=TABLE)["Table"]["TableStatus"] == "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
    kms.disable_key(KeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    dynamodb.update_table(TableName=TABLE, SSESpecification={"Enabled": False})
    assert dynamodb.describe_table(TableName=TABLE)["Table"]["TableStatus"] == "ACTIVE"


def test_changing_the_key(dynamodb: Any, kms: Any, key: str) -> None:
    """A new table key and grant under the other key; then none, under the AWS owned key."""
    create(dynamodb, under(key))
    dynamodb.put_item(TableName=TABLE, Item=ITEM)
    other = kms.create_key()["KeyMetadata"]["Arn"]
    changed = dynamodb.update_table(TableName=TABLE, SSESpecification=under(other))["TableDescription"]
    assert changed["SSEDescription"] == {"Status": "UPDATING", "SSEType": "KMS", "KMSMasterKeyArn": other}
    assert encryption(dynamodb) == {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": other}
    assert kms.list_grants(KeyId=key)["Grants"] == [] and len(kms.list_grants(KeyId=other)["Grants"]) == 1
    kms.disable_key(KeyId=key)
    assert dynamodb.get_item(TableName=TABLE, Key=KEY)["Item"] == ITEM
    off = dynamodb.update_table(TableName=TABLE, SSESpecification={"Enabled": False})["TableDescription"]
    assert off["SSEDescription"] == {"Status": "UPDATING", "SSEType": "KMS", "KMSMasterKeyArn": other}
    assert encryption(dynamodb) is None
    with labkit.expect_error("ValidationException") as refused:
        dynamodb.update_table(TableName=TABLE, SSESpecification=under(other), DeletionProtectionEnabled=True)
    assert "must be the only operation in the request" in refused.message


def test_deleting_a_table_retires_its_grant(dynamodb: Any, kms: Any, key: str, inner: Any) -> None:
    """By DynamoDB itself."""
    create(dynamodb, under(key))
    inner()
    dynamodb.delete_table(TableName=TABLE)
    (event,) = inner()
    assert (event["eventName"], event["userIdentity"]["type"]) == ("RetireGrant", "AWSService")
    assert kms.list_grants(KeyId=key)["Grants"] == []


@pytest.mark.parametrize(
    ("specification", "words"),
    [
        ({"Enabled": False, "SSEType": "KMS"}, "SSEType can not be specified if Enabled is false"),
        ({"Enabled": False, "KMSMasterKeyId": "x"}, "KMSMasterKeyId can not be specified if Enabled is false"),
        ({"Enabled": True, "SSEType": "AES256"}, "SSEType AES256 is not supported"),
        ({"Enabled": True, "KMSMasterKeyId": "x"}, "SSEType KMS is required if KMSMasterKeyId is specified"),
    ],
)
def test_specifications_that_contradict_themselves(dynamodb: Any, specification: Any, words: str) -> None:
    """ValidationException, as recorded."""
    with labkit.expect_error("ValidationException") as refused:
        create(dynamodb, specification)
    assert refused.message == f"One or more parameter values were invalid: {words}"


def test_batches_are_asked_on_each_table(dynamodb: Any, lab: labkit.Lab) -> None:
    """A policy for one table lets a batch on that table through."""
    create(dynamodb, None)
    arn = f"arn:aws:dynamodb:us-east-1:111122223333:table/{TABLE}"
    clerk = lab.role("Clerk", policy=[{"Effect": "Allow", "Action": "dynamodb:BatchGetItem", "Resource": arn}])
    batch = {TABLE: {"Keys": [KEY]}}
    clerk.client("dynamodb").batch_get_item(RequestItems=batch)
    with labkit.expect_error("AccessDeniedException"):
        clerk.client("dynamodb").batch_get_item(RequestItems=batch | {"Other": {"Keys": [KEY]}})


def test_two_runs_say_the_same() -> None:
    """Dates and descriptions are the same at each run."""

    def run() -> list[Any]:
        labkit.start("same")
        dynamodb = boto3.client("dynamodb")
        return [create(dynamodb, {"Enabled": True}), dynamodb.describe_table(TableName=TABLE)]

    assert run() == run()
