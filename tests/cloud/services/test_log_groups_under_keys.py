"""Log groups under KMS keys: CloudWatch Logs comes as itself, by the key's policy, and events stay under their key."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit

ACCOUNT = "111122223333"
LOGS = "logs.us-east-1.amazonaws.com"
APP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:app"
GUIDE = ("kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*")
REFUSED = "The specified KMS key does not exist or is not allowed to be used with Arn '{}'"


def _policy(*statements: dict[str, Any]) -> str:
    root = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [root, *statements]})


def _let(service: str = LOGS, group: str = APP, actions: tuple[str, ...] = GUIDE, **more: Any) -> dict[str, Any]:
    """The statement of the User Guide."""
    condition = {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": group}}
    said = {"Effect": "Allow", "Principal": {"Service": service}, "Action": list(actions), "Resource": "*"}
    return said | {"Condition": condition} | more


@pytest.fixture(scope="module")
def lab() -> labkit.Lab:
    """One lab for the whole table."""
    return labkit.start("log-groups-under-keys")


@pytest.fixture
def key(lab: labkit.Lab) -> str:
    """A key that lets CloudWatch Logs in for the log group `app`."""
    return str(boto3.client("kms").create_key(Policy=_policy(_let()))["KeyMetadata"]["Arn"])


@pytest.fixture
def app(lab: labkit.Lab) -> Any:
    """A fresh log group `app` with a stream; the client."""
    logs = boto3.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        logs.delete_log_group(logGroupName=group["logGroupName"])
    logs.create_log_group(logGroupName="app")
    logs.create_log_stream(logGroupName="app", logStreamName="s")
    return logs


def write(lab: labkit.Lab, logs: Any, *texts: str, group: str = "app") -> int:
    """Put events; the time of the first."""
    moment = int(lab.clock.now().timestamp() * 1000)
    events = [{"timestamp": moment, "message": text} for text in texts]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    return moment


def read(logs: Any, **how: Any) -> list[str]:
    """What a reader sees."""
    return [event["message"] for event in logs.filter_log_events(logGroupName="app", **how)["events"]]


def by_logs(lab: labkit.Lab) -> list[dict[str, Any]]:
    """The records of CloudWatch Logs' own calls of KMS."""
    return [each for each in lab.events() if each["userIdentity"].get("invokedBy") == LOGS]


# What the key's policy says beside the account's statement, and whether a key may be associated.
POLICIES = [
    ("the guide's statement", _let(), True),
    ("for any log group of the account", _let(group=f"{APP[:-3]}*", Condition={"ArnLike": {
        "kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:*"}}), True),
    ("without a condition", _let(Condition={}), True),
    ("nothing", None, False),
    ("for another log group", _let(group=f"{APP}-2"), False),
    ("for the log group's ARN with :*", _let(group=f"{APP}:*"), False),
    ("for the service of another Region", _let("logs.eu-west-1.amazonaws.com"), False),
    ("for the service without a Region", _let("logs.amazonaws.com"), False),
    ("for another service", _let("cloudwatch.amazonaws.com"), False),
    ("without GenerateDataKey", _let(actions=("kms:Encrypt*", "kms:Decrypt*", "kms:Describe*")), False),
    ("with aws:SourceArn, which the guide does not name",
     _let(Condition={"ArnEquals": {"aws:SourceArn": APP}}), False),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "allowed"), [each[1:] for each in POLICIES], ids=[each[0] for each in POLICIES])
@pytest.mark.parametrize("way", ["associate", "create"])
def test_the_key_policy_lets_the_service_in(lab: labkit.Lab, app: Any, way: str, statement: Any, allowed: bool) -> None:
    """The caller is the administrator each time: only what the policy says of the service counts."""
    statements = [statement] if statement else []
    key = boto3.client("kms").create_key(Policy=_policy(*statements))["KeyMetadata"]["Arn"]
    if way == "create":
        app.delete_log_group(logGroupName="app")
    ask = app.associate_kms_key if way == "associate" else app.create_log_group
    if allowed:
        ask(logGroupName="app", kmsKeyId=key)
        assert app.describe_log_groups()["logGroups"][0]["kmsKeyId"] == key
        return
    with pytest.raises(ClientError) as refused:
        ask(logGroupName="app", kmsKeyId=key)
    assert refused.value.response["Error"] == {"Code": "AccessDeniedException", "Message": REFUSED.format(APP)}
    assert [group.get("kmsKeyId") for group in app.describe_log_groups()["logGroups"]] == [None] * (way == "associate")
    assert by_logs(lab)[-1]["errorCode"] == "AccessDenied"


