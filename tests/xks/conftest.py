"""A proxy without a socket: requests are signed as KMS signs them, and handed to the API."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from labkit.cloud.core.entropy import Entropy
from labkit.cloud.wire.protocols import HttpRequest
from labkit.xks import FileKeys, Proxy
from labkit.xks.proxy import LIMITED

METADATA = {
    "awsPrincipalArn": "arn:aws:iam::123456789012:user/Alice",
    "kmsKeyArn": "arn:aws:kms:us-east-2:123456789012:/key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "kmsOperation": "Encrypt",
    "kmsRequestId": "4112f4d6-db54-4af4-ae30-c55a22a8dfae",
    "kmsViaService": "ebs",
}


class Caller:
    """Speaks to a proxy: `ask("keys/k/encrypt", {...})` gives status and answer."""

    def __init__(self, keys: Any = None) -> None:
        self.lines: list[str] = []
        entropy = Entropy("xks tests")
        self.proxy = Proxy(keys or FileKeys(entropy=entropy), entropy=entropy, write=self.lines.append)
        for key_id, usage in [("key", ("ENCRYPT", "DECRYPT")), *LIMITED]:
            self.proxy.keys.create(key_id, usage)

    def request(self, path: str, body: bytes, **changes: Any) -> HttpRequest:
        """A signed POST to a path below the URI path."""
        credential = changes.get("credential", self.proxy.credential)
        url = f"https://xks.example.com{changes.get('prefix', self.proxy.uri_path)}/{path}"
        signed = AWSRequest("POST", url, data=body, headers={"Host": "xks.example.com", **changes.get("headers", {})})
        keys = Credentials(credential.access_key_id, credential.secret_access_key)
        SigV4Auth(keys, changes.get("service", "kms-xks-proxy"), "us-east-2").add_auth(signed)
        headers = {name.lower(): value for name, value in signed.headers.items()}
        return HttpRequest("POST", url.removeprefix("https://xks.example.com"), "", headers, body)

    def send(self, request: HttpRequest) -> tuple[int, dict[str, Any]]:
        """Hand a request to the proxy."""
        answer = self.proxy._answer(request, lambda _: None)
        return answer.status, json.loads(answer.body)

    def ask(self, path: str, body: Any, **changes: Any) -> tuple[int, dict[str, Any]]:
        """Send JSON, or bytes as they are."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send(self.request(path, sent, **changes))

    def error(self, path: str, body: Any, **changes: Any) -> tuple[int, str]:
        """Status and errorName of a request."""
        status, answer = self.ask(path, body, **changes)
        return status, answer.get("errorName", "")

    def encrypt(self, plaintext: bytes = b"Hello World!", key: str = "key", **members: Any) -> dict[str, Any]:
        """Encrypt; it must succeed."""
        status, answer = self.ask(f"keys/{key}/encrypt", encrypting(plaintext, **members))
        assert status == 200, answer
        return answer


def encrypting(text: bytes = b"Hello World!", **members: Any) -> dict[str, Any]:
    """The body of an Encrypt."""
    asked = {"requestMetadata": METADATA, "plaintext": b64(text), "encryptionAlgorithm": "AES_GCM"} | members
    return {name: value for name, value in asked.items() if value is not None}


def decrypting(answer: dict[str, Any], **members: Any) -> dict[str, Any]:
    """The body of a Decrypt of what Encrypt answered."""
    names = ("ciphertext", "ciphertextMetadata", "initializationVector", "authenticationTag")
    sealed = {name: answer[name] for name in names if name in answer}
    asked = {"requestMetadata": METADATA | {"kmsOperation": "Decrypt"}, "encryptionAlgorithm": "AES_GCM"}
    return {name: value for name, value in (asked | sealed | members).items() if value is not None}


def b64(data: bytes) -> str:
    """Base64."""
    return base64.b64encode(data).decode()


def now() -> datetime:
    """The machine's time."""
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def caller() -> Caller:
    """One proxy for a whole file."""
    return Caller()


@pytest.fixture
def fresh() -> Caller:
    """A proxy of its own, for tests that change it."""
    return Caller()
