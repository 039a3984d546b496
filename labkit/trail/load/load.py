"""`load` and `report`: a source as one DataFrame, of pandas or of dask, and what became of its records."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from .copies import drop_copies
from .frame import to_frame
from .pipeline import Moment, Wanted, batches
from .progress import Progress, for_people
from .report import Report, Tally


def load(
    source: Any,
    *,
    start: Moment | None = None,
    end: Moment | None = None,
    sources: Collection[str] = (),
    engine: str = "pandas",
    tell: Callable[[str], object] = print,
    progress: Progress | None = None,
) -> Any:
    """CloudTrail's events from anywhere, as one pandas DataFrame: one row an event, oldest first, each event once.

    source: a file, folder, pattern (`logs/**/*.json.gz`) or `s3://bucket/prefix`, a list of those; a lab, by itself;
    the pages of LookupEvents; bytes, events (dicts), or an iterable of these. Files are read in every form that AWS
    writes: {"Records": [...]}, LookupEvents' answers, one event or a list, one a line, CSV from Athena and CloudTrail
    Lake, OCSF from Security Lake (Parquet or JSON); in what EventBridge, CloudWatch Logs, Splunk, OpenSearch and
    Logstash make of events; each plain, gzip or in a ZIP archive, UTF-8 or UTF-16; and what `to_parquet` has written.
    start, end: only events from `start` on and before `end`: a datetime, or text as in "2026-01-05" or
    "2026-01-05T09:30:00Z"; UTC if no zone is given. sources: only these services, as in ["kms", "s3"].
    engine: "pandas", or "dask" for a dask DataFrame that the workers of a cluster read and hold: see `on_dask`.
    tell: is given the report as text (default: printed). progress: is called with bytes read and bytes in all
    (not with dask).

    Columns: `labkit.trail.COLUMNS` says what each holds. Texts that repeat are categories, the rest Arrow-backed
    text; `time` is UTC. Nested parts stay JSON text, as recorded; `opened`, `kms_keys`, `encryption_context`, ...
    open them. Members that AWS has not documented stay in `extra`, to the byte. Missing is missing (NaN), not "".

    What can't be read is named in the report, with its reason, and the good events around it are kept;
    `report(events)` has the report again. Of equal records the first file's is kept; records that share an event id
    and differ are all kept, and the report says how many they are.
    Memory: about 1 to 2 kB an event; a single file is held whole. Errors: FileNotFoundError, TypeError, ValueError (a
    time that is none), and boto3's ClientError if a bucket can't be listed.
    """
    tally = Tally()
    wanted = Wanted.of(start, end, sources)
    if engine == "dask":
        from .dask_engine import load_on_dask  # dask takes a second to import

        return load_on_dask(source, wanted, tell)
    if engine != "pandas":
        raise ValueError(f"There is no engine {engine!r}: take pandas or dask.")
    tables = list(batches(source, wanted, tally, progress or for_people()))
    copies, tally.differing = drop_copies(tables)
    tally.duplicates += copies
    tally.kept -= copies
    events = to_frame(tables)
    told = tally.report()
    events.attrs["report"] = told.as_dict()
    tell(str(told))
    return events


def report(events: Any) -> Report:
    """Find the report of the reading that made this DataFrame (pandas hands it on to parts and copies of it)."""
    return Report.from_dict(getattr(events, "_meta", events).attrs["report"])  # a dask frame: on its empty pattern
