"""Every fault that the audit knows, each planted by a function of its own into a good shop.

`FAULTS` names the check that finds it; a function returns what stands in the finding's resource.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from .shop import READ, WRITE, Shop, allow, bucket, document, furnish, log_group, say, table

if TYPE_CHECKING:
    from ..lab import Lab

USE = (*READ, *WRITE)
Plant = Callable[[Shop], str]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the check that finds it, and what plants it. `old` ones are planted a hundred days before the rest."""

    check: str
    plant: Plant
    old: bool = False


def plant_old(shop: Shop) -> dict[str, str]:
    """Plant what has to be old, in an account that is empty so far, and let a hundred days pass."""
    planted = {name: fault.plant(shop) for name, fault in FAULTS.items() if fault.old}
    shop.lab.clock.advance(days=100)
    return planted


def plant(shop: Shop) -> dict[str, str]:
    """Plant all other faults in a good shop. Answers, for each, what the finding's resource holds."""
    return {name: fault.plant(shop) for name, fault in FAULTS.items() if not fault.old}


def faulty_shop(lab: Lab) -> Shop:
    """Build the shop of lab 21: what it should have, and every fault."""
    shop = Shop(lab)
    plant_old(shop)
    furnish(shop)
    plant(shop)
    return shop


# Keys and their lives


def _unused(shop: Shop) -> str:
    return shop.key("forgotten")


def _rotation_off(shop: Shop) -> str:
    key = shop.key("prices")
    shop.client("kms").disable_key_rotation(KeyId=key)
    return key


def _pending(shop: Shop) -> str:
    key = shop.key("old catalogue")
    shop.client("kms").schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    return key


def _pending_in_use(shop: Shop) -> str:
    key = shop.key("wages")
    sealed = shop.use("wages")
    shop.client("kms").create_alias(AliasName="alias/wages", TargetKeyId=key)
    shop.client("secretsmanager").create_secret(Name="shop/wages", SecretString="swordfish", KmsKeyId=key)
    shop.client("kms").schedule_key_deletion(KeyId=key, PendingWindowInDays=30)
    with suppress(ClientError):
        shop.client("kms").decrypt(CiphertextBlob=sealed)
    return key


def _material_expires(shop: Shop) -> str:
    key = shop.key("partner", Origin="EXTERNAL")
    shop.import_material("partner", ValidTo=shop.lab.clock.now() + timedelta(days=20))
    return key


def _alias_disabled(shop: Shop) -> str:
    key = shop.key("coupons")
    shop.client("kms").create_alias(AliasName="alias/coupons", TargetKeyId=key)
    shop.client("kms").disable_key(KeyId=key)
    return shop.arn("kms", "alias/coupons")


# Who may do what


def _public(shop: Shop) -> str:
    return shop.key("newsletter", allow("kms:Decrypt", Principal={"AWS": "*"}))


def _account_wide(shop: Shop) -> str:
    own = {"StringEquals": {"kms:CallerAccount": shop.lab.account_id}}
    return shop.key("minutes", allow(USE, Principal={"AWS": "*"}, Condition=own))


def _other_account(shop: Shop) -> str:
    return shop.key("supplier", allow(USE, Principal={"AWS": "arn:aws:iam::444455556666:root"}))


def _administrator_uses(shop: Shop) -> str:
    role = shop.lab.role("Janitor")
    return shop.key("cash", allow("kms:*", Principal={"AWS": role.arn}))


def _user_administers(shop: Shop) -> str:
    role = shop.lab.role("Cashier")
    return shop.key("till", allow((*USE, "kms:PutKeyPolicy"), Principal={"AWS": role.arn}))


def _user_administers_by_iam(shop: Shop) -> str:
    role = shop.lab.role("Trainee", [allow((*USE, "kms:DisableKey"), shop.keys["letters"])])
    return str(role.arn)


def _managed_all(shop: Shop) -> str:
    made = shop.client("iam").create_policy(PolicyName="ReadAllKeys", PolicyDocument=document(allow("kms:Decrypt")))
    return str(made["Policy"]["Arn"])


def _inline_all(shop: Shop) -> str:
    through = {"StringEquals": {"kms:ViaService": f"s3.{shop.lab.region}.amazonaws.com"}}
    role = shop.lab.role("Analyst", [allow("kms:Decrypt", Condition=through)])
    return str(role.arn)


def _create_grant(shop: Shop) -> str:
    role = shop.lab.role("Lender", [allow("kms:CreateGrant", shop.keys["letters"])])
    return str(role.arn)


def _via_service(shop: Shop) -> str:
    key = shop.key("photos")
    put = allow("s3:PutObject", "arn:aws:s3:::shop-photos/*")
    role = shop.lab.role("Photographer", [allow(USE, key), put])
    bucket(shop, "shop-photos", key)
    role.client("s3").put_object(Bucket="shop-photos", Key="1.jpg", Body=b"a picture")
    return key


# Grants and contexts


def _grant(shop: Shop, **changed: Any) -> str:
    role = f"arn:aws:iam::{shop.lab.account_id}:role/Reader"
    asked = {"KeyId": shop.keys["letters"], "GranteePrincipal": role, "Operations": ["Decrypt"], **changed}
    return str(shop.client("kms").create_grant(**asked)["GrantId"])


def _grant_wide(shop: Shop) -> str:
    return _grant(shop, Operations=["Decrypt", "Encrypt", "CreateGrant"])


