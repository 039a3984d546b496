"""Brings all API keys under new KMS keys while requests run. Touches the table and both generations' keys.

    1. announce   both generations are in use: new API keys are issued under the new one, old ones are found in either
    2. copy       each API key gets a pointer of the new generation, then its entry is sealed under the new key
    3. switch     only the new generation is in use
    4. drop       the old pointers are deleted, and the old KMS keys are needed no more

An HMAC can't be turned into that of another key: one needs the API key itself. That is what the sealed copy is for.
A move that was killed is begun again: what has been done is found done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .store import Generation, Item, Store


@dataclass(frozen=True)
class Move:
    """A move of the whole store to a new generation."""

    store: Store
    to: Generation

    def run(self) -> None:
        """Do all steps."""
        for _ in self.steps():
            pass

    def steps(self) -> Iterator[str]:
        """Do one step after the other; each is told when it has been done."""
        generations = self.store.generations()
        if self.to not in generations:
            if len(generations) > 1:
                raise RuntimeError(f"Another move, to {generations[0].name}, has not come to its end.")
            self.store.put_generations(generations, [self.to, *generations])
            yield "announced"
        for entry in list(self._items("key#")):
            if entry["generation"]["S"] != self.to.name:
                self._copy(entry)
                yield "copied"
        generations = self.store.generations()
        if generations != [self.to]:
            self.store.put_generations(generations, [self.to])
            yield "switched"
        for pointer in list(self._items("mac#")):
            if not pointer["id"]["S"].startswith(f"mac#{self.to.name}#"):
                self.store.dynamodb.delete_item(TableName=self.store.table, Key={"id": pointer["id"]})
                yield "dropped"

    def _copy(self, entry: Item) -> None:
        """Give an API key its new pointer, then seal it anew. Its state is not touched: it may be revoked meanwhile."""
        store, name = self.store, entry["id"]["S"].removeprefix("key#")
        old = next(each for each in store.generations() if each.name == entry["generation"]["S"])
        text = store.opened(old, name, entry["sealed"]["B"])
        store.dynamodb.put_item(TableName=store.table, Item=store.pointer(self.to, name, text))
        store.dynamodb.update_item(
            TableName=store.table,
            Key={"id": entry["id"]},
            UpdateExpression="SET sealed = :sealed, generation = :new",
            ConditionExpression="attribute_exists(id)",
            ExpressionAttributeValues={
                ":sealed": {"B": store.sealed(self.to, name, text)},
                ":new": {"S": self.to.name},
            },
        )

    def _items(self, prefix: str) -> Iterator[Item]:
        pages = self.store.dynamodb.get_paginator("scan").paginate(
            TableName=self.store.table,
            ConsistentRead=True,
            FilterExpression="begins_with(id, :prefix)",
            ExpressionAttributeValues={":prefix": {"S": prefix}},
        )
        for page in pages:
            yield from page["Items"]
