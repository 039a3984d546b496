"""What a request says about its signer, whatever the signature's version."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Signature:
    """What a request says about its signer."""

    access_key_id: str
    date: str  # yyyymmdd
    region: str
    service: str  # the signing name
    signed_headers: tuple[str, ...]
    value: str = field(repr=False)
    timestamp: str  # yyyymmddThhmmssZ
    token: str | None = field(repr=False)
    expires_at: datetime | None = None  # presigned requests only
    version: int = 4

    @property
    def presigned(self) -> bool:
        """Is it a link that anybody may use until it expires?"""
        return self.expires_at is not None

    @property
    def signed_at(self) -> datetime | None:
        """When the request was signed, by the signer's clock; None if that can't be read."""
        text = self.timestamp
        if len(text) != 16 or text[8] != "T" or text[15] != "Z":
            return None
        try:  # by slices: strptime would cost as much as the whole check of the signature
            date = int(text[:4]), int(text[4:6]), int(text[6:8])
            return datetime(*date, int(text[9:11]), int(text[11:13]), int(text[13:15]), tzinfo=UTC)
        except ValueError:
            return None