def _grant_to_account(shop: Shop) -> str:
    constraints = {"EncryptionContextEquals": {"letter": "4712"}}
    return _grant(shop, GranteePrincipal=f"arn:aws:iam::{shop.lab.account_id}:root", Constraints=constraints)


def _grant_doubled(shop: Shop) -> str:
    for _ in range(2):
        _grant(shop, Constraints={"EncryptionContextEquals": {"letter": "4713"}})
    return shop.keys["letters"]


def _secret_in_context(shop: Shop) -> str:
    key = shop.key("tickets")
    shop.use("tickets", {"customer": "4711", "password": "correct-horse"})
    return key


# What services keep


def _bucket(shop: Shop) -> str:
    shop.client("s3").create_bucket(Bucket="shop-adverts")
    return "arn:aws:s3:::shop-adverts"


def _bucket_disabled_key(shop: Shop) -> str:
    key = shop.key("archive")
    bucket(shop, "shop-archive", key)
    shop.client("kms").disable_key(KeyId=key)
    return "arn:aws:s3:::shop-archive"


def _volume(shop: Shop) -> str:
    ec2 = shop.client("ec2")
    default = ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
    ec2.disable_ebs_encryption_by_default()
    made = ec2.create_volume(AvailabilityZone=f"{shop.lab.region}a", Size=1)["VolumeId"]
    if default:
        ec2.enable_ebs_encryption_by_default()
    return str(made)


def _secret(shop: Shop) -> str:
    made = shop.client("secretsmanager").create_secret(Name="shop/mail", SecretString="swordfish")
    return str(made["ARN"])


def _queue(shop: Shop) -> str:
    shop.client("sqs").create_queue(QueueName="parcels", Attributes={"SqsManagedSseEnabled": "false"})
    return shop.arn("sqs", "parcels")


def _topic(shop: Shop) -> str:
    return str(shop.client("sns").create_topic(Name="offers")["TopicArn"])


def _table(shop: Shop) -> str:
    table(shop, "customers", "")
    return shop.arn("dynamodb", "table/customers")


def _log_group(shop: Shop) -> str:
    log_group(shop, "/shop/web", "")
    return shop.arn("logs", "log-group:/shop/web")


def _trail(shop: Shop) -> str:
    cloudtrail = shop.client("cloudtrail")
    made = cloudtrail.create_trail(Name="second", S3BucketName="shop-trail")
    return str(made["TrailARN"])


def _ebs_default(shop: Shop) -> str:
    shop.client("ec2").disable_ebs_encryption_by_default()
    return "AWS::::Account:"


# Logs and monitoring


def _plaintext(shop: Shop) -> str:
    log_group(shop, "/shop/debug", shop.keys["records"])
    say(shop, "/shop/debug", "started", 'decrypted config: {"db_password": "correct-horse"}')
    return shop.arn("logs", "log-group:/shop/debug")


def _no_alarm(shop: Shop) -> str:
    shop.client("cloudwatch").delete_alarms(AlarmNames=["KeysAtRisk"])
    return f"AWS::::Account:{shop.lab.account_id}"


FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        "a key that nobody uses": Fault("unused-key", _unused, old=True),
        "rotation off": Fault("rotation-off", _rotation_off),
        "a key on its way out": Fault("pending-deletion", _pending),
        "a key on its way out, and still needed": Fault("pending-deletion-in-use", _pending_in_use),
        "imported material about to expire": Fault("material-expires", _material_expires),
        "an alias at a disabled key": Fault("alias-at-unusable-key", _alias_disabled),
        "a public key policy": Fault("public-key-policy", _public),
        "everybody in the account": Fault("account-wide-principal", _account_wide),
        "a whole other account": Fault("account-wide-principal", _other_account),
        "an administrator who uses": Fault("administrator-can-use", _administrator_uses),
        "a user who administers": Fault("user-can-administer", _user_administers),
        "a user who administers, by IAM": Fault("user-can-administer", _user_administers_by_iam),
        "Decrypt on all keys, managed": Fault("managed-policy-decrypts-all", _managed_all),
        "Decrypt on all keys, inline": Fault("inline-policy-decrypts-all", _inline_all),
        "CreateGrant for anybody": Fault("create-grant-unlimited", _create_grant),
        "a key of S3 used directly": Fault("via-service-missing", _via_service),
        "a wide grant": Fault("grant-too-wide", _grant_wide),
        "a grant to the account": Fault("grant-too-wide", _grant_to_account),
        "a doubled grant": Fault("grant-doubled", _grant_doubled),
        "a secret in a context": Fault("secret-in-context", _secret_in_context),
        "a bucket under SSE-S3": Fault("bucket-encryption", _bucket),
        "a bucket under a disabled key": Fault("bucket-encryption", _bucket_disabled_key),
        "a plain volume": Fault("volume-encryption", _volume),
        "a secret under AWS's key": Fault("secret-encryption", _secret),
        "a plain queue": Fault("queue-encryption", _queue),
        "a plain topic": Fault("topic-encryption", _topic),
        "a table under DynamoDB's key": Fault("table-encryption", _table),
        "a log group without a key": Fault("log-group-encryption", _log_group),
        "a trail without a key": Fault("trail-encryption", _trail),
        "plain volumes by default": Fault("ebs-default-encryption", _ebs_default),
        "plaintext in a log": Fault("plaintext-in-logs", _plaintext),
        "no alarm": Fault("no-alarm", _no_alarm),
    }
)
