"""GetKeyLastUsage joins a key to the CloudTrail event of its last use."""

from __future__ import annotations

import boto3

import labkit


def test_last_usage_names_the_event(lab: labkit.Lab) -> None:
    """Operation, time, request id and event id are those of the record."""
    kms = boto3.client("kms")
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.encrypt(KeyId=key_id, Plaintext=b"x")
    event = lab.events()[-1]
    usage = kms.get_key_last_usage(KeyId=key_id)["KeyLastUsage"]
    assert (usage["Operation"], usage["CloudTrailEventId"], usage["KmsRequestId"]) == (
        "Encrypt",
        event["eventID"],
        event["requestID"],
    )
    assert f"{usage['Timestamp']:%Y-%m-%dT%H:%M:%SZ}" == event["eventTime"]
