"""Resource Groups Tagging API: KMS keys and others by their tags, in pages, each in its own Region."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit


def test_resources_by_their_tags() -> None:
    """Keys among buckets and queues; filters, pages and Regions as GetResources has them."""
    labkit.start("tagging")
    kms, tagging = boto3.client("kms"), boto3.client("resourcegroupstaggingapi")
    for number in range(3):
        kms.create_key(Tags=[{"TagKey": "run", "TagValue": "one"}, {"TagKey": "n", "TagValue": str(number)}])
    kms.create_key(Tags=[{"TagKey": "run", "TagValue": "two"}])
    kms.create_key()
    boto3.client("sqs").create_queue(QueueName="inbox", tags={"run": "one"})
    s3, there = boto3.client("s3", "eu-west-1"), {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket="far", CreateBucketConfiguration=there)
    s3.put_bucket_tagging(Bucket="far", Tagging={"TagSet": [{"Key": "run", "Value": "one"}]})
    one = [{"Key": "run", "Values": ["one"]}]
    pages = tagging.get_paginator("get_resources").paginate(TagFilters=one, ResourcesPerPage=2)
    found = [[each["ResourceARN"].split(":")[2] for each in page["ResourceTagMappingList"]] for page in pages]
    assert [len(page) for page in found] == [2, 2]
    assert sorted(each for page in found for each in page) == ["kms", "kms", "kms", "sqs"]
    keys = tagging.get_resources(ResourceTypeFilters=["kms:key"])["ResourceTagMappingList"]
    assert len(keys) == 4
    assert {"Key": "run", "Value": "two"} in [tag for each in keys for tag in each["Tags"]]
    far = boto3.client("resourcegroupstaggingapi", "eu-west-1").get_resources(TagFilters=one)
    assert [each["ResourceARN"] for each in far["ResourceTagMappingList"]] == ["arn:aws:s3:::far"]
    with pytest.raises(ClientError, match="ResourcesPerPage"):
        tagging.get_resources(ResourcesPerPage=101)
    with pytest.raises(ClientError, match="Token"):
        tagging.get_resources(PaginationToken="nonsense")
