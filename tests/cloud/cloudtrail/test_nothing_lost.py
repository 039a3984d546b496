"""As many events as calls, through both doors at once; and nothing secret in any of them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import boto3
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.cloud.cloudtrail.record import events_of
from labkit.cloud.core.call import Call, Principal, Target
from labkit.cloud.core.kms_operations import table

THREADS, EACH = 12, 15
SECRET = "MARK-of-a-secret"


def test_many_threads_on_both_doors_lose_nothing(lab: Any, kms: Any, events: Any) -> None:
    """Every call has its event, with an id of its own, and times never go back."""
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    over_http = lab.endpoint.replace("127.0.0.1", "localhost")
    clients = [boto3.client("kms", endpoint_url=over_http if n % 2 else lab.endpoint) for n in range(THREADS)]

    def work(client: Any) -> list[str]:
        answers = [client.encrypt(KeyId=key, Plaintext=b"x") for _ in range(EACH)]
        return [answer["ResponseMetadata"]["RequestId"] for answer in answers]

    with ThreadPoolExecutor(THREADS) as pool:
        answered = [request for requests in pool.map(work, clients) for request in requests]
    recorded = events("Encrypt")
    assert sorted(event["requestID"] for event in recorded) == sorted(answered)
    assert len({event["eventID"] for event in events()}) == len(events())
    times = [event["eventTime"] for event in events()]
    assert times == sorted(times)
    assert len(set(times)) == len(times)


@settings(max_examples=150)
@given(operation=st.sampled_from(sorted(table())), data=st.data())
def test_blobs_are_in_no_event(operation: str, data: st.DataObject) -> None:
    """Plaintext, ciphertext, signatures, messages and material never get into a record, wherever they stand."""
    from moto.core.utils import get_service_model

    model = get_service_model("kms")
    shapes = model.operation_model(operation)
    params, result = (
        {name: SECRET.encode() for name, member in shape.members.items() if member.type_name == "blob"}
        | {name: SECRET for name, member in shape.members.items() if member.metadata.get("sensitive")}
        | {"Tags": [{"TagKey": "k", "TagValue": "v"}]}
        if shape
        else {}
        for shape in (shapes.input_shape, shapes.output_shape)
    )
    arn = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    params |= {"Policy": data.draw(st.text(max_size=5)), "RoleArn": arn, "PrimaryRegion": "eu-west-1"}
    call = Call("kms", operation, "us-east-1", params, datetime(2026, 1, 5, tzinfo=UTC), "id")
    call.principal = Principal("IAMUser", "111122223333", "arn:aws:iam::111122223333:user/a", "AIDA", "a")
    call.targets = (Target(f"kms:{operation}", arn), Target(f"kms:{operation}", arn))
    call.result = {"KeyMetadata": {"Arn": arn}} | result
    call.notes = {"secret": SECRET}
    written = json.dumps(events_of(call, lambda: "id"))
    assert SECRET not in written


def test_secrets_of_other_services_are_in_no_event(lab: Any, events: Any) -> None:
    """A secret's value, a parameter's value, an access key's secret, a message and an item stay out."""
    boto3.client("secretsmanager").create_secret(Name="s", SecretString=SECRET)
    boto3.client("ssm").put_parameter(Name="p", Value=SECRET, Type="String")
    iam = boto3.client("iam")
    iam.create_user(UserName="u")
    secret_key = iam.create_access_key(UserName="u")["AccessKey"]["SecretAccessKey"]
    sqs = boto3.client("sqs")
    sqs.send_message(QueueUrl=sqs.create_queue(QueueName="q")["QueueUrl"], MessageBody=SECRET)
    dynamodb = boto3.client("dynamodb")
    attribute = {"AttributeName": "id", "AttributeType": "S"}
    schema = {"AttributeName": "id", "KeyType": "HASH"}
    dynamodb.create_table(
        TableName="t", AttributeDefinitions=[attribute], KeySchema=[schema], BillingMode="PAY_PER_REQUEST"
    )
    dynamodb.put_item(TableName="t", Item={"id": {"S": "1"}, "v": {"S": SECRET}})
    written = json.dumps(events())
    assert SECRET not in written
    assert secret_key not in written
    names = {event["eventName"] for event in events()}
    assert {"CreateSecret", "PutParameter", "CreateAccessKey", "SendMessage", "PutItem"} <= names
