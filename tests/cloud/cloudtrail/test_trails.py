"""Trails: made, refused, started; what they deliver into their bucket, when, and under which key."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

BUCKET, TRAIL = "lab-trail", "arn:aws:cloudtrail:us-east-1:111122223333:trail/main"
NAME = re.compile(
    r"AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/05/"
    r"111122223333_CloudTrail_us-east-1_20260105T\d{4}Z_[A-Za-z0-9]{16}\.json\.gz"
)


def bucket_policy(prefix: str = "") -> str:
    """The bucket policy that the User Guide asks for."""
    service, source = {"Service": "cloudtrail.amazonaws.com"}, {"StringEquals": {"aws:SourceArn": TRAIL}}
    acl = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": TRAIL}}
    arn = f"arn:aws:s3:::{BUCKET}"
    files = f"{arn}/{prefix}AWSLogs/111122223333/*"
    statements = [
        {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": arn, "Condition": source},
        {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": files, "Condition": acl},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture
def bucket(lab: Any) -> str:
    """A bucket that lets the trail in."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=bucket_policy())
    return BUCKET


@pytest.fixture
def trail(bucket: str) -> Callable[..., Any]:
    """`trail(**settings)`: a trail that logs; answers a CloudTrail client."""

    def start(**settings: Any) -> Any:
        client = boto3.client("cloudtrail")
        client.create_trail(Name="main", S3BucketName=bucket, **settings)
        client.start_logging(Name="main")
        return client

    return start


def delivered() -> list[str]:
    """The keys of what is in the bucket, in their order."""
    return [item["Key"] for item in boto3.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def read(key: str) -> list[dict[str, Any]]:
    """A log file's records."""
    body = boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return list(json.loads(gzip.decompress(body))["Records"])


def test_a_file_comes_minutes_later_under_awss_name(lab: Any, kms: Any, trail: Any, events: Any) -> None:
    """Nothing at once; within ten minutes a file at a multiple of five minutes, with the very records."""
    trail()
    kms.create_key()
    assert delivered() == []
    lab.clock.advance(minutes=10)
    (key,) = delivered()
    assert NAME.fullmatch(key)
    assert re.search(r"_20260105T\d\d[0-5][05]Z_", key)
    records = read(key)
    assert [record["eventName"] for record in records] == ["StartLogging", "CreateKey"]
    assert records[1] == events("CreateKey")[0]
    status = boto3.client("cloudtrail").get_trail_status(Name="main")
    assert status["IsLogging"]
    assert f"{status['LatestDeliveryTime']:%Y%m%dT%H%MZ}" in key


def test_delivery_is_cloudtrails_own_call(lab: Any, kms: Any, trail: Any, events: Any) -> None:
    """PutObject by the service itself, a data event; and it causes no further file."""
    trail()
    lab.clock.advance(hours=2)
    assert len(delivered()) == 1
    event = next(event for event in events("PutObject"))
    assert event["userIdentity"] == {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}
    assert event["sourceIPAddress"] == event["userAgent"] == "cloudtrail.amazonaws.com"
    assert event["eventCategory"] == "Data"


def test_what_is_stopped_delivers_no_more(lab: Any, kms: Any, trail: Any) -> None:
    """Events after StopLogging are in no file; the event history has them."""
    client = trail()
    client.stop_logging(Name="main")
    kms.create_key()
    lab.clock.advance(minutes=10)
    assert [record["eventName"] for key in delivered() for record in read(key)] == ["StartLogging"]
    assert not client.get_trail_status(Name="main")["IsLogging"]
    assert client.lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateKey"}])[
        "Events"
    ]


def test_kms_can_be_left_out(lab: Any, kms: Any, trail: Any) -> None:
    """ExcludeManagementEventSources: no KMS event in the files, while the event history has them."""
    client = trail()
    selector = {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "ExcludeManagementEventSources": ["kms.amazonaws.com"],
    }
    client.put_event_selectors(TrailName="main", EventSelectors=[selector])
    kms.create_key()
    boto3.client("iam").list_users()
    lab.clock.advance(minutes=10)
    names = {record["eventName"] for key in delivered() for record in read(key)}
    assert "ListUsers" in names
    assert "CreateKey" not in names
    assert client.get_trail(Name="main")["Trail"]["HasCustomEventSelectors"]


