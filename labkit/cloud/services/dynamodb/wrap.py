"""DynamoDB behind moto, with table encryption that really needs its KMS key.

A table under a KMS key has a table key, made by DynamoDB itself by virtue of a grant that the table's creator gives
it, and decrypted for whoever uses the table. Sources: DynamoDB Developer Guide, "Encryption at rest: how it works" and
"DynamoDB encryption at rest: usage"; answers recorded from the real service in 2026.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zlib import crc32

from moto.dynamodb.models import dynamodb_backends

from ...core.call import Call, Principal
from ...core.clock import Clock
from ...core.errors import AwsError
from ...core.forgetting import forget
from ...kms.service import Kms
from ...wire.protocols import HttpRequest, HttpResponse
from ..kms_refusals import quoted
from ..requesters import Requester, requester

if TYPE_CHECKING:
    from ...gateway.gateway import Gateway

Onward = Callable[[HttpRequest], HttpResponse]
SERVICE = "dynamodb.amazonaws.com"
MANAGED = "alias/aws/dynamodb"
CACHED = timedelta(minutes=5)
"""DynamoDB keeps a decrypted table key until it has not been used for this long ("Table key caching")."""
_GRANTED = ["DescribeKey", "GenerateDataKey", "Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo", "RetireGrant"]
_ITEMS = frozenset(
    {
        "BatchExecuteStatement", "BatchGetItem", "BatchWriteItem", "DeleteItem", "ExecuteStatement",
        "ExecuteTransaction", "GetItem", "PutItem", "Query", "Scan", "TransactGetItems", "TransactWriteItems",
        "UpdateItem",
    }
)  # fmt: skip
# What may take a key away from a table, or give it back.
_KEY_CHANGES = frozenset(
    {
        "CancelKeyDeletion", "DeleteExpiredKeyMaterial", "DeleteImportedKeyMaterial", "DeleteKey", "DisableKey",
        "EnableKey", "ImportKeyMaterial", "ScheduleKeyDeletion",
    }
)  # fmt: skip
_STATEMENT_TABLE = re.compile(r'\b(?:FROM|INTO|UPDATE)\s+"?([A-Za-z0-9_.-]+)"?', re.IGNORECASE)
_INVALID = "One or more parameter values were invalid: "
_SDK = "com.amazonaws.services.kms.model"


@dataclass(frozen=True, slots=True)
class TableKey:
    """A table's key under its KMS key, and the grant that lets DynamoDB use that."""

    kms_key: str
    grant: str
    ciphertext: bytes = field(repr=False)


