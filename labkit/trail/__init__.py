"""Reading CloudTrail events as tables.

events = load("s3://bucket/AWSLogs/", sources=["kms"])     one row an event; COLUMNS says what the columns hold
to_parquet("s3://bucket/AWSLogs/", "copy")                  once; afterwards load("copy") is several times as fast
opened, kms_keys, encryption_context, context_pairs, on_behalf_of      open the nested parts
questions                                                    who, what, when, from where
detections                                                   what somebody should look at
sessions, everything_by, still_open                          what a key, an address or a session did; what is left of it
coverage, validate                                           what the logs are silent about; whether they are genuine
load(..., engine="dask")                                     the same on a cluster, for logs larger than memory
pictures                                                    when, how many, who with which key: as SVG and as text
athena                                                       the same questions as SQL, for Amazon Athena
"""

from . import athena, pictures, samples
from .ask import detections, questions
from .ask.bill import bill
from .ask.coverage import coverage
from .ask.nested_parts import context_pairs, encryption_context, kms_keys, on_behalf_of, opened
from .ask.sessions import everything_by, sessions
from .ask.undoing import still_open
from .ask.validating import validate
from .load.load import load, report
from .load.parquet_write import to_parquet
from .load.report import Problem, Report
from .record.columns import COLUMNS

__all__ = [
    "COLUMNS",
    "Problem",
    "Report",
    "athena",
    "bill",
    "context_pairs",
    "coverage",
    "detections",
    "encryption_context",
    "everything_by",
    "kms_keys",
    "load",
    "on_behalf_of",
    "opened",
    "pictures",
    "questions",
    "report",
    "samples",
    "sessions",
    "still_open",
    "to_parquet",
    "validate",
]
