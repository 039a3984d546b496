"""The tenants, and which token is whose. Only digests of tokens are kept. Pure, but for the chance in `new_token`."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

NAME = re.compile(r"[a-z][a-z0-9-]{1,30}")


@dataclass(frozen=True)
class Tenant:
    """A customer: its name, which is also its prefix in the bucket; its key's ARN; the digest of its token."""

    name: str
    key: str
    digest: str

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no name for a tenant: small letters, digits and hyphens.")


@dataclass(frozen=True)
class Tenants:
    """All tenants of a site."""

    every: tuple[Tenant, ...]

    def of_token(self, token: str) -> Tenant | None:
        """Find the tenant that has this token; None if nobody has. Takes as long for any token."""
        told = digest_of(token)
        found = [each for each in self.every if hmac.compare_digest(each.digest, told)]
        return found[0] if found else None


def new_token() -> str:
    """Draw a token: 256 bits, so that a plain digest of it is safe to keep."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """Compute what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
