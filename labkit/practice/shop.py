"""The shop's account as it should be: keys that rotate, roles with one duty each, and everything under a key.

Makes resources in the lab's account, by the calls that a person would make.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import boto3
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

if TYPE_CHECKING:
    from ..lab import Lab

READ, WRITE = ("kms:Decrypt",), ("kms:Encrypt", "kms:GenerateDataKey")
ADMINISTER = ("kms:DescribeKey", "kms:DisableKey", "kms:EnableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion")
CONTEXT = {"letter": "4711"}
TRAIL, GROUP, BUCKET = "shop", "shop-trail", "shop-trail"
PATTERN = (
    "{ ($.eventSource = kms.amazonaws.com) && (($.eventName = DisableKey) || ($.eventName = ScheduleKeyDeletion)) }"
)


def allow(actions: tuple[str, ...] | str, resource: str = "*", **more: Any) -> dict[str, Any]:
    """Make a statement that allows."""
    written = actions if isinstance(actions, str) else list(actions)
    return {"Effect": "Allow", "Action": written, "Resource": resource, **more}


def document(*statements: Mapping[str, Any]) -> str:
    """Make a policy of statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Shop:
    """The account of a lab, its clients, and the keys of the shop by their descriptions."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.keys: dict[str, str] = {}
        self.root = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{lab.account_id}:root"})

    def client(self, service: str) -> Any:
        """Make a client of the learner's."""
        return boto3.client(service, region_name=self.lab.region)

    def arn(self, service: str, name: str) -> str:
        """Write the ARN of a thing of the Region."""
        return f"arn:aws:{service}:{self.lab.region}:{self.lab.account_id}:{name}"

    def key(self, name: str, *statements: Mapping[str, Any], **options: Any) -> str:
        """Make a key that rotates; statements stand in its policy, beside the one for the account."""
        kms = self.client("kms")
        if statements:
            options["Policy"] = document(self.root, *statements)
        arn = str(kms.create_key(Description=name, **options)["KeyMetadata"]["Arn"])
        if options.get("Origin") != "EXTERNAL":
            kms.enable_key_rotation(KeyId=arn)
        self.keys[name] = arn
        return arn

    def use(self, name: str, context: Mapping[str, str] | None = None) -> bytes:
        """Encrypt something under a key, for a context."""
        kms, pairs = self.client("kms"), dict(context or {})
        answer = kms.encrypt(KeyId=self.keys[name], Plaintext=b"9.90", EncryptionContext=pairs)
        return bytes(answer["CiphertextBlob"])

    def import_material(self, name: str, **until: Any) -> None:
        """Import material into a key; with ValidTo it expires."""
        kms, key = self.client("kms"), self.keys[name]
        way = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
        ticket = kms.get_parameters_for_import(KeyId=key, **way)
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        public: Any = serialization.load_der_public_key(ticket["PublicKey"])
        model = "KEY_MATERIAL_EXPIRES" if until else "KEY_MATERIAL_DOES_NOT_EXPIRE"
        kms.import_key_material(
            KeyId=key, ImportToken=ticket["ImportToken"], EncryptedKeyMaterial=public.encrypt(bytes(32), oaep),
            ExpirationModel=model, **until,
        )  # fmt: skip


def open_shop(lab: Lab) -> Shop:
    """Build the whole shop in the lab's account, as it should be."""
    shop = Shop(lab)
    furnish(shop)
    return shop


def furnish(shop: Shop) -> None:
    """Make everything that the shop should have."""
    _records(shop)
    _people(shop)
    _things(shop)
    _watch(shop)


def _records(shop: Shop) -> None:
    """The key under which services keep the shop's records: CloudTrail, CloudWatch and SNS are let in as themselves."""
    services = [f"logs.{shop.lab.region}.amazonaws.com", "cloudtrail.amazonaws.com", "cloudwatch.amazonaws.com"]
    work = (
        *READ,
        *WRITE,
        "kms:DescribeKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    )
    shop.key("records", allow(work, Principal={"Service": services}))
    shop.client("kms").create_alias(AliasName="alias/records", TargetKeyId=shop.keys["records"])


def _people(shop: Shop) -> None:
    """Roles with one duty each: Keeper administers, Clerk uses a key, Packer one by way of S3, Broker lends one."""
    lab, kms = shop.lab, shop.client("kms")
    lab.role("Keeper", [allow(ADMINISTER)])
    letters, parcels = shop.key("letters"), shop.key("parcels")
    lab.role("Clerk", [allow((*READ, *WRITE), letters)])
    through = {"StringEquals": {"kms:ViaService": f"s3.{lab.region}.amazonaws.com"}}
    put = allow(("s3:PutObject", "s3:GetObject"), "arn:aws:s3:::shop-parcels/*")
    packer = lab.role("Packer", [allow((*READ, *WRITE), parcels, Condition=through), put])
    for_services = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    lab.role("Broker", [allow("kms:CreateGrant", letters, Condition=for_services)])
    reader = lab.role("Reader")
    kms.create_grant(
        KeyId=letters, GranteePrincipal=reader.arn, Operations=["Decrypt"], Name="reader",
        Constraints={"EncryptionContextEquals": CONTEXT},
    )  # fmt: skip
    shop.use("letters", CONTEXT)
    bucket(shop, "shop-parcels", parcels)
    packer.client("s3").put_object(Bucket="shop-parcels", Key="4711", Body=b"a box")
    shop.key("guest", Origin="EXTERNAL")
    shop.import_material("guest")


def bucket(shop: Shop, name: str, key: str) -> None:
    """Make a bucket with default encryption under a key; the account's own AWS key, if it is ""."""
    s3 = shop.client("s3")
    s3.create_bucket(Bucket=name)
    default = {"SSEAlgorithm": "aws:kms", **({"KMSMasterKeyID": key} if key else {})}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=rules)


