"""The requests that KMS sends to the proxy of an external key store, and how it reads the answers (the spec, 1.0.3).

Everything that is not as the spec has it is a `ProxyFailure`. Bodies are built and read here; who carries them is a
`ProxyCaller`, handed in.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic
from typing import Any, Protocol, TypeVar

from ...core.call import Call
from .failures import MALFORMED, NO_CONNECTION, NO_KEY_MANAGER, ProxyFailure
from .store import CustomKeyStore, ProxyConfiguration

HEALTH_STATES = ("ACTIVE", "DEGRADED", "UNAVAILABLE")
T = TypeVar("T")
Answer = dict[str, Any]
_LARGEST_METADATA, _TAG, _IV_SIZES = 20, 16, (12, 16)


class ProxyCaller(Protocol):
    """Carries a request to the proxy: signed, within 250 ms. ProxyFailure where there is no answer."""

    def __call__(self, proxy: ProxyConfiguration, region: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Return the answer's status and body. `path` begins with the proxy's URI path."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What the external key made of something."""

    ciphertext: bytes
    iv: bytes
    tag: bytes
    metadata: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """One request that was sent: for CloudWatch's metrics."""

    store: CustomKeyStore
    call: Call = field(repr=False)
    xks_operation: str
    failure: str  # "" for an answer
    milliseconds: float  # of this machine


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request before it is sent."""

    proxy: ProxyConfiguration
    call: Call = field(repr=False)
    operation: str
    path: str
    body: dict[str, Any] = field(repr=False)


def _of(store: CustomKeyStore, call: Call, operation: str, path: str, body: dict[str, Any]) -> _Asked:
    assert store.proxy is not None
    return _Asked(store.proxy, call, operation, path, body)


class Proxies:
    """KMS's side of the proxy API. `noted` hears of every request."""

    def __init__(self) -> None:
        self.caller: ProxyCaller | None = None
        self.noted: list[Callable[[Request], None]] = []

    def health(self, store: CustomKeyStore, proxy: ProxyConfiguration, call: Call) -> tuple[str, ...]:
        """GetHealthStatus: the health of each key manager. ProxyFailure, also if none of them is there."""
        metadata = {"kmsRequestId": call.request_id, "kmsOperation": call.operation}

        def read(answer: Answer) -> tuple[str, ...]:
            store.fleet = _fleet(answer)
            if set(store.fleet) == {"UNAVAILABLE"}:
                raise ProxyFailure(NO_KEY_MANAGER)
            return store.fleet

        asked = _Asked(proxy, call, "GetHealthStatus", "health", {"requestMetadata": metadata})
        return self._send(store, asked, read)

    def key_metadata(self, store: CustomKeyStore, call: Call, key_id: str) -> tuple[str, tuple[str, ...], str]:
        """GetKeyMetadata: spec, usage and status of an external key."""
        metadata = _request_metadata(call, None)
        metadata.pop("kmsViaService", None)
        asked = _of(store, call, "GetKeyMetadata", f"keys/{key_id}/metadata", {"requestMetadata": metadata})
        return self._send(store, asked, _key_metadata)

    def encrypt(self, store: CustomKeyStore, call: Call, key: tuple[str, str], plaintext: bytes, aad: bytes) -> Sealed:
        """Encrypt with an external key; `key` is the KMS key's ARN and the external key's id."""
        arn, key_id = key
        body = {
            "requestMetadata": _request_metadata(call, arn),
            "additionalAuthenticatedData": _encode(aad),
            "plaintext": _encode(plaintext),
            "encryptionAlgorithm": "AES_GCM",
            "ciphertextDataIntegrityValueAlgorithm": "SHA_256",
        }
        asked = _of(store, call, "Encrypt", f"keys/{key_id}/encrypt", body)
        return self._send(store, asked, lambda answer: _sealed(answer, len(plaintext), aad))

    def decrypt(self, store: CustomKeyStore, call: Call, key: tuple[str, str], sealed: Sealed, aad: bytes) -> bytes:
        """Decrypt with an external key; `key` is the KMS key's ARN and the external key's id."""
        arn, key_id = key
        body = {
            "requestMetadata": _request_metadata(call, arn),
            "additionalAuthenticatedData": _encode(aad),
            "ciphertext": _encode(sealed.ciphertext),
            **({"ciphertextMetadata": _encode(sealed.metadata)} if sealed.metadata else {}),
            "initializationVector": _encode(sealed.iv),
            "authenticationTag": _encode(sealed.tag),
            "encryptionAlgorithm": "AES_GCM",
        }
        asked = _of(store, call, "Decrypt", f"keys/{key_id}/decrypt", body)
        return self._send(store, asked, lambda answer: _plaintext(answer, len(sealed.ciphertext)))

    def _send(self, store: CustomKeyStore, asked: _Asked, read: Callable[[Answer], T]) -> T:
        """Send a request, and read its answer; both can fail, and either is noted."""
        failure, began = "", monotonic()
        try:
            return read(self._answer(asked))
        except ProxyFailure as failed:
            failure = failed.name
            raise
        finally:
            request = Request(store, asked.call, asked.operation, failure, round((monotonic() - began) * 1000, 1))
            for note in self.noted:
                note(request)

    def _answer(self, asked: _Asked) -> Answer:
        if self.caller is None:
            raise ProxyFailure(NO_CONNECTION)
        proxy, body = asked.proxy, json.dumps(asked.body).encode()
        status, sent = self.caller(proxy, asked.call.region, f"{proxy.path}/{asked.path}", body)
        try:
            answer = json.loads(sent)
        except (ValueError, RecursionError):
            raise ProxyFailure(MALFORMED) from None
        if not isinstance(answer, dict):
            raise ProxyFailure(MALFORMED)
        if status != 200:
            name = answer.get("errorName")
            # the table has names of our own, too: a proxy's errorName is never one of them
            raise ProxyFailure(name if isinstance(name, str) and name.endswith("Exception") else MALFORMED)
        return answer


