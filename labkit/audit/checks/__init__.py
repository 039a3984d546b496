"""The checks, a group a file: each reads facts of the account and yields what it found, or could not read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from ..facts.account import Account, Found
from . import (
    contexts,
    duties,
    enclaves,
    grants,
    iam_policies,
    key_policies,
    key_stores,
    lifetime,
    logs,
    monitoring,
    resources,
    usage,
)

Judge = Callable[[Account], Iterable[Found]]

CHECKS: Mapping[str, Judge] = MappingProxyType(
    {
        "pending-deletion": lifetime.pending_deletion,
        "public-key-policy": key_policies.public,
        "account-wide-principal": key_policies.account_wide,
        "administrator-can-use": duties.administrators,
        "user-can-administer": duties.users,
        "managed-policy-decrypts-all": iam_policies.managed,
        "inline-policy-decrypts-all": iam_policies.inline,
        "create-grant-unlimited": duties.create_grant,
        "via-service-missing": usage.via_service,
        "debug-enclave-let-in": enclaves.debug,
        "attestation-bypassed": enclaves.bypassed,
        "grant-too-wide": grants.too_wide,
        "grant-doubled": grants.doubled,
        "rotation-off": lifetime.rotation_off,
        "material-expires": lifetime.material_expires,
        "key-store-disconnected": key_stores.disconnected,
        "unused-key": usage.unused,
        "alias-at-unusable-key": lifetime.aliases,
        "secret-in-context": contexts.secrets,
        "plaintext-in-logs": logs.plaintext,
        **resources.CHECKS,
        "ebs-default-encryption": resources.ebs_default,
        "no-trail": monitoring.no_trail,
        "no-alarm": monitoring.no_alarm,
    }
)
"""What judges each check, in the order in which they run. `pending-deletion` says `-in-use`, too."""
