"""The console's words for what the API calls otherwise. Pure; a word that is not here is shown as the API says it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

USAGES = MappingProxyType(
    {
        "Encrypt and decrypt": "ENCRYPT_DECRYPT",
        "Sign and verify": "SIGN_VERIFY",
        "Key agreement": "KEY_AGREEMENT",
        "Generate and verify MAC": "GENERATE_VERIFY_MAC",
    }
)
ORIGINS = MappingProxyType(
    {
        "KMS": "AWS_KMS",
        "External (import key material)": "EXTERNAL",
        "AWS CloudHSM key store": "AWS_CLOUDHSM",
        "External key store": "EXTERNAL_KEY_STORE",
    }
)
SINGLE_REGION, MULTI_REGION = "Single-Region key", "Multi-Region key"
NOTHING = "-"


def usage(name: str) -> str:
    """Name a key usage."""
    return {value: words for words, value in USAGES.items()}.get(name, name)


def origin(name: str) -> str:
    """Name an origin."""
    return {value: words for words, value in ORIGINS.items()}.get(name, name)


def state(name: str) -> str:
    """Write "PendingDeletion" as "Pending deletion"."""
    return "".join(f" {each.lower()}" if each.isupper() and at else each for at, each in enumerate(name))


def key_type(spec: str) -> str:
    """Symmetric or asymmetric; HMAC keys are symmetric."""
    return "Symmetric" if spec == "SYMMETRIC_DEFAULT" or spec.startswith("HMAC_") else "Asymmetric"


def regionality(key: Mapping[str, Any]) -> str:
    """Single-Region, or what part a multi-Region key plays."""
    if not key.get("MultiRegion"):
        return "Single-Region"
    kind = key.get("MultiRegionConfiguration", {}).get("MultiRegionKeyType", "")
    return f"Multi-Region {str(kind).lower()}".strip()


def moment(value: Any) -> str:
    """Write a time in UTC, to the second."""
    return f"{value:%Y-%m-%d %H:%M:%S} UTC" if isinstance(value, datetime) else NOTHING if value is None else str(value)
