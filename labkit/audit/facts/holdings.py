"""What other services keep under KMS keys: buckets, volumes, secrets, queues, topics, tables, log groups and trails.

Each thing is one `Holding`, with the key that its service names for it. Facts alone: `checks/resources.py` judges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from .account import Account, each_of
from .keys import Key
from .reader import CouldNotRead

Level = Literal["nothing", "service key", "KMS key"]
"""What protects it: nothing at all; a key of the service's own, without KMS; a KMS key, whoever manages it."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One thing of another service: how a sentence calls it, its ARN, and the key named for it ("" if none)."""

    check: str
    words: str
    resource: str
    name: str
    level: Level
    key: str = ""
    attached: bool = False  # a volume that a server uses


Held = Holding | CouldNotRead
Reading = Callable[[Account], Iterable[Held]]


def _buckets(account: Account) -> Iterator[Held]:
    ask = account.reader.ask

    def read(bucket: Mapping[str, Any]) -> Iterator[Held]:
        name = str(bucket["Name"])
        arn = f"arn:{account.partition}:s3:::{name}"
        if _region_of(account, bucket, arn) != account.region:
            return
        none = "ServerSideEncryptionConfigurationNotFoundError"
        answer = ask("s3", "get_bucket_encryption", arn, absent=none, Bucket=name)
        rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", ())
        given = [each.get("ApplyServerSideEncryptionByDefault", {}) for each in rules]
        kms = [each for each in given if str(each.get("SSEAlgorithm", "")).startswith("aws:kms")]
        key = str(kms[0].get("KMSMasterKeyID", "alias/aws/s3")) if kms else ""
        yield Holding("bucket-encryption", f"the bucket {name}", arn, name, "KMS key" if kms else "service key", key)

    yield from each_of(account.reader.listed("s3", "list_buckets", "Buckets"), read)


def _region_of(account: Account, bucket: Mapping[str, Any], arn: str) -> str:
    """The Region of a bucket; ListBuckets lists those of all Regions (GetBucketLocation: none is us-east-1)."""
    if "BucketRegion" in bucket:
        return str(bucket["BucketRegion"])
    place = account.reader.ask("s3", "get_bucket_location", arn, Bucket=bucket["Name"]).get("LocationConstraint")
    return {None: "us-east-1", "EU": "eu-west-1"}.get(place, str(place))


def _volumes(account: Account) -> Iterator[Held]:
    for each in account.reader.listed("ec2", "describe_volumes", "Volumes"):
        name = str(each["VolumeId"])
        level: Level = "KMS key" if each.get("Encrypted") else "nothing"
        arn = f"arn:{account.partition}:ec2:{account.region}:{account.id}:volume/{name}"
        key, used = str(each.get("KmsKeyId", "")), bool(each.get("Attachments"))
        yield Holding("volume-encryption", f"the volume {name}", arn, name, level, key, used)


def _secrets(account: Account) -> Iterator[Held]:
    for each in account.reader.listed("secretsmanager", "list_secrets", "SecretList"):
        name, key = str(each["Name"]), str(each.get("KmsKeyId") or "alias/aws/secretsmanager")
        yield Holding("secret-encryption", f"the secret {name}", str(each["ARN"]), name, "KMS key", key)


def _queues(account: Account) -> Iterator[Held]:
    def read(url: str) -> Iterator[Held]:
        asked = ["QueueArn", "KmsMasterKeyId", "SqsManagedSseEnabled"]
        told = account.reader.ask("sqs", "get_queue_attributes", url, QueueUrl=url, AttributeNames=asked)
        found = told.get("Attributes", {})
        key = found.get("KmsMasterKeyId", "")
        own: Level = "service key" if found.get("SqsManagedSseEnabled") == "true" else "nothing"
        name = url.rpartition("/")[2]
        yield Holding("queue-encryption", f"the queue {name}", found["QueueArn"], url, "KMS key" if key else own, key)

    # Without a page size SQS answers the first thousand alone.
    urls = account.reader.listed("sqs", "list_queues", "QueueUrls", PaginationConfig={"PageSize": 1000})
    yield from each_of(urls, read)


