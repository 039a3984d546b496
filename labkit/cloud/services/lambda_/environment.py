"""A function's environment variables under a customer managed key: sealed when set, opened at each cold start.

Makes KMS calls through the gateway. Sources: Lambda Developer Guide, "Securing Lambda environment variables"; the
errors of Invoke in the API Reference; CreateGrant and Decrypt as records of real accounts show them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...core.call import Call, Principal
from ...core.errors import AwsError
from ...core.forgetting import forget

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

SERVICE = "lambda.amazonaws.com"
LIMIT = 4096
"""Bytes that all variables of a function may take ("Lambda quotas", Lambda Developer Guide)."""
_SETTINGS = "Please check the function's KMS key settings. "
_UNREADABLE = "Lambda was unable to decrypt the environment variables because"
_DENIED = f"{_UNREADABLE} KMS access was denied. {_SETTINGS}"
# What Invoke answers when KMS refuses: error, and its words up to KMS's own (API Reference, Invoke; public issues).
_INVOKE_ERRORS = {
    "DisabledException": ("KMSDisabledException", f"{_UNREADABLE} the KMS key used is disabled. {_SETTINGS}"),
    "KMSInvalidStateException": (
        "KMSInvalidStateException",
        f"{_UNREADABLE} the state of the KMS key used is not valid for Decrypt. {_SETTINGS}",
    ),
    "NotFoundException": ("KMSNotFoundException", f"{_UNREADABLE} the KMS key was not found. {_SETTINGS}"),
}


@dataclass(frozen=True, slots=True)
class Sealed:
    """A function's variables as they are kept: ciphertext, and the key that made it."""

    key_arn: str
    ciphertext: bytes


class Environments:
    """The sealed variables of every function, by the function's ARN."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._sealed: dict[str, Sealed] = {}
        gateway.forgets.append(lambda account: forget(self._sealed, account))

    def sealed(self, arn: str) -> bool:
        """Tell whether the function's variables are under a customer managed key."""
        return arn in self._sealed

    def forget(self, arn: str) -> None:
        """Forget the variables: the function is gone, or they are under the default key again."""
        self._sealed.pop(arn, None)

    def seal(self, call: Call, arn: str, role: str, key_arn: str, variables: Mapping[str, str]) -> None:
        """Let the role use the key for these variables, then encrypt them; both on the caller's behalf.

        Whoever configures the key needs kms:CreateGrant and kms:Encrypt (the guide).
        """
        text = json.dumps(dict(variables), separators=(",", ":")).encode()
        if len(text) > LIMIT:
            said = "the environment variables you have provided exceeded the 4KB limit."
            message = f"Lambda was unable to configure your environment variables because {said}"
            raise AwsError("InvalidParameterValueException", message)
        context = {"aws:lambda:FunctionArn": arn}
        grant = {
            "KeyId": key_arn,
            "GranteePrincipal": role,
            "Operations": ["Decrypt", "RetireGrant"],
            "Constraints": {"EncryptionContextEquals": context},
        }
        sealing = {"KeyId": key_arn, "Plaintext": text, "EncryptionContext": context}
        try:
            self._gateway.on_behalf(call, SERVICE, "CreateGrant", grant)
            answer = self._gateway.on_behalf(call, SERVICE, "Encrypt", sealing)
        except AwsError as refused:
            message = (
                "Lambda was unable to configure access to your environment variables because the KMS key is invalid "
                f"for CreateGrant. Please check your KMS key settings. KMS Exception: {refused.code} "
                f"KMS Message: {refused.message}"
            )
            raise AwsError("InvalidParameterValueException", message) from None
        self._sealed[arn] = Sealed(answer["KeyId"], answer["CiphertextBlob"])

    def shown_to(self, call: Call, arn: str) -> dict[str, Any]:
        """`Environment` of a configuration: the variables, or an error for who may not decrypt them (the guide)."""
        sealed = self._sealed[arn]
        params = {"CiphertextBlob": sealed.ciphertext, "EncryptionContext": {"aws:lambda:FunctionArn": arn}}
        try:
            opened = self._gateway.on_behalf(call, SERVICE, "Decrypt", params)
        except AwsError as refused:
            message = f"{_DENIED}KMS Exception: {refused.code} KMS Message: {refused.message}"
            return {"Error": {"ErrorCode": refused.code, "Message": message}}
        return {"Variables": json.loads(opened["Plaintext"])}

    def open(self, call: Call, arn: str, role: Principal) -> dict[str, str]:
        """Decrypt the variables with the role's own credentials at a cold start; AwsError as Invoke answers it."""
        sealed = self._sealed[arn]
        params = {"CiphertextBlob": sealed.ciphertext, "EncryptionContext": {"aws:lambda:FunctionArn": arn}}
        try:
            opened = self._gateway.as_principal(call, role, "Decrypt", params)
        except AwsError as refused:
            code, said = _INVOKE_ERRORS.get(refused.code, ("KMSAccessDeniedException", _DENIED))
            message = f"{said}KMS Exception: {refused.code}KMS Message: {refused.message}"
            raise AwsError(code, message, 502) from None
        variables: dict[str, str] = json.loads(opened["Plaintext"])
        return variables
