"""The questions of `questions` as SQL for Amazon Athena: text to copy, to save, to run. Nothing here calls AWS.

    print(athena.create_table("bucket", accounts=["111122223333"], regions=["eu-west-1"], start=date(2026, 1, 1)))
    print(athena.who_used(athena.Scope("cloudtrail_logs", start="2026-01-05", end="2026-01-12")))

Not run on Athena itself: nothing of it was. Tests run each query on DuckDB, with small stand-ins for the functions that
Trino, Athena's engine, names differently, and compare the answers to those of `questions`. The answers err as
`questions` says, and further: an event without an id is left out, and so is an encryption context with nested values; a
copy is known by its texts as they stand, so one that was written anew with other spaces counts as another record;
what Athena makes of a damaged file was not tried, and it gives no report as `load` does. Times are UTC, whole seconds.
"""

from .folded import folded
from .parts import Scope
from .questions import (
    calls_per_service,
    context_values,
    denied,
    first_and_last,
    unused_keys,
    used_after_end,
    who_used,
)
from .table import create_table

__all__ = [
    "Scope",
    "calls_per_service",
    "context_values",
    "create_table",
    "denied",
    "first_and_last",
    "folded",
    "unused_keys",
    "used_after_end",
    "who_used",
]
