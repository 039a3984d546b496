"""What Secrets Manager refuses before it looks at a secret: names, tokens, values and windows. Pure.

Sources: LocalStack's validated snapshots, recorded from the real service (2022-2026); shared assertions of
oharaandrew314/aws-mock, which run against it; botocore's model for lengths, patterns and enums.
"""

from __future__ import annotations

import re

from moto.core.utils import get_service_model

from ...core.call import Call
from ...core.errors import AwsError
from ...wire.validation import validate

_NAME = re.compile(r"[A-Za-z0-9\-/_+=.@!]+")
_BAD_NAME = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
_NO_TOKEN = "You must provide a ClientRequestToken value. We recommend a UUID-type value."  # noqa: S105  # a message
_BOTH_VALUES = "You can't specify both a binary secret value and a string secret value in the same secret."
_NO_VALUE = "You must provide either SecretString or SecretBinary."
_WINDOW = "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."
_WINDOW_AND_FORCE = "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
# The SDKs fill the token in; who leaves it out is refused, RotateSecret with a code of its own (recorded).
_NEED_A_TOKEN = {
    "CreateSecret": "InvalidRequestException",
    "PutSecretValue": "InvalidRequestException",
    "RotateSecret": "InvalidParameterException",
    "UpdateSecret": "InvalidRequestException",
}


def check(call: Call) -> None:
    """Refuse a call by what stands in it."""
    params = call.params
    validate(params, get_service_model("secretsmanager").operation_model(call.operation).input_shape)
    for each in (params.get("Name"), params.get("SecretId")):
        if each is not None and not each.startswith("arn:") and not _NAME.fullmatch(each):
            raise AwsError("ValidationException", _BAD_NAME)
    code = _NEED_A_TOKEN.get(call.operation)
    if code and not params.get("ClientRequestToken"):
        raise AwsError(code, _NO_TOKEN)
    if params.get("SecretString") is not None and params.get("SecretBinary") is not None:
        raise AwsError("InvalidParameterException", _BOTH_VALUES)
    if call.operation == "PutSecretValue" and not {"SecretString", "SecretBinary"} & params.keys():
        raise AwsError("InvalidRequestException", _NO_VALUE)
    if call.operation == "DeleteSecret":
        _check_window(params.get("RecoveryWindowInDays"), force=params.get("ForceDeleteWithoutRecovery"))


def _check_window(days: int | None, *, force: bool | None) -> None:
    if days is not None and force:
        raise AwsError("InvalidParameterException", _WINDOW_AND_FORCE)
    if days is not None and not 7 <= days <= 30:
        raise AwsError("InvalidParameterException", _WINDOW)


def refuses_deleted(operation: str) -> bool:
    """Tell whether the operation refuses a secret that is marked for deletion: by the errors that its model names."""
    if operation in ("DeleteSecret", "RestoreSecret"):
        return False
    shapes = get_service_model("secretsmanager").operation_model(operation).error_shapes
    return any(shape.name == "InvalidRequestException" for shape in shapes)
