"""The services that use KMS keys: every wrap round a service of moto's.

moto's EC2 takes a second or more to load, and Systems Manager brings it along: they and DynamoDB are loaded when they
are first called, so that labs that never call them start at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..core.call import Call
from ..core.clock import Clock
from ..gateway.contracts import Wrap
from ..kms.service import Kms
from ..services.s3.wrap import S3
from ..services.secretsmanager.wrap import SecretsManager
from ..wire.protocols import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from ..gateway.gateway import Gateway


def wraps(gateway: Gateway, kms: Kms, clock: Clock) -> dict[str, Wrap]:
    """The wraps by botocore's service name."""

    def dynamodb() -> Wrap:
        from ..services.dynamodb import DynamoDb

        return DynamoDb(gateway, kms, clock)

    def ec2() -> Wrap:
        from ..services.ebs.wrap import Ebs

        return Ebs(gateway, kms)

    def ssm() -> Wrap:
        from ..services.ssm.wrap import Ssm

        return Ssm(gateway, kms)

    return {
        "dynamodb": OnFirstUse(dynamodb),
        "ec2": OnFirstUse(ec2),
        "s3": S3(gateway, kms, clock),
        "secretsmanager": SecretsManager(gateway, kms),
        "ssm": OnFirstUse(ssm),
    }


class OnFirstUse:
    """A wrap that is made when it is first called."""

    def __init__(self, make: Callable[[], Wrap]) -> None:
        self._make = make
        self._made: Wrap | None = None

    def serve(self, call: Call, request: HttpRequest, onward: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
        """Answer the call."""
        if self._made is None:
            self._made = self._make()
        return self._made.serve(call, request, onward)
