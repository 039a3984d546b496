"""CloudWatch: AWS KMS's own metrics and alarms on them; alarms that are changed, set and silenced; statistics."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

import labkit

from .test_lambda import EVERYTHING, function, package  # noqa: F401  # fixtures and helpers
from .test_monitoring import alarm, inbox, state  # noqa: F401

DAY = 86400


@pytest.fixture
def lab() -> labkit.Lab:
    """A fresh lab."""
    return labkit.start("cloudwatch-tests")


def expiring_key(lab: labkit.Lab, **lives: float) -> str:
    """The id of a key whose imported material lasts so long."""
    kms = boto3.client("kms")
    key = str(kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"])
    bring(lab, key, **lives)
    return key


def bring(lab: labkit.Lab, key: str, **lives: float) -> None:
    """Import the same material with a date."""
    kms = boto3.client("kms")
    given = kms.get_parameters_for_import(KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")
    public = load_der_public_key(given["PublicKey"])
    assert isinstance(public, rsa.RSAPublicKey)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    kms.import_key_material(
        KeyId=key,
        ImportToken=given["ImportToken"],
        EncryptedKeyMaterial=public.encrypt(bytes(range(32)), oaep),
        ValidTo=lab.clock.now() + timedelta(**lives),
    )


def statistics(lab: labkit.Lab, name: str, period: int = 60, back: int = 10, **dimensions: str) -> list[dict[str, Any]]:
    """The statistics of one of AWS KMS's metrics over the last minutes."""
    now = lab.clock.now()
    found = boto3.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/KMS",
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(minutes=back),
        EndTime=now,
        Period=period,
        Statistics=["Minimum", "Maximum", "Sum", "SampleCount"],
    )
    return list(found["Datapoints"])


def left(lab: labkit.Lab, key: str, **more: Any) -> list[dict[str, Any]]:
    """The statistics of the time that is left to a key's material."""
    return statistics(lab, "SecondsUntilKeyMaterialExpiration", KeyId=key, **more)


def watch(key: str, days: int, *actions: str, **changes: Any) -> None:
    """The KMS Developer Guide's alarm for the expiration of imported key material."""
    asked = {
        "Namespace": "AWS/KMS",
        "MetricName": "SecondsUntilKeyMaterialExpiration",
        "Dimensions": [{"Name": "KeyId", "Value": key}],
        "Statistic": "Minimum",
        "Period": 60,
        "Threshold": days * DAY,
        "ComparisonOperator": "LessThanOrEqualToThreshold",
        "TreatMissingData": "missing",
    }
    alarm(*actions, **asked | changes)


def test_imported_material_counts_down(lab: labkit.Lab) -> None:
    """A data point each minute, sixty seconds less each time, until it expires."""
    key = expiring_key(lab, days=40)
    lab.clock.advance(minutes=4)
    first, second, third = left(lab, key)
    assert first["Minimum"] - second["Minimum"] == second["Minimum"] - third["Minimum"] == 60
    assert 40 * DAY - 60 < first["Minimum"] <= 40 * DAY
    assert (first["Unit"], first["SampleCount"]) == ("Seconds", 1)
    (all_three,) = left(lab, key, period=3600, back=60)
    assert (all_three["SampleCount"], all_three["Minimum"]) == (3, third["Minimum"])
    lab.clock.advance(days=41)
    assert left(lab, key) == []
    (metric,) = boto3.client("cloudwatch").list_metrics(Namespace="AWS/KMS")["Metrics"]
    assert metric["Dimensions"] == [{"Name": "KeyId", "Value": key}]


