"""CopyVolumes: which key the copy is under, which calls KMS gets, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

import labkit

NEW, SAME = ["GenerateDataKeyWithoutPlaintext"], ["ReEncrypt"]
MOVED = ["Decrypt", "GenerateDataKeyWithoutPlaintext"]


@dataclass(frozen=True)
class World:
    """Two volumes, one under a customer managed key."""

    lab: labkit.Lab
    ec2: Any
    key: str
    plain: str
    sealed: str


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One account for all."""
    lab = labkit.start("copy-volumes-tests")
    ec2, key = boto3.client("ec2"), boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    zone = {"AvailabilityZone": "us-east-1a", "Size": 4}
    plain = ec2.create_volume(**zone)["VolumeId"]
    sealed = ec2.create_volume(**zone, Encrypted=True, KmsKeyId=key)["VolumeId"]
    yield World(lab, ec2, key, plain, sealed)


CASES: dict[str, tuple[str, dict[str, Any], str, list[str]]] = {
    "as it is": ("plain", {}, "", []),
    "encrypted on the way": ("plain", {"Encrypted": True}, "aws/ebs", NEW),
    "under a key": ("plain", {"Encrypted": True, "KmsKeyId": "{key}"}, "{key}", NEW),
    "the source's key": ("sealed", {}, "{key}", SAME),
    "never in the clear": ("sealed", {"Encrypted": False}, "{key}", SAME),
    "another key": ("sealed", {"KmsKeyId": "alias/aws/ebs"}, "aws/ebs", MOVED),
}


@pytest.mark.parametrize("name", CASES)
def test_keys_of_copies(world: World, name: str) -> None:
    """What is asked for, else the source's key, else the default."""
    source, asked, key, calls = CASES[name]
    asked = {member: world.key if value == "{key}" else value for member, value in asked.items()}
    before = len(world.lab.events())
    (made,) = world.ec2.copy_volumes(SourceVolumeId=getattr(world, source), **asked)["Volumes"]
    seen = [event["eventName"] for event in world.lab.events()[before:]]
    assert seen == [*calls, "CopyVolumes"]
    assert (made["SourceVolumeId"], made["State"], made["Size"]) == (getattr(world, source), "creating", 4)
    there = world.ec2.describe_volumes(VolumeIds=[made["VolumeId"]])["Volumes"][0]
    assert there["Encrypted"] is bool(key)
    if key == "{key}":
        assert there["KmsKeyId"] == world.key
    elif key:
        managed = boto3.client("kms").describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["Arn"]
        assert there["KmsKeyId"] == managed


@pytest.mark.parametrize(("parameters", "code"), [
    ({"SourceVolumeId": "vol-0123456789abcdef0"}, "InvalidVolume.NotFound"),
    ({"SourceVolumeId": "{plain}", "Size": 2}, "InvalidParameterValue"),
    ({"SourceVolumeId": "{plain}", "VolumeType": "io1"}, "InvalidParameterDependency"),
])  # fmt: skip
def test_refused_copies(world: World, parameters: dict[str, Any], code: str) -> None:
    """No source, too small, a type that needs IOPS."""
    asked = {name: world.plain if value == "{plain}" else value for name, value in parameters.items()}
    with labkit.expect_error(code):
        world.ec2.copy_volumes(**asked)


def test_a_copy_whose_key_fails_is_gone_at_the_next_look(world: World) -> None:
    """The call succeeds; KMS's refusal is in the trail."""
    kms = boto3.client("kms")
    kms.disable_key(KeyId=world.key)
    (made,) = world.ec2.copy_volumes(SourceVolumeId=world.sealed)["Volumes"]
    kms.enable_key(KeyId=world.key)
    assert [event.get("errorCode") for event in world.lab.events()[-3:-1]] == ["DisabledException", None]
    with labkit.expect_error("InvalidVolume.NotFound"):
        world.ec2.describe_volumes(VolumeIds=[made["VolumeId"]])