def _unusable(kind: str) -> str:
    """The ARN of a key that is no good, with a policy that would let the service in."""
    kms = boto3.client("kms", "eu-west-1" if kind == "elsewhere" else "us-east-1")
    specs = {"asymmetric": {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}}
    made = kms.create_key(Policy=_policy(_let(Condition={})), **specs.get(kind, {}))["KeyMetadata"]
    if kind == "disabled":
        kms.disable_key(KeyId=made["Arn"])
    if kind == "pending deletion":
        kms.schedule_key_deletion(KeyId=made["Arn"])
    if kind == "by its id":
        return str(made["KeyId"])
    return str(made["Arn"])[:-12] + "000000000000" if kind == "not there" else str(made["Arn"])


@pytest.mark.parametrize("kind", ["asymmetric", "disabled", "pending deletion", "elsewhere", "not there", "by its id"])
def test_keys_that_are_no_good(app: Any, kind: str) -> None:
    """InvalidParameterException, before anything is changed or made (AssociateKmsKey, CreateLogGroup)."""
    key = _unusable(kind)
    for ask, group in ((app.associate_kms_key, "app"), (app.create_log_group, "new")):
        with pytest.raises(app.exceptions.InvalidParameterException):
            ask(logGroupName=group, kmsKeyId=key)
    (group,) = app.describe_log_groups()["logGroups"]
    assert "kmsKeyId" not in group


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ({"logGroupName": "nobody"}, "ResourceNotFoundException"),
        ({"resourceIdentifier": f"{APP}-2"}, "ResourceNotFoundException"),
        ({"logGroupName": "app", "resourceIdentifier": APP}, "InvalidParameterException"),
        ({}, "InvalidParameterException"),
        ({"resourceIdentifier": "arn:aws:s3:::bucket"}, "InvalidParameterException"),
        ({"resourceIdentifier": f"arn:aws:logs:us-east-1:{ACCOUNT}:query-result:*"}, "NotImplemented"),
        ({"logGroupName": "app"}, ""),
        ({"resourceIdentifier": APP}, ""),
    ],
)
def test_how_a_log_group_is_named(app: Any, key: str, named: dict[str, str], code: str) -> None:
    """By its name or its ARN, not both; for association and its end alike."""
    for ask, more in ((app.associate_kms_key, {"kmsKeyId": key}), (app.disassociate_kms_key, {})):
        if not code:
            ask(**named, **more)
            continue
        with pytest.raises(ClientError) as refused:
            ask(**named, **more)
        assert refused.value.response["Error"]["Code"] == code


def test_logs_decrypts_as_itself(lab: labkit.Lab, app: Any, key: str) -> None:
    """A reader needs no permission for the key; each read is a Decrypt of the service's, with its context."""
    app.associate_kms_key(logGroupName="app", kmsKeyId=key)
    write(lab, app, "one", "two")
    before = len(by_logs(lab))
    allowed = {"Effect": "Allow", "Action": ["logs:GetLogEvents", "logs:FilterLogEvents"], "Resource": "*"}
    reader = lab.role("LogReader", policy=[allowed]).client("logs")
    assert read(reader) == ["one", "two"]
    assert len(reader.get_log_events(logGroupName="app", logStreamName="s")["events"]) == 2
    calls = by_logs(lab)[before:]
    assert [(each["eventName"], each["userIdentity"]) for each in calls] == [
        ("Decrypt", {"type": "AWSService", "invokedBy": LOGS})
    ] * 2
    assert calls[0]["requestParameters"]["encryptionContext"] == {"aws:logs:arn": APP}
    assert calls[0]["resources"][0]["ARN"] == key
    assert calls[0]["sourceIPAddress"] == LOGS


