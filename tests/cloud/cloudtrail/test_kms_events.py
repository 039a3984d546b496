"""Each KMS operation's event, against AWS's sample events."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

MODEL = botocore.session.get_session().get_service_model("kms")
ROWS = {
    row["eventName"]: row
    for row in csv.DictReader(
        (
            line
            for line in Path(__file__).with_name("kms-events.tsv").read_text().splitlines()
            if not line.startswith("#")
        ),
        delimiter="\t",
    )
}
CONTEXT = {"Department": "Payroll"}


def _policy(account: str) -> str:
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [root]})


def _call_all(kms: Any, account: str) -> None:
    """Every operation in the table, once, with all its parameters."""
    policy, me = _policy(account), f"arn:aws:iam::{account}:root"
    key = kms.create_key(Policy=policy, Description="d", Tags=[{"TagKey": "a", "TagValue": "b"}])["KeyMetadata"][
        "KeyId"
    ]
    other, plain = kms.create_key()["KeyMetadata"]["KeyId"], {"Plaintext": b"MARK-plaintext"}
    kms.create_alias(AliasName="alias/a", TargetKeyId=key)
    kms.update_alias(AliasName="alias/a", TargetKeyId=other)
    kms.delete_alias(AliasName="alias/a")
    blob = kms.encrypt(KeyId=key, EncryptionContext=CONTEXT, **plain)["CiphertextBlob"]
    kms.decrypt(CiphertextBlob=blob, KeyId=key, EncryptionContext=CONTEXT)
    kms.re_encrypt(
        CiphertextBlob=blob,
        SourceKeyId=key,
        SourceEncryptionContext=CONTEXT,
        DestinationKeyId=other,
        DestinationEncryptionContext=CONTEXT,
    )
    kms.generate_data_key(KeyId=key, KeySpec="AES_256", EncryptionContext=CONTEXT)
    kms.generate_data_key_without_plaintext(KeyId=key, NumberOfBytes=64, EncryptionContext=CONTEXT)
    kms.generate_data_key_pair(KeyId=key, KeyPairSpec="ECC_NIST_P256", EncryptionContext=CONTEXT)
    kms.generate_data_key_pair_without_plaintext(KeyId=key, KeyPairSpec="ECC_NIST_P256", EncryptionContext=CONTEXT)
    kms.generate_random(NumberOfBytes=8)
    mac_key = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    mac = kms.generate_mac(KeyId=mac_key, Message=b"m", MacAlgorithm="HMAC_SHA_256")["Mac"]
    kms.verify_mac(KeyId=mac_key, Message=b"m", Mac=mac, MacAlgorithm="HMAC_SHA_256")
    signer = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    what = {"KeyId": signer, "Message": b"m", "MessageType": "RAW", "SigningAlgorithm": "ECDSA_SHA_256"}
    kms.verify(Signature=kms.sign(**what)["Signature"], **what)
    kms.get_public_key(KeyId=signer)
    grant = {"KeyId": key, "GranteePrincipal": me, "RetiringPrincipal": me, "Operations": ["Decrypt"], "Name": "n"}
    limits = {"Constraints": {"EncryptionContextSubset": CONTEXT}}
    kms.retire_grant(
        KeyId=kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"], GrantId=kms.create_grant(**grant, **limits)["GrantId"]
    )
    kms.revoke_grant(KeyId=key, GrantId=kms.create_grant(**grant, **limits)["GrantId"])
    kms.list_grants(KeyId=key, Limit=5)
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    kms.get_key_rotation_status(KeyId=key)
    kms.disable_key_rotation(KeyId=key)
    kms.rotate_key_on_demand(KeyId=key)
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "c", "TagValue": "d"}])
    kms.untag_resource(KeyId=key, TagKeys=["c"])
    kms.update_key_description(KeyId=key, Description="e")
    kms.get_key_policy(KeyId=key, PolicyName="default")
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy, BypassPolicyLockoutSafetyCheck=False)
    external = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    kms.get_parameters_for_import(KeyId=external, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")
    kms.list_keys(Limit=5)
    kms.list_aliases(Limit=5)
    kms.disable_key(KeyId=key)
    kms.enable_key(KeyId=key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    kms.cancel_key_deletion(KeyId=key)


def test_each_operation_shows_what_the_sample_events_show(lab: Any, kms: Any, events: Callable[..., Any]) -> None:
    """Parameters, elements, additional data, resources and readOnly of every operation are those of the table."""
    _call_all(kms, lab.account_id)
    seen = {}
    for event in events():
        if event["eventSource"] == "kms.amazonaws.com" and event["eventType"] == "AwsApiCall":
            seen.setdefault(event["eventName"], event)
    assert set(seen) == set(ROWS)
    shown = {
        operation: {
            "eventName": operation,
            "readOnly": str(event["readOnly"]).lower(),
            "requestParameters": ",".join(sorted(event["requestParameters"] or ())),
            "responseElements": ",".join(sorted(event["responseElements"] or ())),
            "additionalEventData": ",".join(sorted(event.get("additionalEventData", ()))),
            "resources": str(len(event.get("resources", ()))),
        }
        for operation, event in seen.items()
    }
    assert shown == ROWS
    assert "MARK" not in json.dumps(events())


def test_no_record_names_all_keys(kms: Any, events: Callable[..., Any]) -> None:
    """Tags on a new key are asked for on key/*, which is no resource of the call."""
    tags = [{"TagKey": "team", "TagValue": "a"}]
    made = kms.create_key(MultiRegion=True, Tags=tags)["KeyMetadata"]
    copied = kms.replicate_key(KeyId=made["KeyId"], ReplicaRegion="eu-west-1", Tags=tags)["ReplicaKeyMetadata"]
    (created,), (replicated,) = events("CreateKey")[:1], events("ReplicateKey")
    assert [each["ARN"] for each in created["resources"]] == [made["Arn"]]
    assert [each["ARN"] for each in replicated["resources"]] == [made["Arn"]]
    assert copied["Arn"].startswith("arn:aws:kms:eu-west-1:")


def test_create_key_writes_the_captured_casing(kms: Any, events: Callable[..., Any]) -> None:
    """A real CreateKey record: aWSAccountId, Java dates, defaults filled in, both names of the spec."""
    kms.create_key()
    event = events("CreateKey")[0]
    assert event["requestParameters"] == {
        "bypassPolicyLockoutSafetyCheck": False,
        "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "description": "",
        "keySpec": "SYMMETRIC_DEFAULT",
        "keyUsage": "ENCRYPT_DECRYPT",
        "multiRegion": False,
        "origin": "AWS_KMS",
    }
    metadata = event["responseElements"]["keyMetadata"]
    assert metadata["aWSAccountId"] == "111122223333"
    assert metadata["creationDate"] == "Jan 5, 2026, 9:00:02 AM"


def test_update_alias_shows_the_key_it_goes_to(kms: Any, events: Callable[..., Any]) -> None:
    """responseElements.keyId and resources name the new key; the alias comes last, typed as a key."""
    first, second = (kms.create_key()["KeyMetadata"] for _ in range(2))
    kms.create_alias(AliasName="alias/a", TargetKeyId=first["KeyId"])
    kms.update_alias(AliasName="alias/a", TargetKeyId=second["KeyId"])
    event = events("UpdateAlias")[0]
    assert event["responseElements"] == {"keyId": second["Arn"]}
    alias = "arn:aws:kms:us-east-1:111122223333:alias/a"
    assert event["resources"] == [
        {"accountId": "111122223333", "type": "AWS::KMS::Key", "ARN": second["Arn"]},
        {"accountId": "111122223333", "type": "AWS::KMS::Key", "ARN": alias},
    ]


@pytest.mark.parametrize("operation", sorted(ROWS.keys() & set(MODEL.operation_names)))
def test_what_is_refused_before_anything_is_found(lab: Any, events: Callable[..., Any], operation: str) -> None:
    """A request that breaks every rule of form is answered in KMS's words and recorded, whatever the operation."""
    kms = boto3.client("kms", config=Config(retries={"max_attempts": 0}, parameter_validation=False))
    members = MODEL.operation_model(operation).input_shape.members
    wrong = {name: "?" for name, member in members.items() if member.type_name == "string"}
    with pytest.raises(ClientError) as refused:
        getattr(kms, xform_name(operation))(**wrong)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert [event["errorCode"] for event in events(operation)] == [refused.value.response["Error"]["Code"]]


def test_an_update_without_the_prefix(kms: Any, events: Callable[..., Any]) -> None:
    """The commonest slip with aliases: it names nothing, and is refused and recorded all the same."""
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    with pytest.raises(ClientError, match="must start with the prefix"):
        kms.update_alias(AliasName="orders", TargetKeyId=key_id)
    assert events("UpdateAlias")[0]["errorCode"] == "ValidationException"
    assert "resources" not in events("UpdateAlias")[0]


def test_a_dry_run_keeps_its_parameters_and_material(kms: Any, events: Callable[..., Any]) -> None:
    """DryRunOperationException comes with the request, the resources and keyMaterialId (sample event)."""
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    with pytest.raises(kms.exceptions.DryRunOperationException):
        kms.generate_data_key(KeyId=key, KeySpec="AES_256", DryRun=True)
    event = events("GenerateDataKey")[0]
    assert event["errorCode"] == "DryRunOperationException"
    assert event["requestParameters"] == {"keyId": key, "keySpec": "AES_256", "dryRun": True}
    assert len(event["additionalEventData"]["keyMaterialId"]) == 64
    assert event["responseElements"] is None


def test_an_unusable_key_keeps_parameters_and_resources(kms: Any, events: Callable[..., Any]) -> None:
    """What fails after authorization shows what was asked for, and of which key."""
    key = kms.create_key()["KeyMetadata"]
    kms.disable_key(KeyId=key["KeyId"])
    with pytest.raises(kms.exceptions.DisabledException):
        kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
    event = events("Encrypt")[0]
    assert event["errorCode"] == "DisabledException"
    assert event["errorMessage"] == f"{key['Arn']} is disabled."
    assert event["requestParameters"] == {"encryptionAlgorithm": "SYMMETRIC_DEFAULT", "keyId": key["KeyId"]}
    assert event["resources"][0]["ARN"] == key["Arn"]


def test_replicating_is_recorded_as_a_creation_in_the_other_region(kms: Any, events: Callable[..., Any]) -> None:
    """ReplicateKey in the primary's Region, CreateKey in the replica's, about the replica, by the same caller."""
    key = kms.create_key(MultiRegion=True, Description="first")["KeyMetadata"]
    answer = kms.replicate_key(KeyId=key["KeyId"], ReplicaRegion="eu-west-1", Description="second")
    (replicated,) = events("ReplicateKey")
    _, created = events("CreateKey")
    arn = answer["ReplicaKeyMetadata"]["Arn"]
    assert (replicated["awsRegion"], created["awsRegion"]) == ("us-east-1", "eu-west-1")
    assert [item["ARN"] for item in replicated["resources"]] == [key["Arn"]]
    assert [item["ARN"] for item in created["resources"]] == [arn]
    assert created["responseElements"]["keyMetadata"]["arn"] == arn
    assert created["requestParameters"]["description"] == "second"
    assert created["requestParameters"]["multiRegion"] is True
    assert created["userIdentity"] == replicated["userIdentity"]
    assert created["eventID"] != replicated["eventID"]
    assert "tlsDetails" in replicated and "tlsDetails" not in created


def test_a_refused_replication_creates_nothing(kms: Any, events: Callable[..., Any]) -> None:
    """No CreateKey is on record for a replica that was not made."""
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]
    with pytest.raises(kms.exceptions.AlreadyExistsException):
        kms.replicate_key(KeyId=key["KeyId"], ReplicaRegion="us-east-1")
    assert [event["awsRegion"] for event in events("CreateKey")] == ["us-east-1"]


def test_updating_the_primary_region_is_recorded_in_both(kms: Any, lab: Any, events: Callable[..., Any]) -> None:
    """UpdatePrimaryRegion writes an entry in each Region, with that Region's key."""
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]
    replica = kms.replicate_key(KeyId=key["KeyId"], ReplicaRegion="eu-west-1")["ReplicaKeyMetadata"]
    lab.clock.advance(minutes=1)
    kms.update_primary_region(KeyId=key["KeyId"], PrimaryRegion="eu-west-1")
    old, new = events("UpdatePrimaryRegion")
    assert (old["awsRegion"], old["responseElements"]) == ("us-east-1", {"keyId": key["Arn"]})
    assert (new["awsRegion"], new["responseElements"]) == ("eu-west-1", {"keyId": replica["Arn"]})
    assert [item["ARN"] for item in new["resources"]] == [replica["Arn"]]
    assert old["requestID"] == new["requestID"]
    assert old["eventID"] != new["eventID"]
    synchronized = events("SynchronizeMultiRegionKey")[0]
    assert synchronized["eventType"] == "AwsApiCall"
    assert synchronized["responseElements"] == {"keyId": key["Arn"]}
    assert "type" not in synchronized["userIdentity"]