def _things(shop: Shop) -> None:
    """One thing of each service, under `records`."""
    key = shop.keys["records"]
    ec2, sqs, sns = shop.client("ec2"), shop.client("sqs"), shop.client("sns")
    ec2.enable_ebs_encryption_by_default()
    ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)
    ec2.create_volume(AvailabilityZone=f"{shop.lab.region}a", Size=1)
    shop.client("secretsmanager").create_secret(Name="shop/db", SecretString="correct-horse", KmsKeyId=key)
    sqs.create_queue(QueueName="orders", Attributes={"KmsMasterKeyId": key})
    sns.create_topic(Name="news", Attributes={"KmsMasterKeyId": key})
    table(shop, "orders", key)
    log_group(shop, "/shop/app", key)
    say(shop, "/shop/app", "order 4711 stored, 2 parcels", "login of ann, password=****")


def table(shop: Shop, name: str, key: str) -> None:
    """Make a table, under a key if one is given."""
    sse: dict[str, Any] = (
        {"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}} if key else {}
    )
    shop.client("dynamodb").create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], **sse,
    )  # fmt: skip


def log_group(shop: Shop, name: str, key: str) -> None:
    """Make a log group, under a key if one is given."""
    shop.client("logs").create_log_group(logGroupName=name, **({"kmsKeyId": key} if key else {}))


def say(shop: Shop, group: str, *lines: str) -> None:
    """Write lines into a log group."""
    logs = shop.client("logs")
    now = int(shop.lab.clock.now().timestamp() * 1000)
    logs.create_log_stream(logGroupName=group, logStreamName="main")
    events = [{"timestamp": now, "message": line} for line in lines]
    logs.put_log_events(logGroupName=group, logStreamName="main", logEvents=events)


def _watch(shop: Shop) -> None:
    """A trail under `records`, with its log group, the filter of the CIS benchmark, and an alarm that tells a topic."""
    key, service = shop.keys["records"], {"Service": "cloudtrail.amazonaws.com"}
    logs, cloudtrail = shop.client("logs"), shop.client("cloudtrail")
    bucket(shop, BUCKET, key)
    arn = f"arn:aws:s3:::{BUCKET}"
    deliver = {"Effect": "Allow", "Principal": service, "Action": ["s3:GetBucketAcl", "s3:PutObject"]}
    policy = document(deliver | {"Resource": [arn, f"{arn}/*"]})
    shop.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=policy)
    log_group(shop, GROUP, key)
    where = shop.arn("logs", f"log-group:{GROUP}:*")
    assume = {"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"}
    write = allow(("logs:CreateLogStream", "logs:PutLogEvents"), where)
    writer = shop.lab.role("TrailToLogs", policy=[write], trust=[assume])
    to = {"CloudWatchLogsLogGroupArn": where, "CloudWatchLogsRoleArn": writer.arn}
    cloudtrail.create_trail(Name=TRAIL, S3BucketName=BUCKET, KmsKeyId=key, **to)
    cloudtrail.start_logging(Name=TRAIL)
    metric = {"metricName": "KeysAtRisk", "metricNamespace": "Trail", "metricValue": "1"}
    logs.put_metric_filter(
        logGroupName=GROUP, filterName="keys-at-risk", filterPattern=PATTERN, metricTransformations=[metric]
    )
    alarm(shop)


def alarm(shop: Shop) -> None:
    """Tell the topic when the filter has counted something."""
    shop.client("cloudwatch").put_metric_alarm(
        AlarmName="KeysAtRisk", Namespace="Trail", MetricName="KeysAtRisk", Statistic="Sum", Period=300, Threshold=1,
        EvaluationPeriods=1, ComparisonOperator="GreaterThanOrEqualToThreshold", TreatMissingData="notBreaching",
        AlarmActions=[shop.arn("sns", "news")],
    )  # fmt: skip
