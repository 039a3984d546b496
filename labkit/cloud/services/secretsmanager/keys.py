"""The data keys of secrets: each version has one under the secret's KMS key, and no value is answered without it.

Everything that Secrets Manager asks of KMS is here. Sources: Secrets Manager User Guide, "Secret encryption and
decryption in AWS Secrets Manager"; answers of the real service as recorded in public.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...core.call import Call
from ...core.errors import AwsError
from ...core.forgetting import forget
from ...kms.service import Kms
from ..kms_refusals import quoted
from .store import CURRENT, PENDING, PREVIOUS, Secret

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

SERVICE = "secretsmanager.amazonaws.com"
MANAGED = "alias/aws/secretsmanager"
_REENCRYPTED = frozenset({CURRENT, PENDING, PREVIOUS})  # when the secret's key changes
_VALIDATION = "RequestToValidateKeyAccess"
_FOREIGN = (
    "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key."
)


@dataclass(frozen=True, slots=True)
class DataKey:
    """A version's data key under the secret's KMS key; `key_id` is the KMS key as the secret names it."""

    key_id: str
    ciphertext: bytes = field(repr=False)


class DataKeys:
    """The data keys by secret and version."""

    def __init__(self, gateway: Gateway, kms: Kms) -> None:
        self._gateway = gateway
        self._kms = kms
        # By the secret's ARN and the version id. More than one once the secret's key has changed, the newest first.
        self._held: dict[tuple[str, str], tuple[DataKey, ...]] = {}
        gateway.forgets.append(self.forget_account)

    def forget_account(self, account: str) -> None:
        """Let go of what is kept for an account that begins again."""
        forget(self._held, account)

    def seal(self, call: Call, secret: Secret, version: str) -> None:
        """Make a new version's data key; AwsError where KMS refuses it."""
        self._held[secret.arn, version] = (self._new(call, secret, version, secret.kms_key_id or MANAGED),)

    def forget(self, secret: Secret) -> None:
        """Drop the data keys of a secret that is gone."""
        for key in [key for key in self._held if key[0] == secret.arn]:
            del self._held[key]

    def open(self, call: Call, secret: Secret, version: str) -> None:
        """Decrypt a version's data key for the caller; AwsError where KMS refuses it."""
        held = self._held.get((secret.arn, version), ())
        if not held:  # a version without a value, as a rotation leaves one
            return
        try:
            self._opened(call, secret, held, version)
        except AwsError as refused:
            raise _cannot_decrypt(refused) from None

    def validate(self, call: Call, secret: Secret, key_id: str) -> None:
        """Try a key out, under a context that says so, before it is kept."""
        made = self._new(call, secret, _VALIDATION, key_id)
        try:
            self._opened(call, secret, (made,), _VALIDATION)
        except AwsError as refused:
            raise _cannot_decrypt(refused) from None

    def re_encrypt(self, call: Call, secret: Secret, key_id: str) -> None:
        """Put the data keys under the new key, beside what they were under before, so that nobody is locked out.

        A version stays as it is where the caller may not decrypt it, or not encrypt with the new key. Source: Secrets
        Manager User Guide, Change the encryption key for an AWS Secrets Manager secret.
        """
        for version, content in secret.versions.items():
            held = self._held.get((secret.arn, version), ())
            if not held or _REENCRYPTED.isdisjoint(content["version_stages"]):
                continue
            context = _context(secret, version)
            try:
                plaintext = self._opened(call, secret, held, version)
                parameters = {"KeyId": self._named(call, secret, key_id), "Plaintext": plaintext}
                sealed = self._gateway.on_behalf(call, SERVICE, "Encrypt", parameters | {"EncryptionContext": context})
            except AwsError:
                return
            self._held[secret.arn, version] = (DataKey(key_id, sealed["CiphertextBlob"]), *held)

    def shown(self, secret: Secret) -> dict[str, list[str]]:
        """Show each version's KMS keys as ListSecretVersionIds does: DefaultEncryptionKey, or as named (recorded)."""
        keys = {
            version: [each.key_id for each in self._held.get((secret.arn, version), ())] for version in secret.versions
        }
        return {
            version: ["DefaultEncryptionKey" if name == MANAGED else name for name in names or [MANAGED]]
            for version, names in keys.items()
        }

    def _new(self, call: Call, secret: Secret, version: str, key_id: str) -> DataKey:
        parameters = {
            "KeyId": self._named(call, secret, key_id),
            "KeySpec": "AES_256",
            "EncryptionContext": _context(secret, version),
        }
        try:
            made = self._gateway.on_behalf(call, SERVICE, "GenerateDataKey", parameters)
        except AwsError as refused:
            raise _cannot_encrypt(refused) from None
        return DataKey(key_id, made["CiphertextBlob"])

    def _opened(self, call: Call, secret: Secret, held: tuple[DataKey, ...], version: str) -> bytes:
        """The data key, by the first of its KMS keys that opens it; refused, the newest key's refusal."""
        refusals: list[AwsError] = []
        for data_key in held:
            parameters = {"CiphertextBlob": data_key.ciphertext, "EncryptionContext": _context(secret, version)}
            try:
                plaintext: bytes = self._gateway.on_behalf(call, SERVICE, "Decrypt", parameters)["Plaintext"]
                return plaintext
            except AwsError as refused:
                refusals.append(refused)
        raise refusals[0]

    def _named(self, call: Call, secret: Secret, key_id: str) -> str:
        """The key as KMS is asked for it; for a caller of another account, in the account of the secret."""
        if key_id == MANAGED:
            self._kms.managed_key(secret.account_id, secret.region, "secretsmanager")  # made when it is first needed
        if call.account == secret.account_id or key_id.startswith("arn:"):
            return key_id
        kind = "" if key_id.startswith("alias/") else "key/"
        return f"arn:aws:kms:{secret.region}:{secret.account_id}:{kind}{key_id}"


def check_account(call: Call, secret: Secret) -> None:
    """Values under aws/secretsmanager stay in their account (recorded)."""
    if call.account != secret.account_id and (secret.kms_key_id or MANAGED) == MANAGED:
        raise AwsError("InvalidRequestException", _FOREIGN)


def _context(secret: Secret, version: str) -> dict[str, str]:
    return {"SecretARN": secret.arn, "SecretVersionId": version}


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