def test_material_brought_anew_counts_anew(lab: labkit.Lab) -> None:
    """From the minute of the new import on; what was before stays as it was. Deleted material counts no more."""
    key = expiring_key(lab, days=2)
    lab.clock.advance(minutes=2)
    bring(lab, key, days=30)
    lab.clock.advance(minutes=2)
    found = [point["Minimum"] // DAY for point in left(lab, key)]
    assert found == [1, 1, 29]
    boto3.client("kms").delete_imported_key_material(KeyId=key)
    lab.clock.advance(minutes=12)
    assert left(lab, key) == []


def test_an_alarm_days_before_the_material_expires(lab: labkit.Lab, inbox: Any) -> None:  # noqa: F811
    """OK, then ALARM thirty days before, in time though the clock jumps; a new import ends it; at last no data."""
    topic, read = inbox
    key = expiring_key(lab, days=40)
    expiry = boto3.client("kms").describe_key(KeyId=key)["KeyMetadata"]["ValidTo"]
    watch(key, 30, topic)
    lab.clock.advance(minutes=5)
    assert state() == "OK"
    lab.clock.advance(days=12)
    (sent,) = read()
    told = json.loads(sent["Message"])
    assert (told["NewStateValue"], state()) == ("ALARM", "ALARM")
    due = expiry - timedelta(days=30)
    assert f"{due:%Y-%m-%dT%H:%M}" <= told["StateChangeTime"] <= f"{due + timedelta(minutes=2):%Y-%m-%dT%H:%M:%S}"
    bring(lab, key, days=365)
    lab.clock.advance(minutes=5)
    assert state() == "OK"
    lab.clock.advance(days=366)
    assert state() == "INSUFFICIENT_DATA"


def test_uses_of_a_key_are_counted(lab: labkit.Lab) -> None:
    """SuccessfulRequest by key and operation; refused calls and other operations don't count."""
    kms = boto3.client("kms")
    one, two = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    blob = kms.encrypt(KeyId=one, Plaintext=b"x")["CiphertextBlob"]
    for _ in range(3):
        kms.decrypt(CiphertextBlob=blob)
    kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=two)
    kms.disable_key(KeyId=one)
    with pytest.raises(ClientError):
        kms.decrypt(CiphertextBlob=blob)
    lab.clock.advance(minutes=2)
    (decrypted,) = statistics(lab, "SuccessfulRequest", KeyArn=one, Operation="Decrypt")
    assert decrypted["Sum"] == 3
    (again,) = statistics(
        lab, "SuccessfulRequest", SourceKeyArn=one, DestinationKeyArn=two, Operation="ReEncrypt", period=300
    )
    assert again["Sum"] == 1
    assert statistics(lab, "SuccessfulRequest", KeyArn=one, Operation="DisableKey") == []
    assert statistics(lab, "SuccessfulRequest", KeyArn=one) == []


def test_an_alarm_on_many_uses(lab: labkit.Lab) -> None:
    """Three decryptions in a minute are too many."""
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    dimensions = [{"Name": "KeyArn", "Value": key}, {"Name": "Operation", "Value": "Encrypt"}]
    alarm(Namespace="AWS/KMS", MetricName="SuccessfulRequest", Dimensions=dimensions, Period=60, Threshold=3)
    kms.encrypt(KeyId=key, Plaintext=b"x")
    lab.clock.advance(minutes=2)
    assert state() == "OK"
    for _ in range(3):
        kms.encrypt(KeyId=key, Plaintext=b"x")
    lab.clock.advance(minutes=1)
    assert state() == "ALARM"


def test_a_changed_alarm_keeps_its_state_and_a_set_one_does_not(lab: labkit.Lab, inbox: Any) -> None:  # noqa: F811
    """PutMetricAlarm leaves the state alone; SetAlarmState acts at once, and lasts until the next look."""
    topic, read = inbox
    cloudwatch = boto3.client("cloudwatch")
    alarm(topic, OKActions=[topic])
    lab.clock.advance(minutes=1)
    assert state() == "OK"
    alarm(topic, OKActions=[topic], Threshold=5)
    assert state() == "OK"
    assert len(read()) == 1
    cloudwatch.set_alarm_state(AlarmName="found", StateValue="ALARM", StateReason="a drill")
    (sent,) = read()
    told = json.loads(sent["Message"])
    assert (told["NewStateReason"], told["OldStateValue"], state()) == ("a drill", "OK", "ALARM")
    lab.clock.advance(minutes=1)
    assert (state(), len(read())) == ("OK", 1)
    cloudwatch.disable_alarm_actions(AlarmNames=["found"])
    cloudwatch.set_alarm_state(AlarmName="found", StateValue="ALARM", StateReason="a quiet drill")
    assert read() == []


def test_a_topic_that_does_not_let_cloudwatch_publish(lab: labkit.Lab, inbox: Any) -> None:  # noqa: F811
    """Another policy than the default one: the alarm changes its state, and nobody hears of it."""
    topic, read = inbox
    allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow | {"Resource": topic}]})
    boto3.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    alarm(topic)
    boto3.client("cloudwatch").set_alarm_state(AlarmName="found", StateValue="ALARM", StateReason="a drill")
    assert (state(), read()) == ("ALARM", [])


WRITER = """
import boto3, json
def handler(event, context):
    boto3.client("ssm").put_parameter(Name="/seen", Value=json.dumps(event), Type="String", Overwrite=True)
"""


