"""The condition keys that requests to many services can carry, and for which of them the account fills each in.

Reads global_keys.tsv, beside it. "filled for": "*" every request that would carry it on AWS, service prefixes, or "-".
Source: IAM User Guide, "AWS global condition context keys" (as of 2026); SNS Developer Guide, aws:SourceOwner. What the
account fills in stands in authorization/request_context.py and policy/facts.py; a test holds this table against them.
"""

from __future__ import annotations

import csv
from collections.abc import Container
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

FILLED_BY_SERVICES = frozenset({
    "cloudwatch:namespace", "iam:passedtoservice", "iam:resourcetag/*", "s3:if-match", "s3:if-none-match",
    "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:x-amz-server-side-encryption-customer-algorithm", "s3:prefix", "s3:delimiter", "s3:max-keys", "s3:versionid",
    "secretsmanager:description", "secretsmanager:kmskeyid", "secretsmanager:name", "secretsmanager:secretid",
    "secretsmanager:versionid", "secretsmanager:versionstage", "sts:externalid", "sts:rolesessionname",
    "sts:sourceidentity", "sts:transitivetagkeys",
})  # fmt: skip
"""The condition keys of services other than KMS that the account fills in, in lower case."""


@dataclass(frozen=True, slots=True)
class GlobalKey:
    """One condition key; a name that ends in "*" stands for every key with that beginning."""

    name: str
    of: str  # "principal", "role session", "network", "resource" or "request"
    filled_for: frozenset[str]  # prefixes of services; "*" for all

    def is_filled(self, service: str) -> bool:
        """Tell whether the account gives it to requests to this service, if AWS would."""
        return bool({"*", service} & self.filled_for)


@lru_cache(maxsize=1)
def global_keys() -> MappingProxyType[str, GlobalKey]:
    """Return every row by its name in lower case."""
    text = files(__package__).joinpath("global_keys.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t")
    return MappingProxyType(
        {
            row["key"].lower(): GlobalKey(row["key"], row["of"], frozenset(row["filled for"].split()) - {"-"})
            for row in rows
        }
    )


def beginning_with(table: Container[str], key: str) -> str:
    """Find the entry for a key in lower case: its own, or the one that ends in "*"; empty where there is none."""
    if key in table:
        return key
    for mark in ("/", ":"):
        head, found, rest = key.partition(mark) if mark == "/" else key.rpartition(mark)
        if found and rest and f"{head}{mark}*" in table:
            return f"{head}{mark}*"
    return ""
