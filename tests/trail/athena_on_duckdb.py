"""The SQL that is meant for Athena, on DuckDB: the table of the DDL's own columns, filled as Athena's SerDe fills it.

What is put in Athena's place, and nothing else: Hive's type names; the reading of JSON (names without case, parts that
the table holds as text as their JSON); and the functions of Trino's that DuckDB lacks or names differently.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import duckdb
import pyarrow

from labkit.trail.athena.table import COLUMNS, PARTITIONS

from .records import Record

# Trino -> DuckDB.
FUNCTIONS = """
CREATE MACRO element_at(holder, place) AS holder[place];
CREATE MACRO cardinality(items) AS len(items);
CREATE MACRO sequence(a, b) AS generate_series(a, b);
CREATE MACRO from_iso8601_timestamp(text) AS CAST(text AS TIMESTAMPTZ);
CREATE MACRO json_extract(text, path) AS CASE WHEN json_valid(text) THEN system.main.json_extract(text, path) END;
CREATE MACRO json_extract_scalar(text, path) AS CASE
  WHEN json_valid(text) AND json_type(text, path) NOT IN ('OBJECT', 'ARRAY', 'NULL')
  THEN json_extract_string(text, path) END;
SET TimeZone = 'UTC';
"""


class Athena:
    """A database with one table, `cloudtrail_logs`; `ask` gives a query's rows as a DataFrame."""

    def __init__(self, files: Mapping[str, Iterable[Record]]) -> None:
        self.engine = duckdb.connect()
        self.engine.execute(FUNCTIONS)
        kinds = [f"{name} {_kind(kind)}" for name, kind in COLUMNS.items()] + [f"{name} VARCHAR" for name in PARTITIONS]
        self.engine.execute(f"CREATE TABLE cloudtrail_logs ({', '.join(kinds)})")
        schema = self.engine.sql("SELECT * FROM cloudtrail_logs").to_arrow_table().schema
        rows = [_row(record, schema, key) for key, records in files.items() for record in records]
        given = pyarrow.Table.from_pylist(rows, schema=schema)
        self.engine.register("given", given)
        self.engine.execute("INSERT INTO cloudtrail_logs SELECT * FROM given")

    def ask(self, query: str) -> Any:
        """The answer."""
        return self.engine.sql(query).to_arrow_table().to_pandas()


def _kind(hive: str) -> str:
    """A type as DuckDB writes it."""
    text = re.sub(r"\s+", " ", hive).replace("STRING", "VARCHAR")
    text = text.replace("MAP<VARCHAR,VARCHAR>", "MAP(VARCHAR, VARCHAR)")
    text = re.sub(r"(\w+):", r"\1 ", text)
    text = re.sub(r"ARRAY<(.*)>$", r"\1[]", text)
    return text.replace("STRUCT<", "STRUCT(").replace(">", ")")


def _row(record: Record, schema: Any, key: str) -> dict[str, Any]:
    """A record as the SerDe reads it from the object with this key."""
    parts = re.search(r"AWSLogs/(?:o-\w+/)?(\d{12})/CloudTrail/([\w-]+)/(\d{4}/\d\d/\d\d)/", key)
    account, region, day = parts.groups() if parts else ("", "", "2026/01/05")
    lower = {name.lower(): value for name, value in record.items()}
    row = {field.name: _value(lower.get(field.name), field.type) for field in schema}
    return row | {"account": account, "region": region, "day": day}


def _value(value: Any, kind: Any) -> Any:
    if value is None:
        return None
    if pyarrow.types.is_struct(kind):
        lower = {name.lower(): inner for name, inner in value.items()}
        return {field.name: _value(lower.get(field.name), field.type) for field in kind}
    if pyarrow.types.is_list(kind):
        return [_value(item, kind.value_type) for item in value]
    if pyarrow.types.is_map(kind):
        return list(value.items())
    return value if isinstance(value, str) else json.dumps(value)
