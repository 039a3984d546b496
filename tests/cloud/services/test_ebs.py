"""EBS: encrypted volumes and their KMS calls, encryption by default, attaching, refused keys."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

import labkit

ZONE = {"AvailabilityZone": "us-east-1a", "Size": 1}
IMAGE = "ami-12c6146b"


@pytest.fixture
def ec2(lab: labkit.Lab) -> Any:
    """EC2 as the administrator."""
    return boto3.client("ec2")


@pytest.fixture
def instance(ec2: Any) -> str:
    """A running instance with an unencrypted root volume."""
    return str(ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"])


def volume_of(ec2: Any, name: str) -> dict[str, Any]:
    """DescribeVolumes."""
    return dict(ec2.describe_volumes(VolumeIds=[name])["Volumes"][0])


def test_an_encrypted_volume(ec2: Any, key: str, inner: Any) -> None:
    """CreateVolume has a data key made for the caller, under the volume's id."""
    made = ec2.create_volume(**ZONE, Encrypted=True, KmsKeyId=key.rpartition("/")[2])
    assert made["State"] == "creating"
    volume = volume_of(ec2, made["VolumeId"])
    assert (volume["Encrypted"], volume["KmsKeyId"], volume["State"]) == (True, key, "available")
    (event,) = inner()
    assert event["eventName"] == "GenerateDataKeyWithoutPlaintext"
    assert event["requestParameters"] == {
        "keyId": key.rpartition("/")[2],
        "numberOfBytes": 64,
        "encryptionContext": {"aws:ebs:id": made["VolumeId"]},
    }
    assert event["userIdentity"]["invokedBy"] == event["sourceIPAddress"] == "ec2-frontend-api.amazonaws.com"
    assert event["userIdentity"]["arn"].endswith("LabAdministrator/learner")


def test_without_a_key_ebs_takes_its_managed_key(ec2: Any, kms: Any) -> None:
    """Encrypted and no more: aws/ebs, of our KMS."""
    made = ec2.create_volume(**ZONE, Encrypted=True)
    managed = kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]
    assert volume_of(ec2, made["VolumeId"])["KmsKeyId"] == managed["Arn"]
    assert managed["KeyManager"] == "AWS"


def test_unencrypted_volumes_need_no_key(ec2: Any, instance: str, inner: Any) -> None:
    """Nothing reaches KMS, and a key without Encrypted is refused."""
    inner()
    plain = ec2.create_volume(**ZONE)["VolumeId"]
    ec2.attach_volume(VolumeId=plain, InstanceId=instance, Device="/dev/sdf")
    assert volume_of(ec2, plain)["Encrypted"] is False
    assert inner() == []
    with labkit.expect_error("InvalidParameterDependency"):
        ec2.create_volume(**ZONE, KmsKeyId="alias/aws/ebs")


def test_encryption_by_default(ec2: Any, key: str, lab: labkit.Lab) -> None:
    """Per Region: on or off, and the default key, aws/ebs until another is named."""
    assert ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    assert ec2.enable_ebs_encryption_by_default()["EbsEncryptionByDefault"] is True
    assert ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)["KmsKeyId"] == key
    made = ec2.create_volume(**ZONE)["VolumeId"]
    assert (volume_of(ec2, made)["Encrypted"], volume_of(ec2, made)["KmsKeyId"]) == (True, key)
    elsewhere = boto3.client("ec2", region_name="eu-west-1")
    assert elsewhere.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False
    assert ec2.reset_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    assert ec2.disable_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False
    assert volume_of(ec2, ec2.create_volume(**ZONE)["VolumeId"])["Encrypted"] is False


def test_attaching_grants_the_instance_decrypt(ec2: Any, kms: Any, key: str, instance: str, inner: Any) -> None:
    """CreateGrant by the caller, then Decrypt by the instance's own infrastructure role."""
    volume = ec2.create_volume(**ZONE, Encrypted=True, KmsKeyId=key)["VolumeId"]
    inner()
    ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    assert volume_of(ec2, volume)["State"] == "in-use"
    grant, decrypt = inner()
    grantee = f"arn:aws:sts::111122223333:assumed-role/aws:ec2-infrastructure/{instance}"
    assert grant["eventName"] == "CreateGrant"
    assert grant["userIdentity"]["arn"].endswith("LabAdministrator/learner")
    assert grant["userIdentity"]["invokedBy"] == "ec2-frontend-api.amazonaws.com"
    assert grant["requestParameters"] == {
        "keyId": key,
        "granteePrincipal": grantee,
        "retiringPrincipal": "ec2.us-east-1.amazonaws.com",
        "operations": ["Decrypt"],
        "constraints": {"encryptionContextSubset": {"aws:ebs:id": volume}},
    }
    assert decrypt["eventName"] == "Decrypt"
    assert (decrypt["userIdentity"]["arn"], decrypt["userIdentity"]["invokedBy"]) == (grantee, "AWS Internal")
    assert decrypt["userIdentity"]["accessKeyId"].startswith("ASIA")
    assert decrypt["userIdentity"]["inScopeOf"] == {
        "issuerType": "AWS::EC2::Instance",
        "credentialsIssuedTo": f"arn:aws:ec2:us-east-1:111122223333:instance/{instance}",
    }
    assert "inScopeOf" not in grant["userIdentity"]
    assert decrypt["requestParameters"]["encryptionContext"] == {"aws:ebs:id": volume}
    (kept,) = kms.list_grants(KeyId=key)["Grants"]
    assert (kept["GranteePrincipal"], kept["Operations"]) == (grantee, ["Decrypt"])


