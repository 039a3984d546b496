"""The services that use KMS keys: every wrap round a service of moto's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..clock import Clock
from ..kms.service import Kms
from .dynamodb import DynamoDb
from .ebs import Ebs
from .s3 import S3
from .secretsmanager import SecretsManager
from .ssm import Ssm

if TYPE_CHECKING:
    from ..contracts import Wrap
    from ..gateway import Gateway


def wraps(gateway: Gateway, kms: Kms, clock: Clock) -> dict[str, Wrap]:
    """The wraps by botocore's service name."""
    return {
        "dynamodb": DynamoDb(gateway, kms, clock),
        "ec2": Ebs(gateway, kms),
        "s3": S3(gateway, kms, clock),
        "secretsmanager": SecretsManager(gateway, kms),
        "ssm": Ssm(gateway, kms),
    }
