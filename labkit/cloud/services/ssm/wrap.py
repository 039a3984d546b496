"""Parameter Store (Systems Manager) behind moto, with SecureString values encrypted under KMS keys.

Standard parameters are encrypted by KMS itself, advanced ones under a data key. moto keeps the ciphertext only: a
value is answered as ciphertext, or in plaintext after a Decrypt that succeeded. Sources: Systems Manager User Guide,
"AWS KMS encryption for AWS Systems Manager Parameter Store SecureString parameters"; recorded answers.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from moto.moto_api._internal import mock_random
from moto.ssm.models import Parameter, ssm_backends

from ...core.call import Call
from ...core.errors import AwsError
from ...kms.service import Kms
from ...wire.protocols import HttpRequest, HttpResponse
from ..kms_refusals import quoted

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

Onward = Callable[[HttpRequest], HttpResponse]
SERVICE = "ssm.amazonaws.com"
MANAGED = "alias/aws/ssm"
SECURE, ADVANCED = "SecureString", "Advanced"
STANDARD_LIMIT = 4096
"""Bytes of a standard parameter's value (PutParameter)."""
_TOO_LONG = (
    "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter "
    "value, upgrade the parameter to use the advanced-parameter tier. For more information, see "
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"
)
_READS = frozenset({"GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory"})
_NONCE = 12
_ENVELOPE = b"\x00"  # what an advanced value begins with; KMS's ciphertexts begin with 1


class Ssm:
    """The wrap round moto's Systems Manager."""

    def __init__(self, gateway: Gateway, kms: Kms) -> None:
        self._gateway = gateway
        self._kms = kms

    def serve(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Answer a Systems Manager call."""
        if call.operation == "PutParameter":
            return self._put(call, request, onward)
        if call.operation in _READS:
            return self._get(call, request, onward)
        return onward(request)

    # --- Writing -----------------------------------------------------------------------------------------------------

    def _put(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        params = call.params
        before = _versions(call)
        exists = bool(before)
        if params.get("Type", before[-1].parameter_type if before else "") != SECURE:
            return onward(request)
        if (exists and not params.get("Overwrite")) or not params.get("Value"):
            return onward(request)  # moto refuses it
        key_id = params.get("KeyId") or (before[-1].keyid if exists else None) or MANAGED
        if key_id == MANAGED:
            self._kms.managed_key(call.account, call.region, "ssm")  # made when it is first needed
        context = {"PARAMETER_ARN": _arn(call, params["Name"])}
        tier = _tier(params, before[-1].tier if exists else None)
        seal = self._seal_advanced if tier == ADVANCED else self._seal_standard
        sealed = base64.b64encode(seal(call, key_id, context, params["Value"].encode())).decode()
        content = json.loads(request.body) | {"Value": sealed, "KeyId": key_id, "Tier": tier}
        return onward(replace(request, body=json.dumps(content).encode()))

    def _seal_standard(self, call: Call, key_id: str, context: dict[str, str], value: bytes) -> bytes:
        if len(value) > STANDARD_LIMIT:
            raise AwsError("ValidationException", _TOO_LONG)
        answer = self._ask_kms(call, "Encrypt", {"KeyId": key_id, "Plaintext": value, "EncryptionContext": context})
        return bytes(answer["CiphertextBlob"])

    def _seal_advanced(self, call: Call, key_id: str, context: dict[str, str], value: bytes) -> bytes:
        """A mark, the data key's ciphertext with its length before it, the nonce, the value under the data key."""
        parameters = {"KeyId": key_id, "KeySpec": "AES_256", "EncryptionContext": context}
        made = self._ask_kms(call, "GenerateDataKey", parameters)
        data_key, nonce = made["CiphertextBlob"], mock_random.randbytes(_NONCE)
        sealed = AESGCM(made["Plaintext"]).encrypt(nonce, value, json.dumps(context).encode())
        return _ENVELOPE + len(data_key).to_bytes(2, "big") + data_key + nonce + sealed

    # --- Reading -----------------------------------------------------------------------------------------------------

    def _get(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        if str(call.params.get("Name", "")).startswith("/aws/reference/secretsmanager/"):
            raise AwsError("NotImplemented", "The simulated account reads secrets from Secrets Manager only.", 501)
        content = json.loads(request.body or b"{}") | {"WithDecryption": False}
        response = onward(replace(request, body=json.dumps(content).encode()))
        if response.status >= 300:
            return response
        answer = json.loads(response.body)
        for shown in [answer["Parameter"]] if "Parameter" in answer else answer["Parameters"]:
            if shown["Type"] == SECURE:
                shown["Value"] = shown["Value"].rpartition(":")[2]  # moto marks the key before it
                if call.params.get("WithDecryption"):
                    shown["Value"] = self._open(call, shown)
        return replace(response, body=json.dumps(answer).encode())

    def _open(self, call: Call, shown: dict[str, Any]) -> str:
        context = {"PARAMETER_ARN": _arn(call, shown["Name"])}
        sealed = base64.b64decode(shown["Value"])
        if not sealed.startswith(_ENVELOPE):
            answer = self._ask_kms(call, "Decrypt", {"CiphertextBlob": sealed, "EncryptionContext": context})
            return str(answer["Plaintext"].decode())
        end = 3 + int.from_bytes(sealed[1:3], "big")
        opened = self._ask_kms(call, "Decrypt", {"CiphertextBlob": sealed[3:end], "EncryptionContext": context})
        nonce, value = sealed[end : end + _NONCE], sealed[end + _NONCE :]
        return AESGCM(opened["Plaintext"]).decrypt(nonce, value, json.dumps(context).encode()).decode()

    def _ask_kms(self, call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._gateway.on_behalf(call, SERVICE, operation, parameters)
        except AwsError as refused:
            raise _in_words_of_ssm(refused) from None


def _tier(params: dict[str, Any], before: str | None) -> str:
    """Standard unless asked for; Intelligent-Tiering takes Advanced where Standard will not do. No way back."""
    asked = params.get("Tier") or before or "Standard"
    needs = len(params["Value"].encode()) > STANDARD_LIMIT or bool(params.get("Policies"))
    if asked == ADVANCED or before == ADVANCED or (asked == "Intelligent-Tiering" and needs):
        return ADVANCED
    return "Standard"


def _versions(call: Call) -> list[Parameter]:
    parameters = ssm_backends[call.account][call.region]._parameters
    name = call.params.get("Name", "")
    return list(parameters.get(name, []))


def _arn(call: Call, name: str) -> str:
    return name if name.startswith("arn:") else f"arn:aws:ssm:{call.region}:{call.account}:parameter/{name.lstrip('/')}"


def _in_words_of_ssm(refused: AwsError) -> AwsError:
    """Recorded: a denial keeps its code, everything else is InvalidKeyId, both with KMS's message."""
    code = "AccessDeniedException" if refused.code == "AccessDeniedException" else "InvalidKeyId"
    return AwsError(code, quoted(refused))
