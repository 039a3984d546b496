"""Aliases: CreateAlias, UpdateAlias, DeleteAlias, ListAliases."""

from __future__ import annotations

from typing import Any

from ...core.call import Call, Target
from ...core.errors import AwsError
from .. import managed
from ..identifiers import AcceptedIdentifiers, alias_not_found, find_alias, find_key
from ..managed import PREFIX as RESERVED
from ..model import Alias, Key
from ..paging import page
from ..store import Store, alias_arn

MOST = 50
"""Aliases of one KMS key ("Resource quotas", AWS KMS Developer Guide)."""


def plan_create(store: Store, call: Call) -> tuple[Target, ...]:
    """CreateAlias needs its permission on the alias and on the key (its documentation)."""
    name = _checked_name(call)
    key = find_key(store, call, call.params["TargetKeyId"], AcceptedIdentifiers.OWN_KEY)
    arn = alias_arn(call.account, call.region, name)
    alias = store.alias(call.account, call.region, name)
    return Target("kms:CreateAlias", arn, alias), Target("kms:CreateAlias", key.arn, key)


def create(store: Store, call: Call) -> dict[str, Any]:
    """CreateAlias."""
    alias, key = call.targets[0].entity, call.targets[1].entity
    if alias is not None:
        raise AwsError("AlreadyExistsException", f"An alias with the name {alias.arn} already exists")
    _require_room(key)
    store.bind(call.params["AliasName"], key, call.time)
    return {}


def plan_update(store: Store, call: Call) -> tuple[Target, ...]:
    """UpdateAlias needs its permission on the alias, the key that it leaves and the key that it goes to."""
    name = _checked_name(call)
    key = find_key(store, call, call.params["TargetKeyId"], AcceptedIdentifiers.OWN_KEY)
    alias = find_alias(store, call, name)
    assert alias.key is not None  # only reserved names can be without a key, and those were refused
    return (
        Target("kms:UpdateAlias", alias.arn, alias),
        Target("kms:UpdateAlias", alias.key.arn, alias.key),
        Target("kms:UpdateAlias", key.arn, key),
    )


def update(store: Store, call: Call) -> dict[str, Any]:
    """UpdateAlias: old and new key must be of one type and one usage (its documentation).

    The answer about usages was recorded from the real service, in the words of 2020 (nsmithuk/local-kms, functional
    tests); the one about types is made like it.
    """
    alias, old, new = (target.entity for target in call.targets)
    for what, was, will_be in (("usage", old.usage, new.usage), ("type", _type(old), _type(new))):
        if was != will_be:
            raise AwsError(
                "ValidationException",
                f"Alias {alias.name} cannot be changed from a CMK with key {what} {was} to a CMK with key {what} "
                f"{will_be}. The key {what} of the current CMK and the new CMK must be the same.",
            )
    if new is not old:
        _require_room(new)
    store.point(alias, new)
    alias.updated = call.time
    return {}


def plan_delete(store: Store, call: Call) -> tuple[Target, ...]:
    """DeleteAlias needs its permission on the alias and on its key."""
    alias = find_alias(store, call, _checked_name(call))
    assert alias.key is not None
    return Target("kms:DeleteAlias", alias.arn, alias), Target("kms:DeleteAlias", alias.key.arn, alias.key)


def delete(store: Store, call: Call) -> dict[str, Any]:
    """DeleteAlias: the key stays as it is."""
    store.unbind(call.targets[0].entity)
    return {}


def plan_list(store: Store, call: Call) -> tuple[Target, ...]:
    """ListAliases is asked on "*", whichever key's aliases are wanted (IAM policy)."""
    key_id = call.params.get("KeyId")
    key = find_key(store, call, key_id, AcceptedIdentifiers.OWN_KEY) if key_id is not None else None
    return (Target("kms:ListAliases", "*", key),)


def list_aliases(store: Store, call: Call) -> dict[str, Any]:
    """ListAliases, by name; without a key, those of AWS that have no key yet too."""
    key = call.targets[0].entity
    found = key.alias_index if key is not None else store.in_region(call.account, call.region).aliases
    names = {*found, *(managed.PREDEFINED if key is None else ())}
    entries, answer = page(call, [_entry(call, name, found.get(name)) for name in sorted(names)])
    return {"Aliases": entries, **answer}


def _entry(call: Call, name: str, alias: Alias | None) -> dict[str, Any]:
    """One alias. Of which day a predefined one is before it has a key is not known: no dates then."""
    if alias is None or alias.key is None:
        return {"AliasName": name, "AliasArn": alias_arn(call.account, call.region, name)}
    dates = {"CreationDate": alias.created, "LastUpdatedDate": alias.updated}
    return {"AliasName": name, "AliasArn": alias.arn, "TargetKeyId": alias.key.id, **dates}


def _checked_name(call: Call) -> str:
    """The alias's name, if it is one that customers may make, change and delete."""
    name: str = call.params["AliasName"]
    if not name.startswith("alias/"):
        raise AwsError(
            "ValidationException",
            'Alias must start with the prefix "alias/". Please see '
            "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html",
        )
    if name.startswith(RESERVED):
        raise AwsError("NotAuthorizedException", None)
    if ":" in name or name == "alias/":
        # The model's pattern lets a colon through, the documentation of AliasName doesn't.
        if call.operation == "CreateAlias":
            raise AwsError("InvalidAliasNameException", None)
        raise alias_not_found(call.account, call.region, name)
    return name


def _type(key: Key) -> str:
    return "asymmetric" if key.spec.asymmetric else key.spec.family


def _require_room(key: Key) -> None:
    """Message quoted in scylladb/scylla-cluster-tests 7634 (2024)."""
    used = len(key.alias_index)
    if used >= MOST:
        said = f"Aliases per key quota for this account in this region is {MOST}, current usage is {used}."
        raise AwsError("LimitExceededException", said)
