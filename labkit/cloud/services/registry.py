"""The services that use KMS keys: every wrap round a service of moto's.

moto's EC2 takes a second or more to load, and Systems Manager brings it along: they and DynamoDB are loaded when they
are first called, so that labs that never call them start at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..call import Call
from ..clock import Clock
from ..contracts import Wrap
from ..kms.service import Kms
from ..wire import HttpRequest, HttpResponse
from .s3 import S3
from .secretsmanager import SecretsManager

if TYPE_CHECKING:
    from ..gateway import Gateway


def wraps(gateway: Gateway, kms: Kms, clock: Clock) -> dict[str, Wrap]:
    """The wraps by botocore's service name."""

    def dynamodb() -> Wrap:
        from .dynamodb import DynamoDb

        return DynamoDb(gateway, kms, clock)

    def ec2() -> Wrap:
        from .ebs import Ebs

        return Ebs(gateway, kms)

    def ssm() -> Wrap:
        from .ssm import Ssm

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
