"""What Parameter Store refuses before it keeps or finds a parameter: names, types, tiers, sizes, patterns.

Reads moto's store, changes nothing. Sources, beside botocore's model: public reports of the real service's answers,
each named at its rule.
"""

from __future__ import annotations

import re
from typing import Any

from moto.core.utils import get_service_model
from moto.ssm.models import Parameter

from ...core.call import Call
from ...core.errors import AwsError
from ...wire.validation import validate

SECURE, ADVANCED, STANDARD = "SecureString", "Advanced", "Standard"
STANDARD_LIMIT, ADVANCED_LIMIT = 4096, 8192
"""Bytes of a parameter's value, by tier (PutParameter)."""
LEVELS = 15
REFERENCE = "/aws/reference/secretsmanager/"
CHECKED = frozenset(
    {
        "DeleteParameter",
        "DeleteParameters",
        "DescribeParameters",
        "GetParameter",
        "GetParameterHistory",
        "GetParameters",
        "GetParametersByPath",
        "LabelParameterVersion",
        "PutParameter",
        "UnlabelParameterVersion",
    }
)
"""The operations of Parameter Store."""
_MORE = (
    " For more information, see "
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"
)
_TOO_LONG = (
    "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter "
    f"value, upgrade the parameter to use the advanced-parameter tier.{_MORE}"
)
_FAR_TOO_LONG = "Advanced tier parameters support a maximum parameter value of 8192 characters."
# hashicorp/terraform-provider-aws, aws_ssm_parameter; the last sentence: a CloudFormation log of 2023
_NO_WAY_BACK = (
    "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier "
    "to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard "
    "parameter. Be aware that standard parameters have a value limit of 4096 characters."
)
# oharaandrew314/aws-mock, whose assertions run against the real service too
_KEY_FOR_SECURE_ONLY = "KeyId is required for SecureString type parameter only."
# boto/boto3 1499 (a space), aws/aws-sdk-php 1952 (@), localstack 7712 (GetParameter), 11538 (no slash in front)
_BAD_NAME = (
    'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of '
    "sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following "
    "3 symbols .-_"
)
_NOT_QUALIFIED = "Parameter name must be a fully qualified name."  # terraform-provider-aws 7251
# aws/aws-sdk-js-v3 5928; the backslashes are the service's
_BAD_PATH = (
    "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash "
    '"/". It can\'t be prefixed with \\"aws\\" or \\"ssm\\" (case-insensitive). It must use only letters, numbers, or '
    "the following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, "
    'if specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.'
)
_MISMATCH = (
    "Parameter value, cannot be validated against allowedPattern: {}"  # Systems Manager User Guide, CLI examples
)
# crossplane-contrib/provider-upjet-aws 1559; the model has no such limit
_EMPTY = (
    "1 validation error detected: Value at 'value' failed to satisfy constraint: Member must have length greater than "
    "or equal to 1"
)
_NAME = re.compile(r"[A-Za-z0-9_.-]+|(/[A-Za-z0-9_.-]+)+")
_PATH = re.compile(r"/|(/[A-Za-z0-9_.-]+)+/?")


def check(call: Call) -> None:
    """Refuse a call by what stands in it. (The list of types in that refusal is moto's, in the recorded order.)"""
    params = {name: value for name, value in call.params.items() if name != "Type"}
    validate(params, get_service_model("ssm").operation_model(call.operation).input_shape)
    name = params.get("Name", "")
    if call.operation == "PutParameter":
        _check_new_name(name)
        if not params["Value"]:
            raise AwsError("ValidationException", _EMPTY)
    elif call.operation == "GetParameter" and not name.startswith("arn:"):
        if not _NAME.fullmatch(name.partition(":")[0]):
            raise AwsError("ValidationException", _BAD_NAME)
    elif call.operation == "GetParametersByPath" and not _PATH.fullmatch(params["Path"]):
        raise AwsError("ValidationException", _BAD_PATH)


def _check_new_name(name: str) -> None:
    if "/" in name and not name.startswith("/"):
        raise AwsError("ValidationException", _NOT_QUALIFIED)
    if not _NAME.fullmatch(name):
        raise AwsError("ValidationException", _BAD_NAME)
    if name.count("/") > LEVELS:
        text = f"A hierarchy can have a maximum of {LEVELS} levels."
        raise AwsError("HierarchyLevelLimitExceededException", text)


def check_value(params: dict[str, Any], before: Parameter | None, kind: str) -> str:
    """Refuse a value that its type, pattern or tier doesn't take; the tier that it gets."""
    if params.get("KeyId") and kind != SECURE:
        raise AwsError("ValidationException", _KEY_FOR_SECURE_ONLY)
    pattern = params.get("AllowedPattern") or (before.allowed_pattern if before else None)
    if pattern:
        try:
            matches = re.search(pattern, params["Value"])
        except re.error:
            text = "The request does not meet the regular expression requirement."  # the model's documentation
            raise AwsError("InvalidAllowedPatternException", text) from None
        if not matches:
            raise AwsError("ParameterPatternMismatchException", _MISMATCH.format(pattern))
    size, tier = len(params["Value"].encode()), _tier(params, before.tier if before else None)
    if tier == STANDARD and size > STANDARD_LIMIT:
        raise AwsError("ValidationException", _TOO_LONG)
    if size > ADVANCED_LIMIT:
        raise AwsError("ValidationException", _FAR_TOO_LONG)
    return tier


def _tier(params: dict[str, Any], before: str | None) -> str:
    """Standard unless asked for; Intelligent-Tiering takes Advanced where Standard will not do. No way back."""
    asked = params.get("Tier") or before or STANDARD
    needs = len(params["Value"].encode()) > STANDARD_LIMIT or bool(params.get("Policies"))
    if asked == STANDARD and before == ADVANCED:
        raise AwsError("ValidationException", _NO_WAY_BACK)
    if asked == ADVANCED or before == ADVANCED or (asked == "Intelligent-Tiering" and needs):
        return ADVANCED
    return STANDARD
