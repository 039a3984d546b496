"""Custom key stores: keys that nobody can use, since their store is not connected."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts.account import Account, Found
from ..facts.finding import Fault
from ..facts.keys import Key
from ..facts.mending import mend


def disconnected(account: Account) -> Iterator[Found]:
    """Find keys that are Unavailable: DescribeKey alone tells it, and which store it is."""

    def judge(key: Key) -> Iterator[Found]:
        store = key.metadata.get("CustomKeyStoreId")
        if store is None or key.state != "Unavailable":
            return
        why = (
            f"{key.words} is Unavailable: its custom key store {store} is not connected. Nothing under it can be read."
        )
        note = "disconnect a FAILED store first, and mend what its ConnectionErrorCode says"
        call = mend("kms", "connect_custom_key_store", note, CustomKeyStoreId=store)
        yield Fault("key-store-disconnected", key.arn, why, call)

    yield from account.customer_keys(judge)
