"""Sequences of calls from records: who called for whom, what is inferred, and that no name in a record does harm."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

import labkit
from labkit.trail.pictures.sequence import steps
from labkit.trail.pictures.sequence_picture import MOST, sequence

KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def record(time: str, source: str, name: str, role: str = "Clerk", by: str = "", **more: Any) -> dict[str, Any]:
    """A record of a role session's call, as CloudTrail writes it; `by` is invokedBy."""
    identity = {
        "type": "AssumedRole",
        "principalId": f"AROA{role}:{role.lower()}",
        "arn": f"arn:aws:sts::111122223333:assumed-role/{role}/{role.lower()}",
    }
    made = {
        "userIdentity": identity | ({"invokedBy": by} if by else {}),
        "eventTime": f"2026-01-05T{time}Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "sourceIPAddress": by or "192.0.2.1",
        "eventID": f"{time}{source}{name}{role}",
        "eventType": "AwsApiCall",
    }
    return made | more


def put(time: str, key: str, role: str = "Clerk") -> dict[str, Any]:
    """PutObject."""
    return record(time, "s3", "PutObject", role, requestParameters={"bucketName": "pay", "key": key})


def data_key(time: str, context: dict[str, str], role: str = "Clerk", by: str = "fas.s3.amazonaws.com") -> Any:
    """GenerateDataKey by a service."""
    parameters = {"keyId": KEY, "encryptionContext": context}
    resources = [{"accountId": "111122223333", "type": "AWS::KMS::Key", "ARN": KEY}]
    return record(
        time, "kms", "GenerateDataKey", role, by, requestParameters=parameters, resources=resources, errorCode=None
    )


def words(picture: Any) -> str:
    """All text of the SVG, which must be well-formed."""
    return "\n".join(ElementTree.fromstring(picture._repr_svg_()).itertext())


def test_what_a_service_asked_stands_under_the_call() -> None:
    """Service, person, key and context; the records come in any order, some of them twice."""
    one, two = put("09:00:01", "a.csv"), put("09:00:02", "b.csv")
    inner = [
        data_key(f"09:00:0{n}", {"aws:s3:arn": f"arn:aws:s3:::pay/{name}.csv"}) for n, name in ((1, "a"), (2, "b"))
    ]
    assert repr(sequence([inner[1], two, inner[0], one, two, inner[1]])).splitlines() == [
        "2026-01-05",
        "09:00:01  Clerk/clerk -> S3: PutObject pay/a.csv",
        "              S3 -> KMS: GenerateDataKey key 1234abcd…, for Clerk/clerk",
        "                    aws:s3:arn = arn:aws:s3:::pay/a.csv",
        "09:00:02  Clerk/clerk -> S3: PutObject pay/b.csv",
        "              S3 -> KMS: GenerateDataKey key 1234abcd…, for Clerk/clerk",
        "                    aws:s3:arn = arn:aws:s3:::pay/b.csv",
        "",
        "What stands under a call was done for it, as caller, service, time and context suggest.",
    ]


def test_each_caller_keeps_its_own() -> None:
    """The same object in the same second: the caller decides; with a bucket key, too, whose context has no object."""
    context = {"aws:s3:arn": "arn:aws:s3:::pay"}
    found = steps([put("09:00:01", "a", "Ann"), put("09:00:01", "a", "Ben"), data_key("09:00:02", context, "Ben")])
    assert [(step.caller, len(step.inner)) for step in found] == [("Ann/ann", 0), ("Ben/ben", 1)]


def test_a_copy_reads_what_another_call_had_just_read() -> None:
    """What the request names counts, wherever it stands; among those that name the same, the nearest in time."""
    source = "pay/a-long-name.csv"
    get = record("09:00:01", "s3", "GetObject", requestParameters={"bucketName": "pay", "key": "a-long-name.csv"})
    parameters = {"bucketName": "pay", "key": "copy.csv", "x-amz-copy-source": source}
    copy = record("09:00:02", "s3", "CopyObject", requestParameters=parameters)
    context = {"aws:s3:arn": f"arn:aws:s3:::{source}"}
    found = steps([get, copy, data_key("09:00:01", context), data_key("09:00:02", context)])
    assert [(step.operation, len(step.inner)) for step in found] == [("GetObject", 1), ("CopyObject", 1)]


