"""Arrow tables to one sorted DataFrame, a column at a time: never all columns twice in memory."""

from __future__ import annotations

from typing import Any

import numpy
import pandas
import pyarrow
import pyarrow.compute

from ..record.columns import COLUMNS
from .arrow_batches import CATEGORY, SCHEMA

_JSON = frozenset(name for name, meaning in COLUMNS.items() if meaning.startswith("JSON text"))


def to_frame(tables: list[Any]) -> Any:
    """Make the DataFrame of these tables of SCHEMA, by time and event id; empties the list."""
    table = pyarrow.concat_tables(tables) if tables else SCHEMA.empty_table()
    tables.clear()
    order = pyarrow.compute.sort_indices(table, [("time", "ascending"), ("event_id", "ascending")])
    columns: dict[str, Any] = {}
    for name in SCHEMA.names:
        column = table.column(name)
        table = table.drop_columns([name])
        columns[name] = _series(name, column, order)
        del column
    return pandas.DataFrame(columns, copy=False)


def _series(name: str, column: Any, order: Any) -> Any:
    """A column in order, as pandas holds it: categories in alphabetical order, texts and truths Arrow-backed."""
    if column.type == CATEGORY:
        return _category(name, column, order.to_numpy())
    taken = column.combine_chunks().take(order)
    if pyarrow.types.is_boolean(column.type):
        return pandas.Series(pandas.arrays.ArrowExtensionArray(pyarrow.chunked_array([taken])))
    return taken.to_pandas()


def _category(name: str, column: Any, order: Any) -> Any:
    """Codes and categories; the categories in an order that does not tell in which order files were read."""
    chunks = column.unify_dictionaries().chunks
    if not chunks:
        return pandas.Series(pandas.Categorical.from_codes([], pandas.Index([], dtype="str")))
    words = chunks[0].dictionary
    indices = [chunk.indices.fill_null(len(words)).to_numpy() for chunk in chunks]
    codes = numpy.concatenate(indices)[order]
    used, first = numpy.unique(codes, return_index=True)  # not all words are: rows were filtered, copies dropped
    if name in _JSON:  # long texts, that nobody wants sorted: in the order in which they come
        used = used[numpy.argsort(first)]
    ranked = used[used < len(words)]
    if name not in _JSON:
        ranked = ranked[pyarrow.compute.sort_indices(words.take(pyarrow.array(ranked))).to_numpy()]
    rank = numpy.full(len(words) + 1, -1, dtype="int32")  # the last: missing
    rank[ranked] = numpy.arange(len(ranked), dtype="int32")
    categories = pandas.Index(words.take(pyarrow.array(ranked)).to_pandas())
    return pandas.Series(pandas.Categorical.from_codes(rank[codes], categories, validate=False), copy=False)
