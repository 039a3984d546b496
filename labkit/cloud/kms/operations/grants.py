"""Grants: CreateGrant, ListGrants, ListRetirableGrants, RetireGrant, RevokeGrant.

Whether a grant allows a call, and which grants may be made by virtue of a grant, is for authorization to decide
(`policy/grants.py`); it reads `Key.grants` and `Grant.effective`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ...core.call import Call, Target
from ...core.errors import AwsError
from .. import specs
from ..grant_lookup import find_grant, grant_to_retire
from ..model import Grant, Key
from ..operation import null_member, refuse_dry_run, target_key
from ..paging import page
from ..store import Store

ANY_KEY = frozenset({"CreateGrant", "DescribeKey", "RetireGrant"})
_DATA_KEYS = frozenset(
    {"GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"}
)
_ENCRYPTION = frozenset({"Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo"})
_ASYMMETRIC = MappingProxyType(
    {
        specs.ENCRYPT: _ENCRYPTION | {"GetPublicKey"},
        specs.SIGN: frozenset({"GetPublicKey", "Sign", "Verify"}),
        specs.AGREE: frozenset({"DeriveSharedSecret", "GetPublicKey"}),
        specs.ENCAPSULATE: frozenset({"Decapsulate", "Encapsulate", "GetPublicKey"}),
    }
)
MOST_GRANTS = 50_000
"""Grants on one key ("Resource quotas", AWS KMS Developer Guide)."""
MOST_PAIRS, LONGEST_CONTEXT = 8, 384
"""Encryption context pairs of a constraint, and the characters in them (CreateGrant, Constraints)."""
_CONTEXTS = ("EncryptionContextEquals", "EncryptionContextSubset")
_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:(iam|sts)::\d{12}:(root|(user|role|federated-user|assumed-role)/.+)")
_SERVICE = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+){2,}")


def supported_operations(key: Key) -> frozenset[str]:
    """Return what a grant on this key may permit ("Grant operations", AWS KMS Developer Guide)."""
    if key.spec.asymmetric:
        return _ASYMMETRIC[key.usage] | ANY_KEY
    if key.usage == specs.MAC:
        return ANY_KEY | {"GenerateMac", "VerifyMac"}
    return _ENCRYPTION | _DATA_KEYS | ANY_KEY


# --- CreateGrant -----------------------------------------------------------------------------------------------------


def create(store: Store, call: Call) -> dict[str, Any]:
    """CreateGrant: with a name, the same request again finds the same grant and gives it another token."""
    key, params = target_key(call), call.params
    _check_principals(store, call)
    _check_operations(key, params["Operations"])
    constraints = _checked_constraints(key, params.get("Constraints") or {})
    refuse_dry_run(call)
    wanted = Grant(
        id=store.entropy.token_hex(64),
        key_id=key.id,
        issuing_account=f"arn:aws:iam::{call.account}:root",
        created=call.time,
        effective_at=call.time + store.grant_delay,
        operations=tuple(params["Operations"]),
        name=params.get("Name"),
        grantee=params.get("GranteePrincipal"),
        retiring=params.get("RetiringPrincipal"),
        grantee_service=params.get("GranteeServicePrincipal"),
        retiring_service=params.get("RetiringServicePrincipal"),
        constraints=constraints,
    )
    grant = _same_request(key, wanted) or wanted
    if grant is wanted and len(key.grant_index) >= MOST_GRANTS:
        raise AwsError("LimitExceededException", None)
    token = _token(store, grant)
    key.grant_index[grant.id] = replace(grant, tokens=grant.tokens | {token})
    store.grant_tokens[token] = (key, grant.id)
    return {"GrantToken": token, "GrantId": grant.id}


def _same_request(key: Key, wanted: Grant) -> Grant | None:
    """The grant that the same request with the same name made before."""
    if wanted.name is None:
        return None
    new = {"id": "", "created": wanted.created, "effective_at": wanted.created, "tokens": frozenset[str]()}
    alike = replace(wanted, **new)  # type: ignore[arg-type]
    return next((g for g in key.grants if replace(g, **new) == alike), None)  # type: ignore[arg-type]


def _token(store: Store, grant: Grant) -> str:
    """A grant token: opaque, unlike any other, and of the look that AWS's have."""
    body = b"\x01\x0a\x40" + grant.id.encode() + b"\x22\x88\x02" + store.entropy.token_bytes(264)
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def _check_principals(store: Store, call: Call) -> None:
    """One grantee, at most one retiring principal; a service as grantee needs more (CreateGrant's documentation).

    They must exist: the answer has been quoted for roles that are new or gone (by Lambda too, where it asks KMS for a
    grant to a function's role). What a service names in its own grants is its own affair.
    """
    params = call.params
    if params.get("GranteePrincipal") and params.get("GranteeServicePrincipal"):
        raise AwsError("ValidationException", "Specify GranteePrincipal or GranteeServicePrincipal, not both.")
    if not params.get("GranteePrincipal") and not params.get("GranteeServicePrincipal"):
        raise null_member("granteePrincipal")
    if params.get("RetiringPrincipal") and params.get("RetiringServicePrincipal"):
        raise AwsError("ValidationException", "Specify RetiringPrincipal or RetiringServicePrincipal, not both.")
    if params.get("GranteeServicePrincipal"):
        retiring = params.get("RetiringPrincipal") or params.get("RetiringServicePrincipal")
        if not (params.get("Constraints") or {}).get("SourceArn") or not retiring:
            said = "GranteeServicePrincipal needs a SourceArn constraint and a retiring principal."
            raise AwsError("ValidationException", said)
    for member in ("GranteePrincipal", "RetiringPrincipal"):
        principal = params.get(member)
        if not principal or _SERVICE.fullmatch(principal):
            continue
        there = call.via or store.principal_finder is None or store.principal_finder(principal)
        if not _PRINCIPAL.fullmatch(principal) or not there:
            raise AwsError("InvalidArnException", f"ARN does not refer to a valid principal: {principal}")