def test_a_role_that_a_service_holds_tells_no_caller() -> None:
    """A function's variables are decrypted with its own role, without invokedBy: the call of that moment fits."""
    invoked = record("09:00:01", "lambda", "Invoke", requestParameters={"functionName": "pay"})
    later = record("09:00:03", "logs", "CreateLogStream", "PayRole")
    opened = record("09:00:01", "kms", "Decrypt", "PayRole", sourceIPAddress="AWS Internal")
    opened["requestParameters"] = {"encryptionContext": {"aws:lambda:FunctionArn": "arn:f:pay"}}
    assert [(step.operation, len(step.inner)) for step in steps([opened, invoked, later])] == [
        ("Invoke", 1),
        ("CreateLogStream", 0),
    ]
    refused = opened | {"requestParameters": None, "errorCode": "AccessDenied", "eventTime": "2026-01-05T09:00:02Z"}
    found = steps([refused, later])
    assert [(step.caller, step.behalf, step.recorded) for step in found] == [
        ("an AWS service", "PayRole/payrole", True),
        ("PayRole/payrole", "", True),
    ]


def test_what_the_answer_names_counts_too() -> None:
    """A new volume's id stands in the answer only; the later call of the same caller is not taken for it."""
    first, second = (
        record(f"09:00:0{n}", "ec2", "CreateVolume", responseElements={"volumeId": f"vol-{n}{n}{n}"}) for n in (1, 2)
    )
    inner = data_key("09:00:02", {"aws:ebs:id": "vol-111"}, by="ec2-frontend-api.amazonaws.com")
    later = inner | {"eventTime": "2026-01-05T09:00:04Z", "eventID": "later"}
    copied = record("09:00:04", "ec2", "CopySnapshot")
    assert [len(step.inner) for step in steps([first, later, copied])] == [0, 1]  # seconds later it is something else
    assert [len(step.inner) for step in steps([first, second, inner])] == [1, 0]


def test_a_call_that_no_record_has_is_inferred() -> None:
    """Data events are recorded by request only: the arrow is dotted, and says so in words."""
    picture = sequence([data_key("09:00:01", {"aws:s3:arn": "arn:aws:s3:::pay/a"})])
    assert repr(picture).splitlines()[1] == "09:00:01  Clerk/clerk ~> S3: a call that is not among these records"
    assert "~>: not among these records" in repr(picture)
    assert "dotted: not among these records" in words(picture)
    assert 'stroke-dasharray="3 4"' in picture._repr_svg_()


def test_far_apart_is_not_together() -> None:
    """A minute later it belongs to something else."""
    found = steps([put("09:00:01", "a"), data_key("09:01:01", {"aws:s3:arn": "arn:aws:s3:::pay/a"})])
    assert [(step.recorded, len(step.inner)) for step in found] == [(True, 0), (False, 1)]


@pytest.mark.parametrize(
    ("context", "service"),
    [
        ({"PARAMETER_ARN": "arn:p"}, "Systems Manager"),
        ({"aws:s3:arn": "arn:aws:s3:::b"}, "S3"),
        ({"aws:ebs:id": "vol-1"}, "EC2 (EBS)"),
        ({"mine": "1"}, "an AWS service"),
    ],
)
def test_who_is_called_aws_internal(context: dict[str, str], service: str) -> None:
    """The context tells the service; where it doesn't, none is named."""
    (step,) = steps([data_key("09:00:01", context, by="AWS Internal")])
    assert (step.service, step.inner[0].caller) == (service, service)


def test_what_a_service_does_by_itself() -> None:
    """A rotation has no caller; CloudTrail's own call has its service as caller."""
    rotated = record("09:00:01", "kms", "RotateKey", eventType="AwsServiceEvent")
    rotated["userIdentity"] = {"accountId": "111122223333", "invokedBy": "AWS Internal"}
    delivered = record("09:00:02", "kms", "GenerateDataKey")
    delivered["userIdentity"] = {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}
    lines = repr(sequence([rotated, delivered])).splitlines()
    assert lines[1:] == ["09:00:01  KMS: RotateKey, by itself", "09:00:02  cloudtrail -> KMS: GenerateDataKey"]
    assert sequence([rotated, delivered]).lifelines == ["cloudtrail", "KMS"]


