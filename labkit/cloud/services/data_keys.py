"""Data keys that a service reuses for a while: SQS's and SNS's, for each requester of their own.

Asks KMS through the gateway. Sources: SQS Developer Guide, "Key management" (a new data key is made by GenerateDataKey
and verified by Decrypt; principals don't share data keys; the reuse period holds for sending and for receiving);
SNS Developer Guide, "Key management".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..authorization.service_access import service_principal
from ..core.call import Call
from ..core.forgetting import forget
from .requesters import Requester, requester

if TYPE_CHECKING:
    from ..gateway.gateway import Gateway


@dataclass(frozen=True, slots=True)
class Asker:
    """Who needs a data key, and how KMS is asked for them; AwsError, in KMS's words, where it refuses."""

    who: tuple[Requester, str]  # with the resource that a service acts for
    ask: Callable[[str, dict[str, Any]], dict[str, Any]]


def caller(gateway: Gateway, call: Call, via: str) -> Asker:
    """Return the caller of `call`, for whom the service `via` ("sqs.amazonaws.com") asks."""
    assert call.principal
    return Asker((requester(call.principal), ""), lambda name, params: gateway.on_behalf(call, via, name, params))


NO_SOURCE = frozenset({"events.amazonaws.com"})
"""Services whose KMS calls bring no aws:SourceArn, aws:SourceAccount and aws:SourceOrgID: conditions on them in a key
policy are "not supported for EventBridge-to-encrypted topics" (SNS Developer Guide, "Key management")."""


def service_itself(gateway: Gateway, service: str, source_arn: str, region: str) -> Asker:
    """Return an AWS service ("sns.amazonaws.com") that acts as itself, for a resource of some account."""
    account = source_arn.split(":")[4]
    who = requester(service_principal(service, account))

    def ask(name: str, params: dict[str, Any]) -> dict[str, Any]:
        if service in NO_SOURCE:
            return gateway.as_service_alone(service, account, region, name, params)
        return gateway.as_service(service, source_arn, region, gateway.now(), name, params)

    return Asker((who, source_arn), ask)


@dataclass(frozen=True, slots=True)
class DataKey:
    """A data key as it is kept beside what it encrypts."""

    ciphertext: bytes = field(repr=False)
    context: Mapping[str, str]


class DataKeys:
    """The data keys that a service holds in memory."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._writing: dict[tuple[object, ...], tuple[DataKey, datetime]] = {}
        self._reading: dict[tuple[object, ...], datetime] = {}

    def forget(self, account: str) -> None:
        """Let go of what is kept for an account that begins again."""
        forget(self._writing, account)
        forget(self._reading, account)

    def for_writing(self, asker: Asker, key_id: str, context: Mapping[str, str], period: timedelta) -> DataKey:
        """Give the asker's own data key under this KMS key; once the period is over, a new one is made and verified."""
        place = (asker.who, key_id, tuple(context.items()))
        held, since = self._writing.get(place, (None, None))
        if held is not None and since is not None and self._now() < since + period:
            return held
        asked = {"KeyId": key_id, "KeySpec": "AES_256", "EncryptionContext": dict(context)}
        made = DataKey(asker.ask("GenerateDataKey", asked)["CiphertextBlob"], dict(context))
        self._decrypt(asker, made)
        self._writing[place] = made, self._now()
        return made

    def for_reading(self, asker: Asker, data_key: DataKey, period: timedelta) -> None:
        """Decrypt a data key for the asker, unless that was done within the period."""
        since = self._reading.get((asker.who, data_key.ciphertext))
        if since is None or self._now() >= since + period:
            self._decrypt(asker, data_key)
            self._reading[(asker.who, data_key.ciphertext)] = self._now()

    def _decrypt(self, asker: Asker, data_key: DataKey) -> None:
        asker.ask("Decrypt", {"CiphertextBlob": data_key.ciphertext, "EncryptionContext": dict(data_key.context)})
