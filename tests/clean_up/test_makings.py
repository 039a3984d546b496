"""The table of creating operations, held to botocore's models and to what labs and projects call."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

import labkit
from labkit.accounts.aws.clean.account import BY_NAME
from labkit.accounts.aws.hooks import plain
from labkit.accounts.aws.hooks.lens import kind_of
from labkit.accounts.aws.ledger.makings import CREATING, Making, makings, why_not
from labkit.exercises.loader import notebook_files

CHECKOUT = Path(labkit.__file__).parent.parent
NOTEBOOKS = notebook_files(CHECKOUT)
MODULES = [
    CHECKOUT / "labkit" / "principals.py",
    *sorted((CHECKOUT / "labkit" / "labs").rglob("*.py")),
    *sorted((CHECKOUT / "labkit" / "projects").rglob("*.py")),
    *sorted((CHECKOUT / "notebooks" / "projects").rglob("*.py")),
]
# What labs do with an organization, a second account or a VPC endpoint is not done in a real account.
NOT_IN_A_REAL_ACCOUNT = {
    "create_organization",
    "create_vpc",
    "create_vpc_endpoint",
    "invite_account_to_organization",
}


@cache
def _operations() -> dict[str, set[tuple[str, str]]]:
    """Which services of the table have a method of this name."""
    session = plain.session()
    found: dict[str, set[tuple[str, str]]] = {}
    for service in sorted({service for service, _ in makings()} | {"sts"}):
        for name in session.get_service_model(service).operation_names:
            found.setdefault(xform_name(name), set()).add((service, name))
    return found


def _cells(path: Path) -> Iterator[str]:
    if path.suffix == ".py":
        yield path.read_text(encoding="utf-8")
        return
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            yield "".join(cell["source"])


def _calls(text: str) -> Iterator[str]:
    """The methods that a text calls, and the operations of its `aws` commands."""
    for command in re.finditer(r"\baws (?:--\S+ )*[a-z0-9]+ ([a-z0-9-]+)", text):
        yield command[1].replace("-", "_")
    plain_text = "\n".join("pass" if re.match(r"\s*(\w+ = )?[!%]", line) else line for line in text.splitlines())
    try:
        tree = ast.parse(plain_text)
    except SyntaxError:
        yield from re.findall(r"\.(\w+)\(", text)
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr


@pytest.mark.parametrize("path", [*NOTEBOOKS, *MODULES], ids=lambda path: path.name)
def test_no_lab_makes_what_the_table_does_not_know(path: Path) -> None:
    """Every creating call of a cell or a module has a row, for a service that has such a call."""
    unknown = set()
    for text in _cells(path):
        for name in set(_calls(text)) - NOT_IN_A_REAL_ACCOUNT:
            could_be = {place for place in _operations().get(name, ()) if CREATING.match(place[1])}
            if could_be and not any(why_not(*place) == "" for place in could_be):
                unknown.add(name)
    assert unknown == set()


def _model(row: Making) -> Any:
    return plain.session().get_service_model(row.service).operation_model(row.operation)


def test_the_rows_are_operations_of_botocores_models() -> None:
    """Their names, ids, ARNs and tags are members; what is made has a way to be taken away and a name in the lens."""
    wrong = []
    for row in makings().values():
        model = _model(row)
        inside, outside = model.input_shape.members, getattr(model.output_shape, "members", {})
        members = [(row.name, inside), (row.tags.partition(":")[0], inside)]
        members += [(path.split(".")[0].removesuffix("[]"), outside) for path in (row.id, row.arn)]
        wrong += [(row.operation, name) for name, known in members if name and name not in known]
        if row.way == "makes" and row.kind not in BY_NAME:
            wrong.append((row.operation, row.kind))
        if row.way == "makes" and row.name and kind_of(row.service, row.operation, row.name) != row.kind:
            wrong.append((row.operation, row.name))
    assert wrong == []


@pytest.mark.parametrize(
    ("service", "operation", "sent"),
    [
        ("kms", "CreateKey", True), ("kms", "GenerateDataKey", True), ("kms", "GenerateMac", True),
        ("kms", "ScheduleKeyDeletion", True), ("ec2", "CreateVpc", False), ("ec2", "AllocateAddress", False),
        ("ec2", "RequestSpotInstances", False), ("iam", "CreateServiceLinkedRole", False),
        ("rds", "CreateDBCluster", False), ("organizations", "CreateAccount", False),
        ("organizations", "DescribeOrganization", True), ("lambda", "PublishVersion", True), ("sns", "Publish", True),
        ("lambda", "PublishLayerVersion", False), ("s3", "PutObjectLockConfiguration", False),
        ("route53domains", "RegisterDomain", False), ("savingsplans", "CreateSavingsPlan", False),
        ("ec2", "PurchaseReservedInstancesOffering", False), ("dynamodb", "CreateBackup", False),
        ("secretsmanager", "ReplicateSecretToRegions", True), ("logs", "PutResourcePolicy", False),
        ("cloudhsmv2", "CreateCluster", False), ("cloudtrail", "LookupEvents", True),
    ],
)  # fmt: skip
def test_what_nobody_can_take_away_is_not_sent(service: str, operation: str, sent: bool) -> None:
    """Creating calls without a row, and all but reading at services that the table does not have."""
    assert (why_not(service, operation) == "") is sent
