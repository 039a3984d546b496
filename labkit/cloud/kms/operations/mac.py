"""GenerateMac and VerifyMac with HMAC keys."""

from __future__ import annotations

import hmac
from typing import Any

from ...core.call import Call
from ...core.errors import AwsError
from ..model import Key
from ..operation import require_algorithm, require_usage, target_key, usable_material
from ..specs import MAC
from ..store import Store


def generate_mac(_store: Store, call: Call) -> dict[str, Any]:
    """GenerateMac."""
    key = target_key(call)
    mac = _mac(key, call)
    return {"KeyId": key.arn, "Mac": mac, "MacAlgorithm": call.params["MacAlgorithm"]}


def verify_mac(_store: Store, call: Call) -> dict[str, Any]:
    """VerifyMac: a code that does not fit is an error, without a message (recorded)."""
    key = target_key(call)
    if not hmac.compare_digest(_mac(key, call), call.params["Mac"]):
        raise AwsError("KMSInvalidMacException", None)
    return {"KeyId": key.arn, "MacValid": True, "MacAlgorithm": call.params["MacAlgorithm"]}


def _mac(key: Key, call: Call) -> bytes:
    algorithm: str = call.params["MacAlgorithm"]
    require_usage(key, call.operation, MAC)
    require_algorithm(key, algorithm)
    secret = usable_material(key).secret
    assert secret is not None
    return hmac.digest(secret, call.params["Message"], "sha" + algorithm.removeprefix("HMAC_SHA_"))
