"""One account begins again while others stay: who holds things by account lets go of what is that account's.

Holders are told by the gateway (`Gateway.forgets`). What they hold is named by an account id, an ARN, or a tuple or
object that has one of these.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any


def concerns(name: object, account: str) -> bool:
    """Tell whether a name is the account's, or names something of it."""
    if isinstance(name, str):
        return name == account or f":{account}:" in name
    if isinstance(name, tuple):
        return any(concerns(part, account) for part in name)
    return getattr(name, "account", None) == account


def forget(held: MutableMapping[Any, Any], account: str) -> None:
    """Take out what is named after the account."""
    for name in [name for name in held if concerns(name, account)]:
        del held[name]
