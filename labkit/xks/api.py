"""The four operations of the proxy API, from a request to its answer. No socket in here.

    path → method → signature → body → own policy → key → its state → its use → the key manager

What goes wrong on the way is a `Refusal`, and a fault of ours is InternalException, without a word of what it was.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..cloud.wire.protocols import HttpRequest, HttpResponse
from . import framing, requests
from .credentials import Credentials
from .journal import Entry, Journal
from .keys import ExternalKey, Instance, KeyManager
from .policy import Denial, denied_by
from .refusals import Refusal
from .requests import Body
from .signatures import signer

ALIVE = "/ping"
"""What a load balancer asks by GET ("Load balancer health checks" of the spec): no signature, nothing told."""
_PREFIX = re.compile(r"(?:/[A-Za-z0-9/_-]+)?/kms/xks/v1")
log = logging.getLogger("labkit.xks")


@dataclass
class Settings:
    """What can be changed while a proxy runs."""

    denials: list[Denial] = field(default_factory=list)
    delay: float = 0.0
    """Seconds that every answer takes longer: KMS waits 250 ms."""
    failing: str = ""
    """The error name that every request is answered with from now on; "" for none."""
    garbage: bool = False
    """Answer what is no JSON."""
    fleet: list[Instance] | None = None
    """What GetHealthStatus tells of the key managers, instead of what it finds."""
    fleet_size: int = 1


@dataclass(slots=True)
class _Heard:
    """What becomes known of a request while it is answered."""

    api: str = ""
    key_id: str = ""
    signer: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    denied_by: str = ""


class Api:
    """Answers requests below a URI path ("[/prefix]/kms/xks/v1"; ValueError for another form)."""

    def __init__(
        self, uri_path: str, manager: KeyManager, credentials: Credentials, settings: Settings, journal: Journal
    ) -> None:
        if not _PREFIX.fullmatch(uri_path) or not 10 <= len(uri_path) <= 128:
            raise ValueError("A URI path is [/prefix]/kms/xks/v1, with 10 to 128 letters, digits, /, - and _.")
        self.manager = manager
        self._credentials = credentials
        self._settings = settings
        self._journal = journal
        self._path = re.compile(
            re.escape(uri_path) + r"/(?:(?P<health>health)|keys/(?P<key>[^/]+)/(?P<api>metadata|encrypt|decrypt))"
        )
        self._operations: Mapping[str, tuple[str, Callable[[HttpRequest, _Heard], dict[str, Any]]]] = {
            "health": ("GetHealthStatus", self._health),
            "metadata": ("GetKeyMetadata", self._metadata),
            "encrypt": ("Encrypt", self._encrypt),
            "decrypt": ("Decrypt", self._decrypt),
        }

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Answer one request, whatever it is, and note it."""
        if request.path == ALIVE and request.method in ("GET", "HEAD"):
            return HttpResponse(200, {"Content-Type": "text/plain"}, b"pong\n")
        heard, began, at = _Heard(), time.monotonic(), datetime.now(UTC)
        error = ""
        try:
            status, body = 200, self._answer(request, heard)
        except Refusal as refused:
            status, body, error = refused.status, refused.body(), refused.name
        except _NotAllowed:
            status, body, error = 405, {"errorName": "MethodNotAllowed", "errorMessage": "POST it."}, "MethodNotAllowed"
        except Exception as fault:
            # The message is left out: it may quote data.
            log.error("%s failed inside the proxy: %s", heard.api, type(fault).__name__)
            refusal = Refusal("InternalException", "The proxy or its key manager failed.")
            status, body, error = refusal.status, refusal.body(), refusal.name
        delay = self._settings.delay
        self._note(heard, at, status, error, time.monotonic() - began + delay)
        if delay:  # noted before: KMS does not wait, and the log keeps its order
            time.sleep(delay)
        content = b"no JSON at all" if self._settings.garbage else json.dumps(body).encode()
        return HttpResponse(status, {"Content-Type": "application/json"}, content)

    def _answer(self, request: HttpRequest, heard: _Heard) -> dict[str, Any]:
        found = self._path.fullmatch(request.path)
        if found is None or request.query:
            raise Refusal("InvalidUriPathException", "There is nothing at this URI path.")
        heard.api, operation = self._operations[found["health"] or found["api"]]
        heard.key_id = found["key"] or ""
        if request.method != "POST":
            raise _NotAllowed
        heard.signer = signer(request, self._credentials)
        answer = operation(request, heard)
        if self._settings.failing:
            raise Refusal(self._settings.failing, "The proxy was told to answer with this.")
        return answer

    def _health(self, request: HttpRequest, heard: _Heard) -> dict[str, Any]:
        heard.metadata = requests.read_health(request.body).metadata
        fleet = self._settings.fleet if self._settings.fleet is not None else self.manager.fleet()
        return {
            "xksProxyFleetSize": self._settings.fleet_size,
            "xksProxyVendor": "labkit",
            "xksProxyModel": "labkit XKS proxy 1.0",
            "ekmVendor": self.manager.vendor,
            "ekmFleetDetails": [
                {"id": each.id, "model": each.model, "healthStatus": each.status} for each in fleet[:10]
            ],
        }

    def _metadata(self, request: HttpRequest, heard: _Heard) -> dict[str, Any]:
        key = self._key(requests.read_metadata(request.body), heard)
        return {"keySpec": key.spec, "keyUsage": list(key.usage)[:10], "keyStatus": key.status}

    def _encrypt(self, request: HttpRequest, heard: _Heard) -> dict[str, Any]:
        body = requests.read_cryptographic(request.body)
        key = self._usable(body, heard, "ENCRYPT")
        asked = requests.read_encrypt(body)
        metadata = self.manager.version(key.id)
        additional = framing.additional_data(asked.aad, metadata)
        ciphertext, iv, tag = self.manager.seal(key.id, asked.plaintext, additional)
        answer = {
            "ciphertext": framing.encode(ciphertext),
            "initializationVector": framing.encode(iv),
            "authenticationTag": framing.encode(tag),
            **({"ciphertextMetadata": framing.encode(metadata)} if metadata else {}),
        }
        if asked.wants_integrity_value:
            # The value first, then the decryption that proves it (the spec, appendix C).
            value = framing.integrity_value(asked.aad, metadata, iv, ciphertext, tag)
            self._prove(key, asked.plaintext, (ciphertext, iv, tag, additional, metadata))
            answer["ciphertextDataIntegrityValue"] = value
        return answer

    def _prove(self, key: ExternalKey, plaintext: bytes, sealed: tuple[bytes, bytes, bytes, bytes, bytes]) -> None:
        """Open what was sealed, before anybody relies on it."""
        if "DECRYPT" not in key.usage:
            raise Refusal("InvalidKeyUsageException", "The integrity value needs a key that may decrypt, too.")
        if self.manager.open(key.id, *sealed) != plaintext:
            raise Refusal("InternalException", "What was encrypted does not decrypt to the same.")

    def _decrypt(self, request: HttpRequest, heard: _Heard) -> dict[str, Any]:
        body = requests.read_cryptographic(request.body)
        key = self._usable(body, heard, "DECRYPT")
        asked = requests.read_decrypt(body)
        additional = framing.additional_data(asked.aad, asked.metadata)
        plaintext = self.manager.open(key.id, asked.ciphertext, asked.iv, asked.tag, additional, asked.metadata)
        return {"plaintext": framing.encode(plaintext)}

    def _key(self, body: Body, heard: _Heard) -> ExternalKey:
        """The key of the path, if the proxy's own policy lets the request have it."""
        heard.metadata = body.metadata
        denial = denied_by(self._settings.denials, body.metadata, heard.key_id)
        if denial is not None:
            heard.denied_by = str(denial)
            raise Refusal("AccessDeniedException", "The proxy's policy denies this.")
        key = self.manager.find(heard.key_id)
        if key is None:
            raise Refusal("KeyNotFoundException", "There is no external key of this id.")
        return key

    def _usable(self, body: Body, heard: _Heard, use: str) -> ExternalKey:
        key = self._key(body, heard)
        if key.status != "ENABLED":
            raise Refusal("InvalidStateException", "The external key is disabled.")
        if use not in key.usage:
            raise Refusal("InvalidKeyUsageException", f"The external key may not {use.lower()}.")
        return key

    def _note(self, heard: _Heard, at: datetime, status: int, error: str, seconds: float) -> None:
        told = heard.metadata
        self._journal.add(
            Entry(
                time=at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                api=heard.api,
                status=status,
                error=error,
                external_key=heard.key_id[:128],
                kms_request_id=told.get("kmsRequestId", "")[: requests.LONGEST_ARN],
                kms_operation=told.get("kmsOperation", "")[: requests.LONGEST_ARN],
                principal=told.get("awsPrincipalArn", ""),
                kms_key=told.get("kmsKeyArn", ""),
                via_service=told.get("kmsViaService", ""),
                access_key_id=heard.signer,
                denied_by=heard.denied_by,
                milliseconds=round(seconds * 1000, 1),
            )
        )


class _NotAllowed(Exception):
    """Another method than POST ("it MUST reject the request with a 405")."""
