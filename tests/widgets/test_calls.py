"""What a widget shows as a command or as Python is what it sends."""

from __future__ import annotations

import ast
import json
import shlex
from typing import Any

import boto3
import botocore.session
import pytest
from awscli.clidriver import create_clidriver
from botocore.stub import Stubber

from labkit.widgets.calls import Call, Caller

TEXTS = (
    "orders",
    "two words",
    'it\'s "quoted"',
    "$HOME `id`; rm -rf ~",
    "--starts-with-hyphens",
    "naïve ✓",
    "line\nend",
)
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
CALLS = (
    *(Call("CreateKey", {"Description": text, "MultiRegion": False}) for text in TEXTS),
    Call("CreateKey", {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC", "MultiRegion": True}),
    Call("CreateKey", {"Tags": [{"TagKey": "a b", "TagValue": "it's"}], "Policy": json.dumps({"Version": "x'y"})}),
    Call("CreateAlias", {"AliasName": "alias/orders", "TargetKeyId": KEY}),
    Call("ScheduleKeyDeletion", {"KeyId": KEY, "PendingWindowInDays": 7}),
    *(Call(name, {"KeyId": KEY}) for name in ("EnableKey", "DisableKey", "CancelKeyDeletion", "RotateKeyOnDemand")),
    Call("UntagResource", {"KeyId": KEY, "TagKeys": ["a", "b c"]}),
    Call("ListUsers", {}, "iam"),
)


@pytest.fixture(scope="module")
def sent_by_the_cli() -> Any:
    """What AWS CLI would send: the parameters of a command line, which goes no further."""
    driver = create_clidriver()
    sent: list[Any] = []

    def catch(call_parameters: Any, **_: Any) -> int:
        sent.append(call_parameters)
        return 0

    driver.session.register("calling-command.*", catch)

    def run(command: str) -> Any:
        aws, *rest = shlex.split(command)
        assert aws == "aws"
        driver.main([*rest, "--region", "us-east-1"])
        return sent.pop()

    return run


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.operation}-{list(call.parameters.values())[:1]}"[:40])
def test_the_command_has_the_call_s_parameters(call: Call, sent_by_the_cli: Any) -> None:
    """A shell and AWS CLI read the command as the same parameters."""
    assert sent_by_the_cli(call.cli) == call.parameters


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.operation}-{list(call.parameters.values())[:1]}"[:40])
def test_the_python_is_the_call(call: Call) -> None:
    """The line of Python names a method of the client, and its arguments are the parameters."""
    line = ast.parse(call.boto3, mode="eval").body
    assert isinstance(line, ast.Call) and isinstance(line.func, ast.Attribute)
    model = botocore.session.get_session().get_service_model(call.service)
    client = boto3.client(call.service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    assert client.meta.method_to_api_mapping[line.func.attr] == call.operation
    assert call.operation in model.operation_names
    assert {each.arg: ast.literal_eval(each.value) for each in line.keywords} == call.parameters


class Because:
    """What `lab.explain` answers, as far as it matters here."""

    text = "Because."


@pytest.mark.parametrize(("explain", "why"), [(None, ""), (lambda _: Because(), "Because."), (lambda _: 1 / 0, "")])
def test_a_refusal_is_an_outcome_with_its_explanation(explain: Any, why: str) -> None:
    """Code and message as AWS says them; an explanation that fails hides nothing."""
    client = boto3.client("kms", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(client) as stub:
        stub.add_client_error("disable_key", "AccessDeniedException", "No.")
        outcome = Caller({"kms": client}, explain).make(Call("DisableKey", {"KeyId": KEY}))
    assert (outcome.done, outcome.says) == (False, "Refused: AccessDeniedException: No.")
    assert outcome.explanation == why


def test_what_boto3_refuses_is_an_outcome_too() -> None:
    """A parameter that can't be sent is no traceback in a notebook."""
    client = boto3.client("kms", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    outcome = Caller({"kms": client}).make(Call("DisableKey", {"KeyId": 7}))
    assert outcome.code == "ParamValidationError"


def test_changes_stop_at_the_first_refusal() -> None:
    """What comes after is not sent."""
    client = boto3.client("kms", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    caller = Caller({"kms": client})
    with Stubber(client) as stub:
        stub.add_client_error("disable_key", "KMSInvalidStateException", "No.")
        made = caller.change(Call("DisableKey", {"KeyId": KEY}), Call("EnableKey", {"KeyId": KEY}))
    assert [each.done for each in made] == [False]
    assert caller.log == made
