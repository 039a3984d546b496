"""Makes recorded calls again, in an account that may draw other ids, and says where an answer is another one.

What a placeholder stands for is learned from the answers, and put into the parameters that come after.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tools.recorded_calls import BYTES, TIME, Recorded

PLACEHOLDER = re.compile(r"«(?:(?:id|blob) \d+|time)»")
LEFT_OUT = {  # what is the transport's, streams, times that are numbers, and what CloudTrail delivers in between
    "ResponseMetadata", "Body", "RequestId", "LastModified", "CodeSha256", "RevisionId", "creationTime",
    "CreatedTimestamp", "LastModifiedTimestamp", "LatestDeliveryTime", "Versions",
}  # fmt: skip


@dataclass
class Replay:
    """`client(service, region)` gives the clients; `material` is what the configuration imports into its keys."""

    client: Callable[[str, str], Any]
    material: bytes
    known: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    _public_key: bytes = b""

    def make(self, call: Recorded) -> None:
        """Make a call as many times as it was made; what is not as recorded goes into `wrong`."""
        for _ in range(call.times):
            error, answer = self._call(call)
            said = f"{call.step}: {call.service}:{call.operation}"
            if not self._matches(call.error, error):
                self.wrong.append(f"{said} answered {error or 'well'}, not {call.error or 'well'}")
            elif not error:
                self._compare(said, call.answer or {}, answer)

    def _call(self, call: Recorded) -> tuple[str, dict[str, Any]]:
        client = self.client(call.service, call.region)
        method = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", call.operation).lower()
        params = self.filled(call.params)
        if call.operation == "ImportKeyMaterial":  # the tool encrypts it under the public key that it was given
            public = load_der_public_key(self._public_key)
            assert isinstance(public, rsa.RSAPublicKey)
            oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
            params["EncryptedKeyMaterial"] = public.encrypt(self.material, oaep)
        try:
            answer = getattr(client, method)(**params)
        except ClientError as refused:
            error = refused.response["Error"]
            return f"{error['Code']}: {error['Message']}", {}
        if call.operation == "GetParametersForImport":
            self._public_key = answer["PublicKey"]
        return "", answer

    def filled(self, value: Any) -> Any:
        """Put what is known in place of the placeholders."""
        if isinstance(value, dict):
            return {self.filled(name): self.filled(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        if not isinstance(value, str):
            return value
        if value in self.known:
            return self.known[value]
        if value.startswith("at 2"):
            return value.removeprefix("at ")
        if value.startswith(BYTES):
            return base64.b64decode(value.removeprefix(BYTES))
        return PLACEHOLDER.sub(lambda found: str(self.known.get(found[0], found[0])), value)

    def _compare(self, where: str, recorded: Any, seen: Any) -> None:
        if isinstance(recorded, dict) and isinstance(seen, dict):
            for name in recorded.keys() | seen.keys():
                if name in LEFT_OUT:
                    continue
                full = recorded.get(name) or seen.get(name)
                if (name in recorded) != (name in seen) and full not in (None, "", [], {}, False, 0):
                    self.wrong.append(f"{where}: {name} is {'missing' if name in recorded else 'new'}")
                elif name in recorded and name in seen:
                    self._compare(f"{where}.{name}", recorded[name], seen[name])
        elif isinstance(recorded, list) and isinstance(seen, list) and len(recorded) == len(seen):
            for number, (one, other) in enumerate(zip(recorded, seen, strict=True)):
                self._compare(f"{where}[{number}]", one, other)
        elif isinstance(seen, dict) and isinstance(recorded, str):  # IAM's documents: botocore has read them
            self._compare(where, json.loads(unquote(recorded)), seen)
        elif not self._matches(recorded, seen):
            self.wrong.append(f"{where} is {seen!r}, not {self.filled(recorded)!r}")

    def _matches(self, recorded: Any, seen: Any) -> bool:
        """Compare a single value, and learn what its placeholders stand for."""
        if recorded == TIME:
            return seen is not None
        if not isinstance(recorded, str):
            return bool(recorded == seen)
        if PLACEHOLDER.fullmatch(recorded):
            return bool(self.known.setdefault(recorded, seen) == seen)
        if isinstance(seen, bytes):
            return recorded == BYTES + base64.b64encode(seen).decode()
        parts = PLACEHOLDER.split(recorded)
        names = PLACEHOLDER.findall(recorded)
        if not names:
            return recorded == str(seen)
        found = re.fullmatch("(.+?)".join(map(re.escape, parts)), str(seen), re.DOTALL)
        if found is None:
            return False
        return all(
            name == TIME or str(self.known.setdefault(name, value)) == value
            for name, value in zip(names, found.groups(), strict=True)
        )
