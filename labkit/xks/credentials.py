"""The credentials by which KMS signs its requests to the proxy: up to two at a time, so that one can be exchanged.

They are the proxy's own and have nothing to do with IAM (the spec, appendix A).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..cloud.core.entropy import Entropy
from .framing import encode

ACCESS_KEY_ID = re.compile(r"[A-Z2-7]{20,30}")
SECRET = re.compile(r"[A-Za-z0-9/+=]{43,64}")
MOST = 2
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True, slots=True)
class Credential:
    """An access key id, and the secret that belongs to it. ValueError for what KMS would not take."""

    access_key_id: str
    secret_access_key: str = field(repr=False)

    def __post_init__(self) -> None:
        if not ACCESS_KEY_ID.fullmatch(self.access_key_id):
            raise ValueError("An access key id of a proxy has 20 to 30 of the letters A-Z and the digits 2-7.")
        if not SECRET.fullmatch(self.secret_access_key):
            raise ValueError("A secret access key of a proxy has 43 to 64 of A-Z, a-z, 0-9, /, + and =.")

    @classmethod
    def new(cls, entropy: Entropy) -> Credential:
        """Make one: 256 bits of secret in base64, as the spec proposes."""
        name = "".join(_ALPHABET[byte % 32] for byte in entropy.token_bytes(20))
        return cls(name, encode(entropy.token_bytes(32)))

    @property
    def for_kms(self) -> dict[str, str]:
        """The credential as CreateCustomKeyStore takes it (XksProxyAuthenticationCredential)."""
        return {"AccessKeyId": self.access_key_id, "RawSecretAccessKey": self.secret_access_key}


class Credentials:
    """The credentials that the proxy accepts now."""

    def __init__(self, first: Credential) -> None:
        self._known = {first.access_key_id: first}

    def add(self, credential: Credential) -> None:
        """Accept one more; ValueError where there are two already."""
        if credential.access_key_id not in self._known and len(self._known) == MOST:
            raise ValueError("The proxy takes two credentials at a time: remove one first.")
        self._known = self._known | {credential.access_key_id: credential}

    def remove(self, access_key_id: str) -> None:
        """Accept this one no longer; ValueError for one that is not there, and for the last one."""
        if access_key_id not in self._known:
            raise ValueError("The proxy has no credential of this access key id.")
        if len(self._known) == 1:
            raise ValueError("The proxy needs a credential: add another one before you remove this.")
        self._known = {name: each for name, each in self._known.items() if name != access_key_id}

    def secret_of(self, access_key_id: str) -> str | None:
        """Find the secret of this access key id."""
        found = self._known.get(access_key_id)
        return found.secret_access_key if found else None

    def all(self) -> list[Credential]:
        """List them, the oldest first."""
        return list(self._known.values())
