"""Secrets Manager's RotateSecret: the four steps of a rotation, done by the secret's own Lambda function.

Stands round the wrap of Secrets Manager. Sources: Secrets Manager API Reference, RotateSecret; User Guide, "Lambda
rotation functions" and "Lambda rotation function execution role permissions"; messages from public issues.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ...core.call import Call, Target
from ...core.errors import AwsError
from ...wire.protocols import HttpRequest, HttpResponse
from ..lambda_.wrap import Lambda
from .rules import check
from .store import CURRENT, PENDING, Secret
from .wrap import SERVICE, named, written

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway
    from ...gateway.interfaces import Wrap

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
_NO_FUNCTION = "No Lambda rotation function ARN is associated with this secret."
_UNFINISHED = "A previous rotation isn't complete. That rotation will be reattempted."
_NOT_NEW = "You can't modify an existing version, you can only create a new version."  # RotateSecret's page
_NOT_LET_IN = (
    "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to "
    "the principal secretsmanager.amazonaws.com."
)


class Rotation:
    """Rotations by Lambda functions; everything else goes on to `inner`."""

    def __init__(self, gateway: Gateway, functions: Lambda, inner: Wrap) -> None:
        self._gateway = gateway
        self._functions = functions
        self._inner = inner

    def serve(self, call: Call, request: HttpRequest, onward: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
        """RotateSecret answers at once; the steps have been done when the next call comes."""
        if call.operation != "RotateSecret":
            return self._inner.serve(call, request, onward)
        check(call)
        secret, params = named(call), call.params
        function = params.get("RotationLambdaARN") or secret.rotation_lambda_arn
        if not function:
            raise AwsError("InvalidRequestException", _NO_FUNCTION)
        self._gateway.authorize(replace(call, targets=(Target("lambda:InvokeFunction", function),)))
        if not self._functions.may_invoke(SERVICE, secret.arn, function):
            raise AwsError("AccessDeniedException", _NOT_LET_IN)
        pending = secret.holder(PENDING)
        if pending is not None and pending != secret.holder(CURRENT):
            raise AwsError("InvalidRequestException", _UNFINISHED)
        token = params["ClientRequestToken"]
        if token in secret.versions:
            raise AwsError("InvalidRequestException", _NOT_NEW)
        self._configure(secret, function, params.get("RotationRules") or {})
        steps = STEPS if params.get("RotateImmediately", True) else ("testSecret",)
        secret.add(token, call.time, {})
        secret.attach(PENDING, token)
        secret.changed(call.time)
        self._gateway.afterwards(lambda: self._rotate(secret, function, token, steps))
        return written(call, {"ARN": secret.arn, "Name": secret.name, "VersionId": token})

    def _configure(self, secret: Secret, function: str, rules: dict[str, Any]) -> None:
        secret.rotation_requested = secret.rotation_enabled = True
        secret.rotation_lambda_arn = function
        secret.rotation_rules = dict(rules) or secret.rotation_rules
        self._schedule(secret)

    def _schedule(self, secret: Secret) -> None:
        """The next rotation's day, of which AWS shows the last second (RotationRulesType, AutomaticallyAfterDays)."""
        days = secret.rotation_rules.get("AutomaticallyAfterDays")
        if days:
            day = self._gateway.now() + timedelta(days=days)
            secret.next_rotation_date = int(day.replace(hour=23, minute=59, second=59).timestamp())

    def _rotate(self, secret: Secret, function: str, token: str, steps: tuple[str, ...]) -> None:
        """Step by step; where one fails, the pending version stays as it is (User Guide, "Troubleshoot rotation")."""
        for step in steps:
            event = {"ClientRequestToken": token, "SecretId": secret.arn, "Step": step}
            try:
                outcome = self._functions.invoke_as(SERVICE, secret.arn, function, json.dumps(event).encode())
            except AwsError:
                return
            if outcome.failed:
                return
        if steps == STEPS:
            secret.last_rotation_date = int(self._gateway.now().timestamp())
            self._schedule(secret)
        else:  # "This test creates an AWSPENDING version of the secret and then removes it" (RotateImmediately)
            secret.versions.pop(token, None)
