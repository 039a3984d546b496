"""What the real service says otherwise than botocore's model of KMS: model-corrections.tsv."""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib.resources import files

from ..core.kms_operations import service_model
from ..wire.validation import Corrections


@lru_cache(maxsize=1)
def corrections() -> Corrections:
    """Return what the real service asks and lists beyond the model, each row with the recording that shows it.

    The column "what": "pattern" of a string; "takes", a value that is let through although no list has it; "lists",
    the whole list of an error; "order", the order in which an error lists the values (newer ones of the model follow).
    """
    text = (files(__package__) / "model-corrections.tsv").read_text(encoding="utf-8")
    patterns: dict[str, str] = {}
    lists: dict[str, tuple[str, ...]] = {}
    takes: dict[str, frozenset[str]] = {}
    for row in csv.DictReader(text.splitlines(), delimiter="\t"):
        shape, values = row["shape"], tuple(row["value"].split())
        if row["what"] == "pattern":
            patterns[shape] = row["value"]
        elif row["what"] == "takes":
            takes[shape] = frozenset(values)
        elif row["what"] == "lists":
            lists[shape] = values
        elif row["what"] == "order":
            newer = (value for value in service_model().shape_for(shape).enum if value not in values)
            lists[shape] = (*values, *newer)
        else:
            raise ValueError(f"model-corrections.tsv: {row['what']!r} is none of pattern, takes, lists, order.")
    return Corrections(patterns, lists, takes)
