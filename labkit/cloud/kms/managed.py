"""AWS managed keys: the keys that an AWS service makes in a customer's account, as alias/aws/<service>.

Made when the service first asks for it. Their policy lets everybody in the account use the key, but only
through the service ("AWS managed keys" and "Viewing a key policy", AWS KMS Developer Guide).
"""

from __future__ import annotations

from datetime import timedelta

from . import rotating
from .documents import layout
from .keys import Key
from .material import generate
from .specs import ENCRYPT, SYMMETRIC
from .store import Store, key_arn

PREFIX = "alias/aws/"

SERVICES: dict[str, str] = {
    "dynamodb": "dynamodb",
    "ebs": "ec2",
    "lambda": "lambda",
    "rds": "rds",
    "redshift": "redshift",
    "s3": "s3",
    "secretsmanager": "secretsmanager",
    "sns": "sns",
    "sqs": "sqs",
    "ssm": "ssm",
}
"""The alias's last part, and the service's name in the kms:ViaService condition key."""

_YEAR = timedelta(days=365)


def key(store: Store, account: str, region: str, service: str) -> Key:
    """The AWS managed key of `service` (as in alias/aws/<service>), made now if it isn't there yet."""
    name = PREFIX + service
    alias = store.alias(account, region, name)
    if alias is not None and alias.key is not None:
        return alias.key
    now = store.clock.now()
    key_id = store.entropy.uuid()
    made = Key(
        id=key_id,
        arn=key_arn(account, region, key_id),
        account=account,
        region=region,
        created=now,
        spec=SYMMETRIC,
        usage=ENCRYPT,
        origin="AWS_KMS",
        policy=policy_text(account, region, service),
        manager="AWS",
        description=_DESCRIPTIONS.get(
            service, f"Default key that protects my {service} data when no other key is defined"
        ),
        materials=[generate(SYMMETRIC, key_id, store.entropy)],
    )
    store.add(made)
    store.bind(name, made, now)
    rotating.schedule(store, made, _YEAR, now)
    return made


_DESCRIPTIONS = {
    "s3": "Default key that protects my S3 objects when no other key is defined",
    "ebs": "Default key that protects my EBS volumes when no other key is defined",
    "rds": "Default key that protects my RDS database volumes when no other key is defined",
    "ssm": "Default key that protects my SSM parameters when no other key is defined",
    "lambda": "Default key that protects my Lambda functions when no other key is defined",
    "dynamodb": "Default key that protects my DynamoDB data when no other key is defined",
}


def policy_text(account: str, region: str, service: str) -> str:
    """The key policy of an AWS managed key."""
    via = f"{SERVICES[service]}.{region}.amazonaws.com"
    return layout(
        {
            "Version": "2012-10-17",
            "Id": f"auto-{service}-1",
            "Statement": [
                {
                    "Sid": f"Allow access through {service} for all principals in the account that are authorized to "
                    f"use {service}",
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": [
                        "kms:Encrypt",
                        "kms:Decrypt",
                        "kms:ReEncrypt*",
                        "kms:GenerateDataKey*",
                        "kms:CreateGrant",
                        "kms:DescribeKey",
                    ],
                    "Resource": "*",
                    "Condition": {"StringEquals": {"kms:ViaService": via, "kms:CallerAccount": account}},
                },
                {
                    "Sid": "Allow direct access to key metadata to the account",
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                    "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
                    "Resource": "*",
                },
            ],
        }
    )
