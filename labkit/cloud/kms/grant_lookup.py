"""Which grant a call is about: by its key and id, or, to retire it, by its token alone."""

from __future__ import annotations

from ..core.call import Call
from ..core.errors import AwsError
from .identifiers import AcceptedIdentifiers, find_key
from .model import Grant, Key
from .store import Store


def grant_to_retire(store: Store, call: Call) -> tuple[Key, Grant]:
    """Return the grant that a RetireGrant call is about, and its key."""
    params = call.params
    token, key_id, grant_id = (params.get(member) for member in ("GrantToken", "KeyId", "GrantId"))
    if token is not None and key_id is None and grant_id is None:
        if token not in store.grant_tokens:
            raise AwsError("InvalidGrantTokenException", None)
        key, grant_id = store.grant_tokens[token]
        return key, find_grant(key, grant_id)
    if token is None and key_id is not None and grant_id is not None:
        key = find_key(store, call, key_id, AcceptedIdentifiers.KEY_OF_ANY_ACCOUNT)
        return key, find_grant(key, grant_id)
    raise AwsError("ValidationException", "Specify a GrantToken, or both a KeyId and a GrantId.")


def find_grant(key: Key, grant_id: str) -> Grant:
    """Return the key's grant of this id; NotFoundException if it has none."""
    grant = key.grant_index.get(grant_id)
    if grant is None:
        raise AwsError("NotFoundException", None)
    return grant
