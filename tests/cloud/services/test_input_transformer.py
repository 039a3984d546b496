"""What a target is sent, case by case as it was recorded (LocalStack's validated snapshots, test_events_inputs)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.cloud.core.errors import AwsError
from labkit.cloud.services.events.input_transformer import check_target, input_of

RULE = "arn:aws:events:us-east-1:111122223333:rule/keys"
EVENT: dict[str, Any] = {
    "version": "0",
    "id": "b0",
    "detail-type": "core.update-account-command",
    "source": "core.update-account-command",
    "account": "111122223333",
    "time": "2026-01-05T09:00:00Z",
    "region": "us-east-1",
    "resources": ["first", "second"],
    "detail": {"command": "update-account", "payload": {"acc_id": "0a78", "sf_id": "baz"}, "one": ["HIGH"]},
}
PATHS = {
    "type": "$.detail-type",
    "command": "$.detail.command",
    "missing": "$.detail.notinmessage",
    "payload": "$.detail.payload",
    "user": "$.detail.payload.acc_id",
    "list": "$.detail.one",
    "second": "$.resources[1]",
}
BARE = {name: value for name, value in EVENT.items() if name not in ("detail", "detail-type")}
TEMPLATES = {
    '"Event of <type>, detail <command>"': '"Event of core.update-account-command, detail update-account"',
    '"Event of <type>, detail <missing>"': '"Event of core.update-account-command, detail "',
    '"{[/Check of <type>"': '"{[/Check of core.update-account-command"',
    '"Payload of <payload> with users/<user>"': '"Payload of {acc_id:0a78,sf_id:baz} with users/0a78"',
    '"<list> item"\n"<user> user"': '"[HIGH] item"\n"0a78 user"',
    '"<aws.events.rule-arn> <aws.events.rule-name> <aws.events.event.ingestion-time>"': (
        f'"{RULE} keys 2026-01-05T09:00:00Z"'
    ),
    '{"command": <command>, "none": <missing>}': {"command": "update-account", "none": ""},
    '{"path": "users/<user>", "body": <payload>}': {"path": "users/0a78", "body": EVENT["detail"]["payload"]},
    '{"body": [<user>, "fixed"], "deep": {"er": "u/<user>"}}': {"body": ["0a78", "fixed"], "deep": {"er": "u/0a78"}},
    '{"all": <aws.events.event.json>}': {"all": EVENT},
    '{"event": <aws.events.event>}': {"event": BARE | {"detailType": EVENT["detail-type"]}},
    '{"second": <second>}': {"second": "second"},
}


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_is_filled(template: str) -> None:
    """Text to the letter, JSON by what it says."""
    target = {"Id": "1", "InputTransformer": {"InputPathsMap": PATHS, "InputTemplate": template}}
    check_target(target)
    sent, expected = input_of(target, EVENT, RULE), TEMPLATES[template]
    assert (sent if isinstance(expected, str) else json.loads(sent)) == expected


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        ({}, EVENT),
        ({"InputPath": "$.detail.payload"}, EVENT["detail"]["payload"]),
        ({"InputPath": "$.detail.payload.sf_id"}, "baz"),
        ({"InputPath": "$.resources[0]"}, "first"),
        ({"InputPath": "$.resources[7]"}, None),
        ({"InputPath": "$.detail.command.deeper"}, None),
        ({"Input": '{"of": "my own"}'}, {"of": "my own"}),
    ],
)
def test_other_inputs(target: dict[str, Any], sent: Any) -> None:
    """The whole event, a part, a text of one's own."""
    assert json.loads(input_of({"Id": "1"} | target, EVENT, RULE)) == sent


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            {"Input": "{}", "InputPath": "$.detail"},
            "Only one of Input, InputPath, or InputTransformer must be provided for target t1.",
        ),
        (
            {"InputTransformer": {"InputPathsMap": PATHS, "InputTemplate": '"<type> and <nobody>"'}},
            "InputTemplate for target t1 contains invalid placeholder nobody.",
        ),
    ],
)
def test_what_is_refused(target: dict[str, Any], message: str) -> None:
    """In EventBridge's words."""
    with pytest.raises(AwsError, match="must be provided|invalid placeholder") as refused:
        check_target({"Id": "t1"} | target)
    assert (refused.value.code, refused.value.message) == ("ValidationException", message)