class DynamoDb:
    """The wrap round moto's DynamoDB. A table's `TableKey` stands on moto's table, as its attribute table_key."""

    def __init__(self, gateway: Gateway, kms: Kms, clock: Clock) -> None:
        self._gateway = gateway
        self._kms = kms
        self._clock = clock
        self._open: dict[tuple[Requester, bytes], datetime] = {}  # decrypted table keys, and until when
        self._lost: dict[str, datetime] = {}  # KMS keys that can't be used at present, by ARN, and since when
        gateway.followers.append(self._follow)
        gateway.forgets.append(self.forget)

    def forget(self, account: str) -> None:
        """Let go of what is kept for an account that begins again."""
        forget(self._open, account)
        forget(self._lost, account)

    def serve(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Answer a DynamoDB call."""
        if call.operation == "CreateTable":
            return self._create(call, request, onward)
        if call.operation == "UpdateTable" and "SSESpecification" in call.params:
            return self._update(call, request, onward)
        if call.operation == "DeleteTable":
            return self._delete(call, request, onward)
        if call.operation == "DescribeTable":
            return self._describe(call, onward(request))
        if call.operation in _ITEMS:
            for name in dict.fromkeys(_tables(call.params)):
                self._use(call, _table(call, name))
        return onward(request)

    # --- Tables ------------------------------------------------------------------------------------------------------

    def _create(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """A key that can't be used refuses the table at once, and leaves nothing behind (recorded)."""
        name, key_id = call.params["TableName"], _wanted_key(call.params.get("SSESpecification"))
        if key_id is None or _table(call, name) is not None:
            return onward(_with_encryption(request, None))
        table_key = self._new_key(call, name, key_id)
        response = onward(_with_encryption(request, table_key.kms_key))
        if response.status >= 300:
            self._retire(call, table_key)
        else:
            _table(call, name).table_key = table_key
        return response

    def _update(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """Another key means another table key; no key means the key that DynamoDB owns."""
        if len(call.params) > 2:
            raise AwsError(
                "ValidationException",
                f"{_INVALID}Server-Side Encryption modification must be the only operation in the request",
            )
        table, key_id = _table(call, call.params["TableName"]), _wanted_key(call.params["SSESpecification"])
        if table is None:
            return onward(request)
        before: TableKey | None = getattr(table, "table_key", None)
        after = self._new_key(call, table.name, key_id) if key_id else None
        if before is not None:
            self._retire(call, before)
        table.table_key = after
        shown = after or before
        table.sse_specification = {"Enabled": True, "KMSMasterKeyId": shown.kms_key} if shown else None
        response = onward(request)
        table.sse_specification = table.sse_specification if after else None
        answer = json.loads(response.body)
        if shown:
            answer["TableDescription"]["SSEDescription"]["Status"] = "UPDATING"
            answer["TableDescription"]["TableStatus"] = "UPDATING"
        return _with_content(response, answer)

    def _describe(self, call: Call, response: HttpResponse) -> HttpResponse:
        """A table whose key can't be used says so, and since when (API Reference, TableStatus and SSEDescription)."""
        table_key: TableKey | None = getattr(_table(call, call.params["TableName"]), "table_key", None)
        since = self._lost.get(table_key.kms_key) if table_key else None
        if since is None:
            return response
        answer = json.loads(response.body)
        answer["Table"]["TableStatus"] = "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
        answer["Table"]["SSEDescription"]["InaccessibleEncryptionDateTime"] = since.timestamp()
        return _with_content(response, answer)

    def _delete(self, call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
        """A deleted table's grant is retired."""
        table = _table(call, call.params["TableName"])
        response = onward(request)
        if response.status < 300 and getattr(table, "table_key", None):
            self._retire(call, table.table_key)
        return response

    # --- Keys --------------------------------------------------------------------------------------------------------

    def _new_key(self, call: Call, table: str, key_id: str) -> TableKey:
        """The caller shows the key and grants DynamoDB its use; DynamoDB then makes the table key."""
        if key_id == MANAGED:
            self._kms.managed_key(call.account, call.region, "dynamodb")
        context = _context(call, table)
        try:
            key = self._gateway.on_behalf(call, SERVICE, "DescribeKey", {"KeyId": key_id})["KeyMetadata"]["Arn"]
            principal = f"dynamodb.{call.region}.amazonaws.com"
            grant = {
                "KeyId": key,
                "GranteePrincipal": principal,
                "RetiringPrincipal": principal,
                "Operations": _GRANTED,
                "Constraints": {"EncryptionContextSubset": context},
            }
            granted = self._gateway.on_behalf(call, SERVICE, "CreateGrant", grant)
            parameters = {
                "KeyId": key,
                "KeySpec": "AES_256",
                "EncryptionContext": context,
                "GrantTokens": [granted["GrantToken"]],
            }
            made = self._gateway.on_behalf(call, SERVICE, "GenerateDataKey", parameters, _itself(call))
        except AwsError as refused:
            raise _in_words_of_dynamodb(refused) from None
        return TableKey(key, granted["GrantId"], made["CiphertextBlob"])

    def _follow(self, event: dict[str, Any]) -> None:
        """Notice with the event whether a key can be used (how soon DynamoDB itself notices is not documented)."""
        if event["eventSource"] != "kms.amazonaws.com" or event["eventName"] not in _KEY_CHANGES:
            return
        for arn in [item["ARN"] for item in event.get("resources", ())]:
            key, now = self._kms.key(arn), self._clock.now()
            if key is not None and key.state(now) == "Enabled":
                self._lost.pop(arn, None)
            else:
                self._lost.setdefault(arn, now)

    def _retire(self, call: Call, table_key: TableKey) -> None:
        """Fails unheard: the key may be gone, the grant revoked."""
        parameters = {"KeyId": table_key.kms_key, "GrantId": table_key.grant}
        try:
            self._gateway.on_behalf(call, SERVICE, "RetireGrant", parameters, _itself(call))
        except AwsError:
            return

    def _use(self, call: Call, table: Any) -> None:
        """Decrypt the table key for the caller, unless DynamoDB still has it in memory for them."""
        table_key: TableKey | None = getattr(table, "table_key", None)
        if table_key is None:
            return
        assert call.principal
        now, entry = self._clock.now(), (requester(call.principal), table_key.ciphertext)
        if self._open.get(entry, now) <= now:
            parameters = {"CiphertextBlob": table_key.ciphertext, "EncryptionContext": _context(call, table.name)}
            try:
                self._gateway.on_behalf(call, SERVICE, "Decrypt", parameters)
            except AwsError as refused:
                raise _in_words_of_dynamodb(refused) from None
        self._open[entry] = now + CACHED


def _itself(call: Call) -> Principal:
    """DynamoDB as the grants name it; CloudTrail writes it without the Region."""
    return Principal("AWSService", call.account, f"dynamodb.{call.region}.amazonaws.com", "", SERVICE)


def _context(call: Call, table: str) -> dict[str, str]:
    return {"aws:dynamodb:tableName": table, "aws:dynamodb:subscriberId": call.account}


def _table(call: Call, name: str) -> Any:
    """moto's table by name or ARN; None if there is none."""
    return dynamodb_backends[call.account][call.region].tables.get(name.rpartition("/")[2])


def _tables(params: dict[str, Any]) -> Iterable[str]:
    """The tables that a call on items uses."""
    if "TableName" in params:
        yield params["TableName"]
    yield from params.get("RequestItems") or ()
    for each in params.get("TransactItems") or ():
        yield from (item["TableName"] for item in each.values())
    statements = [params, *(params.get("Statements") or ()), *(params.get("TransactStatements") or ())]
    for each in statements:
        yield from _STATEMENT_TABLE.findall(each.get("Statement") or "")


def _wanted_key(specification: dict[str, Any] | None) -> str | None:
    """The KMS key that SSESpecification asks for; None for the key that DynamoDB owns (messages recorded)."""
    wanted = specification or {}
    kind, key_id = wanted.get("SSEType"), wanted.get("KMSMasterKeyId")
    if not wanted.get("Enabled"):
        for name, given in (("SSEType", kind), ("KMSMasterKeyId", key_id)):
            if given and "Enabled" in wanted:
                raise AwsError("ValidationException", f"{_INVALID}{name} can not be specified if Enabled is false")
        return None
    if kind == "AES256":
        raise AwsError("ValidationException", f"{_INVALID}SSEType AES256 is not supported")
    if key_id and kind != "KMS":
        raise AwsError("ValidationException", f"{_INVALID}SSEType KMS is required if KMSMasterKeyId is specified")
    return key_id or MANAGED


def _with_encryption(request: HttpRequest, key: str | None) -> HttpRequest:
    """The request with the key's ARN for moto, which would ask its own KMS otherwise."""
    content = json.loads(request.body)
    content.pop("SSESpecification", None)
    if key:
        content["SSESpecification"] = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
    return replace(request, body=json.dumps(content).encode())


def _with_content(response: HttpResponse, answer: dict[str, Any]) -> HttpResponse:
    """The response with another body; DynamoDB's clients compare its checksum."""
    body = json.dumps(answer).encode()
    headers = {name: value for name, value in response.headers.items() if name.lower() != "x-amz-crc32"}
    return replace(response, body=body, headers=headers | {"x-amz-crc32": str(crc32(body))})


def _in_words_of_dynamodb(refused: AwsError) -> AwsError:
    """Recorded: a denial is AccessDeniedException, a key of the wrong kind a fault, all else ValidationException."""
    said = quoted(refused)
    if refused.code == "AccessDeniedException":
        return AwsError("AccessDeniedException", f"KMS key access denied error: {_SDK}.AWSKMSException: {said}")
    if refused.code == "ValidationException":
        return AwsError("InternalServerError", f"KMS internal error: {_SDK}.AWSKMSException: {said}", 500)
    kind = "key disabled" if refused.code == "DisabledException" else "validation"
    return AwsError("ValidationException", f"KMS {kind} error: {_SDK}.{refused.code}: {said}")