@pytest.mark.parametrize(
    "selectors",
    [
        {
            "EventSelectors": [
                {
                    "ReadWriteType": "WriteOnly",
                    "IncludeManagementEvents": False,
                    "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::lab-data/"]}],
                }
            ]
        },
        {
            "AdvancedEventSelectors": [
                {
                    "Name": "writes to lab-data",
                    "FieldSelectors": [
                        {"Field": "eventCategory", "Equals": ["Data"]},
                        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
                        {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::lab-data/"]},
                        {"Field": "readOnly", "Equals": ["false"]},
                    ],
                }
            ]
        },
    ],
)
def test_data_events_are_delivered_when_selected(lab: Any, trail: Any, selectors: dict[str, Any]) -> None:
    """Basic and advanced selectors: writes to one bucket's objects, and nothing else."""
    client, s3 = trail(), boto3.client("s3")
    client.put_event_selectors(TrailName="main", **selectors)
    s3.create_bucket(Bucket="lab-data")
    s3.put_object(Bucket="lab-data", Key="a", Body=b"x")
    s3.get_object(Bucket="lab-data", Key="a")
    lab.clock.advance(minutes=10)
    names = [record["eventName"] for key in delivered() for record in read(key)]
    assert names == ["StartLogging", "PutEventSelectors", "PutObject"] or names == ["StartLogging", "PutObject"]


def test_a_bucket_must_let_cloudtrail_in(lab: Any) -> None:
    """CreateTrail looks at the bucket and its policy first."""
    client, s3 = boto3.client("cloudtrail"), boto3.client("s3")
    with pytest.raises(ClientError, match="S3 bucket lab-trail does not exist!") as refused:
        client.create_trail(Name="main", S3BucketName=BUCKET)
    assert refused.value.response["Error"]["Code"] == "S3BucketDoesNotExistException"
    s3.create_bucket(Bucket=BUCKET)
    with pytest.raises(ClientError, match="Incorrect S3 bucket policy is detected for bucket: lab-trail"):
        client.create_trail(Name="main", S3BucketName=BUCKET)
    assert client.list_trails()["Trails"] == []


def test_a_bucket_policy_taken_away_stops_delivery(lab: Any, kms: Any, trail: Any, bucket: str) -> None:
    """LatestDeliveryError says so; with the policy back, nothing is missing."""
    client, s3 = trail(), boto3.client("s3")
    s3.delete_bucket_policy(Bucket=bucket)
    lab.clock.advance(minutes=10)
    assert delivered() == []
    assert client.get_trail_status(Name="main")["LatestDeliveryError"] == "AccessDenied"
    s3.put_bucket_policy(Bucket=bucket, Policy=bucket_policy())
    lab.clock.advance(minutes=10)
    names = [record["eventName"] for key in delivered() for record in read(key)]
    assert names[:2] == ["StartLogging", "DeleteBucketPolicy"]


@pytest.fixture
def key(kms: Any) -> str:
    """A key whose policy lets CloudTrail encrypt for this trail, as the User Guide has it."""
    condition = {
        "StringEquals": {"aws:SourceArn": TRAIL},
        "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": "arn:aws:cloudtrail:*:111122223333:trail/*"},
    }
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "kms:GenerateDataKey*",
            "Resource": "*",
            "Condition": condition,
        },
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return str(kms.create_key(Policy=policy)["KeyMetadata"]["Arn"])


def test_a_trails_key_encrypts_its_files(lab: Any, key: str, kms: Any, trail: Any, events: Any) -> None:
    """GenerateDataKey by the service with both contexts; reading takes Decrypt; without the key nobody reads."""
    assert trail(KmsKeyId=key).get_trail(Name="main")["Trail"]["KmsKeyId"] == key
    lab.clock.advance(minutes=10)
    (name,) = delivered()
    event = events("GenerateDataKey")[0]
    assert event["userIdentity"] == {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}
    context = {"aws:cloudtrail:arn": TRAIL, "aws:s3:arn": f"arn:aws:s3:::{BUCKET}/{name}"}
    assert event["requestParameters"] == {"keyId": key, "keySpec": "AES_256", "encryptionContext": context}
    assert read(name)
    assert events("Decrypt")[0]["requestParameters"]["encryptionContext"] == context
    kms.disable_key(KeyId=key)
    with pytest.raises(ClientError, match="is disabled"):
        read(name)
    lab.clock.advance(minutes=10)
    assert delivered() == [name]  # nothing new can be encrypted


