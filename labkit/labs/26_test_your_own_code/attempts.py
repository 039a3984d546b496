"""Calls of KMS as a must-not list has them, (method, parameters), and the permissions that each asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from labkit.cloud.core.errors import AwsError
from labkit.cloud.wire.validation import validate
from labkit.exercises.engine import LabView

PAIR = 2
NEEDS_CIPHERTEXT = ("Decrypt", "ReEncrypt")
"""Optional in the model, and required but for dry runs that ignore it ("CiphertextBlob", AWS KMS API Reference)."""

OF_NO_KEY = ("DeleteAlias", "ListRetirableGrants", "RetireGrant", "UpdateAlias")
"""Calls about an alias or a grant: if it is not there, the answer is NotFound, whatever the policy says."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One permission: the action, the ARN of the key ("*" for none), and the condition keys of the request."""

    action: str
    resource: str
    context: Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call, and the permissions that it needs, all of them."""

    method: str
    asks: tuple[Asked, ...]


class Unclear(Exception):
    """The list has something that is no call. The text says what."""


def read_attempts(lab: LabView, answer: Any) -> list[Attempt]:
    """Read the list. Unclear where an entry is no call that boto3 would send, or names no key."""
    return [_read(lab, number, each) for number, each in enumerate(answer, 1)]


def _read(lab: LabView, number: int, entry: Any) -> Attempt:
    here = f"Entry {number} of the list"
    pair = list(entry) if isinstance(entry, (tuple, list)) else []
    if len(pair) != PAIR or not isinstance(pair[0], str) or not isinstance(pair[1], dict):
        raise Unclear(f'{here} is no pair of a method\'s name and a dict of parameters, as in ("decrypt", {{...}}).')
    method, given = pair
    kms = lab.observer.client("kms")
    operation = kms.meta.method_to_api_mapping.get(method)
    if operation is None:
        raise Unclear(f"{here}: the KMS client has no method `{method[:40]}`.")
    model = kms.meta.service_model.operation_model(operation)
    members = model.input_shape.members if model.input_shape is not None else {}
    if "KeyId" in members and "KeyId" not in given:
        raise Unclear(f"{here} names no key: put its `KeyId` into the parameters.")
    problems = ParamValidator().validate(given, model.input_shape) if model.input_shape is not None else None
    if problems is not None and problems.has_errors():
        raise Unclear(f"{here}: boto3 would not send it. {problems.generate_report()}")
    try:
        validate(given, model.input_shape)
    except AwsError as wrong:
        raise Unclear(f"{here}: KMS would refuse its form, whoever asks. {wrong.message}") from None
    if given.get("GrantTokens"):
        raise Unclear(f"{here} has a grant token: what a grant lets through says nothing of a policy. Leave it out.")
    if operation in OF_NO_KEY:
        raise Unclear(f"{here}: {operation} is about an alias or a grant. Take a call that uses a key by its `KeyId`.")
    if operation in NEEDS_CIPHERTEXT and "CiphertextBlob" not in given and not _goes_without(given):
        raise Unclear(f"{here}: KMS would refuse its form, whoever asks: it has no `CiphertextBlob`.")
    by_alias = "alias/" in str(given.get("KeyId", ""))
    if by_alias and "alias" not in members["KeyId"].documentation:  # it lists the forms that the operation takes
        raise Unclear(f"{here}: {operation} takes no alias. Name the key by its ARN.")
    if operation == "ReEncrypt":
        return Attempt(method, _re_encrypt(kms, here, given))
    named = _arn(kms, here, given["KeyId"]) if "KeyId" in given else "*"
    limits = given.get("Constraints", {})  # a new grant's own encryption context is what conditions ask about
    pairs = (
        given.get("EncryptionContext") or limits.get("EncryptionContextEquals") or limits.get("EncryptionContextSubset")
    )
    return Attempt(method, (Asked(f"kms:{operation}", named, _context(pairs)),))


def _goes_without(given: Mapping[str, Any]) -> bool:
    """Whether it is a dry run that ignores the ciphertext."""
    return bool(given.get("DryRun")) and "IGNORE_CIPHERTEXT" in given.get("DryRunModifiers", ())


def _re_encrypt(kms: Any, here: str, given: Mapping[str, Any]) -> tuple[Asked, ...]:
    if "SourceKeyId" not in given:
        raise Unclear(f"{here} names no key for its source: put `SourceKeyId` into the parameters.")
    source, to = (_arn(kms, here, given[name]) for name in ("SourceKeyId", "DestinationKeyId"))
    return (
        Asked("kms:ReEncryptFrom", source, _context(given.get("SourceEncryptionContext"))),
        Asked("kms:ReEncryptTo", to, _context(given.get("DestinationEncryptionContext"))),
    )


def _context(pairs: Mapping[str, str] | None) -> Mapping[str, str | Sequence[str]]:
    told: dict[str, str | Sequence[str]] = {
        f"kms:EncryptionContext:{name}": value for name, value in (pairs or {}).items()
    }
    return told | ({"kms:EncryptionContextKeys": list(pairs)} if pairs else {})


def _arn(kms: Any, here: str, name: str) -> str:
    try:
        return str(kms.describe_key(KeyId=name)["KeyMetadata"]["Arn"])
    except ClientError:
        raise Unclear(f"{here}: the account has no key `{name[:120]}`.") from None
