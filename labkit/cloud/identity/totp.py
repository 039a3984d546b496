"""The codes of a virtual MFA device: RFC 6238 with the defaults that IAM uses (SHA-1, 30 seconds, six digits). Pure."""

from __future__ import annotations

import base64
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

PERIOD = 30  # seconds


def one_time_code(seed: str, now: datetime, step: int = 0) -> str:
    """Return the code that a device with this Base32 seed shows at `now`, or `step` periods later."""
    device = TOTP(base64.b32decode(seed), 6, SHA1(), PERIOD, enforce_key_length=False)  # noqa: S303 - RFC 6238
    return device.generate(int(now.timestamp()) + step * PERIOD).decode()
