"""What every record has in common: order of members, callers, denials, service events, other accounts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

# The one order that fits published records.
ORDER = [
    "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress",
    "userAgent", "errorCode", "errorMessage", "requestParameters", "responseElements", "additionalEventData",
    "requestID", "eventID", "readOnly", "resources", "eventType", "apiVersion", "managementEvent",
    "recipientAccountId", "sharedEventID", "vpcEndpointId", "vpcEndpointAccountId", "serviceEventDetails",
    "eventCategory", "tlsDetails", "sessionCredentialFromConsole",
]  # fmt: skip
ALLOWED = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}


def test_members_stand_in_one_order_and_none_is_null(lab: Any, kms: Any, events: Callable[..., Any]) -> None:
    """Absent is absent: only requestParameters and responseElements may be null, and both are always there."""
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.encrypt(KeyId=key, Plaintext=b"x")
    kms.rotate_key_on_demand(KeyId=key)
    clerk = lab.role("Clerk")
    with pytest.raises(ClientError):
        clerk.client("kms").create_key()
    lab.clock.advance(minutes=1)
    for event in events():
        assert list(event) == [name for name in ORDER if name in event]
        nulls = {name for name, value in event.items() if value is None}
        assert nulls <= {"requestParameters", "responseElements"}
        assert {"requestParameters", "responseElements", "eventID", "recipientAccountId"} <= set(event)


def test_a_denied_call_shows_neither_parameters_nor_resources(lab: Any, kms: Any, events: Callable[..., Any]) -> None:
    """errorCode is AccessDenied, not AccessDeniedException; parameters are null, resources are not there."""
    key = kms.create_key()["KeyMetadata"]["Arn"]
    with pytest.raises(ClientError) as refused:
        lab.role("Clerk").client("kms").encrypt(KeyId=key, Plaintext=b"x")
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    event = events("Encrypt")[0]
    assert event["errorCode"] == "AccessDenied"
    assert event["errorMessage"] == refused.value.response["Error"]["Message"]
    assert event["requestParameters"] is None
    assert event["responseElements"] is None
    assert "resources" not in event
    assert "additionalEventData" not in event


def test_a_key_that_is_not_there_leaves_no_resources(kms: Any, events: Callable[..., Any]) -> None:
    """NotFoundException: parameters null, no resources (captured 2025)."""
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.describe_key(KeyId="alias/nowhere")
    event = events("DescribeKey")[0]
    assert (event["errorCode"], event["requestParameters"]) == ("NotFoundException", None)
    assert "resources" not in event


def test_a_role_session_is_shown_with_its_issuer(lab: Any, events: Callable[..., Any]) -> None:
    """AssumedRole: the session's ARN, the role behind it, strings for booleans, no userName at the top."""
    lab.role("Clerk", [ALLOWED]).client("kms").list_keys()
    identity = events("ListKeys")[0]["userIdentity"]
    assert list(identity) == ["type", "principalId", "arn", "accountId", "accessKeyId", "sessionContext"]
    assert identity["type"] == "AssumedRole"
    assert identity["arn"].startswith("arn:aws:sts::111122223333:assumed-role/Clerk/")
    issuer = identity["sessionContext"]["sessionIssuer"]
    assert (issuer["type"], issuer["userName"]) == ("Role", "Clerk")
    assert issuer["principalId"] == identity["principalId"].partition(":")[0]
    assert identity["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"


def test_an_assumed_role_is_a_read_with_an_answer(lab: Any, events: Callable[..., Any]) -> None:
    """AssumeRole is readOnly, yet its answer is shown, without the secret key."""
    lab.role("Clerk").client("sts").get_caller_identity()
    event = events("AssumeRole")[-1]
    assert event["readOnly"] is True
    assert set(event["responseElements"]["credentials"]) == {"accessKeyId", "sessionToken", "expiration"}
    assert event["resources"][0]["type"] == "AWS::IAM::Role"


def test_a_rotation_is_a_service_event(lab: Any, kms: Any, events: Callable[..., Any]) -> None:
    """RotateKey: AWS Internal, no type, no requestID, both materials in serviceEventDetails."""
    key = kms.create_key()["KeyMetadata"]
    kms.rotate_key_on_demand(KeyId=key["KeyId"])
    lab.clock.advance(minutes=1)
    event = events("RotateKey")[0]
    assert event["userIdentity"] == {"accountId": "111122223333", "invokedBy": "AWS Internal"}
    assert (event["sourceIPAddress"], event["eventType"]) == ("AWS Internal", "AwsServiceEvent")
    assert "requestID" not in event
    details = event["serviceEventDetails"]
    assert (details["rotationType"], details["keyOrigin"], details["keyId"]) == ("ON_DEMAND", "AWS_KMS", key["KeyId"])
    assert details["previousKeyMaterialId"] != details["currentKeyMaterialId"]


def test_a_deleted_key_leaves_a_service_event(lab: Any, kms: Any, events: Callable[..., Any]) -> None:
    """DeleteKey: at the deletion date, the key's ARN in responseElements, no serviceEventDetails."""
    key = kms.create_key()["KeyMetadata"]
    date = kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)["DeletionDate"]
    lab.clock.advance(days=8)
    event = events("DeleteKey")[0]
    assert event["eventTime"] == f"{date:%Y-%m-%dT%H:%M:%SZ}"
    assert event["responseElements"] == {"keyId": key["Arn"]}
    assert "serviceEventDetails" not in event


