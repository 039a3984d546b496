"""A cloud begins again, or one account of it: empty, for the same keys and the same control token.

Keys of administrators and their sessions as LabAdministrator stay good, so that clients and terminals go on. Where all
begin again, they are as at the start. Where one does, the others' things, the clock and the course of ids stay: to the
others it is as if everything in that account had been deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from moto.iam.models import iam_backends

from ..authorization.deleted_principals import name_by_unique_id
from ..authorization.organization_membership import leave
from ..moto import backends
from .cloud import ADMINISTRATOR_ROLE, ADMINISTRATOR_USER, AccountKeys, Cloud

Begin = Callable[[str], Cloud]
"""Makes a cloud as at its start, with the control token that it is given."""


def again(before: Cloud, begin: Begin) -> Cloud:
    """Make the cloud that takes the place of `before`, with as many accounts; call it while `before` is still."""
    held = before.credentials.held_as(ADMINISTRATOR_ROLE)
    fresh = begin(before.control_token)
    while len(fresh.accounts) < len(before.accounts):
        fresh.open_account()
    for number, keys in enumerate(before.accounts):
        _give(fresh, number, keys)
    for each in held:
        signed = each.principal
        assert signed.session
        role = iam_backends[signed.account]["aws"].get_role(ADMINISTRATOR_ROLE)
        session = replace(signed.session, issuer_id=role.id)
        signed = replace(signed, principal_id=f"{role.id}:{signed.name}", session=session)
        fresh.credentials.add(replace(each, principal=signed))
    return fresh


def one_again(cloud: Cloud, account: str) -> None:
    """Empty one account of the cloud, while the cloud is still. ValueError where there is no such account.

    What names its users and roles elsewhere (key policies, grants, bucket policies, trust policies) names unique ids
    from then on that nobody has, as IAM does it when somebody is deleted. It is in no organization afterwards.
    """
    known = {each.account_id: each for each in cloud.accounts}
    if account not in known:
        raise ValueError(f"There is no account {account[:60]!r} here. Those that can be reset are {', '.join(known)}.")
    iam = iam_backends[account]["aws"]
    entities: list[Any] = [*iam.users.values(), *iam.roles.values()]
    gone = [(each.arn, each.id) for each in entities if each.name not in (ADMINISTRATOR_USER, ADMINISTRATOR_ROLE)]
    ids = {each.name: each.id for each in entities}
    for forget in cloud.gateway.forgets:
        forget(account)
    cloud.credentials.forget(account, ADMINISTRATOR_ROLE)
    leave(account)
    backends.forget(account)
    for arn, unique_id in gone:
        name_by_unique_id(cloud.kms.keys(), arn, unique_id)
    _exchange_keys(cloud.make_administrator(account), known[account])
    _keep_ids(account, ids)


def _keep_ids(account: str, ids: Mapping[str, str]) -> None:
    """Let the administrator be the same as before: sessions and policies name the ids. What was deleted is new."""
    iam = iam_backends[account]["aws"]
    user = next(each for each in iam.users.values() if each.name == ADMINISTRATOR_USER)
    user.id = ids.get(user.name, user.id)
    role = iam.get_role(ADMINISTRATOR_ROLE)
    del iam.roles[role.id]
    role.id = ids.get(role.name, role.id)
    iam.roles[role.id] = role


def _give(fresh: Cloud, number: int, keys: AccountKeys) -> None:
    """Let an account's administrator have these keys; they differ where the account was opened later, or at random."""
    _exchange_keys(fresh.accounts[number], keys)
    fresh.accounts[number] = keys


def _exchange_keys(made: AccountKeys, keys: AccountKeys) -> None:
    if made == keys:
        return
    known = iam_backends[made.account_id]["aws"].access_keys
    key = known.pop(made.access_key_id)
    key.access_key_id, key.secret_access_key = keys.access_key_id, keys.secret_access_key
    known[keys.access_key_id] = key
