"""Secrets Manager's RotateSecret: the four steps of a rotation, done by the secret's own Lambda function.

Stands round the wrap of Secrets Manager. Sources: Secrets Manager API Reference, RotateSecret; User Guide, "Lambda
rotation functions" and "Lambda rotation function execution role permissions"; messages from public issues.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from moto.secretsmanager.models import FakeSecret, secretsmanager_backends

from ...authorization.authorize import authorize
from ...core.call import Call, Target
from ...core.errors import AwsError
from ...wire.protocols import HttpRequest, HttpResponse
from ..lambda_.wrap import Lambda

if TYPE_CHECKING:
    from ...gateway.contracts import Wrap
    from ...gateway.gateway import Gateway

SERVICE = "secretsmanager.amazonaws.com"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
_PENDING = "AWSPENDING"
_NO_FUNCTION = "No Lambda rotation function ARN is associated with this secret."
_UNFINISHED = "A previous rotation isn't complete. That rotation will be reattempted."
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
        secret = secretsmanager_backends[call.account][call.region].secrets.get(call.params.get("SecretId", ""))
        if call.operation == "UpdateSecretVersionStage" and isinstance(secret, FakeSecret):
            return self._staged(secret, self._inner.serve(call, request, onward))
        if call.operation != "RotateSecret" or not isinstance(secret, FakeSecret) or secret.is_deleted():
            return self._inner.serve(call, request, onward)
        params = call.params
        function = params.get("RotationLambdaARN") or secret.rotation_lambda_arn
        if not function:
            raise AwsError("InvalidRequestException", _NO_FUNCTION)
        authorize(replace(call, targets=(Target("lambda:InvokeFunction", function),)))
        if not self._functions.may_invoke(SERVICE, secret.arn, function):
            raise AwsError("AccessDeniedException", _NOT_LET_IN)
        labels = (version["version_stages"] for version in secret.versions.values())
        if any(_PENDING in stages and "AWSCURRENT" not in stages for stages in labels):
            raise AwsError("InvalidRequestException", _UNFINISHED)
        self._configure(secret, function, params.get("RotationRules") or {})
        token = params.get("ClientRequestToken") or self._gateway.new_id()
        steps = STEPS if params.get("RotateImmediately", True) else ("testSecret",)
        for version in secret.versions.values():
            version["version_stages"] = [stage for stage in version["version_stages"] if stage != _PENDING]
        created = int(self._gateway.now().timestamp())
        secret.versions[token] = {"createdate": created, "version_id": token, "version_stages": [_PENDING]}
        self._gateway.afterwards(lambda: self._rotate(secret, function, token, steps))
        content = {"ARN": secret.arn, "Name": secret.name, "VersionId": token}
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": call.request_id}
        return HttpResponse(200, headers, json.dumps(content).encode())

    def _staged(self, secret: FakeSecret, response: HttpResponse) -> HttpResponse:
        """GetSecretValue without a version means AWSCURRENT; moto would go on to answer the version before."""
        for token, version in secret.versions.items():
            if "AWSCURRENT" in version["version_stages"]:
                secret.set_default_version_id(token)
        return response

    def _configure(self, secret: FakeSecret, function: str, rules: dict[str, Any]) -> None:
        secret.rotation_requested = secret.rotation_enabled = True
        secret.rotation_lambda_arn = function
        days = rules.get("AutomaticallyAfterDays")
        if days:
            secret.auto_rotate_after_days = days

    def _rotate(self, secret: FakeSecret, function: str, token: str, steps: tuple[str, ...]) -> None:
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
        else:  # "This test creates an AWSPENDING version of the secret and then removes it" (RotateImmediately)
            secret.versions.pop(token, None)
