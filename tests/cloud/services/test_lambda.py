"""Lambda functions run for real: answers, errors, time-outs, logs, their role's credentials, their own calls."""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

import labkit

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
EVERYTHING = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
LOGS = [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]


def package(source: str) -> bytes:
    """A deployment package with one module, app.py; the same bytes each time."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py", (2026, 1, 1, 0, 0, 0)), source)
    return file.getvalue()


@pytest.fixture
def lab() -> labkit.Lab:
    """A fresh lab."""
    return labkit.start("lambda-tests")


@pytest.fixture
def function(lab: labkit.Lab) -> Callable[..., str]:
    """`function(source, statements, **more)`: a new function "f" with a role of these permissions; its role's ARN."""

    def make(source: str, statements: list[Any] = LOGS, **more: Any) -> str:
        iam = boto3.client("iam")
        role = iam.create_role(RoleName="FunctionRole", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_role_policy(RoleName="FunctionRole", PolicyName="p", PolicyDocument=policy)
        settings = {"Runtime": "python3.13", "Handler": "app.handler", "Timeout": 60} | more
        boto3.client("lambda").create_function(
            FunctionName="f", Role=role, Code={"ZipFile": package(source)}, **settings
        )
        return role

    return make


def invoke(payload: Any = None, **more: Any) -> Any:
    """The answer's payload, parsed, and the answer itself."""
    client = boto3.client("lambda", config=Config(retries={"max_attempts": 0}))
    answer = client.invoke(FunctionName="f", Payload=json.dumps(payload), **more)
    return json.loads(answer["Payload"].read() or b"null"), answer


def test_a_function_answers(function: Callable[..., str]) -> None:
    """The handler gets the event and the context, and its answer comes back."""
    function("def handler(event, context):\n    return [event, context.function_name, context.invoked_function_arn]")
    payload, answer = invoke({"a": 1})
    assert payload == [{"a": 1}, "f", "arn:aws:lambda:us-east-1:111122223333:function:f"]
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert "FunctionError" not in answer


def test_an_error_is_answered_with_its_type_and_trace(function: Callable[..., str]) -> None:
    """An exception is no failure of the call: FunctionError is set, and no path of this machine is shown."""
    function("def handler(event, context):\n    raise ValueError('no such customer')")
    payload, answer = invoke()
    assert answer["FunctionError"] == "Unhandled"
    assert (payload["errorType"], payload["errorMessage"]) == ("ValueError", "no such customer")
    assert '"/var/task/app.py", line 2' in payload["stackTrace"][0]


def test_a_function_that_takes_too_long_is_ended(function: Callable[..., str]) -> None:
    """Timeout, in seconds of this machine; the log says so too."""
    function("import time\ndef handler(event, context):\n    time.sleep(30)", Timeout=1)
    payload, answer = invoke(LogType="Tail")
    assert payload["errorType"] == "Sandbox.Timedout"
    assert payload["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert "Task timed out after 1.00 seconds" in base64.b64decode(answer["LogResult"]).decode()


def test_what_a_function_prints_is_in_its_logs(function: Callable[..., str]) -> None:
    """START, the output, END and REPORT in /aws/lambda/f; LogType=Tail answers the same."""
    function("def handler(event, context):\n    print('hello from', event)")
    _, answer = invoke("me", LogType="Tail")
    logs = boto3.client("logs")
    stream = logs.describe_log_streams(logGroupName="/aws/lambda/f")["logStreams"][0]["logStreamName"]
    assert stream.startswith("2026/01/05/[$LATEST]")
    events = logs.get_log_events(logGroupName="/aws/lambda/f", logStreamName=stream)["events"]
    request = answer["ResponseMetadata"]["RequestId"]
    messages = [event["message"] for event in events]
    assert messages[:3] == [
        f"START RequestId: {request} Version: $LATEST\n",
        "hello from me\n",
        f"END RequestId: {request}\n",
    ]
    assert base64.b64decode(answer["LogResult"]).decode() == "".join(messages)


def test_a_role_without_permission_writes_no_logs(function: Callable[..., str], lab: labkit.Lab) -> None:
    """The function runs all the same; its refused call to Logs is in the trail."""
    function("def handler(event, context):\n    return 1", statements=[LOGS[0] | {"Action": "s3:*"}])
    assert invoke()[0] == 1
    assert boto3.client("logs").describe_log_groups()["logGroups"] == []
    assert [e["errorCode"] for e in lab.events() if e["eventName"] == "CreateLogGroup"] == ["AccessDenied"]


CALLER = """
import boto3
def handler(event, context):
    me = boto3.client("sts").get_caller_identity()["Arn"]
    try:
        boto3.client("kms").create_key()
    except Exception as refused:
        return [me, refused.response["Error"]["Code"]]
"""


def test_its_calls_reach_the_lab_as_its_role(function: Callable[..., str], lab: labkit.Lab) -> None:
    """SDK calls in the function are made by the role's session, judged by the role's policies, and recorded."""
    role = function(CALLER)
    me, error = invoke()[0]
    assert me == "arn:aws:sts::111122223333:assumed-role/FunctionRole/f"
    assert error == "AccessDeniedException"
    event = next(e for e in lab.events() if e["eventName"] == "CreateKey")
    assert event["userIdentity"]["arn"] == me
    assert event["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] == role
    assumed = next(e for e in lab.events() if e["eventName"] == "AssumeRole" and e["sourceIPAddress"].startswith("lam"))
    assert assumed["userIdentity"] == {"type": "AWSService", "invokedBy": "lambda.amazonaws.com"}


def test_every_invocation_is_a_data_event(function: Callable[..., str], lab: labkit.Lab) -> None:
    """Invoke is recorded with the function as resource, without its payload; CreateFunction carries its version."""
    function("def handler(event, context):\n    return 1", Environment={"Variables": {"PASSWORD": "MARK"}})
    invoke("MARK")
    event = next(e for e in lab.events() if e["eventName"] == "Invoke")
    assert event["eventCategory"] == "Data"
    assert event["responseElements"] is None
    arn = "arn:aws:lambda:us-east-1:111122223333:function:f"
    assert event["resources"] == [{"accountId": "111122223333", "type": "AWS::Lambda::Function", "ARN": arn}]
    assert "CreateFunction20150331" in {e["eventName"] for e in lab.events()}
    assert "MARK" not in json.dumps(lab.events())


def test_an_asynchronous_invocation_has_run_when_the_answer_is_there(function: Callable[..., str]) -> None:
    """InvocationType=Event answers 202, and what the function did can be seen by the next call."""
    source = 'import boto3\ndef handler(e, c):\n    boto3.client("sqs").create_queue(QueueName="made")'
    function(source, statements=EVERYTHING)
    _, answer = invoke(InvocationType="Event")
    assert answer["StatusCode"] == 202
    assert boto3.client("sqs").list_queues()["QueueUrls"][0].endswith("/made")


def test_a_role_must_trust_lambda(lab: labkit.Lab) -> None:
    """CreateFunction refuses a role whose trust policy does not name lambda.amazonaws.com."""
    role = lab.role("Clerk").arn
    code = {"ZipFile": package("def handler(e, c): pass")}
    with pytest.raises(ClientError, match="cannot be assumed by Lambda") as refused:
        boto3.client("lambda").create_function(
            FunctionName="f", Role=role, Runtime="python3.13", Handler="app.handler", Code=code
        )
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"


def test_two_runs_are_the_same(function: Callable[..., str], lab: labkit.Lab) -> None:
    """Ids, streams and logs come from the seed and the lab's clock."""
    seen = []
    for _ in range(2):
        labkit.start("lambda-tests")
        function("import boto3\ndef handler(e, c):\n    print(boto3.client('sts').get_caller_identity()['UserId'])")
        _, answer = invoke(LogType="Tail")
        seen.append((base64.b64decode(answer["LogResult"]), answer["ResponseMetadata"]["RequestId"]))
    assert seen[0] == seen[1]
    assert b"Duration: 1000.00 ms" in seen[0][0]


def test_versions_of_a_function_that_there_is_not(function: Callable[..., str], lab: labkit.Lab) -> None:
    """Are not found, by name and by ARN; those of one that is there are listed."""
    client = boto3.client("lambda")
    arn = f"arn:aws:lambda:us-east-1:{lab.account_id}:function:nope"
    for name in ("nope", arn):
        with pytest.raises(client.exceptions.ResourceNotFoundException) as refused:
            client.list_versions_by_function(FunctionName=name)
        assert refused.value.response["Error"]["Message"] == f"Function not found: {arn}"
    function("def handler(e, c): pass")
    assert [each["Version"] for each in client.list_versions_by_function(FunctionName="f")["Versions"]] == ["$LATEST"]
