"""Settings, sealed for one release of one function: the encryption context names both. Touches KMS."""

from __future__ import annotations

import base64
import json
from typing import Any

Settings = dict[str, str]


def about(function: str, release: str) -> dict[str, str]:
    """Write the encryption context of a configuration."""
    return {"function": function, "release": release}


def seal_config(kms: Any, key_id: str, function: str, release: str, settings: Settings) -> str:
    """Encrypt settings, as text that fits into an environment variable. One call of Encrypt: 4,096 bytes at most."""
    plain = json.dumps(settings, sort_keys=True).encode()
    sealed = kms.encrypt(KeyId=key_id, Plaintext=plain, EncryptionContext=about(function, release))
    return base64.b64encode(sealed["CiphertextBlob"]).decode()


def open_config(kms: Any, key_id: str, function: str, release: str, sealed: str) -> Settings:
    """Decrypt settings, as the function does. Raises KMS's errors."""
    blob = base64.b64decode(sealed)
    opened = kms.decrypt(CiphertextBlob=blob, KeyId=key_id, EncryptionContext=about(function, release))
    settings: Settings = json.loads(opened["Plaintext"])
    return settings
