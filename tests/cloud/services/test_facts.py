"""Every service's facts are in the one list, speak of operations and members that there are, and go the right way."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.core.utils import get_service_model

import labkit
from labkit.accounts.local import LocalCloud
from labkit.cloud import services
from labkit.cloud.assembly.services import SERVICES, Registered
from labkit.cloud.authorization.service_permissions import Permissions, regional
from labkit.cloud.cloudtrail.shapes import lower_first
from labkit.cloud.core.service_records import Records
from labkit.cloud.gateway.interfaces import ServiceFacts

CLOUD = Path(labkit.__file__).parent / "cloud"
FACTS = [each.facts for each in SERVICES]
# Rooms below the services, and what they may not know of: the services hand them what they need.
BELOW = ("authorization", "gateway", "moto", "kms", "identity", "policy", "wire", "core")


def _written() -> Iterator[ServiceFacts]:
    """The facts in every `facts.py`, and in every service that is a single file."""
    for found in pkgutil.walk_packages(services.__path__, f"{services.__name__}."):
        single = found.name.count(".") == 3 and not found.ispkg
        if found.name.endswith(".facts") or single:
            module = importlib.import_module(found.name)
            yield from (value for value in vars(module).values() if isinstance(value, ServiceFacts))


def _members(operation: Any) -> set[str]:
    """Every member of an operation's parameters and answer, at any depth, in CloudTrail's casing."""
    seen: set[str] = set()
    waiting = [shape for shape in (operation.input_shape, operation.output_shape) if shape is not None]
    while waiting:
        shape = waiting.pop()
        inside = dict(getattr(shape, "members", {}))
        for name, member in inside.items():
            if lower_first(name) not in seen:
                seen.add(lower_first(name))
                waiting.append(member)
        waiting += [shape.member] if shape.type_name == "list" else []
    return seen


def test_every_services_facts_are_in_the_list() -> None:
    """Each once, under one name."""
    assert [facts for facts in _written() if facts not in FACTS] == []
    names = [facts.service for facts in FACTS]
    assert sorted(names) == sorted(set(names))


def test_whatever_stands_round_moto_has_facts() -> None:
    """A wrap without facts would be judged by the rule for services that say nothing of themselves."""
    labkit.start("facts")
    wrapped = set(LocalCloud._server.cloud.gateway.wraps)
    assert wrapped <= {facts.service for facts in FACTS}


@pytest.mark.parametrize("facts", FACTS, ids=lambda facts: facts.service)
def test_facts_speak_of_what_there_is(facts: ServiceFacts) -> None:
    """Operations and members are those of botocore's model: a slip of the pen would hide or ask nothing."""
    model = get_service_model(facts.service)
    operations = set(model.operation_names)
    said, shown = facts.permissions, facts.records
    older = {"CompleteMultipartUpload", "InvokeAsync"}  # which some models leave out
    assert set(said.actions) | set(said.documents) | said.free | shown.reads | shown.silent <= operations | older
    for name, written in said.documents.items():
        assert written.member in model.operation_model(name).input_shape.members
    members = {member for name in operations for member in _members(model.operation_model(name))}
    assert shown.hidden <= members | {"zipFile"}
    assert set(shown.member_names) <= members


@pytest.mark.parametrize("room", BELOW)
def test_rooms_below_know_no_service(room: str) -> None:
    """The assembly hands them what services say."""
    assert [path.name for path in (CLOUD / room).rglob("*.py") if "services" in _rooms(path)] == []


def test_services_know_nothing_of_cloudtrail() -> None:
    """It stands above them."""
    assert [path.name for path in (CLOUD / "services").rglob("*.py") if "cloudtrail" in _rooms(path)] == []


def test_a_service_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its facts are judged by, and its records written by; nothing else has to know of it."""
    stream = regional("kinesis", "StreamName", "stream/{}")
    said = ServiceFacts("kinesis", Permissions(resource=stream), Records(hidden=frozenset({"shardCount"})))
    made = []
    line = Registered(said, lambda account: made.append(account))
    monkeypatch.setattr("labkit.cloud.assembly.cloud.SERVICES", (*SERVICES, line))
    lab = labkit.start("one-line")
    only = "arn:aws:kinesis:us-east-1:111122223333:stream/mine"
    allow = {"Effect": "Allow", "Action": "kinesis:CreateStream", "Resource": only}
    client = lab.role("Clerk", policy=[allow]).client("kinesis")
    client.create_stream(StreamName="mine", ShardCount=1)
    with pytest.raises(ClientError, match="kinesis:CreateStream on resource: .*stream/theirs"):
        client.create_stream(StreamName="theirs", ShardCount=1)
    written = next(event for event in lab.events() if event["eventName"] == "CreateStream")
    assert written["requestParameters"] == {"streamName": "mine"}
    assert len(made) == 1


def test_the_guide_names_files_that_are_there() -> None:
    """Each of them can be opened."""
    guide = (CLOUD.parent.parent / "docs" / "add-a-service.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:labkit|tests)/[\w/.]+)`", guide)
    assert len(named) > 10
    assert [name for name in named if not (CLOUD.parent.parent / name).exists()] == []


def _rooms(path: Path) -> set[str]:
    """The rooms of the cloud that a file imports from."""
    package = path.relative_to(CLOUD).parts[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            stem = [*base, *(node.module or "").split(".")]
            found |= {stem[0]} if stem[0] else {alias.name for alias in node.names}
    return found