def _check_operations(key: Key, operations: list[str]) -> None:
    unsupported = [name for name in operations if name not in supported_operations(key)]
    if unsupported:
        names = ", ".join(unsupported)
        raise AwsError("ValidationException", f"Operations not supported on a key of spec {key.spec.name}: {names}")
    if set(operations) == {"CreateGrant"}:  # quoted in ansible/ansible 31960 (2019)
        raise AwsError("ValidationException", "Grants must not contain only the CreateGrant operation.")


def _checked_constraints(key: Key, constraints: Mapping[str, Any]) -> Mapping[str, Any]:
    if all(constraints.get(member) for member in _CONTEXTS):
        # Quoted by hashicorp/terraform-provider-aws (kms/grant.go), which refuses it before AWS would. It sends the
        # other one empty ("set.List() returns an empty map"; read in 5.100.0's calls), and its acceptance tests pass on
        # AWS. aws/aws-sdk-java 328 (2014) was refused so; the newer source holds.
        raise AwsError("ValidationException", "More than one constraint supplied")
    for member in _CONTEXTS:
        context = constraints.get(member)
        if context is None:
            continue
        if key.spec.family != "symmetric":
            # Recorded: DynamoDB hands it on in the words of KMS where a table's key is not symmetric (2026).
            said = "EncryptionContext is supported only when creating a grant for a symmetric encryption KMS key."
            raise AwsError("ValidationException", said)
        if len(context) > MOST_PAIRS or sum(len(k) + len(v) for k, v in context.items()) > LONGEST_CONTEXT:
            said = f"A grant constraint can hold {MOST_PAIRS} encryption context pairs of {LONGEST_CONTEXT} characters."
            raise AwsError("ValidationException", said)
    return {name: value for name, value in constraints.items() if value}


# --- Lists -----------------------------------------------------------------------------------------------------------


def list_grants(_store: Store, call: Call) -> dict[str, Any]:
    """ListGrants, oldest first, filtered by id, grantee or grantee service."""
    key, params = target_key(call), call.params
    if params.get("GranteePrincipal") and params.get("GranteeServicePrincipal"):
        raise AwsError("ValidationException", "Specify GranteePrincipal or GranteeServicePrincipal, not both.")
    wanted = [
        grant
        for grant in key.grants
        if params.get("GrantId") in (None, grant.id)
        and params.get("GranteePrincipal") in (None, grant.grantee)
        and params.get("GranteeServicePrincipal") in (None, grant.grantee_service)
    ]
    grants, answer = page(call, wanted)
    return {"Grants": [_entry(key, grant) for grant in grants], **answer}


def plan_list_retirable(_store: Store, call: Call) -> tuple[Target, ...]:
    """Ask on the retiring principal of the request (ListRetirableGrants' documentation)."""
    given = [call.params.get("RetiringPrincipal"), call.params.get("RetiringServicePrincipal")]
    if all(given):
        raise AwsError("ValidationException", "Specify RetiringPrincipal or RetiringServicePrincipal, not both.")
    if not any(given):
        raise null_member("retiringPrincipal")
    return (Target("kms:ListRetirableGrants", given[0] or "*"),)


def list_retirable(store: Store, call: Call) -> dict[str, Any]:
    """ListRetirableGrants: of this Region's keys, in whichever account."""
    params = call.params
    found = [
        (key, grant)
        for key in store.keys_of_region(call.region)
        for grant in key.grants
        if (params.get("RetiringPrincipal") and params["RetiringPrincipal"] == grant.retiring)
        or (params.get("RetiringServicePrincipal") and params["RetiringServicePrincipal"] == grant.retiring_service)
    ]
    entries, answer = page(call, found)
    return {"Grants": [_entry(key, grant) for key, grant in entries], **answer}


def _entry(key: Key, grant: Grant) -> dict[str, Any]:
    """GrantListEntry; the key by its ARN (recorded)."""
    entry = {
        "KeyId": key.arn,
        "GrantId": grant.id,
        "Name": grant.name,
        "CreationDate": grant.created,
        "GranteePrincipal": grant.grantee,
        "RetiringPrincipal": grant.retiring,
        "GranteeServicePrincipal": grant.grantee_service,
        "RetiringServicePrincipal": grant.retiring_service,
        "IssuingAccount": grant.issuing_account,
        "Operations": list(grant.operations),
        "Constraints": dict(grant.constraints) or None,
    }
    return {name: value for name, value in entry.items() if value is not None}


# --- The end of a grant ----------------------------------------------------------------------------------------------


def plan_retire(store: Store, call: Call) -> tuple[Target, ...]:
    """RetireGrant names its grant by token, or by key ARN and grant id. Who may retire it is the grant's matter."""
    key, _ = grant_to_retire(store, call)
    return (Target("kms:RetireGrant", key.arn, key),)


def retire(store: Store, call: Call) -> dict[str, Any]:
    """RetireGrant."""
    key, grant = grant_to_retire(store, call)
    refuse_dry_run(call)
    call.notes["grantId"] = grant.id
    del key.grant_index[grant.id]
    return {}


def revoke(_store: Store, call: Call) -> dict[str, Any]:
    """RevokeGrant."""
    key = target_key(call)
    grant = find_grant(key, call.params["GrantId"])
    refuse_dry_run(call)
    del key.grant_index[grant.id]
    return {}