def test_a_key_must_let_cloudtrail_in(kms: Any, bucket: str) -> None:
    """CreateTrail refuses a key whose policy does not name CloudTrail."""
    own = kms.create_key()["KeyMetadata"]["KeyId"]
    with pytest.raises(ClientError, match="Insufficient permissions to access S3 bucket lab-trail or KMS key") as no:
        boto3.client("cloudtrail").create_trail(Name="main", S3BucketName=bucket, KmsKeyId=own)
    assert no.value.response["Error"]["Code"] == "InsufficientEncryptionPolicyException"


ENCRYPTS = {"Action": "kms:GenerateDataKey*", "Condition": {"StringEquals": {"aws:SourceArn": TRAIL}}}
OF_TRAILS = "kms:EncryptionContext:aws:cloudtrail:arn"
REFUSED = "InsufficientEncryptionPolicyException"
TRAIL_KEYS: list[tuple[str, dict[str, Any], str, str]] = [
    ("for this trail, by aws:SourceArn", ENCRYPTS, "", ""),
    ("by the encryption context", {"Condition": {"StringEquals": {OF_TRAILS: TRAIL}}}, "", ""),
    (
        "for another trail, by aws:SourceArn",
        {"Condition": {"StringEquals": {"aws:SourceArn": f"{TRAIL}2"}}},
        "",
        REFUSED,
    ),
    ("for another trail, by the context", {"Condition": {"StringEquals": {OF_TRAILS: f"{TRAIL}2"}}}, "", REFUSED),
    ("for another service", {"Principal": {"Service": "cloudwatch.amazonaws.com"}}, "", REFUSED),
    ("to look at the key alone", {"Action": "kms:DescribeKey"}, "", REFUSED),
    ("disabled", ENCRYPTS, "disable_key", "KmsException"),
    ("pending deletion", ENCRYPTS, "schedule_key_deletion", "KmsException"),
    ("of another Region", ENCRYPTS, "eu-west-1", "KmsKeyNotFoundException"),
]


@pytest.mark.parametrize(
    ("said", "kind", "code"), [each[1:] for each in TRAIL_KEYS], ids=[each[0] for each in TRAIL_KEYS]
)
def test_which_keys_a_trail_may_have(bucket: str, said: dict[str, Any], kind: str, code: str) -> None:
    """By what the key's policy says of CloudTrail, its state, and the bucket's Region; refused, there is no trail."""
    kms = boto3.client("kms", "eu-west-1" if kind == "eu-west-1" else "us-east-1")
    own = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}
    service = own | {"Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:GenerateDataKey*"} | said
    policy = json.dumps({"Version": "2012-10-17", "Statement": [own, service]})
    key = kms.create_key(Policy=policy)["KeyMetadata"]["Arn"]
    if "_" in kind:
        getattr(kms, kind)(KeyId=key)
    cloudtrail = boto3.client("cloudtrail")
    if not code:
        assert cloudtrail.create_trail(Name="main", S3BucketName=bucket, KmsKeyId=key)["KmsKeyId"] == key
        return
    with pytest.raises(ClientError) as no:
        cloudtrail.create_trail(Name="main", S3BucketName=bucket, KmsKeyId=key)
    assert no.value.response["Error"]["Code"] == code
    assert cloudtrail.describe_trails()["trailList"] == []


def test_the_key_of_a_trail_is_in_the_buckets_region(lab: Any, bucket: str, kms: Any) -> None:
    """Also where the trail's home is another: its files are under that key."""
    home = TRAIL.replace("us-east-1", "eu-west-1")
    own = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}
    service = {"Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": ["kms:GenerateDataKey*", "s3:*"]}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [own, own | service]})
    key = kms.create_key(Policy=policy)["KeyMetadata"]["Arn"]
    arns = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    text = json.dumps({"Version": "2012-10-17", "Statement": [own | service | {"Action": "s3:*", "Resource": arns}]})
    boto3.client("s3").put_bucket_policy(Bucket=bucket, Policy=text)
    cloudtrail = boto3.client("cloudtrail", "eu-west-1")
    assert cloudtrail.create_trail(Name="main", S3BucketName=bucket, KmsKeyId=key)["TrailARN"] == home
    cloudtrail.start_logging(Name="main")
    boto3.client("kms", "eu-west-1").list_keys()
    lab.clock.advance(minutes=10)
    (name,) = delivered()
    assert boto3.client("s3").head_object(Bucket=bucket, Key=name)["SSEKMSKeyId"] == key


