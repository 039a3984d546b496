"""Secrets Manager: every operation but rotation, which `lambda_rotation.py` does, and replication, which nobody does.

moto keeps the secrets; what is answered, and in which words, is here and in the files secrets_*.py. No value is
answered without a Decrypt of its data key that succeeded. Sources: Secrets Manager API Reference; LocalStack's
validated snapshots, recorded from the real service (2022-2026); hashicorp/terraform-provider-aws for staging labels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.core.utils import get_service_model
from moto.secretsmanager.utils import SecretsManagerSecretIdentifier

from ...core.call import Call, Target
from ...core.errors import AwsError
from ...kms.service import Kms
from ...wire import protocols
from ...wire.protocols import HttpRequest, HttpResponse
from .details import cancel_rotation, delete_policy, get_policy, put_policy, restore, short, tag, untag
from .keys import MANAGED, SERVICE, DataKeys, check_account
from .lists import chosen, list_secrets, list_versions, page_of
from .passwords import random_password
from .rules import check, refuses_deleted
from .stages import move, stage_new
from .store import CURRENT, DELETED, Secret, described, find, keep, not_found, remove

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

__all__ = ["SERVICE", "SecretsManager"]

_EXISTS = "The operation failed because the secret {} already exists."
_SCHEDULED = "You can't create this secret because a secret with this name is already scheduled for deletion."
_TOKEN_USED = "You can't use ClientRequestToken {} because that value is already in use for a version of secret {}."  # noqa: S105  # a message
_NOT_THIS_STAGE = "You provided a VersionStage that is not associated to the provided VersionId."
_BOTH = "Either 'SecretIdList' or 'Filters' must be provided, but not both."
_NO_FILTERS = "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided."
_BATCH = 20


class SecretsManager:
    """The wrap round moto's Secrets Manager."""

    def __init__(self, gateway: Gateway, kms: Kms) -> None:
        self._gateway = gateway
        self._keys = DataKeys(gateway, kms)
        self._of_a_secret: dict[str, Callable[[Call, Secret], dict[str, Any]]] = {
            "CancelRotateSecret": cancel_rotation,
            "DeleteResourcePolicy": delete_policy,
            "DescribeSecret": lambda _call, secret: described(secret),
            "GetResourcePolicy": get_policy,
            "GetSecretValue": self._get,
            "ListSecretVersionIds": lambda call, secret: list_versions(secret, call.params, self._keys.shown(secret)),
            "PutResourcePolicy": put_policy,
            "PutSecretValue": self._put,
            "RestoreSecret": restore,
            "TagResource": tag,
            "UntagResource": untag,
            "UpdateSecret": self._update,
            "UpdateSecretVersionStage": _move_stage,
        }
        self._others: dict[str, Callable[[Call], dict[str, Any]]] = {
            "BatchGetSecretValue": self._get_many,
            "CreateSecret": self._create,
            "DeleteSecret": self._delete,
            "GetRandomPassword": lambda call: {"RandomPassword": random_password(call.params)},
            "ListSecrets": list_secrets,
        }

    def serve(self, call: Call, _request: HttpRequest, _onward: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
        """Answer a Secrets Manager call."""
        return written(call, self._answer(call))

    def _answer(self, call: Call) -> dict[str, Any]:
        check(call)
        if call.params.get("AddReplicaRegions"):
            raise AwsError("NotImplemented", "The simulated account does not replicate secrets to other Regions.", 501)
        if call.operation in self._others:
            return self._others[call.operation](call)
        if call.operation in self._of_a_secret:
            return self._of_a_secret[call.operation](call, named(call))
        text = f"The simulated account's Secrets Manager does not do {call.operation}."
        raise AwsError("NotImplemented", text, 501)

    # --- Writing -----------------------------------------------------------------------------------------------------

    def _create(self, call: Call) -> dict[str, Any]:
        """A key that refuses leaves no secret behind; the ARN comes first, because the encryption context has it."""
        params = call.params
        name, token, value = params["Name"], params["ClientRequestToken"], _value(params)
        before = find(call.account, call.region, name, call.time)
        if before is not None:
            if before.deleted_date is not None:
                raise AwsError("InvalidRequestException", _SCHEDULED)
            if not value or before.versions.get(token, {}).get("value") != value:
                raise AwsError("ResourceExistsException", _EXISTS.format(name))
            return short(before) | {"VersionId": token}
        secret = Secret(call.account, call.region, params, call.time)
        if secret.kms_key_id:
            self._keys.validate(call, secret, secret.kms_key_id)
        if value:
            self._keys.seal(call, secret, token)
            secret.add(token, call.time, value)
            secret.attach(CURRENT, token)
        keep(secret)
        return short(secret) | ({"VersionId": token} if value else {})

    def _put(self, call: Call, secret: Secret) -> dict[str, Any]:
        check_account(call, secret)
        token = self._store(call, secret, call.params.get("VersionStages") or [CURRENT])
        return short(secret) | {"VersionId": token, "VersionStages": list(secret.versions[token]["version_stages"])}

    def _update(self, call: Call, secret: Secret) -> dict[str, Any]:
        """A new value is a new version; a new key also re-encrypts the data keys of the staged versions."""
        params = call.params
        if _value(params):
            check_account(call, secret)
        key_id = params.get("KmsKeyId")
        if key_id is not None and (key_id or MANAGED) != (secret.kms_key_id or MANAGED):
            self._keys.validate(call, secret, key_id or MANAGED)
            self._keys.re_encrypt(call, secret, key_id or MANAGED)
            secret.kms_key_id = key_id or None
        answer = {"VersionId": self._store(call, secret, [CURRENT])} if _value(params) else {}
        if params.get("Description") is not None:
            secret.description = params["Description"] or None
        secret.changed(call.time)
        return short(secret) | answer

    def _store(self, call: Call, secret: Secret, labels: list[str]) -> str:
        """The version of the request's token: a new one, one that waits for its value, or the same once more."""
        token, value = call.params["ClientRequestToken"], _value(call.params)
        before = secret.versions.get(token)
        if before is not None and before["value"]:  # compared, which takes a Decrypt
            self._keys.open(call, secret, token)
            if before["value"] != value:
                raise AwsError("ResourceExistsException", _TOKEN_USED.format(token, secret.arn))
            return str(token)
        self._keys.seal(call, secret, token)
        if before is None:
            secret.add(token, call.time, value)
        else:
            before["value"] = value
        stage_new(secret, token, labels)
        secret.changed(call.time)
        return str(token)

    def _delete(self, call: Call) -> dict[str, Any]:
        """With a recovery window, or at once; at once also what isn't there (recorded)."""
        secret, force = _find(call), call.params.get("ForceDeleteWithoutRecovery")
        if secret is None:
            if not force:
                raise not_found()
            arn = call.params["SecretId"]
            name = arn.split(":", 6)[6] if arn.startswith("arn:") else arn
            if arn == name:
                arn = SecretsManagerSecretIdentifier(call.account, call.region, secret_id=name).generate()
            return {"ARN": arn, "Name": name, "DeletionDate": call.time}
        if force:
            remove(secret)
            self._keys.forget(secret)
            return short(secret) | {"DeletionDate": call.time}
        if secret.deleted_date is not None:
            raise AwsError("InvalidRequestException", DELETED)
        due: datetime = call.time + timedelta(days=call.params.get("RecoveryWindowInDays") or 30)
        secret.delete(due.timestamp())
        secret.changed(call.time)
        return short(secret) | {"DeletionDate": due}

    # --- Reading -----------------------------------------------------------------------------------------------------

    def _get(self, call: Call, secret: Secret) -> dict[str, Any]:
        check_account(call, secret)
        wanted, stage = call.params.get("VersionId"), call.params.get("VersionStage")
        label = stage or CURRENT
        found = wanted or secret.holder(label)
        version = secret.versions.get(found or "")
        if version is None or not version["value"]:
            raise not_found(f"VersionId: {wanted}" if wanted else f"staging label: {label}")
        if wanted and stage and stage not in version["version_stages"]:
            raise AwsError("InvalidRequestException", _NOT_THIS_STAGE)
        token = str(version["version_id"])
        self._keys.open(call, secret, token)
        secret.accessed(token, call.time)
        stages = list(version["version_stages"])
        answer = short(secret) | {"VersionId": token, "CreatedDate": version["createdate"]} | version["value"]
        return answer | ({"VersionStages": stages} if stages else {})

    def _get_many(self, call: Call) -> dict[str, Any]:
        """Each secret needs its own permission and key; those that refuse stand among the errors, without a value."""
        ids, filters = call.params.get("SecretIdList"), call.params.get("Filters")
        if (ids is None) == (filters is None):
            raise AwsError("InvalidParameterException", _NO_FILTERS if call.params.get("MaxResults") else _BOTH)
        if ids is not None and call.params.get("MaxResults"):
            raise AwsError("InvalidParameterException", _NO_FILTERS)
        if filters is not None:
            self._gateway.authorize(replace(call, targets=(Target("secretsmanager:ListSecrets", "*"),)))
            ids = [each.arn for each in chosen(call, filters) if each.deleted_date is None]
        page, more = page_of(ids or [], call.params, _BATCH)
        values: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for secret_id in page:
            one = replace(call, operation="GetSecretValue", params={"SecretId": secret_id}, result=None, notes={})
            secret = _find(one)
            arn = secret.arn if secret else _unknown_arn(call, secret_id)
            try:
                with self._gateway.recorded(one):  # "CloudTrail GetSecretValue log entries for each secret"
                    self._gateway.authorize(replace(one, targets=(Target("secretsmanager:GetSecretValue", arn),)))
                    one.result = self._get(one, named(one))
                values.append(one.result)
            except AwsError as refused:
                shown = {"SecretId": secret.arn if secret else secret_id, "ErrorCode": refused.code}
                errors.append(shown | {"Message": refused.message})
        return {"SecretValues": values, "Errors": errors} | more


def written(call: Call, answer: dict[str, Any]) -> HttpResponse:
    """Return an answer on the wire."""
    operation = get_service_model("secretsmanager").operation_model(call.operation)
    return protocols.write_result(operation, "json", answer, call.request_id)


def named(call: Call) -> Secret:
    """Return the secret that a call names, if the operation may be done on it as it is; else AwsError."""
    secret = _find(call)
    if secret is None:
        raise not_found()
    if secret.deleted_date is not None and refuses_deleted(call.operation):
        raise AwsError("InvalidRequestException", DELETED)
    return secret


def _find(call: Call) -> Secret | None:
    return find(call.account, call.region, call.params.get("SecretId", ""), call.time)


def _unknown_arn(call: Call, secret_id: str) -> str:
    arn = f"arn:aws:secretsmanager:{call.region}:{call.account}:secret:{secret_id}"
    return secret_id if secret_id.startswith("arn:") else arn


def _value(params: dict[str, Any]) -> dict[str, Any]:
    return {name: params[name] for name in ("SecretString", "SecretBinary") if params.get(name) is not None}


def _move_stage(call: Call, secret: Secret) -> dict[str, Any]:
    params = call.params
    move(secret, params["VersionStage"], params.get("RemoveFromVersionId"), params.get("MoveToVersionId"))
    secret.changed(call.time)
    return short(secret)
