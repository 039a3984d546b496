"""The services that call KMS for somebody: what policies call them, and what CloudTrail calls them.

Sources: KMS Developer Guide, kms:ViaService; records that real accounts published (`invokedBy`). A service that is not
in the table is shown under its own name.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Invoker:
    """`via` is the service's part of kms:ViaService, `shown` what CloudTrail writes as invokedBy."""

    via: str
    shown: str


EC2_INFRASTRUCTURE = "ec2-infrastructure.amazonaws.com"
"""What EBS calls with as the instance's own: decrypting a volume's data key at attach."""

_INVOKERS = MappingProxyType(
    {
        "s3.amazonaws.com": Invoker("s3", "fas.s3.amazonaws.com"),  # since 2025; AWS Internal before
        "ssm.amazonaws.com": Invoker("ssm", "AWS Internal"),
        "ec2.amazonaws.com": Invoker("ec2", "ec2-frontend-api.amazonaws.com"),
        EC2_INFRASTRUCTURE: Invoker("ec2", "AWS Internal"),
    }
)


def invoker(service: str) -> Invoker:
    """Tell how the service `service` ("s3.amazonaws.com") appears in policies and in CloudTrail."""
    return _INVOKERS.get(service) or Invoker(service.partition(".")[0], service)
