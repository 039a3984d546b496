"""Questions on frames larger than memory: what a question reads is gathered first, and then asked in pandas.

Helpers that look at each event for itself (`on_parts`) run on the workers, a partition at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any, Concatenate, ParamSpec, cast

import pandas
from pandas.api.types import union_categoricals

P = ParamSpec("P")
# What questions and detections read. Of a service other than KMS: events with an encryption context, refusals, and what
# detections look for by name.
READ = [
    *("time", "source", "event", "region", "account", "caller_type", "principal", "invoked_by", "key", "key_arn"),
    *("error",),
    *("error_message", "source_ip", "event_id", "shared_event_id", "event_type"),
    *("user_identity", "request_parameters", "response_elements", "resources"),
]
MARK = "ncryptionContext"
DENIALS = (
    *("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Client.UnauthorizedOperation"),
    "VpceAccessDenied",
)
WATCHED = (
    *("StopLogging", "DeleteTrail", "PutEventSelectors"),
    *("ModifySnapshotAttribute", "DisableEbsEncryptionByDefault"),
)


def on_any_frame(question: Callable[Concatenate[Any, P], Any]) -> Callable[Concatenate[Any, P], Any]:
    """The question, also for dask DataFrames of events: the answer is pandas' in any case."""

    @wraps(question)
    def asked(events: Any, *more: P.args, **named: P.kwargs) -> Any:
        return question(gathered(events) if hasattr(events, "to_delayed") else events, *more, **named)

    return cast(Callable[Concatenate[Any, P], Any], asked)


def on_parts(helper: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The helper, which looks at each event for itself, also for dask: its answers for all partitions, in pandas."""

    @wraps(helper)
    def applied(events: Any) -> Any:
        if not hasattr(events, "to_delayed"):
            return helper(events)
        dask: Any = import_module("dask")
        parts = dask.compute(*[dask.delayed(helper)(part) for part in events.to_delayed()])
        index = parts[0].index.append([part.index for part in parts[1:]])
        if isinstance(parts[0], pandas.Series):
            return _joined(parts).set_axis(index).rename(parts[0].name).sort_index(kind="stable")
        columns = {name: _joined([part[name] for part in parts]) for name in parts[0].columns}
        return pandas.DataFrame(columns).set_axis(index).sort_index(kind="stable")

    return applied


def gathered(events: Any) -> Any:
    """The part of a dask frame that questions read, as a pandas DataFrame with the rows' numbers as `load` gives them.

    Computed on the workers: which rows and columns those are. Here, in memory: KMS's events, and of other services
    refusals, requests with an encryption context, and what detections look for. Where KMS has most of the events, that
    is most of them.
    """
    dask: Any = import_module("dask")  # its functions have no types
    parts = dask.compute(*[dask.delayed(_needed)(part) for part in events.to_delayed()])
    columns = {name: _joined([part[name] for part in parts]) for name in READ}
    index = parts[0].index.append([part.index for part in parts[1:]])
    return pandas.DataFrame(columns).set_axis(index).sort_index()


def _needed(part: Any) -> Any:
    """The rows and columns that a question may read."""
    has_context = part["request_parameters"].str.contains(MARK, regex=False).fillna(False).astype(bool)
    watched = part["event"].isin(WATCHED) | part["error"].isin(DENIALS)
    chosen = part.loc[(part["source"] == "kms") | has_context | watched, READ]
    names = chosen.select_dtypes("category").columns
    return chosen.assign(**{name: chosen[name].cat.remove_unused_categories() for name in names})


def _joined(parts: list[Any]) -> Any:
    """One column of several, whose categories differ."""
    if isinstance(parts[0].dtype, pandas.CategoricalDtype):
        return pandas.Series(union_categoricals(parts, sort_categories=True))
    return pandas.concat(parts, ignore_index=True)
