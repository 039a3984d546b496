"""Questions on frames larger than memory: what a question reads is gathered first, and then asked in pandas.

Helpers that look at each event for itself (`on_parts`) run on the workers, a partition at a time. Answers hold no
categories that are in none of their rows, whatever the frame that they come from had.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any, Concatenate, ParamSpec, cast

import pandas
from pandas.api.types import union_categoricals

from ..record.vocabulary import DENIALS

P = ParamSpec("P")
# What questions and detections read. Of a service other than KMS: events with an encryption context, refusals, and what
# detections look for by name.
READ = [
    *("time", "source", "event", "region", "account", "caller_type", "principal", "invoked_by", "access_key"),
    *("source_identity", "key", "key_arn", "error", "error_message", "source_ip", "event_id"),
    *("shared_event_id", "event_type"),
    *("user_identity", "request_parameters", "response_elements", "resources"),
]
MARK = "ncryptionContext"
WATCHED = (
    *("StopLogging", "DeleteTrail", "PutEventSelectors"),
    *("ModifySnapshotAttribute", "DisableEbsEncryptionByDefault", "ModifyImageAttribute"),
    *("ModifyDBSnapshotAttribute", "ModifyDBClusterSnapshotAttribute", "PutBucketPolicy"),
    *("UpdateAssumeRolePolicy", "CreateRole", "CreateAccessKey"),
    *("GetSecretValue", "BatchGetSecretValue", "GetParameter", "GetParameters", "GetParametersByPath"),
    "GetPasswordData",
)


def on_any_frame(question: Callable[Concatenate[Any, P], Any]) -> Callable[Concatenate[Any, P], Any]:
    """Let the question take dask DataFrames of events: the answer is pandas' in any case."""

    @wraps(question)
    def asked(events: Any, *more: P.args, **named: P.kwargs) -> Any:
        return tidy(question(gathered(events) if hasattr(events, "to_delayed") else events, *more, **named))

    return cast(Callable[Concatenate[Any, P], Any], asked)


def on_parts(helper: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Let a helper that looks at each event for itself take dask, too: it answers for all partitions, in pandas."""

    @wraps(helper)
    def applied(events: Any) -> Any:
        if not hasattr(events, "to_delayed"):
            return tidy(helper(events))
        dask: Any = import_module("dask")
        parts = dask.compute(*[dask.delayed(helper)(part) for part in events.to_delayed()])
        index = parts[0].index.append([part.index for part in parts[1:]])
        if isinstance(parts[0], pandas.Series):
            return _joined(parts).set_axis(index).rename(parts[0].name).sort_index(kind="stable")
        return _together(parts, parts[0].columns)

    return applied


def gathered(events: Any) -> Any:
    """Gather the part of a dask frame that questions read, as a pandas DataFrame with the numbers that `load` gives.

    Computed on the workers: which rows and columns those are. Here, in memory: KMS's events, and of other services
    refusals, requests with an encryption context, and what detections look for. Where KMS has most of the events, that
    is most of them.
    """
    return chosen(events, _needed)


def chosen(events: Any, choose: Callable[[Any], Any]) -> Any:
    """Choose the rows and columns that `choose` takes of the events; of a dask frame it chooses on the workers."""
    if not hasattr(events, "to_delayed"):
        return tidy(choose(events))
    dask: Any = import_module("dask")  # its functions have no types
    parts = dask.compute(*[dask.delayed(_chosen)(choose, part) for part in events.to_delayed()])
    return _together(parts, parts[0].columns)


def _chosen(choose: Callable[[Any], Any], part: Any) -> Any:
    return tidy(choose(part))


def tidy(answer: Any) -> Any:
    """Give the answer without categories that none of its rows has, which counts would show as zeros."""
    if isinstance(answer, pandas.Series):
        return answer.cat.remove_unused_categories() if _is_category(answer) else answer
    names = [name for name in answer.columns if _is_category(answer[name])]
    return answer.assign(**{name: answer[name].cat.remove_unused_categories() for name in names}) if names else answer


def _is_category(column: Any) -> bool:
    return isinstance(column.dtype, pandas.CategoricalDtype)


def _together(parts: Any, names: Any) -> Any:
    """One frame of the partitions' answers, by the events' numbers."""
    columns = {name: _joined([part[name] for part in parts]) for name in names}
    index = parts[0].index.append([part.index for part in parts[1:]])
    return pandas.DataFrame(columns).set_axis(index).sort_index(kind="stable")


def _needed(part: Any) -> Any:
    """The rows and columns that a question may read."""
    has_context = part["request_parameters"].str.contains(MARK, regex=False).fillna(False).astype(bool)
    watched = part["event"].isin(WATCHED) | part["error"].isin(DENIALS)
    return part.loc[(part["source"] == "kms") | has_context | watched, READ]


def _joined(parts: list[Any]) -> Any:
    """One column of several, whose categories differ."""
    if isinstance(parts[0].dtype, pandas.CategoricalDtype):
        return pandas.Series(union_categoricals(parts, sort_categories=True))
    return pandas.concat(parts, ignore_index=True)
