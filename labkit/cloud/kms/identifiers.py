"""From what a caller typed (key id, key ARN, alias name, alias ARN) to the KMS key, or to AWS's error for it.

Reads the store, changes nothing, save that naming a predefined AWS alias makes its AWS managed key
(DescribeKey's documentation). Messages are recorded from the real service (2023-2026) unless said otherwise.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NoReturn

from ..core.call import Call
from ..core.errors import AwsError
from . import managed
from .model import Alias, Key
from .store import Store, alias_arn, key_arn

_KEY_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}", re.IGNORECASE)
"""The form of a key id. In capitals it is one too, and yet names no key (recorded)."""
_ARN = re.compile(r"arn:(aws[a-z-]*):kms:([a-z0-9-]+):(\d{12}):(key|alias)/(.+)", re.DOTALL)


class AcceptedIdentifiers(Enum):
    """What an operation's KeyId may be, by the parameter's documentation in botocore's model.

    A key is named by its id or ARN, one of another account by its ARN; an alias by its name or ARN. The values are the
    words of operations.tsv, column "takes".
    """

    OWN_KEY = "own key"
    KEY_OF_ANY_ACCOUNT = "key of any account"
    KEY_OR_ALIAS_OF_ANY_ACCOUNT = "key or alias of any account"

    @property
    def aliases(self) -> bool:
        """Whether an alias name or alias ARN will do."""
        return self is AcceptedIdentifiers.KEY_OR_ALIAS_OF_ANY_ACCOUNT

    @property
    def other_accounts(self) -> bool:
        """Whether the key may be another account's ("Cross-account use: Yes")."""
        return self is not AcceptedIdentifiers.OWN_KEY


def refuse_alias(call: Call, identifier: object, accepted: AcceptedIdentifiers) -> None:
    """InvalidArnException for an alias where only a key will do.

    Recorded of requests that lacked other parameters: it is the first thing that is looked at
    (floci-io/floci, KmsIntegrationTest, 2026).
    """
    if accepted.aliases or not isinstance(identifier, str):
        return
    match = _ARN.fullmatch(identifier)
    by_arn = match is not None and match[2] == call.region and match[4] == "alias"
    if by_arn or identifier.startswith("alias/"):
        raise _no_aliases()


def find_key(store: Store, call: Call, identifier: str, accepted: AcceptedIdentifiers) -> Key:
    """Return the key that `identifier` means to the caller; AwsError (NotFoundException, …) if it means none."""
    if identifier.startswith("arn:"):
        return _by_arn(store, call, identifier, accepted)
    if identifier.startswith("alias/"):
        if not accepted.aliases:
            raise _no_aliases()
        return _by_alias(store, call, call.account, identifier)
    if not _KEY_ID.fullmatch(identifier):
        raise AwsError("NotFoundException", f"Invalid keyId '{identifier}'")
    return _by_id(store, call, call.account, identifier)


def _by_arn(store: Store, call: Call, arn: str, accepted: AcceptedIdentifiers) -> Key:
    match = _ARN.fullmatch(arn)
    if match is None:
        raise AwsError("InvalidArnException", f"Invalid arn {arn}")
    partition, region, account, kind, name = match.groups()
    if region != call.region:
        raise AwsError("NotFoundException", f"Invalid arn {region}")
    if partition != "aws":
        raise AwsError("InvalidArnException", f"Invalid arn {arn}")
    if kind == "alias" and not accepted.aliases:
        raise _no_aliases()
    if account != call.account and not accepted.other_accounts:
        _deny(call, arn)
    if kind == "alias":
        return _by_alias(store, call, account, f"alias/{name}")
    if not _KEY_ID.fullmatch(name):
        raise AwsError("NotFoundException", f"Invalid keyId {name}")  # recorded so, without quotes
    return _by_id(store, call, account, name)


def _by_id(store: Store, call: Call, account: str, key_id: str) -> Key:
    key = store.key(account, call.region, key_id)
    if key is not None:
        return key
    if account != call.account:
        _deny(call, key_arn(account, call.region, key_id))
    raise AwsError("NotFoundException", f"Key '{key_arn(account, call.region, key_id)}' does not exist")


def _by_alias(store: Store, call: Call, account: str, name: str) -> Key:
    alias = store.alias(account, call.region, name)
    if alias is not None and alias.key is not None:
        return alias.key
    if account != call.account:
        _deny(call, alias_arn(account, call.region, name))
    service = name.removeprefix(managed.PREFIX)
    if call.operation == "DescribeKey" and service in managed.SERVICES and name.startswith(managed.PREFIX):
        return managed.key(store, account, call.region, service)
    raise alias_not_found(account, call.region, name)


def find_alias(store: Store, call: Call, name: str) -> Alias:
    """Return the caller's alias of this name (with alias/)."""
    alias = store.alias(call.account, call.region, name)
    if alias is None:
        raise alias_not_found(call.account, call.region, name)
    return alias


def alias_not_found(account: str, region: str, name: str) -> AwsError:
    """Return what AWS answers to an alias that isn't there (quoted in public issues)."""
    return AwsError("NotFoundException", f"Alias {alias_arn(account, region, name)} is not found.")


def _no_aliases() -> AwsError:
    """An alias, by name or by ARN, where only a key will do.

    Quoted for CreateGrant, by name in boto/boto 3202 (2015), by ARN in hashicorp/terraform 20813 (2019).
    """
    return AwsError("InvalidArnException", "Key Aliases are not supported for this operation.")


def _deny(call: Call, arn: str) -> NoReturn:
    """A stranger is not told whether another account's key exists.

    The wording is the real service's since 2025 (quoted in kubernetes-sigs/aws-encryption-provider, 141).
    """
    who = call.principal.arn if call.principal else "anonymous"
    raise AwsError(
        "AccessDeniedException",
        f"User: {who} is not authorized to perform: kms:{call.operation} on this resource because the resource does "
        "not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly "
        "denies access",
    )
