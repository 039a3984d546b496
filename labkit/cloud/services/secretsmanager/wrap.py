"""Secrets Manager behind moto, with secret values that really need their KMS key.

Each version of a secret has a data key of its own. The values are moto's; nothing here answers one without a Decrypt
of its data key that succeeded. Sources: Secrets Manager User Guide, "Secret encryption and decryption in AWS Secrets
Manager"; answers of the real service as recorded in public.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from moto.secretsmanager.models import FakeSecret, secretsmanager_backends

from ...core.call import Call
from ...core.errors import AwsError
from ...kms.service import Kms
from ...wire.protocols import HttpRequest, HttpResponse
from ..kms_refusals import quoted

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

Onward = Callable[[HttpRequest], HttpResponse]
SERVICE = "secretsmanager.amazonaws.com"
MANAGED = "alias/aws/secretsmanager"
_DELETED = "You can't perform this operation on the secret because it was marked for deletion."
_REENCRYPTED = frozenset({"AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"})  # when the secret's key changes
_VALIDATION = "RequestToValidateKeyAccess"


@dataclass(frozen=True, slots=True)
class DataKey:
    """A version's data key under the secret's KMS key; `key_id` is the KMS key as the secret names it."""

    key_id: str
    ciphertext: bytes = field(repr=False)


class SecretsManager:
    """The wrap round moto's Secrets Manager."""

    def __init__(self, gateway: Gateway, kms: Kms) -> None:
        self._gateway = gateway
        self._kms = kms
        # By the secret's ARN and the version id. More than one once the secret's key has changed, the newest first.
        self._data_keys: dict[tuple[str, str], tuple[DataKey, ...]] = {}
        self._operations: dict[str, Callable[[Call, HttpRequest, Onward], HttpResponse]] = {
            "BatchGetSecretValue": self._get_many,
            "CreateSecret": self._create,
            "GetSecretValue": self._get,
            "ListSecretVersionIds": self._list_versions,
            "PutSecretValue": self._put,
            "UpdateSecret": self._update,
        }

    def serve(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Answer a Secrets Manager call."""
        if call.operation == "ReplicateSecretToRegions" or call.params.get("AddReplicaRegions"):
            raise AwsError("NotImplemented", "The simulated account does not replicate secrets to other Regions.", 501)
        response = self._operations.get(call.operation, _plainly)(call, request, onward)
        if response.status >= 300 and b"marked deleted" in response.body:  # moto's words; AWS's are recorded
            raise AwsError("InvalidRequestException", _DELETED)
        return response

    # --- Writing -----------------------------------------------------------------------------------------------------

    def _create(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """The secret first, because the encryption context has its ARN; a refused key takes it back."""
        names = secretsmanager_backends[call.account][call.region].secrets
        existed = call.params.get("Name", "") in names
        response = onward(request)
        secret = names.get(call.params.get("Name", "")) if response.status < 300 and not existed else None
        if not isinstance(secret, FakeSecret):
            return response
        try:
            if call.params.get("KmsKeyId"):
                self._validate(call, secret, call.params["KmsKeyId"])
            version = json.loads(response.body).get("VersionId")
            if version:
                self._encrypt(call, secret, version)
        except AwsError:
            names.pop(secret.name)
            raise
        return response

    def _put(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """A new version gets a data key; the same version again is only compared, which takes a Decrypt."""
        secret = _secret(call)
        if secret is None or secret.is_deleted():
            return onward(request)
        version = call.params.get("ClientRequestToken", "")
        has_value = "secret_string" in secret.versions.get(version, {}) or "secret_binary" in secret.versions.get(
            version, {}
        )
        if has_value:
            self._decrypt(call, secret.arn, version)
            return onward(request)
        made = self._new_data_key(call, secret.arn, version, secret.kms_key_id or MANAGED)
        response = onward(request)
        if response.status < 300:
            self._data_keys[secret.arn, json.loads(response.body)["VersionId"]] = (made,)
        return response

    def _update(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """A new value is a new version; a new key also re-encrypts the data keys of the staged versions."""
        secret, params = _secret(call), call.params
        if secret is None or secret.is_deleted():
            return onward(request)
        key_id = params.get("KmsKeyId")
        changed = key_id is not None and (key_id or MANAGED) != (secret.kms_key_id or MANAGED)
        if changed:
            self._validate(call, secret, key_id or MANAGED)
            self._re_encrypt(call, secret, key_id or MANAGED)
            secret.kms_key_id = key_id or None
        if "SecretString" in params or "SecretBinary" in params:
            return self._put(call, request, onward)
        return onward(request)

    def _encrypt(self, call: Call, secret: FakeSecret, version: str) -> None:
        key_id = secret.kms_key_id or MANAGED
        self._data_keys[secret.arn, version] = (self._new_data_key(call, secret.arn, version, key_id),)

    def _new_data_key(self, call: Call, arn: str, version: str, key_id: str) -> DataKey:
        parameters = {
            "KeyId": self._named(call, key_id),
            "KeySpec": "AES_256",
            "EncryptionContext": _context(arn, version),
        }
        try:
            made = self._gateway.on_behalf(call, SERVICE, "GenerateDataKey", parameters)
        except AwsError as refused:
            raise _cannot_encrypt(refused) from None
        return DataKey(key_id, made["CiphertextBlob"])

    def _validate(self, call: Call, secret: FakeSecret, key_id: str) -> None:
        """Before a key is kept, Secrets Manager tries it out under a context that says so."""
        context = _context(secret.arn, _VALIDATION)
        made = self._new_data_key(call, secret.arn, _VALIDATION, key_id)
        try:
            parameters = {"CiphertextBlob": made.ciphertext, "EncryptionContext": context}
            self._gateway.on_behalf(call, SERVICE, "Decrypt", parameters)
        except AwsError as refused:
            raise _cannot_decrypt(refused) from None

    def _re_encrypt(self, call: Call, secret: FakeSecret, key_id: str) -> None:
        """The data key under the new key, beside what it was under before, so that nobody is locked out.

        A version stays as it is where the caller may not decrypt it, or not encrypt with the new key. Source: Secrets
        Manager User Guide, Change the encryption key for an AWS Secrets Manager secret.
        """
        for version, content in secret.versions.items():
            held = self._data_keys.get((secret.arn, version), ())
            if not held or _REENCRYPTED.isdisjoint(content["version_stages"]):
                continue
            context = _context(secret.arn, version)
            try:
                plaintext = self._opened(call, held, context)
                parameters = {"KeyId": self._named(call, key_id), "Plaintext": plaintext}
                sealed = self._gateway.on_behalf(call, SERVICE, "Encrypt", parameters | {"EncryptionContext": context})
            except AwsError:
                return
            self._data_keys[secret.arn, version] = (DataKey(key_id, sealed["CiphertextBlob"]), *held)

    def _opened(self, call: Call, held: tuple[DataKey, ...], context: dict[str, str]) -> bytes:
        """The data key, by the first of its KMS keys that opens it; refused, the newest key's refusal."""
        refusals: list[AwsError] = []
        for data_key in held:
            parameters = {"CiphertextBlob": data_key.ciphertext, "EncryptionContext": context}
            try:
                plaintext: bytes = self._gateway.on_behalf(call, SERVICE, "Decrypt", parameters)["Plaintext"]
                return plaintext
            except AwsError as refused:
                refusals.append(refused)
        raise refusals[0]

    def _named(self, call: Call, key_id: str) -> str:
        if key_id == MANAGED:
            self._kms.managed_key(call.account, call.region, "secretsmanager")  # made when it is first needed
        return key_id

    # --- Reading -----------------------------------------------------------------------------------------------------

    def _get(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        response = onward(request)
        if response.status < 300:
            answer = json.loads(response.body)
            self._decrypt(call, answer["ARN"], answer["VersionId"])
        return response

    def _get_many(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Secrets that can't be decrypted are named among the errors, without their values."""
        response = onward(request)
        if response.status >= 300:
            return response
        answer = json.loads(response.body)
        values, errors = [], answer.get("Errors") or []
        for each in answer.get("SecretValues", []):
            try:
                self._decrypt(call, each["ARN"], each["VersionId"])
                values.append(each)
            except AwsError as refused:
                errors.append({"SecretId": each["ARN"], "ErrorCode": refused.code, "Message": refused.message})
        return _with_json(response, answer | {"SecretValues": values, "Errors": errors})

    def _decrypt(self, call: Call, arn: str, version: str) -> None:
        held = self._data_keys.get((arn, version), ())
        if not held:  # a version without a value, as a rotation leaves one
            return
        try:
            self._opened(call, held, _context(arn, version))
        except AwsError as refused:
            raise _cannot_decrypt(refused) from None

    def _list_versions(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Versions with a staging label, or all; each with the key that it is under (recorded)."""
        response, secret = onward(request), _secret(call)
        if response.status >= 300 or secret is None:
            return response
        shown = [
            {
                "VersionId": version,
                "VersionStages": content["version_stages"],
                "CreatedDate": content["createdate"],
                "KmsKeyIds": self._shown_keys(secret.arn, version),
            }
            for version, content in secret.versions.items()
            if content["version_stages"] or call.params.get("IncludeDeprecated")
        ]
        return _with_json(response, {"ARN": secret.arn, "Name": secret.name, "Versions": shown})

    def _shown_keys(self, arn: str, version: str) -> list[str]:
        names = [each.key_id for each in self._data_keys.get((arn, version), ())] or [MANAGED]
        return ["DefaultEncryptionKey" if name == MANAGED else name for name in names]


def _plainly(_call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
    return onward(request)


def _secret(call: Call) -> FakeSecret | None:
    """moto's secret that the call names by name or ARN."""
    found = secretsmanager_backends[call.account][call.region].secrets.get(call.params.get("SecretId", ""))
    return found if isinstance(found, FakeSecret) else None


def _context(arn: str, version: str) -> dict[str, str]:
    return {"SecretARN": arn, "SecretVersionId": version}


def _with_json(response: HttpResponse, content: dict[str, Any]) -> HttpResponse:
    return replace(response, body=json.dumps(content).encode())


def _cannot_decrypt(refused: AwsError) -> AwsError:
    """Recorded: AccessDeniedException without a reason, else DecryptionFailure with KMS's message."""
    if refused.code == "AccessDeniedException":
        return AwsError("AccessDeniedException", "Access to KMS is not allowed")
    return AwsError("DecryptionFailure", f"Secrets Manager can't decrypt the secret value: {quoted(refused)}")


def _cannot_encrypt(refused: AwsError) -> AwsError:
    """EncryptionFailure is documented; its message is not recorded and follows DecryptionFailure's."""
    if refused.code == "AccessDeniedException":
        return AwsError("AccessDeniedException", "Access to KMS is not allowed")
    return AwsError("EncryptionFailure", f"Secrets Manager can't encrypt the secret value: {quoted(refused)}")
