"""What is checked between authorization and the act, and in which order: the one place for it.

    parameters → for each key, the source before the destination: usage → state → spec and algorithm

The order is the real service's, recorded in 2026 (floci-io/floci, KmsIntegrationTest): a disabled HMAC key is refused
to Sign for its usage, a disabled RSA key to GenerateDataKey for its state, and to neither for its spec.
"""

from __future__ import annotations

from ..core.call import Call
from . import states
from .model import Key
from .operation import Operation, require_usage


def check(operation: Operation, call: Call) -> None:
    """Raise AwsError unless the call may be carried out on the keys that it is about."""
    operation.first(call)
    for number, target in enumerate(call.targets):
        key = target.entity
        if not isinstance(key, Key):
            continue
        use = operation.uses[number] if number < len(operation.uses) else None
        _note_custom_store(call, key)
        if use is not None:  # an error names the permission: ReEncryptFrom, ReEncryptTo
            require_usage(key, target.action.removeprefix("kms:"), use.usage)
        if not _is_left(call, number):
            states.check(call.operation, key, call.time)
        if use is not None:
            use.check_spec(key, call)


def _note_custom_store(call: Call, key: Key) -> None:
    """CloudTrail shows the key's store, also where the operation fails (KMS Developer Guide, "Decrypt")."""
    if key.custom_store is not None:
        call.notes["customKeyStoreId"] = key.custom_store.id
        if key.xks_key_id:
            call.notes["xksKeyId"] = key.xks_key_id


def _is_left(call: Call, number: int) -> bool:
    """Whether this is the key that UpdateAlias leaves: its state does not matter (footnote 10 of the key states)."""
    return call.operation == "UpdateAlias" and number < len(call.targets) - 1