def _topics(account: Account) -> Iterator[Held]:
    def read(topic: Mapping[str, Any]) -> Iterator[Held]:
        arn = str(topic["TopicArn"])
        found = account.reader.ask("sns", "get_topic_attributes", arn, TopicArn=arn)["Attributes"]
        key, name = found.get("KmsMasterKeyId", ""), arn.rpartition(":")[2]
        yield Holding("topic-encryption", f"the topic {name}", arn, arn, "KMS key" if key else "nothing", key)

    yield from each_of(account.reader.listed("sns", "list_topics", "Topics"), read)


def _tables(account: Account) -> Iterator[Held]:
    def read(name: str) -> Iterator[Held]:
        table = account.reader.ask("dynamodb", "describe_table", name, TableName=name)["Table"]
        told = table.get("SSEDescription", {})
        key = str(told.get("KMSMasterKeyArn", "")) if told.get("Status") in ("ENABLED", "UPDATING", "ENABLING") else ""
        level: Level = "KMS key" if key else "service key"
        yield Holding("table-encryption", f"the table {name}", table["TableArn"], name, level, key)

    yield from each_of(account.reader.listed("dynamodb", "list_tables", "TableNames"), read)


def _log_groups(account: Account) -> Iterator[Held]:
    for each in account.reader.listed("logs", "describe_log_groups", "logGroups"):
        name, key = str(each["logGroupName"]), str(each.get("kmsKeyId", ""))
        arn = str(each["arn"]).removesuffix(":*")
        level: Level = "KMS key" if key else "service key"
        yield Holding("log-group-encryption", f"the log group {name}", arn, name, level, key)


def trails(account: Account) -> list[dict[str, Any]]:
    """Read the trails that log this Region, as DescribeTrails has them."""
    return account.reader.listed("cloudtrail", "describe_trails", "trailList")


def _trails(account: Account) -> Iterator[Held]:
    for each in trails(account):
        arn, name, key = str(each["TrailARN"]), str(each["Name"]), str(each.get("KmsKeyId", ""))
        if each.get("HomeRegion", account.region) == account.region:
            level: Level = "KMS key" if key else "service key"
            yield Holding("trail-encryption", f"the trail {name}", arn, name, level, key)


READINGS: Mapping[str, Reading] = MappingProxyType(
    {
        "bucket-encryption": _buckets,
        "volume-encryption": _volumes,
        "secret-encryption": _secrets,
        "queue-encryption": _queues,
        "topic-encryption": _topics,
        "table-encryption": _tables,
        "log-group-encryption": _log_groups,
        "trail-encryption": _trails,
    }
)
"""What reads the things of each kind, by the check that judges them."""


def under(account: Account, key: Key) -> Iterator[Held]:
    """Find everything that is kept under a key; what can't be read of a service is said."""
    held, unread = account.once("holdings", "", lambda: _by_key(account))
    yield from held.get(key.arn, ())
    yield from unread


def _by_key(account: Account) -> tuple[Mapping[str, list[Holding]], list[CouldNotRead]]:
    """Sort everything by the key that it is under."""
    found: dict[str, list[Holding]] = {}
    unread: list[CouldNotRead] = []
    for read in READINGS.values():
        for held in each_of((account,), read):
            if isinstance(held, CouldNotRead):
                unread.append(held)
            elif held.key and (key := named(account, held.key)) is not None:
                found.setdefault(key.arn, []).append(held)
    return found, unread


def named(account: Account, reference: str) -> Key | None:
    """Find the key that a service names: by id, ARN or alias; None if there is none of that name here."""
    keys = account.keys_by_name
    return keys.get(reference) or (keys.get(reference.rpartition(":")[2]) if ":alias/" in reference else None)
