"""Permissions on multi-Region keys are asked in the Region where each has its effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

import labkit

Make = Callable[..., Any]


@pytest.fixture
def in_two_regions(lab: labkit.Lab, allow: Make) -> Any:
    """A client of a role that may do everything with KMS, in us-east-1 and eu-west-1."""
    where = {"StringEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}}
    return lab.role("Traveller", policy=[allow("kms:*", Condition=where)]).client("kms")


def test_the_replica_is_created_in_its_own_region(in_two_regions: Any, refusal: Make) -> None:
    """ReplicateKey needs "kms:CreateKey in an IAM policy in the replica Region" (its documentation)."""
    key = boto3.client("kms").create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    in_two_regions.replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
    said = refusal("AccessDeniedException", in_two_regions.replicate_key, KeyId=key, ReplicaRegion="ap-southeast-2")
    assert "kms:CreateKey on resource: *" in said


def test_a_new_primary_is_asked_in_its_own_region(lab: labkit.Lab, in_two_regions: Any, refusal: Make) -> None:
    """UpdatePrimaryRegion needs its permission on both keys, each in its Region."""
    kms = boto3.client("kms")
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    for region in ("eu-west-1", "ap-southeast-2"):
        kms.replicate_key(KeyId=key, ReplicaRegion=region)
    lab.clock.advance(minutes=1)
    refused = {"KeyId": key, "PrimaryRegion": "ap-southeast-2"}
    assert "ap-southeast-2" in refusal("AccessDeniedException", in_two_regions.update_primary_region, **refused)
    in_two_regions.update_primary_region(KeyId=key, PrimaryRegion="eu-west-1")


def test_the_replica_region_is_no_key_of_createkey(lab: labkit.Lab, allow: Make, refusal: Make) -> None:
    """A condition on kms:ReplicaRegion covers kms:ReplicateKey, and not the kms:CreateKey that goes with it."""
    key = boto3.client("kms").create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    to = {"StringEquals": {"kms:ReplicaRegion": "eu-west-1"}}
    kms = lab.role("Operator", policy=[allow("kms:ReplicateKey", "kms:CreateKey", Condition=to)]).client("kms")
    said = refusal("AccessDeniedException", kms.replicate_key, KeyId=key, ReplicaRegion="eu-west-1")
    assert "kms:CreateKey" in said
