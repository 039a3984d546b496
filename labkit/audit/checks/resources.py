"""What other services keep: under no key, under a key that nobody here controls, or under one that can't be used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from ..facts.account import Account, Found, each_of
from ..facts.finding import Fault, Mend
from ..facts.holdings import READINGS, Held, Holding, Level, named
from ..facts.mending import mend
from ..facts.reader import CouldNotRead

KEY = "YOUR-KEY-ARN"
"""What stands in a mend for the customer managed key that somebody has to choose."""

_UNENCRYPTED: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        # check: severity without a KMS key, and the controls that fail only then
        "bucket-encryption": ("medium", ()),
        "volume-encryption": ("medium", ()),
        "secret-encryption": ("low", ()),
        "queue-encryption": ("medium", ("Security Hub SQS.1",)),
        "topic-encryption": ("medium", ("Security Hub SNS.1", "Config sns-encrypted-kms")),
        "table-encryption": ("low", ("Config dynamodb-table-encrypted-kms",)),
        "log-group-encryption": ("low", ()),
        "trail-encryption": ("medium", ()),
    }
)
_SAYS: Mapping[Level, str] = MappingProxyType(
    {
        "nothing": "is not encrypted",
        "service key": "is encrypted by the service's own keys: no key policy, no record of a use, nothing to disable",
    }
)


def _judge(account: Account, held: Held) -> Iterator[Found]:
    """One thing: no KMS key, an AWS managed key, or a key that does not work."""
    if isinstance(held, CouldNotRead):
        yield held
        return
    severity, controls = _UNENCRYPTED[held.check]
    if held.level != "KMS key":
        if held.level == "service key":
            controls = tuple(each for each in controls if "SQS.1" not in each)
            severity = "low" if held.check == "queue-encryption" else severity
        if held.attached:
            controls = (*controls, "Security Hub EC2.3")
        yield _fault(held, f"{_upper(held.words)} {_SAYS[held.level]}.", severity, controls)
        return
    key = named(account, held.key)
    if key is None:
        if held.key.rpartition(":")[2].startswith("alias/aws/"):  # an AWS managed key that nothing has used so far
            yield _fault(held, _managed(held), "low")
        elif account.id not in held.key and held.key.startswith("arn:"):
            why = f"{_upper(held.words)} is under a key of another account, which decides who reads it: {held.key}."
            yield _fault(held, why, "medium")
        else:
            yield _fault(held, f"{_upper(held.words)} names a key that is not there: {held.key}.", "high")
    elif not key.is_customers:
        yield _fault(held, _managed(held), "low")
    elif not key.is_usable and key.state != "PendingDeletion":  # of that, the key's own finding tells
        yield _fault(held, f"{_upper(held.words)} is under a key that is {key.state}: it can't be read.", "high")


def _managed(held: Holding) -> str:
    return f"{_upper(held.words)} is under an AWS managed key: you can't change its policy, share it or disable it."


def _upper(words: str) -> str:
    return words[:1].upper() + words[1:]


def _fault(held: Holding, why: str, severity: str, controls: tuple[str, ...] = ()) -> Fault:
    return Fault(held.check, held.resource, why, _MENDS[held.check](held), severity, controls)


def _mend_bucket(held: Holding) -> Mend:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}
    note = "what is stored already keeps its encryption until it is copied"
    return mend("s3", "put_bucket_encryption", note, Bucket=held.name, ServerSideEncryptionConfiguration=rules)


def _mend_volume(held: Holding) -> Mend:
    note = "then copy-snapshot under your key, and create-volume from the copy"
    return mend("ec2", "create_snapshot", note, VolumeId=held.name)


def _mend_queue(held: Holding) -> Mend:
    return mend("sqs", "set_queue_attributes", QueueUrl=held.name, Attributes={"KmsMasterKeyId": KEY})


def _mend_topic(held: Holding) -> Mend:
    named_key: dict[str, Any] = {"AttributeName": "KmsMasterKeyId", "AttributeValue": KEY}
    return mend("sns", "set_topic_attributes", TopicArn=held.name, **named_key)


def _mend_table(held: Holding) -> Mend:
    sse = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY}
    return mend("dynamodb", "update_table", TableName=held.name, SSESpecification=sse)


def _mend_log_group(held: Holding) -> Mend:
    note = "its policy has to let in the service logs"
    return mend("logs", "associate_kms_key", note, logGroupName=held.name, kmsKeyId=KEY)


_MENDS: Mapping[str, Callable[[Holding], Mend]] = MappingProxyType(
    {
        "bucket-encryption": _mend_bucket,
        "volume-encryption": _mend_volume,
        "secret-encryption": lambda held: mend("secretsmanager", "update_secret", SecretId=held.resource, KmsKeyId=KEY),
        "queue-encryption": _mend_queue,
        "topic-encryption": _mend_topic,
        "table-encryption": _mend_table,
        "log-group-encryption": _mend_log_group,
        "trail-encryption": lambda held: mend(
            "cloudtrail", "update_trail", "its policy has to let in CloudTrail", Name=held.name, KmsKeyId=KEY
        ),
    }
)


def _all(check: str, account: Account) -> Iterator[Found]:
    yield from each_of(READINGS[check](account), partial(_judge, account))


CHECKS: Mapping[str, Callable[[Account], Iterator[Found]]] = MappingProxyType(
    {check: partial(_all, check) for check in READINGS}
)


def ebs_default(account: Account) -> Iterator[Found]:
    """EC2.7: new volumes are encrypted by default in this Region; and under which key."""
    arn = f"{account.name}:{account.region}"
    if not account.reader.ask("ec2", "get_ebs_encryption_by_default")["EbsEncryptionByDefault"]:
        why = f"New volumes in {account.region} are not encrypted, unless somebody thinks of it each time."
        yield Fault("ebs-default-encryption", arn, why, mend("ec2", "enable_ebs_encryption_by_default"))
        return
    name = str(account.reader.ask("ec2", "get_ebs_default_kms_key_id")["KmsKeyId"])
    key = named(account, name)
    call = mend("ec2", "modify_ebs_default_kms_key_id", KmsKeyId=KEY)
    if key is None or not key.is_customers:
        why = f"New volumes in {account.region} are under {name}, which is no customer managed key."
        yield Fault("ebs-default-encryption", arn, why, call, "low")
    elif not key.is_usable and key.state != "PendingDeletion":
        why = f"New volumes in {account.region} are under a key that is {key.state}: none can be made."
        yield Fault("ebs-default-encryption", arn, why, call, "high")
