"""Key policies: GetKeyPolicy, PutKeyPolicy, ListKeyPolicies, and the policy that a new key brings.

What a policy means is not decided here; the gateway's checker looks at documents before they are kept.
"""

from __future__ import annotations

import json
from typing import Any

from ...core.call import Call
from ...core.errors import AwsError
from ..documents import default_policy
from ..model import Key
from ..operation import target_key
from ..store import Store

DEFAULT_NAME = "default"
RAM_NAME = "AWS_RAM"
"""The policy that AWS Resource Access Manager keeps on a shared key; nothing is shared here, and so no key has it."""
SIZE_LIMIT = 32 * 1024
"""Bytes of a key policy document ("Resource quotas", AWS KMS Developer Guide, until 2025; the ledger has more)."""


def checked_policy(store: Store, call: Call, key: Key) -> str:
    """Return the policy that the call brings for `key`, or the default; AwsError if it can't be kept."""
    text = call.params.get("Policy")
    if text is None:
        return default_policy(key.account)
    if len(text.encode("utf-8")) > SIZE_LIMIT:
        # "If the key policy exceeds the length constraint, KMS returns a LimitExceededException" (CreateKey)
        raise AwsError("LimitExceededException", None)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise AwsError("MalformedPolicyDocumentException", None) from None
    if not isinstance(document, dict):
        raise AwsError("MalformedPolicyDocumentException", None)
    if store.policy_checker is not None:
        store.policy_checker(call, text, key)
    return str(text)


def get_key_policy(_store: Store, call: Call) -> dict[str, Any]:
    """GetKeyPolicy."""
    _require_default(call)
    return {"Policy": target_key(call).policy, "PolicyName": DEFAULT_NAME}


def put_key_policy(store: Store, call: Call) -> dict[str, Any]:
    """PutKeyPolicy: customers set the policy "default" only; code and message are its documentation's."""
    if call.params.get("PolicyName") == RAM_NAME:
        raise AwsError("ValidationException", "The AWS_RAM policy can only be managed by the RAM service.")
    _require_default(call)
    key = target_key(call)
    key.policy = checked_policy(store, call, key)
    return {}


def list_key_policies(_store: Store, _call: Call) -> dict[str, Any]:
    """ListKeyPolicies: always the one. Any Marker will do: of all lists, this one has no InvalidMarkerException."""
    return {"PolicyNames": [DEFAULT_NAME], "Truncated": False}


def _require_default(call: Call) -> None:
    if call.params.get("PolicyName", DEFAULT_NAME) != DEFAULT_NAME:
        raise AwsError("NotFoundException", "No such policy exists")