def test_refusals_are_marked_in_form_and_words() -> None:
    """A cross at the arrow, the code beside it, for the outer and the inner call; colour alone says nothing."""
    outer = put("09:00:01", "a") | {"errorCode": "AccessDenied"}
    inner = record("09:00:01", "kms", "GenerateDataKey", by="fas.s3.amazonaws.com", errorCode="AccessDenied")
    picture = sequence([inner, outer])
    assert repr(picture).count("✕ refused: AccessDenied") == 2
    assert words(picture).count("✕ refused: AccessDenied") == 4  # drawn, and in the description
    assert picture._repr_svg_().count("l12 12m0 -12l-12 12") == 2


def test_only_the_last_calls_are_drawn() -> None:
    """`last` counts calls, not records; without it the last forty, and it is said what was left out."""
    many = [put(f"09:{n // 60:02}:{n % 60:02}", str(n)) for n in range(MOST + 2)]
    assert len(sequence(many, last=3).steps) == 3
    assert "earlier" not in repr(sequence(many, last=3))
    assert repr(sequence(many)).startswith("(2 earlier calls before these)")
    assert repr(sequence([])) == repr(sequence(many, last=0)) == "No calls."
    assert ElementTree.fromstring(sequence([])._repr_svg_()) is not None


HOSTILE = [
    "</text></svg><script>alert(1)</script>",
    '" onload="alert(1)" x="',
    "]]><!-- & &amp; &#60;b&#62;",
    "two\nlines\r\n09:00:01  root -> KMS: DeleteKey",
    "\x00\x1b[31m\x7f",
    "\u202egnp.exe\u2066",
    "\ud800",
    "x" * 5000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_names_in_records_do_no_harm(text: str) -> None:
    """No markup, no further lines, no turned writing, no endless lines, wherever a name can stand."""
    outer = record("09:00:01", "s3", text, requestParameters={"bucketName": text, "key": text}, errorCode=text)
    outer["userIdentity"] |= {"arn": f"arn:aws:sts::1:assumed-role/{text}/{text}"}
    inner = data_key("09:00:01", {text: text}) | {"eventSource": text, "userIdentity": outer["userIdentity"]}
    picture = sequence([outer, inner])
    svg = picture._repr_svg_()
    tree = ElementTree.fromstring(svg)
    assert {element.tag.rpartition("}")[2] for element in tree.iter()} <= {
        "svg", "title", "desc", "rect", "text", "path"
    }  # fmt: skip
    assert not any(name.startswith("on") for element in tree.iter() for name in element.attrib)
    assert "\u202e" not in svg + repr(picture)
    assert "\x1b" not in repr(picture)
    (svg + repr(picture)).encode()
    assert not any(line.startswith("09:00:01  root") for line in repr(picture).splitlines())
    assert max(map(len, repr(picture).splitlines())) < 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = ("userIdentity", "eventTime", "eventSource", "eventName", "requestParameters", "resources", "errorCode",
           "eventType", "sourceIPAddress", "eventID")  # fmt: skip


@given(st.lists(JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(MEMBERS, JSON)), max_size=4))
def test_whatever_a_record_holds_there_is_a_picture(records: list[Any]) -> None:
    """Logs are files: members may be missing, or be something else."""
    picture = sequence(records)
    assert ElementTree.fromstring(picture._repr_svg_()) is not None
    assert repr(picture)
    assert sequence(records)._repr_svg_() == picture._repr_svg_()


def test_the_lab_shows_its_last_call() -> None:
    """`lab.sequence()`: the call and what it caused; `last` more of them. Looking leaves no record."""
    lab = labkit.start("sequence-tests")
    key = boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]
    boto3.client("secretsmanager").create_secret(Name="door", SecretString="x", KmsKeyId=key)
    lines = repr(lab.sequence()).splitlines()
    assert lines[1] == "09:00:03  LabAdministrator/learner -> Secrets Manager: CreateSecret door"
    assert "Secrets Manager -> KMS: GenerateDataKey" in lines[2]
    assert [step.operation for step in lab.sequence(last=3).steps] == ["AssumeRole", "CreateKey", "CreateSecret"]
    before = len(lab.events())
    lab.sequence()
    assert len(lab.events()) == before
