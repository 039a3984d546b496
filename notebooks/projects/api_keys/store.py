"""The store: issue, verify, revoke. Touches one DynamoDB table and two KMS keys, one for HMACs and one for sealing.

Three kinds of items, told apart by the beginning of their `id`:

    config               the generations in use, the newest first: each is a name, an HMAC key and a key for sealing
    mac#GENERATION#HMAC  leads from an API key to its entry. It says nothing to anybody that has only the table
    key#NAME             the entry: owner, state, and the API key itself, sealed in a context that names the entry

Nothing that changes an entry's state is ever copied: so to revoke is one write, also while a move is under way.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = "ak_"
SECRET_BYTES = 32
LONGEST = 100
MAC = "HMAC_SHA_256"

Item = Mapping[str, Any]


class Refused(Exception):
    """The API key is none of ours, or has been revoked. It does not say which: that is nobody's business."""


@dataclass(frozen=True)
class Generation:
    """The KMS keys that API keys are under, by their ARNs: `mac` finds them, `seal` holds them."""

    name: str
    mac: str
    seal: str


@dataclass(frozen=True)
class Issued:
    """A new API key: `name` is what people call it, `text` is the secret, which is shown this one time."""

    name: str
    text: str

    def __repr__(self) -> str:
        return f"Issued({self.name!r})"


@dataclass(frozen=True)
class Store:
    """The store, as a role sees it: what the role may not do, its clients are refused."""

    table: str
    kms: Any
    dynamodb: Any

    def begin(self, generation: Generation) -> None:
        """Open an empty store with its first generation."""
        self.put_generations(None, [generation])

    def issue(self, owner: str) -> Issued:
        """Make an API key. Entry and pointer are written together, or not at all."""
        while True:
            generations = self.generations()
            newest = generations[0]
            random = self.kms.generate_random(NumberOfBytes=SECRET_BYTES + 5)["Plaintext"]
            name = random[SECRET_BYTES:].hex()
            text = PREFIX + base64.urlsafe_b64encode(random[:SECRET_BYTES]).decode().rstrip("=")
            entry = {
                "id": {"S": f"key#{name}"},
                "owner": {"S": owner},
                "state": {"S": "active"},
                "generation": {"S": newest.name},
                "sealed": {"B": self.sealed(newest, name, text)},
            }
            writes = [self._new(entry), self._new(self.pointer(newest, name, text)), self._still(generations)]
            try:
                self.dynamodb.transact_write_items(TransactItems=writes)
            except self.dynamodb.exceptions.TransactionCanceledException:
                if self.generations() == generations:
                    raise
                continue  # a move has begun meanwhile: issue it under the new generation
            return Issued(name, text)

    def verify(self, text: str) -> str:
        """Find whose API key this is; answer the owner. Refused, if it is nobody's or has been revoked.

        A miss counts only if no generation came or went while we looked.
        """
        if not text.startswith(PREFIX) or len(text) > LONGEST or not text.isascii():
            raise Refused("This API key is not valid.")  # without asking KMS
        before = None
        while (generations := self.generations()) != before:
            before = generations
            for generation in generations:
                pointer = self.item(self.pointer(generation, "", text)["id"]["S"])
                if pointer is not None:
                    return self._owner(pointer["key"]["S"])
        raise Refused("This API key is not valid.")

    def revoke(self, name: str) -> None:
        """Let an API key be refused from now on. LookupError if there is none of that name."""
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key={"id": {"S": f"key#{name}"}},
                UpdateExpression="SET #s = :revoked",
                ConditionExpression="attribute_exists(id)",
                ExpressionAttributeNames={"#s": "state"},
                ExpressionAttributeValues={":revoked": {"S": "revoked"}},
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            raise LookupError(f"There is no API key {name}.") from None

    # What a move needs, too

    def generations(self) -> list[Generation]:
        """Read the generations in use, the newest first."""
        item = self.item("config")
        if item is None:
            raise LookupError(f"The table {self.table} has no store in it.")
        return [Generation(*(each["M"][part]["S"] for part in ("name", "mac", "seal"))) for each in item["all"]["L"]]

    def put_generations(self, before: list[Generation] | None, after: list[Generation]) -> None:
        """Change the generations in use, if they are still those that we know."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(id)"}
        if before is not None:
            values = {":before": _written(before)}
            condition = {"ConditionExpression": "#all = :before", "ExpressionAttributeNames": {"#all": "all"}}
            condition["ExpressionAttributeValues"] = values
        item = {"id": {"S": "config"}, "all": _written(after)}
        self.dynamodb.put_item(TableName=self.table, Item=item, **condition)

    def item(self, place: str) -> Item | None:
        """Read an item as it is now (a consistent read); None if there is none."""
        asked = {"TableName": self.table, "Key": {"id": {"S": place}}, "ConsistentRead": True}
        found: Item | None = self.dynamodb.get_item(**asked).get("Item")
        return found

    def pointer(self, generation: Generation, name: str, text: str) -> dict[str, Any]:
        """Make the item that leads from an API key to its entry. One call of GenerateMac."""
        answer = self.kms.generate_mac(KeyId=generation.mac, Message=text.encode(), MacAlgorithm=MAC)
        return {"id": {"S": f"mac#{generation.name}#{answer['Mac'].hex()}"}, "key": {"S": name}}

    def sealed(self, generation: Generation, name: str, text: str) -> bytes:
        """Encrypt an API key, bound to its entry. One call of Encrypt."""
        answer = self.kms.encrypt(KeyId=generation.seal, Plaintext=text.encode(), EncryptionContext=self.context(name))
        blob: bytes = answer["CiphertextBlob"]
        return blob

    def opened(self, generation: Generation, name: str, blob: bytes) -> str:
        """Decrypt an API key. Its entry's name has to be right. One call of Decrypt."""
        context = self.context(name)
        answer = self.kms.decrypt(CiphertextBlob=blob, KeyId=generation.seal, EncryptionContext=context)
        text: bytes = answer["Plaintext"]
        return text.decode()

    def context(self, name: str) -> dict[str, str]:
        """Write the encryption context of an entry."""
        return {"table": self.table, "key": name}

    def _owner(self, name: str) -> str:
        entry = self.item(f"key#{name}")
        if entry is None or entry["state"]["S"] != "active":
            raise Refused("This API key is not valid.")
        return str(entry["owner"]["S"])

    def _new(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {"Put": {"TableName": self.table, "Item": item, "ConditionExpression": "attribute_not_exists(id)"}}

    def _still(self, generations: list[Generation]) -> dict[str, Any]:
        """The condition that the generations in use are these."""
        return {
            "ConditionCheck": {
                "TableName": self.table,
                "Key": {"id": {"S": "config"}},
                "ConditionExpression": "#all = :before",
                "ExpressionAttributeNames": {"#all": "all"},
                "ExpressionAttributeValues": {":before": _written(generations)},
            }
        }


def create_table(dynamodb: Any, table: str) -> None:
    """Make the table, with one string `id` as its key, and wait until it is there."""
    dynamodb.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    dynamodb.get_waiter("table_exists").wait(TableName=table)


def _written(generations: list[Generation]) -> dict[str, Any]:
    parts = [{"name": {"S": each.name}, "mac": {"S": each.mac}, "seal": {"S": each.seal}} for each in generations]
    return {"L": [{"M": each} for each in parts]}
