"""What a call of the notebook is in the account, and what the account's answer is in the notebook.

The way out: names in the members that names.tsv lists, aliases given as a key's id, and ARNs in any text (policy
documents too) get the run's id. The way back: it is taken off every text. Encryption contexts, plaintexts, signed
bytes, bodies of objects and payloads of functions are never touched, in either direction.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from ..ledger.makings import READING
from .naming import Names

RUN_TAG = "labkit:run"
ITEM_TAG = "labkit:item"
TAGS = frozenset({RUN_TAG, ITEM_TAG})
# Members that are the notebook's own content, or opaque to everybody but the service.
_LEFT = re.compile(
    r"(?i)(.*encryptioncontext|.*token|.*marker|.*constraints|secretstring|messagebody|body|message|plaintext|payload|"
    r"userdata|responsemetadata|metadata|subject|detail)$"
)
_VALUES = frozenset({
    ("ssm", "Value"), ("s3", "Key"), ("s3", "Prefix"), ("s3", "Delete"),
    *(("dynamodb", name) for name in ("Item", "Items", "Key", "Keys", "Attributes", "ExpressionAttributeValues")),
    *(("dynamodb", name) for name in ("LastEvaluatedKey", "ExclusiveStartKey", "Expected", "PutRequest")),
})  # fmt: skip
_BY_TABLE = frozenset({"RequestItems", "UnprocessedItems", "UnprocessedKeys"})  # DynamoDB's batches, by table
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?')
# Encryption contexts that services make by themselves name resources as the account does.
_OWN_CONTEXT = re.compile(r"(?i)kms:EncryptionContext:(?!aws:|SecretARN|PARAMETER_ARN)")
_OF_SERVICES = frozenset({"PARAMETER_ARN", "SecretARN", "aws:s3:arn", "aws:lambda:FunctionArn"})
_FUNCTION = "LambdaFunctionName"  # in the context that Lambda's console helpers take
_EVENTS = frozenset({"CloudTrailEvent"})


@cache
def _table() -> Mapping[tuple[str, str, str], str]:
    text = resources.files(__package__).joinpath("names.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    return {(service, operation, member): kind for service, operation, member, kind in rows}


def kind_of(service: str, operation: str, member: str) -> str:
    """Tell what kind of name a member holds; "" for none."""
    table = _table()
    return table.get((service, operation, member)) or table.get((service, "*", member), "")


class Lens:
    """One run's view of the account. `made` tells whether the run has begun to make a thing of that kind and name."""

    def __init__(self, names: Names, made: Callable[[str, str], bool]) -> None:
        self.names = names
        self._made = made
        self._foreign: set[str] = set()  # names in answers that are not the run's: reading calls may use them

    # --- out ---------------------------------------------------------------------------------------------------------

    def out(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return a call's parameters as the account has the names."""
        return {name: self._out(service, operation, name, value) for name, value in params.items()}

    def _out(self, service: str, operation: str, member: str, value: Any) -> Any:
        if _LEFT.match(member) and isinstance(value, Mapping):
            return {name: self._in_context(name, each) for name, each in value.items()}
        if _LEFT.match(member) or (service, member) in _VALUES:
            return value
        if isinstance(value, Mapping) and service == "dynamodb" and member in _BY_TABLE:
            return {
                self.names.real("table", str(name)): self._out(service, operation, "", each)
                for name, each in value.items()
            }
        if isinstance(value, Mapping):
            return {name: self._out(service, operation, str(name), each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self._out(service, operation, member, each) for each in value]
        if not isinstance(value, str):
            return value
        kind = kind_of(service, operation, member)
        if kind:
            return self._name(operation, kind, value)
        if value.startswith("alias/") and member.lower().replace("_", "").endswith(("keyid", "kmskey", "masterkeyid")):
            return self._name(operation, "key", value)
        return self.document(value) if value.lstrip().startswith(("{", "[")) else self.names.in_text(value)

    def _in_context(self, name: str, value: Any) -> Any:
        """Return a pair of an encryption context: services' own name resources as the account does."""
        if name == _FUNCTION and isinstance(value, str):
            return self.names.real("function", value)
        return self.names.in_text(value) if name in _OF_SERVICES and isinstance(value, str) else value

    def _name(self, operation: str, kind: str, value: str) -> str:
        real = self.names.real(kind, value)
        if real != value and value in self._foreign and READING.match(operation) and not self._made(kind, real):
            return value
        return real

    def document(self, text: str) -> str:
        """Return a JSON text (a policy) with its ARNs and aliases as the account has them, else to the letter."""
        key = ""

        def one(found: re.Match[str]) -> str:
            nonlocal key
            if found[2]:
                key = found[1]
                return found[0]
            if key.lower() == f"kms:encryptioncontext:{_FUNCTION}".lower():
                return f'"{self.names.real("function", found[1])}"'
            if _OWN_CONTEXT.match(key):
                return found[0]
            value = found[1]
            if value.startswith("alias/") and not re.search(r"[*?$]", value):
                return f'"{self.names.real("alias", value)}"'
            return f'"{self.names.in_text(value)}"'

        return _STRING.sub(one, text)

    # --- back --------------------------------------------------------------------------------------------------------

    def back(self, service: str, answer: Any, member: str = "") -> Any:
        """Return an answer as the notebook knows it: names without the run's id, and without the run's two tags."""
        if isinstance(answer, dict):
            if _LEFT.match(member):
                return answer
            kept = {name: each for name, each in answer.items() if name not in TAGS}
            if "GrantId" in kept and str(kept.get("Name", "")).startswith(f"labkit-{self.names.run_id}-"):
                del kept["Name"]  # the notebook gave none
            return {self._key(name): self.back(service, each, str(name)) for name, each in kept.items()}
        if isinstance(answer, list):
            return [self.back(service, each, member) for each in answer if not _is_tag(each)]
        if not isinstance(answer, str) or _LEFT.match(member) or (service, member) in _VALUES:
            return answer
        if member in _EVENTS:
            return self._event(answer)
        if self.names.suffix in answer:
            return self.names.shown(answer)
        if member.lower().endswith(("name", "identifier", "arn", "url", "names", "urls")) or not member:
            self._foreign.add(answer)
        return answer

    def _key(self, name: Any) -> Any:
        """Return a map's key as the notebook knows it: batches of DynamoDB have the names of tables there."""
        return self.names.shown(name) if isinstance(name, str) and self.names.suffix in name else name

    def _event(self, text: str) -> str:
        """CloudTrail's record, which is a JSON text of its own."""
        if self.names.run_id not in text:
            return text
        try:
            return json.dumps(self.back("cloudtrail", json.loads(text)), separators=(",", ":"), ensure_ascii=False)
        except ValueError:
            return self.names.shown(text)


def _is_tag(value: Any) -> bool:
    """Tell whether a list's item is one of the run's two tags."""
    if isinstance(value, Mapping):
        names = (value.get(name) for name in ("Key", "TagKey", "key", "tagKey"))
        return any(isinstance(name, str) and name in TAGS for name in names)  # an item of a table may have such a key
    return isinstance(value, str) and value in TAGS