@pytest.mark.parametrize(
    ("change", "back"),
    [("disable_key", "enable_key"), ("schedule_key_deletion", "cancel_key_deletion"), ("put_key_policy", "")],
)
def test_events_stay_under_the_key_that_they_came_in_under(
    lab: labkit.Lab, app: Any, key: str, change: str, back: str
) -> None:
    """Before, under, and after a key: only those under it need it, also when it is associated no longer."""
    kms = boto3.client("kms")
    write(lab, app, "before")
    app.associate_kms_key(logGroupName="app", kmsKeyId=key)
    start = write(lab, app, "under")
    app.disassociate_kms_key(logGroupName="app")
    end = write(lab, app, "after")
    assert read(app) == ["before", "under", "after"]
    getattr(kms, change)(KeyId=key, **({"Policy": _policy()} if change == "put_key_policy" else {}))
    assert read(app, endTime=start - 1) == ["before"]
    assert read(app, startTime=end) == ["after"]
    for how in ({}, {"startTime": start, "endTime": start}, {"filterPattern": "under"}):
        with pytest.raises(ClientError, match="does not exist or is not allowed"):
            read(app, **how)
    with pytest.raises(ClientError, match="does not exist or is not allowed"):
        app.start_query(logGroupName="app", startTime=0, endTime=4102358400, queryString="fields @message")
    if back == "cancel_key_deletion":
        kms.cancel_key_deletion(KeyId=key)
        kms.enable_key(KeyId=key)
    elif back:
        getattr(kms, back)(KeyId=key)
    else:
        kms.put_key_policy(KeyId=key, Policy=_policy(_let()))
    assert read(app) == ["before", "under", "after"]


def test_another_key_overrides_the_first(lab: labkit.Lab, app: Any, key: str) -> None:
    """And the first is still needed for what came in under it."""
    second = boto3.client("kms").create_key(Policy=_policy(_let()))["KeyMetadata"]["Arn"]
    app.associate_kms_key(logGroupName="app", kmsKeyId=key)
    write(lab, app, "first")
    app.associate_kms_key(logGroupName="app", kmsKeyId=second)
    start = write(lab, app, "second")
    boto3.client("kms").disable_key(KeyId=key)
    assert read(app, startTime=start) == ["second"]
    with pytest.raises(ClientError):
        read(app)


def test_a_group_that_is_made_anew_is_under_nothing(lab: labkit.Lab, app: Any, key: str) -> None:
    """The name alone keeps no key."""
    app.associate_kms_key(logGroupName="app", kmsKeyId=key)
    app.delete_log_group(logGroupName="app")
    app.create_log_group(logGroupName="app")
    app.create_log_stream(logGroupName="app", logStreamName="s")
    boto3.client("kms").disable_key(KeyId=key)
    write(lab, app, "plain")
    assert read(app) == ["plain"]


def test_whom_the_permission_is_asked_of(lab: labkit.Lab, app: Any, key: str) -> None:
    """logs:AssociateKmsKey on the log group; none of KMS."""
    one = {"Effect": "Allow", "Action": "logs:AssociateKmsKey", "Resource": f"{APP}*"}
    clerk = lab.role("LogClerk", policy=[one]).client("logs")
    clerk.associate_kms_key(logGroupName="app", kmsKeyId=key)
    clerk.associate_kms_key(resourceIdentifier=APP, kmsKeyId=key)
    app.create_log_group(logGroupName="other")
    for named in ({"logGroupName": "other"}, {"resourceIdentifier": APP.replace("app", "other")}):
        with pytest.raises(clerk.exceptions.ClientError, match="logs:AssociateKmsKey"):
            clerk.associate_kms_key(kmsKeyId=key, **named)


def test_a_check_reads_without_using_the_key(lab: labkit.Lab, app: Any, key: str) -> None:
    """An observer leaves no trace: it sees what CloudWatch Logs would decrypt, and the key is not asked."""
    app.associate_kms_key(logGroupName="app", kmsKeyId=key)
    write(lab, app, "hello")
    before = len(lab.events())
    seen = lab.observer.client("logs").get_log_events(logGroupName="app", logStreamName="s")["events"]
    assert [each["message"] for each in seen] == ["hello"]
    assert len(lab.events()) == before
