"""What DynamoDB says of itself: its permissions. (Without moto's DynamoDB, which is slow to load.)"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ...authorization.service_permissions import Permissions
from ...core.call import Call, Target
from ...core.service_records import Records, among
from ...gateway.interfaces import ServiceFacts

_TRANSACTED = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}
# SELECT … FROM "table"."index", INSERT INTO table, UPDATE table, DELETE FROM table
_PARTIQL = re.compile(
    r"""\s*(select\b.*?\bfrom|insert\s+into|update|delete\s+from)\s+["']?([\w.-]+?)["']?(?:\.["']([\w.-]+)["'])?(?:\s|$)""",
    re.IGNORECASE | re.DOTALL,
)
_STATEMENTS = ("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction")


def _targets(call: Call, name: str) -> tuple[Target, ...]:
    """Each table of a batch or transaction; a query of an index is asked on the index.

    Source: Service Authorization Reference, Amazon DynamoDB.
    """
    params = call.params
    if params.get("RequestItems"):
        return tuple(Target(f"dynamodb:{name}", _table(call, table)) for table in params["RequestItems"])
    if params.get("TransactItems"):
        asked = ((verb, item) for each in params["TransactItems"] for verb, item in each.items() if verb in _TRANSACTED)
        return tuple(Target(f"dynamodb:{_TRANSACTED[v]}", _table(call, item["TableName"])) for v, item in asked)
    if call.operation in _STATEMENTS:
        return tuple(_stated(call))
    table = params.get("TableName") or params.get("ResourceArn")
    if not isinstance(table, str):
        return (Target(f"dynamodb:{name}", "*"),)
    index = f"/index/{params['IndexName']}" if name in ("Query", "Scan") and "IndexName" in params else ""
    return (Target(f"dynamodb:{name}", _table(call, table) + index),)


def _stated(call: Call) -> Iterator[Target]:
    """PartiQL is asked by the verb, on each table or index (Developer Guide, PartiQL and IAM policies)."""
    params = call.params
    stated: list[dict[str, Any]] = params.get("Statements") or params.get("TransactStatements") or [params]
    for each in stated:
        found = _PARTIQL.match(str(each.get("Statement", "")))
        if found is None:  # DynamoDB will not understand it either
            yield Target("dynamodb:PartiQLSelect", "*")
            continue
        verb, table, index = found.groups()
        arn = _table(call, table) + (f"/index/{index}" if index else "")
        yield Target(f"dynamodb:PartiQL{verb.split()[0].capitalize()}", arn)


def _table(call: Call, name: str) -> str:
    return name if name.startswith("arn:") else f"arn:aws:dynamodb:{call.region}:{call.account}:table/{name}"


FACTS = ServiceFacts(
    "dynamodb",
    Permissions(targets=_targets),
    Records(
        # CloudTrail User Guide, "Logging data events"
        data_event=among(
            "BatchExecuteStatement", "BatchGetItem", "BatchWriteItem", "DeleteItem", "ExecuteStatement",
            "ExecuteTransaction", "GetItem", "PutItem", "Query", "Scan", "TransactGetItems", "TransactWriteItems",
            "UpdateItem",
        ),
        data_types={"AWS::DynamoDB::Table": "arn:aws:dynamodb"},
        hidden=frozenset({"item", "items", "expressionAttributeValues", "requestItems", "attributes"}),
    ),
)  # fmt: skip
