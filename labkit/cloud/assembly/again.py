"""A cloud begins again: empty, as it was at its start, for the same keys and the same control token.

Keys of administrators and their sessions as LabAdministrator stay good, so that clients and terminals go on. All
accounts begin again together: keys, grants, policies, records and sessions of one reach into the others'.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from moto.iam.models import iam_backends

from .cloud import ADMINISTRATOR_ROLE, AccountKeys, Cloud

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


def _give(fresh: Cloud, number: int, keys: AccountKeys) -> None:
    """Let an account's administrator have these keys; they differ where the account was opened later, or at random."""
    made = fresh.accounts[number]
    if made == keys:
        return
    known = iam_backends[made.account_id]["aws"].access_keys
    key = known.pop(made.access_key_id)
    key.access_key_id, key.secret_access_key = keys.access_key_id, keys.secret_access_key
    known[keys.access_key_id] = key
    fresh.accounts[number] = keys