@pytest.mark.parametrize("state", ["disabled", "pending deletion", "deleted"])
def test_attach_fails_when_the_key_is_gone(
    ec2: Any, kms: Any, lab: labkit.Lab, key: str, instance: str, state: str
) -> None:
    """CustomerKeyHasBeenRevoked, and the volume stays available."""
    volume = ec2.create_volume(**ZONE, Encrypted=True, KmsKeyId=key)["VolumeId"]
    if state == "disabled":
        kms.disable_key(KeyId=key)
    else:
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    if state == "deleted":
        lab.clock.advance(days=8)
    with labkit.expect_error("CustomerKeyHasBeenRevoked") as refused:
        ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    assert refused.message == (
        f"Volume {volume} cannot be attached. The encrypted volume was unable to access the KMS key."
    )
    assert volume_of(ec2, volume)["State"] == "available"
    if state == "disabled":
        kms.enable_key(KeyId=key)
        ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")


def test_attaching_needs_create_grant(ec2: Any, lab: labkit.Lab, key: str, instance: str) -> None:
    """A role that may make data keys and not grants creates volumes and can't attach them."""
    allowed = {"Effect": "Allow", "Action": ["ec2:*", "kms:GenerateDataKey*", "kms:Decrypt"], "Resource": "*"}
    clerk = lab.role("Clerk", policy=[allowed]).client("ec2")
    volume = clerk.create_volume(**ZONE, Encrypted=True, KmsKeyId=key)["VolumeId"]
    with labkit.expect_error("CustomerKeyHasBeenRevoked"):
        clerk.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    grants = {
        "Effect": "Allow",
        "Action": "kms:CreateGrant",
        "Resource": "*",
        "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}},
    }
    operator = lab.role("Operator", policy=[allowed, grants])
    operator.client("ec2").attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    with labkit.expect_error("AccessDeniedException"):
        operator.client("kms").create_grant(KeyId=key, GranteePrincipal=operator.arn, Operations=["Decrypt"])


@pytest.mark.parametrize("why", ["denied", "no such key", "disabled"])
def test_a_volume_whose_key_fails_is_gone_at_the_next_look(
    ec2: Any, kms: Any, lab: labkit.Lab, key: str, inner: Any, why: str
) -> None:
    """CreateVolume succeeds, because EC2 checks the key later; then there is no such volume."""
    client, name = ec2, "1756142a-237a-4c7a-bd41-32bc25d9276c" if why == "no such key" else key
    if why == "denied":
        client = lab.role("Clerk", policy=[{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]).client("ec2")
    if why == "disabled":
        kms.disable_key(KeyId=key)
    inner()
    made = client.create_volume(**ZONE, Encrypted=True, KmsKeyId=name)
    assert (made["State"], made["Encrypted"], made["KmsKeyId"]) == ("creating", True, name)
    with labkit.expect_error("InvalidVolume.NotFound") as refused:
        ec2.describe_volumes(VolumeIds=[made["VolumeId"]])
    assert refused.message == f"The volume '{made['VolumeId']}' does not exist."
    code = {"denied": "AccessDenied", "no such key": "NotFoundException", "disabled": "DisabledException"}[why]
    assert [event["errorCode"] for event in inner()] == [code]


def test_instances_start_with_encrypted_volumes(ec2: Any, kms: Any, key: str, inner: Any) -> None:
    """With encryption by default, a launch makes a data key and a grant; with the key disabled the instance ends."""
    ec2.enable_ebs_encryption_by_default()
    ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)
    inner()
    started = ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    assert [e["eventName"] for e in inner()] == ["GenerateDataKeyWithoutPlaintext", "CreateGrant", "Decrypt"]
    (root,) = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [started]}])["Volumes"]
    assert (root["Encrypted"], root["KmsKeyId"]) == (True, key)
    kms.disable_key(KeyId=key)
    failed = ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    (instance,) = ec2.describe_instances(InstanceIds=[failed])["Reservations"][0]["Instances"]
    assert instance["State"]["Name"] == "terminated"
    assert instance["StateReason"] == {
        "Code": "Client.InvalidKMSKey.InvalidState",
        "Message": "Client.InvalidKMSKey.InvalidState: The KMS key provided is in an incorrect state",
    }


def test_two_runs_say_the_same() -> None:
    """Ids and dates are the same at each run."""

    def run() -> list[Any]:
        labkit.start("same")
        ec2 = boto3.client("ec2")
        started = ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1)["Instances"][0]
        volume = ec2.create_volume(**ZONE, Encrypted=True)
        attached = ec2.attach_volume(VolumeId=volume["VolumeId"], InstanceId=started["InstanceId"], Device="/dev/sdf")
        return [started, volume, attached, ec2.create_snapshot(VolumeId=volume["VolumeId"])]

    assert run() == run()