def test_an_alarm_invokes_a_function_that_lets_it(lab: labkit.Lab, function: Any) -> None:  # noqa: F811
    """Its policy names lambda.alarms.cloudwatch.amazonaws.com; the event is the published one."""
    function(WRITER, statements=EVERYTHING)
    arn = "arn:aws:lambda:us-east-1:111122223333:function:f"
    alarm(arn)
    cloudwatch, ssm = boto3.client("cloudwatch"), boto3.client("ssm")
    cloudwatch.set_alarm_state(AlarmName="found", StateValue="ALARM", StateReason="not allowed yet")
    with pytest.raises(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name="/seen")
    boto3.client("lambda").add_permission(
        FunctionName="f",
        StatementId="alarms",
        Action="lambda:InvokeFunction",
        Principal="lambda.alarms.cloudwatch.amazonaws.com",
        SourceArn="arn:aws:cloudwatch:us-east-1:111122223333:alarm:found",
    )
    lab.clock.advance(minutes=1)
    cloudwatch.set_alarm_state(AlarmName="found", StateValue="ALARM", StateReason="a drill")
    event = json.loads(ssm.get_parameter(Name="/seen")["Parameter"]["Value"])
    assert (event["source"], event["alarmData"]["alarmName"]) == ("aws.cloudwatch", "found")
    assert event["alarmData"]["state"]["reason"] == "a drill"
    assert event["alarmData"]["previousState"]["value"] == "OK"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Period": 90}, "ValidationError"),
        ({"Period": 86400, "EvaluationPeriods": 8}, "ValidationError"),
        ({"DatapointsToAlarm": 2}, "ValidationError"),
        ({"TreatMissingData": "good"}, "ValidationError"),
        ({"ComparisonOperator": "LessThanLowerThreshold"}, "NotImplemented"),
    ],
)
def test_alarms_that_are_refused(lab: labkit.Lab, changes: dict[str, Any], code: str) -> None:
    """What CloudWatch would not take, and what the lab does not do; no alarm stays behind."""
    with pytest.raises(ClientError) as refused:
        alarm(**changes)
    assert refused.value.response["Error"]["Code"] == code
    assert boto3.client("cloudwatch").describe_alarms()["MetricAlarms"] == []


def test_statistics_of_ones_own_metric(lab: labkit.Lab) -> None:
    """By period from StartTime, each combination of dimensions by itself; GetMetricData has the newest first."""
    cloudwatch, start = boto3.client("cloudwatch"), lab.clock.now().replace(second=0)
    for minute, value in enumerate([1, 2, 3, 4]):
        datum = {"MetricName": "m", "Value": value, "Timestamp": start + timedelta(minutes=minute)}
        cloudwatch.put_metric_data(Namespace="Own", MetricData=[datum])
    other = {"MetricName": "m", "Value": 100, "Dimensions": [{"Name": "A", "Value": "b"}]}
    cloudwatch.put_metric_data(Namespace="Own", MetricData=[other])
    asked = {"StartTime": start, "EndTime": start + timedelta(minutes=4)}
    query = {"Metric": {"Namespace": "Own", "MetricName": "m"}, "Period": 120, "Stat": "Sum"}
    (found,) = cloudwatch.get_metric_data(MetricDataQueries=[{"Id": "q", "MetricStat": query}], **asked)[
        "MetricDataResults"
    ]
    assert (found["Values"], found["Timestamps"]) == ([7.0, 3.0], [start + timedelta(minutes=2), start])
    assert len(cloudwatch.list_metrics(Namespace="Own")["Metrics"]) == 2
    with pytest.raises(ClientError, match="not simulated"):
        cloudwatch.get_metric_data(MetricDataQueries=[{"Id": "q", "Expression": "1 + 1"}], **asked)


def test_the_command_line_reads_statistics(lab: labkit.Lab, aws_v2: str) -> None:
    """Version 2 of Debian speaks the query protocol, boto3 another one: the answers are the same."""
    datum = {"MetricName": "m", "Value": 3, "Timestamp": lab.clock.now()}
    boto3.client("cloudwatch").put_metric_data(Namespace="Own", MetricData=[datum])
    asked = "get-metric-statistics --namespace Own --metric-name m --period 60 --statistics Sum"
    times = "--start-time 2026-01-05T09:00:00Z --end-time 2026-01-05T09:10:00Z --query Datapoints[].Sum"
    command = [aws_v2, "--endpoint-url", lab.endpoint, "cloudwatch", *asked.split(), *times.split()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == [3.0]
