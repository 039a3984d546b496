"""GetRandomPassword: passwords from the lab's seed, with a character of every type that is asked for.

Sources: Secrets Manager API Reference, GetRandomPassword; the three refusals as measured by go-to-k/cdkd (2026).
"""

from __future__ import annotations

import string
from typing import Any

from moto.moto_api._internal import mock_random

from ...core.errors import AwsError

_TOO_SHORT = "Password length is too short based on the required types."
_NONE_OF_A_TYPE = "All characters of the desired type have been excluded."
_NONE_AT_ALL = "All characters have been excluded from selection."
_TYPES = {
    "ExcludeLowercase": string.ascii_lowercase,
    "ExcludeUppercase": string.ascii_uppercase,
    "ExcludeNumbers": string.digits,
    "ExcludePunctuation": string.punctuation,
}


def random_password(params: dict[str, Any]) -> str:
    """Return a password as the parameters of GetRandomPassword want it; AwsError where none can be."""
    excluded = set(params.get("ExcludeCharacters", ""))
    types = [
        [each for each in characters if each not in excluded]
        for switch, characters in _TYPES.items()
        if not params.get(switch)
    ]
    required = types if params.get("RequireEachIncludedType", True) else []
    if not all(required):
        raise AwsError("InvalidParameterException", _NONE_OF_A_TYPE)
    space = [" "] if params.get("IncludeSpace") and " " not in excluded else []
    pool = [each for characters in types for each in characters] + space
    length = params.get("PasswordLength", 32)
    if not pool:
        raise AwsError("InvalidParameterException", _NONE_AT_ALL)
    if length < len(required):
        raise AwsError("InvalidParameterException", _TOO_SHORT)
    drawn = [mock_random.choice(characters) for characters in required]
    drawn += [mock_random.choice(pool) for _ in range(length - len(drawn))]
    mock_random.shuffle(drawn)
    return "".join(drawn)
