"""AWS managed keys: the keys that an AWS service makes in a customer's account, as alias/aws/<service>.

Made when the service first asks for it ("AWS managed keys", AWS KMS Developer Guide).
"""

from __future__ import annotations

from datetime import timedelta

from . import rotation_schedule
from .managed_policies import MANAGED, policy_text
from .material import generate
from .model import Key
from .specs import ENCRYPT, SYMMETRIC
from .store import Store, key_arn

PREFIX = "alias/aws/"

SERVICES = tuple(MANAGED)
"""The last parts of the aliases that are known."""

PREDEFINED = tuple(PREFIX + service for service in ("dynamodb", "ebs", "rds", "redshift", "s3", "ssm"))
"""Aliases that are there before their key is: ListAliases has them without TargetKeyId (its documentation).

Recorded: hashicorp/terraform-provider-aws 2009 (2018; dynamodb, ebs, redshift and ssm had no key); rds, by the same
provider's aws_kms_alias; all six in a Region where nothing was made (a list of aws-nuke, 2019). Of an account of 2020
ebs, s3 and ssm are of one minute, and secretsmanager's came with its first use (turbot/steampipe-plugin-aws 1405).
"""

_YEAR = timedelta(days=365)


def key(store: Store, account: str, region: str, service: str) -> Key:
    """Find the AWS managed key of `service` (as in alias/aws/<service>), made now if it isn't there yet."""
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
        description=MANAGED[service].description,
        materials=[generate(SYMMETRIC, key_id, store.entropy)],
    )
    store.add(made)
    store.bind(name, made, now)
    rotation_schedule.schedule(store, made, _YEAR, now)
    return made
