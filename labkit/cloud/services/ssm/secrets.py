"""Parameters that are secrets: /aws/reference/secretsmanager/NAME, read from Secrets Manager for the caller.

Sources: Systems Manager User Guide, "Referencing AWS Secrets Manager secrets from Parameter Store parameters";
LocalStack's validated tests of GetParameter and GetParameters (2023-2024); moto for the refusal without decryption.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...core.call import Call, Target
from ...core.errors import AwsError
from ..secretsmanager.store import Secret, find
from .rules import REFERENCE

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

SERVICE = "ssm.amazonaws.com"
_NOT_DECRYPTED = "WithDecryption flag must be True for retrieving a Secret Manager secret."
_NOT_FOUND = "An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret {} not found."


def is_secret(name: str) -> bool:
    """Tell whether a parameter's name stands for a secret."""
    return name.startswith(REFERENCE)


def read_secret(gateway: Gateway, call: Call, name: str) -> dict[str, Any]:
    """Return the parameter that a secret looks like; AwsError where it can't be read."""
    if not call.params.get("WithDecryption"):
        raise AwsError("ValidationException", _NOT_DECRYPTED)
    secret_id, _, selector = name.removeprefix(REFERENCE).partition(":")
    secret = find(call.account, call.region, secret_id, call.time)
    if secret is None:
        raise AwsError("ParameterNotFound", _NOT_FOUND.format(name))
    version = {} if not selector else {"VersionId" if selector in secret.versions else "VersionStage": selector}
    answer = _ask(gateway, call, secret, version)
    source = {"ARN": answer["ARN"], "name": answer["Name"]} | {
        member[0].lower() + member[1:]: answer[member]
        for member in ("VersionId", "SecretString", "VersionStages", "CreatedDate")
        if member in answer
    }
    return {
        "Name": name,
        "Type": "SecureString",
        "Value": answer.get("SecretString", ""),
        "Version": 0,
        "SourceResult": json.dumps(source),
        "LastModifiedDate": answer["CreatedDate"],
        "ARN": answer["ARN"],
        "DataType": "text",
    } | ({"Selector": f":{selector}"} if selector else {})


def _ask(gateway: Gateway, call: Call, secret: Secret, version: dict[str, str]) -> dict[str, Any]:
    """GetSecretValue on the caller's behalf: authorized and recorded as the call that it is."""
    inner = replace(
        call,
        service="secretsmanager",
        operation="GetSecretValue",
        params={"SecretId": secret.name} | version,
        request_id=gateway.new_id(),
        via=(*call.via, SERVICE),
        targets=(Target("secretsmanager:GetSecretValue", secret.arn),),
        result=None,
        notes={},
    )
    with gateway.recorded(inner):
        gateway.authorize(inner)
        response = gateway.wraps["secretsmanager"].serve(inner, call.http, _never)
        answer: dict[str, Any] = json.loads(response.body)
        inner.result = answer
    return answer


def _never(_request: Any) -> Any:
    raise AssertionError("Secrets Manager answers for itself")
