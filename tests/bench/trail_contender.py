"""One reader of log files, in this process: reads them all, then prints one line of JSON: seconds and peak memory.

The task: a table of all events, each once, in the order of time. json_normalize is spared the last two.
"""

from __future__ import annotations

import gzip
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

# Texts and truths of a record that every contender reads; of the nested parts those that a closed schema can take.
TEXTS = [
    *("eventVersion", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent"),
    *("errorCode", "errorMessage", "requestID", "eventID", "eventType", "apiVersion", "recipientAccountId"),
    *("sharedEventID", "vpcEndpointId", "vpcEndpointAccountId", "eventCategory", "sessionCredentialFromConsole"),
]
TRUTHS = ["readOnly", "managementEvent"]
NESTED = ["requestParameters", "responseElements", "additionalEventData", "serviceEventDetails", "tlsDetails"]


def json_normalize(files: list[Path]) -> int:
    """json and pandas.json_normalize: every member of every kind of call becomes a column."""
    import pandas

    records: list[Any] = []
    for file in files:
        with gzip.open(file) as opened:
            records += json.load(opened)["Records"]
    return len(pandas.json_normalize(records))


def labkit(files: list[Path]) -> int:
    """trail.load: all of the record, copies dropped, sorted, as a DataFrame."""
    from labkit import trail

    return trail.report(trail.load(files, tell=str)).read


def polars(files: list[Path]) -> int:
    """polars.read_json with a schema, a file at a time; nested parts whose shape varies it can't take."""
    import polars as pl

    issuer = pl.Struct({"sessionIssuer": pl.Struct({"arn": pl.String})})
    identity = pl.Struct({"type": pl.String, "arn": pl.String, "invokedBy": pl.String, "sessionContext": issuer})
    resources = pl.List(pl.Struct({"accountId": pl.String, "type": pl.String, "ARN": pl.String}))
    members = dict.fromkeys(TEXTS, pl.String) | dict.fromkeys(TRUTHS, pl.Boolean)
    record = pl.Struct(members | {"userIdentity": identity, "resources": resources})
    tables = []
    for file in files:
        table = pl.read_json(gzip.decompress(file.read_bytes()), schema={"Records": pl.List(record)})
        tables.append(table.explode("Records").unnest("Records"))
    table = pl.concat(tables)
    table.unique("eventID").sort("eventTime", "eventID")
    return table.height


def pyarrow(files: list[Path]) -> int:
    """pyarrow.json with a schema, a file at a time; nested parts whose shape varies it can't take."""
    import numpy
    import pyarrow as pa
    from pyarrow import json as reader

    issuer = pa.struct({"sessionIssuer": pa.struct({"arn": pa.string()})})
    identity = pa.struct({"type": pa.string(), "arn": pa.string(), "invokedBy": pa.string(), "sessionContext": issuer})
    resources = pa.list_(pa.struct({"accountId": pa.string(), "type": pa.string(), "ARN": pa.string()}))
    members = dict.fromkeys(TEXTS, pa.string()) | dict.fromkeys(TRUTHS, pa.bool_())
    members["eventTime"] = pa.timestamp("s")
    record = pa.struct(members | {"userIdentity": identity, "resources": resources})
    parse = reader.ParseOptions(pa.schema({"Records": pa.list_(record)}), unexpected_field_behavior="ignore")
    tables = []
    for file in files:
        content = gzip.decompress(file.read_bytes())
        table = reader.read_json(pa.BufferReader(content), reader.ReadOptions(block_size=len(content) + 1), parse)
        records = table["Records"].combine_chunks().flatten()
        tables.append(pa.Table.from_struct_array(records))
    table = pa.concat_tables(tables)
    _, first = numpy.unique(table["eventID"].to_numpy(), return_index=True)
    table.take(first).sort_by([("eventTime", "ascending"), ("eventID", "ascending")])
    return len(table)


def duckdb(files: list[Path]) -> int:
    """DuckDB's read_json with a schema; nested parts as JSON."""
    import duckdb as db

    members = [f"{name} VARCHAR" for name in TEXTS] + [f"{name} BOOLEAN" for name in TRUTHS]
    members += [f"{name} JSON" for name in (*NESTED, "userIdentity", "resources")]
    struct = f"STRUCT({', '.join(members)})[]"
    names = ", ".join(f"'{file}'" for file in files)
    read = f"read_json([{names}], columns={{Records: '{struct}'}}, maximum_object_size=200000000)"
    unnested = f"SELECT r.* FROM (SELECT unnest(Records) AS r FROM {read})"
    query = f"SELECT DISTINCT ON (eventID) * FROM ({unnested}) ORDER BY eventTime, eventID"
    db.sql(query).to_arrow_table()
    return 0  # it is not asked how many it has read: the others say


def labkit_to_parquet(files: list[Path]) -> int:
    """trail.to_parquet: the same, written by day, in constant memory."""
    import tempfile

    from labkit import trail

    with tempfile.TemporaryDirectory() as folder:
        return trail.to_parquet(files, folder, tell=str).read


def labkit_from_parquet(files: list[Path]) -> int:
    """trail.load of such a copy."""
    from labkit import trail

    return trail.report(trail.load(files, tell=str)).read


CONTENDERS = {
    "json_normalize": json_normalize,
    "labkit": labkit,
    "polars": polars,
    "pyarrow": pyarrow,
    "duckdb": duckdb,
    "labkit to_parquet": labkit_to_parquet,
    "labkit of a copy": labkit_from_parquet,
}


def main() -> None:
    """Read the files of a folder with the contender that the command line names; imports are not measured."""
    if sys.argv[1] == "write a copy":
        from labkit import trail

        trail.to_parquet(sys.argv[2], sys.argv[3], tell=str)
        return
    read = CONTENDERS[sys.argv[1]]
    files = sorted(file for file in Path(sys.argv[2]).rglob("*") if file.is_file())[: int(sys.argv[3])]
    read(files[:1])  # imports, compiled patterns, first allocations
    wall, spent = time.perf_counter(), time.process_time()
    records = read(files)
    measured = {
        "records": records,
        "wall": time.perf_counter() - wall,
        "processor": time.process_time() - spent,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,  # MiB
    }
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
