"""The fidelity ledger: what the simulated account does as AWS, what differs, what is not simulated.

Tables beside this file, one for each part of the account; FIDELITY.md is made from them (`make ledger`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal, get_args

Status = Literal["as AWS", "differs", "not simulated", "unknown"]
COLUMNS = ("operation", "behaviour", "status", "what", "source")

# Part of the account: its title in FIDELITY.md, in the order of the page.
PARTS = {
    "account": "The account: callers, clock, randomness",
    "kms": "AWS KMS",
    "policy": "Policies and grants: who may do what",
    "cloudtrail": "CloudTrail",
    "events": "EventBridge and CloudWatch",
    "s3": "Amazon S3",
    "ebs": "Amazon EBS",
    "rds": "Amazon RDS",
    "secretsmanager": "AWS Secrets Manager",
    "ssm": "Systems Manager Parameter Store",
    "tagging": "Resource Groups Tagging API",
    "dynamodb": "Amazon DynamoDB",
    "lambda": "AWS Lambda",
    "sqs": "Amazon SQS",
    "sns": "Amazon SNS",
    "cloudformation": "AWS CloudFormation",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the ledger. `operation` is "*" for what holds for all; `what` says what you get."""

    operation: str
    behaviour: str
    status: Status
    what: str
    source: str


def rows(part: str) -> tuple[Row, ...]:
    """Return the rows of one part, in their order; ValueError where a table is not in form."""
    file = files(__name__).joinpath(f"{part}.tsv")
    lines = csv.reader(file.read_text(encoding="utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    head, *body = lines
    if tuple(head) != COLUMNS:
        raise ValueError(f"{part}.tsv: its columns are {head}, not {COLUMNS}.")
    found = []
    for number, cells in enumerate(body, start=2):
        if len(cells) != len(COLUMNS) or cells[2] not in get_args(Status):
            raise ValueError(f"{part}.tsv, line {number}: {len(cells)} cells, status {cells[2:3]}.")
        found.append(Row(cells[0], cells[1], cells[2], cells[3], cells[4]))  # type: ignore[arg-type]
    return tuple(found)


def parts() -> tuple[str, ...]:
    """Return the parts that have a table, in the order of the page; ValueError for a table without a title."""
    there = {file.name.removesuffix(".tsv") for file in files(__name__).iterdir() if file.name.endswith(".tsv")}
    if untitled := there - PARTS.keys():
        raise ValueError(f"No title for {', '.join(sorted(untitled))}: PARTS in {__name__} holds them.")
    return tuple(part for part in PARTS if part in there)
