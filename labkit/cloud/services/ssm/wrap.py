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
from .rules import ADVANCED, CHECKED, SECURE, check, check_value
from .secrets import SERVICE, is_secret, read_secret

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

Onward = Callable[[HttpRequest], HttpResponse]
MANAGED = "alias/aws/ssm"
_READS = frozenset({"GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory"})
_LIMIT = b"ParameterVersionLabelLimitExceeded"
_LABELS = "A parameter version can have maximum 10 labels. Move one or more labels to another version and try again."
_NONCE = 12
_ENVELOPE = b"\x00"  # what an advanced value begins with; KMS's ciphertexts begin with 1


class Ssm:
    """The wrap round moto's Systems Manager."""

    def __init__(self, gateway: Gateway, kms: Kms) -> None:
        self._gateway = gateway
        self._kms = kms

    def serve(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Answer a Systems Manager call."""
        if call.operation in CHECKED and not is_secret(call.params.get("Name", "")):
            check(call)
        if call.operation == "PutParameter":
            return self._put(call, request, onward)
        response = self._get(call, request, onward) if call.operation in _READS else onward(request)
        if response.status >= 300 and b"ParameterNotFound" in response.body:
            raise AwsError("ParameterNotFound", None)  # without a message (aws-mock; awslabs/aws-simple-cicd 10)
        if response.status >= 300 and _LIMIT in response.body:
            raise AwsError("ParameterVersionLabelLimitExceeded", _LABELS)
        return response

    # --- Writing -----------------------------------------------------------------------------------------------------

    def _put(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        params = call.params
        before = _versions(call)
        last = before[-1] if before else None
        kind = params.get("Type") or (last.parameter_type if last else "")
        if last is not None and not params.get("Overwrite"):
            return onward(request)  # moto refuses it
        tier = check_value(params, last, kind)
        changed: dict[str, Any] = {"Tier": tier}
        if kind == SECURE and not _is_reserved(params["Name"]):
            key_id = params.get("KeyId") or (last.keyid if last else None) or MANAGED
            if key_id == MANAGED:
                self._kms.managed_key(call.account, call.region, "ssm")  # made when it is first needed
            context = {"PARAMETER_ARN": _arn(call, params["Name"])}
            seal = self._seal_advanced if tier == ADVANCED else self._seal_standard
            sealed = base64.b64encode(seal(call, key_id, context, params["Value"].encode())).decode()
            changed |= {"Value": sealed, "KeyId": key_id}
        content = json.loads(request.body) | changed
        response = onward(replace(request, body=json.dumps(content).encode()))
        if response.status < 300 and kind != SECURE:
            _versions(call)[-1].keyid = None  # moto would keep that of a SecureString before
        return response

    def _seal_standard(self, call: Call, key_id: str, context: dict[str, str], value: bytes) -> bytes:
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
        name, names = str(call.params.get("Name", "")), list(call.params.get("Names") or ())
        if call.operation == "GetParameter" and is_secret(name):
            return _answer(call, {"Parameter": read_secret(self._gateway, call, name)})
        content = json.loads(request.body or b"{}") | {"WithDecryption": False}
        if names:
            content["Names"] = [each for each in names if not is_secret(each)]
        response = onward(replace(request, body=json.dumps(content).encode()))
        if response.status >= 300:
            return response
        answer = json.loads(response.body)
        for shown in [answer["Parameter"]] if "Parameter" in answer else answer["Parameters"]:
            if shown["Type"] == SECURE:
                shown["Value"] = shown["Value"].rpartition(":")[2]  # moto marks the key before it
                if call.params.get("WithDecryption"):
                    shown["Value"] = self._open(call, shown)
        if call.operation == "GetParameter":
            _name_as_asked(answer["Parameter"], [name])
        if names:
            self._in_order(call, names, answer)
        return replace(response, body=json.dumps(answer).encode())

    def _in_order(self, call: Call, names: list[str], answer: dict[str, Any]) -> None:
        """GetParameters: secrets among the parameters, in the order of the request (moto has none)."""
        found, missing = list(answer["Parameters"]), list(answer["InvalidParameters"])
        for each in found:
            _name_as_asked(each, names)
        for name in filter(is_secret, names):
            try:
                found.append(read_secret(self._gateway, call, name))
            except AwsError as refused:
                if refused.code != "ParameterNotFound":
                    raise
                missing.append(name)
        places = {_plain(name): place for place, name in reversed(list(enumerate(names)))}
        found.sort(key=lambda shown: places.get(_plain(shown["Name"]), places.get(shown["ARN"], len(places))))
        answer |= {"Parameters": found, "InvalidParameters": missing}

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


def _versions(call: Call) -> list[Parameter]:
    parameters = ssm_backends[call.account][call.region]._parameters
    name = call.params.get("Name", "")
    return list(parameters.get(parameters.normalize_name(name), []))


def _arn(call: Call, name: str) -> str:
    return name if name.startswith("arn:") else f"arn:aws:ssm:{call.region}:{call.account}:parameter/{name.lstrip('/')}"


def _plain(name: str) -> str:
    """A name or ARN without the version or label behind it."""
    return ":".join(name.split(":")[: 6 if name.startswith("arn:") else 1])


def _answer(call: Call, content: dict[str, Any]) -> HttpResponse:
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": call.request_id}
    return HttpResponse(200, headers, json.dumps(content).encode())


def _is_reserved(name: str) -> bool:
    """Whether moto refuses the name, before anything is encrypted."""
    return name.lower().lstrip("/").startswith(("aws", "ssm"))


def _name_as_asked(shown: dict[str, Any], names: list[str]) -> None:
    """A parameter without levels answers to its name with a slash as well, and is then called so (recorded)."""
    if f"/{shown['Name']}" in names and shown["Name"] not in names:
        shown["Name"] = f"/{shown['Name']}"


def _in_words_of_ssm(refused: AwsError) -> AwsError:
    """Recorded: a denial keeps its code, everything else is InvalidKeyId, both with KMS's message."""
    code = "AccessDeniedException" if refused.code == "AccessDeniedException" else "InvalidKeyId"
    return AwsError(code, quoted(refused))