def _fleet(answer: Answer) -> tuple[str, ...]:
    """The health of each key manager, where the answer is as the spec has it."""
    size, fleet = answer.get("xksProxyFleetSize"), answer.get("ekmFleetDetails")
    texts = [answer.get(name) for name in ("xksProxyVendor", "xksProxyModel", "ekmVendor")]
    if not isinstance(size, int) or isinstance(size, bool) or size < 1 or not all(map(_is_text, texts)):
        raise ProxyFailure(MALFORMED)
    if not isinstance(fleet, list) or not 1 <= len(fleet) <= 10 or not all(map(_is_instance, fleet)):
        raise ProxyFailure(MALFORMED)
    return tuple(str(each["healthStatus"]) for each in fleet)


def _key_metadata(answer: Answer) -> tuple[str, tuple[str, ...], str]:
    spec, usage, status = (answer.get(name) for name in ("keySpec", "keyUsage", "keyStatus"))
    if not _is_text(spec) or status not in ("ENABLED", "DISABLED"):
        raise ProxyFailure(MALFORMED)
    if not isinstance(usage, list) or len(usage) > 10 or not all(map(_is_text, usage)):
        raise ProxyFailure(MALFORMED)
    return str(spec), tuple(usage), str(status)


def _sealed(answer: Answer, size: int, aad: bytes) -> Sealed:
    """What Encrypt answered: of the right sizes, and with the integrity value that KMS computes itself."""
    sealed = Sealed(
        _decode(answer.get("ciphertext")),
        _decode(answer.get("initializationVector")),
        _decode(answer.get("authenticationTag")),
        _decode(answer.get("ciphertextMetadata", "")),
    )
    fits = len(sealed.ciphertext) == size and len(sealed.tag) == _TAG and len(sealed.iv) in _IV_SIZES
    parts = aad + sealed.metadata + sealed.iv + sealed.ciphertext + sealed.tag
    integrity = answer.get("ciphertextDataIntegrityValue") == _encode(sha256(parts).digest())
    if not fits or not integrity or len(sealed.metadata) > _LARGEST_METADATA:
        raise ProxyFailure(MALFORMED)
    return sealed


def _plaintext(answer: Answer, size: int) -> bytes:
    plaintext = _decode(answer.get("plaintext"))
    if len(plaintext) != size:
        raise ProxyFailure(MALFORMED)
    return plaintext


def _request_metadata(call: Call, key_arn: str | None) -> dict[str, str]:
    """What KMS tells the proxy of a call (the spec, requestMetadata of each API, appendix B)."""
    told = {"awsPrincipalArn": _principal(call), "kmsOperation": call.operation, "kmsRequestId": call.request_id}
    if key_arn is not None:
        told["kmsKeyArn"] = key_arn
    if call.via:
        told["kmsViaService"] = call.via[-1].partition(".")[0]  # "ebs" in the spec's examples
    return told | _network(call, key_arn)


def _network(call: Call, key_arn: str | None) -> dict[str, str]:
    """The VPC endpoint that the request came by; with a key, only "if the caller is the same as the KMS key owner"."""
    endpoint = call.vpc_endpoint
    if endpoint is None or (key_arn is not None and key_arn.split(":")[4] != call.account):
        return {}
    return {"awsSourceVpc": endpoint.vpc, "awsSourceVpce": endpoint.id}


def _principal(call: Call) -> str:
    """aws:PrincipalArn of the caller: of a session, its role; of a service that calls as itself, its principal."""
    principal = call.principal
    assert principal is not None
    if principal.kind == "AWSService":
        return principal.name
    return principal.session.issuer_arn if principal.session and principal.kind == "AssumedRole" else principal.arn


def _is_instance(each: Any) -> bool:
    told = isinstance(each, dict) and _is_text(each.get("id")) and _is_text(each.get("model"))
    return told and each.get("healthStatus") in HEALTH_STATES


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(value: Any) -> bytes:
    if not isinstance(value, str):
        raise ProxyFailure(MALFORMED)
    try:
        return base64.b64decode(value.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ProxyFailure(MALFORMED) from None
