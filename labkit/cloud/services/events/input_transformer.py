"""What a target is sent: the event, a part of it, a text of the rule's own, or a template filled in. Pure.

Sources: EventBridge User Guide, "Input transformation"; answers that were recorded (LocalStack's validated snapshots of
2024 and 2025, test_events_inputs): quotes of a template stay, objects inside quotes lose theirs, what is missing is "".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ...core.errors import AwsError

_PLACEHOLDER = re.compile(r"<([A-Za-z0-9_.-]+)>")
_STEP = re.compile(r"\.([\w/-]+)|\[(\d+)\]")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_RESERVED = (
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event.ingestion-time",
    "aws.events.event",
    "aws.events.event.json",
)


def check_target(target: Mapping[str, Any]) -> None:
    """Refuse a target with two inputs, or a template with a placeholder that no path fills (recorded)."""
    name = target.get("Id", "")
    if sum(member in target for member in ("Input", "InputPath", "InputTransformer")) > 1:
        raise AwsError(
            "ValidationException",
            f"Only one of Input, InputPath, or InputTransformer must be provided for target {name}.",
        )
    transformer = target.get("InputTransformer") or {}
    known = {*transformer.get("InputPathsMap", {}), *_RESERVED}
    for placeholder in _PLACEHOLDER.findall(str(transformer.get("InputTemplate", ""))):
        if placeholder not in known:
            raise AwsError(
                "ValidationException", f"InputTemplate for target {name} contains invalid placeholder {placeholder}."
            )


def input_of(target: Mapping[str, Any], message: Mapping[str, Any], rule_arn: str) -> str:
    """Make the text that the target gets of this event."""
    if "Input" in target:
        return str(target["Input"])
    if "InputTransformer" in target:
        return _filled(target["InputTransformer"], message, rule_arn)
    return _json(part_of(message, str(target.get("InputPath", "$"))))


def part_of(message: Any, path: str) -> Any:
    """Follow a JSON path of dots and array indices; None where it leads nowhere."""
    part = message
    for name, index in _STEP.findall(path.removeprefix("$")):
        if name:
            part = part.get(name) if isinstance(part, dict) else None
        else:
            part = part[int(index)] if isinstance(part, list) and int(index) < len(part) else None
    return part


def _filled(transformer: Mapping[str, Any], message: Mapping[str, Any], rule_arn: str) -> str:
    """The template with its placeholders filled: inside quotes as text, elsewhere as JSON."""
    template = str(transformer["InputTemplate"])
    values = {name: part_of(message, path) for name, path in transformer.get("InputPathsMap", {}).items()}
    values |= _reserved(message, rule_arn)
    quoted = [match.span() for match in _STRING.finditer(template)]

    def fill(found: re.Match[str]) -> str:
        value = values.get(found[1])
        inside = any(begin < found.start() < end for begin, end in quoted)
        return _as_text(value) if inside else _json("" if value is None else value)

    return _PLACEHOLDER.sub(fill, template)


def _reserved(message: Mapping[str, Any], rule_arn: str) -> dict[str, Any]:
    event = {name: value for name, value in message.items() if name not in ("detail", "detail-type")}
    return {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rpartition("/")[2],
        "aws.events.event.ingestion-time": message["time"],  # an event takes no time to arrive in this account
        "aws.events.event": {**event, "detailType": message["detail-type"]},
        "aws.events.event.json": dict(message),
    }


def _as_text(value: Any) -> str:
    """A value inside quotes: text as it is, objects and lists as JSON that has lost its quotes."""
    if value is None:
        return ""
    return json.dumps(value)[1:-1] if isinstance(value, str) else _json(value).replace('"', "")


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