def test_trails_are_described_changed_and_deleted(lab: Any, trail: Any) -> None:
    """The same trail by every question; a second of its name is refused; deleted, it is unknown."""
    client = trail(IsMultiRegionTrail=True)
    assert client.describe_trails()["trailList"] == [client.get_trail(Name=TRAIL)["Trail"]]
    assert client.list_trails()["Trails"] == [{"TrailARN": TRAIL, "Name": "main", "HomeRegion": "us-east-1"}]
    with pytest.raises(ClientError, match="Trail main already exists for customer: 111122223333"):
        client.create_trail(Name="main", S3BucketName=BUCKET)
    elsewhere = boto3.client("cloudtrail", region_name="eu-west-1")
    assert elsewhere.get_trail(Name="main")["Trail"]["HomeRegion"] == "us-east-1"
    with pytest.raises(ClientError) as refused:
        elsewhere.stop_logging(Name="main")
    assert refused.value.response["Error"]["Code"] == "InvalidHomeRegionException"
    assert client.update_trail(Name="main", IsMultiRegionTrail=False)["IsMultiRegionTrail"] is False
    client.delete_trail(Name="main")
    with pytest.raises(ClientError, match=f"Unknown trail: {TRAIL} for the user: 111122223333"):
        client.get_trail(Name="main")


@pytest.mark.parametrize("name", ["ab", "a--b", "-ab", "ab.", "192.168.5.4", "my-_trail"])
def test_trail_names_are_checked(bucket: str, name: str) -> None:
    """The rules of CreateTrail's Name (API Reference)."""
    with pytest.raises(ClientError) as refused:
        boto3.client("cloudtrail").create_trail(Name=name, S3BucketName=bucket)
    assert refused.value.response["Error"]["Code"] == "InvalidTrailNameException"


def test_a_trails_tags(trail: Callable[..., Any]) -> None:
    """CreateTrail brings some, AddTags overwrites, RemoveTags takes away; a trail is named by its ARN."""
    client = trail(TagsList=[{"Key": "team", "Value": "blue"}, {"Key": "bare"}])
    arn = client.get_trail(Name="main")["Trail"]["TrailARN"]

    def tags() -> dict[str, Any]:
        listed = client.list_tags(ResourceIdList=[arn])["ResourceTagList"]
        assert [each["ResourceId"] for each in listed] == [arn]
        return {tag["Key"]: tag.get("Value") for tag in listed[0]["TagsList"]}

    assert tags() == {"team": "blue", "bare": None}
    client.add_tags(ResourceId=arn, TagsList=[{"Key": "team", "Value": "green"}])
    client.remove_tags(ResourceId=arn, TagsList=[{"Key": "bare"}, {"Key": "nowhere"}])
    assert tags() == {"team": "green"}
    start = arn.rpartition(":")[0]
    for wrong, code in (
        ("main", "CloudTrailARNInvalidException"),
        ("arn:aws:s3:::main", "CloudTrailARNInvalidException"),
        (f"{arn}s", "ResourceNotFoundException"),
        (f"{start}:eventdatastore/x", "EventDataStoreNotFoundException"),
        (f"{start}:channel/x", "ChannelNotFoundException"),
        (f"{start}:query/x", "ResourceTypeNotSupportedException"),
    ):
        for refused in (
            lambda name: client.list_tags(ResourceIdList=[name]),
            lambda name: client.add_tags(ResourceId=name, TagsList=[{"Key": "a"}]),
            lambda name: client.remove_tags(ResourceId=name, TagsList=[{"Key": "a"}]),
        ):
            with pytest.raises(ClientError, match=code):
                refused(wrong)
    with pytest.raises(ClientError, match="InvalidTagParameterException"):
        client.add_tags(ResourceId=arn, TagsList=[{"Key": "a"}, {"Key": "a", "Value": "b"}])
    with pytest.raises(ClientError, match="TagsLimitExceeded"):
        client.add_tags(ResourceId=arn, TagsList=[{"Key": str(number)} for number in range(50)])
    assert tags() == {"team": "green"}
