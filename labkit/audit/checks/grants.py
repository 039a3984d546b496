"""Grants: those that give more than they must, and those that were made twice.

Source: AWS Prescriptive Guidance, "AWS KMS best practices"; KMS Developer Guide, "Grants in AWS KMS". What AWS services
ask for themselves is left out: their grants end with the resource.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from ..facts.account import Account, Found
from ..facts.finding import Fault, Mend
from ..facts.keys import Key
from ..facts.mending import mend

CONTEXT = frozenset({"Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom"})
"""Operations that a grant can bind to an encryption context."""


def too_wide(account: Account) -> Iterator[Found]:
    """Find grants to a whole account, that can be passed on, or bound to no encryption context, or to a part."""

    def judge(key: Key) -> Iterator[Found]:
        for grant in _own(key):
            if reasons := list(_reasons(grant, key)):
                severity = "high" if reasons[0] == _ACCOUNT else "low" if reasons == [_SUBSET] else ""
                why = f"The grant {_name(grant)} on {key.in_words} {'; it '.join(reasons)}."
                yield Fault("grant-too-wide", f"{key.arn} grant {grant['GrantId']}", why, _revoke(key, grant), severity)

    yield from account.customer_keys(judge)


_ACCOUNT = "is to a whole account"
_SUBSET = "asks for a part of the encryption context only (EncryptionContextSubset)"


def _reasons(grant: Mapping[str, Any], key: Key) -> Iterator[str]:
    grantee, operations = str(grant.get("GranteePrincipal", "")), set(grant["Operations"])
    if grantee.endswith(":root") or grantee.isdigit():
        yield _ACCOUNT
    if "CreateGrant" in operations:
        yield "lets its grantee pass the rights on (CreateGrant)"
    constraints = grant.get("Constraints") or {}
    if key.is_symmetric and operations & CONTEXT and "EncryptionContextEquals" not in constraints:
        yield _SUBSET if "EncryptionContextSubset" in constraints else f"allows {_first(operations)} in every context"


def _first(operations: set[str]) -> str:
    return next(name for name in ("Decrypt", *sorted(CONTEXT)) if name in operations)


def doubled(account: Account) -> Iterator[Found]:
    """Find grants that give the same: a retry without Name makes them, and revoking one leaves the other."""

    def judge(key: Key) -> Iterator[Found]:
        alike: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for grant in _own(key):
            alike[_content(grant)].append(grant)
        for several in alike.values():
            if len(several) > 1:
                last = several[-1]
                why = f"{key.words} has {len(several)} grants that give {last.get('GranteePrincipal')} the same."
                call = _revoke(key, last)
                yield Fault("grant-doubled", f"{key.arn} grant {last['GrantId']}", why, call)

    yield from account.customer_keys(judge)


def _own(key: Key) -> Iterator[Mapping[str, Any]]:
    """The grants that people made: not those to a service, nor to the roles that services take for themselves."""
    for grant in key.grants:
        grantee = str(grant.get("GranteePrincipal", ""))
        if not grantee.endswith((".amazonaws.com", ".amazonaws.com.cn")) and ":assumed-role/aws:" not in grantee:
            yield grant


def _content(grant: Mapping[str, Any]) -> str:
    what = [grant.get("GranteePrincipal"), sorted(grant["Operations"]), grant.get("Constraints") or {}]
    return json.dumps(what, sort_keys=True)


def _name(grant: Mapping[str, Any]) -> str:
    return str(grant.get("Name") or f"{grant['GrantId'][:8]}…")


def _revoke(key: Key, grant: Mapping[str, Any]) -> Mend:
    note = "make a narrower one first, if somebody needs it"
    return mend("kms", "revoke_grant", note, KeyId=key.arn, GrantId=grant["GrantId"])