def test_a_call_across_accounts_is_recorded_in_both(lab: Any, kms: Any, second_account: Any, events: Any) -> None:
    """One sharedEventID, two eventIDs; the owner sees the caller as an AWSAccount without a name."""
    root = {"AWS": ["arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root"]}
    statement = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    key = kms.create_key(Policy=policy)["KeyMetadata"]["Arn"]
    second_account("kms").encrypt(KeyId=key, Plaintext=b"x")
    (theirs,) = events("Encrypt", "444455556666")
    (ours,) = events("Encrypt")
    assert theirs["sharedEventID"] == ours["sharedEventID"]
    assert theirs["eventID"] != ours["eventID"]
    assert theirs["recipientAccountId"] == "444455556666"
    assert ours["recipientAccountId"] == "111122223333"
    assert theirs["userIdentity"]["type"] == "IAMUser"
    principal = theirs["userIdentity"]["principalId"]
    assert ours["userIdentity"] == {"type": "AWSAccount", "principalId": principal, "accountId": "444455556666"}
    assert list(ours) == [name for name in ORDER if name in ours]


def test_a_denied_call_across_accounts_stays_with_the_caller(kms: Any, second_account: Any, events: Any) -> None:
    """The key's owner is not told of calls that were denied."""
    key = kms.create_key()["KeyMetadata"]["Arn"]
    with pytest.raises(ClientError):
        second_account("kms").encrypt(KeyId=key, Plaintext=b"x")
    assert events("Encrypt") == []
    assert [event["errorCode"] for event in events("Encrypt", "444455556666")] == ["AccessDenied"]


def test_data_events_are_not_in_the_event_history(lab: Any, events: Callable[..., Any]) -> None:
    """S3 objects are data events: recorded, with object and bucket as resources, and not found by LookupEvents."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="lab-objects")
    s3.put_object(Bucket="lab-objects", Key="a.txt", Body=b"MARK")
    event = events("PutObject")[0]
    assert (event["eventCategory"], event["managementEvent"]) == ("Data", False)
    assert event["resources"][0] == {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::lab-objects/a.txt"}
    assert event["requestParameters"]["bucketName"] == "lab-objects"
    found = boto3.client("cloudtrail").lookup_events()["Events"]
    assert {item["EventName"] for item in found} >= {"CreateBucket"}
    assert "PutObject" not in {item["EventName"] for item in found}


DIRECT = {  # what is known of each: records that real accounts published in 2026; of the others nothing is
    "kms": ("X25519MLKEM768", lambda: boto3.client("kms").list_keys()),
    "secretsmanager": ("X25519MLKEM768", lambda: boto3.client("secretsmanager").list_secrets()),
    "ec2": (None, lambda: boto3.client("ec2").describe_volumes()),
}


@pytest.mark.parametrize("service", DIRECT)
def test_the_key_exchange_is_told_by_some_services(lab: Any, events: Any, service: str) -> None:
    """It is the last of tlsDetails, since November 2025."""
    exchange, work = DIRECT[service]
    work()
    details = next(each for each in events() if each["eventSource"] == f"{service}.amazonaws.com")["tlsDetails"]
    assert details.get("keyExchange") == exchange
    assert list(details)[:3] == ["tlsVersion", "cipherSuite", "clientProvidedHostHeader"]
    assert details["clientProvidedHostHeader"] == f"{service}.us-east-1.amazonaws.com"


def test_what_a_service_asks_of_kms_has_no_tls_details(lab: Any, events: Any) -> None:
    """Only the caller's own call does ("Decrypt", KMS Developer Guide)."""
    boto3.client("secretsmanager").create_secret(Name="s", SecretString="x")
    for event in events("GenerateDataKey") + events("Decrypt"):
        assert "tlsDetails" not in event
    (direct,) = events("CreateSecret")
    assert direct["tlsDetails"]["keyExchange"]
