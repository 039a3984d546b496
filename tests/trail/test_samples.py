"""The sample logs have the shapes of real deliveries, are the same everywhere, and hold what they say."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from labkit import LabError, trail
from labkit.trail import samples
from labkit.trail.ask import questions
from labkit.trail.samples import company

# The order that fits published records of real accounts; members in brackets there are absent more often than not.
ORDER = [
    *("eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress"),
    *("userAgent", "errorCode", "errorMessage", "requestParameters", "responseElements", "additionalEventData"),
    *("requestID", "eventID", "readOnly", "resources", "eventType", "apiVersion", "managementEvent"),
    *("recipientAccountId", "sharedEventID", "vpcEndpointId", "vpcEndpointAccountId", "serviceEventDetails"),
    *("eventCategory", "tlsDetails", "sessionCredentialFromConsole"),
]
NAME = re.compile(
    r"AWSLogs/(\d{12})/CloudTrail/([\w-]+)/(\d{4})/(\d\d)/(\d\d)/"
    r"\1_CloudTrail_\2_\3\4\5T(\d\d)(\d\d)Z_[A-Za-z0-9]{16}\.json\.gz"
)


@cache
def _files() -> dict[str, bytes]:
    """The files of the sample with the incident, by key: made once for all tests here."""
    return {file.key: file.content for file in samples.files("incident")}


@cache
def _records() -> list[tuple[str, dict[str, Any]]]:
    """Every record with its file."""
    return [(key, record) for key, content in _files().items() for record in json.loads(content)["Records"]]


@cache
def _events() -> Any:
    return trail.load(list(_files().values()), tell=str)


def test_files_have_awss_names() -> None:
    """And agree with their folders."""
    for key in _files():
        found = NAME.fullmatch(key)
        assert found, key
        assert int(found.group(7)) % 5 == 0


def test_members_are_in_cloudtrails_order_and_absent_ones_absent() -> None:
    """Only parameters and answers may be null; read-only calls of KMS have no answer."""
    for _, record in _records():
        assert list(record) == [name for name in ORDER if name in record]
        nulls = {name for name, value in record.items() if value is None}
        assert nulls <= {"requestParameters", "responseElements"}
        assert {"requestParameters", "responseElements", "eventID", "eventType", "readOnly"} <= record.keys()
        if record["eventSource"] == "kms.amazonaws.com" and record["readOnly"]:
            assert record["responseElements"] is None
        if record.get("errorCode") == "AccessDenied":
            assert record["requestParameters"] is None
            assert "resources" not in record
        if "invokedBy" in record["userIdentity"]:
            assert "tlsDetails" not in record
            assert record["sourceIPAddress"] == record["userAgent"] == record["userIdentity"]["invokedBy"]


def test_refusals_read_as_each_services_own() -> None:
    """EC2 has its own code and keeps the request; S3's action has another name; who may not change is no reader."""
    refused = {record["eventName"]: record for _, record in _records() if "errorCode" in record}
    of_ec2 = refused["DescribeInstances"]
    assert of_ec2["errorCode"] == "Client.UnauthorizedOperation"
    assert of_ec2["errorMessage"].startswith("You are not authorized to perform this operation. User: arn:aws:iam::")
    assert of_ec2["requestParameters"] == {"instancesSet": {}, "filterSet": {}}
    assert "to perform: s3:ListAllMyBuckets because no" in refused["ListBuckets"]["errorMessage"]
    assert refused["StopLogging"]["readOnly"] is False
    assert {record["errorCode"] for name, record in refused.items() if name != "DescribeInstances"} == {"AccessDenied"}


def test_sessions_last_as_long_as_was_asked_for() -> None:
    """An hour without a word of it (STS API, AssumeRole); longer only with `durationSeconds`."""
    lasted = set()
    for _, record in _records():
        if record["eventName"] == "AssumeRole" and record["userIdentity"]["type"] != "AWSService":
            until = record["responseElements"]["credentials"]["expiration"]
            ends = datetime.strptime(until, "%b %d, %Y, %I:%M:%S %p").replace(tzinfo=UTC)
            asked = record["requestParameters"].get("durationSeconds", 3600)
            lasted.add((asked, (ends - datetime.fromisoformat(record["eventTime"])).total_seconds()))
    assert lasted == {(3600, 3600.0), (21600, 21600.0)}


def test_the_bill_and_awss_health_are_asked_for_in_one_region() -> None:
    """Both have their endpoint in us-east-1 (AWS General Reference), as IAM has."""
    one = {"ce.amazonaws.com", "health.amazonaws.com", "iam.amazonaws.com"}
    assert {record["awsRegion"] for _, record in _records() if record["eventSource"] in one} == {company.GLOBAL}


def test_nothing_passes_for_real() -> None:
    """Account ids, addresses, people."""
    text = "".join(content.decode() for content in list(_files().values())[::7])
    known = {company.SHOP, company.REPORTS, company.LOGS, company.OUTSIDER}
    assert set(re.findall(r'"accountId":"(\d+)"|arn:aws:\w+:[\w-]*:(\d{12}):', text)) <= {
        pair for account in known for pair in ((account, ""), ("", account))
    }
    addresses = set(re.findall(r'"sourceIPAddress":"(\d+\.\d+\.\d+)\.\d+"', text))
    assert addresses <= {"192.0.2", "198.51.100", "203.0.113"}
    assert {name.rpartition("@")[2] for name in re.findall(r"[\w.]+@[\w.]+", text)} == {"example.com"}
    assert all("EXAMPLE" in name for name in re.findall(r'"accessKeyId":"(\w+)"', text))


def test_events_come_late_without_order_and_some_twice() -> None:
    """As in real deliveries."""
    places: dict[str, list[tuple[str, str]]] = defaultdict(list)
    delays = []
    for key, record in _records():
        places[record["eventID"]].append((key, json.dumps(record)))
        minute = datetime.strptime(key.split("_")[-2], "%Y%m%dT%H%MZ").replace(tzinfo=UTC)
        delays.append((minute - datetime.fromisoformat(record["eventTime"])).total_seconds() / 60)
    delays.sort()
    assert delays[0] > 0
    assert 2.5 < delays[len(delays) // 2] < 7
    assert delays[-1] < 15
    twice = [found for found in places.values() if len(found) > 1]
    assert 5_000 < len(twice) < 20_000
    for (one, record), (other, copy) in twice:
        assert one != other
        assert record == copy
    disorder = sum(
        [record["eventTime"] for record in found] != sorted(record["eventTime"] for record in found)
        for found in (json.loads(content)["Records"] for content in _files().values())
    )
    assert disorder > len(_files()) // 4


def test_a_sample_is_written_once_and_is_what_its_checksum_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change of the makers is noticed; nothing half is left; an unknown name is told."""
    folder = samples.sample("fortnight", tmp_path)
    assert len(list(folder.rglob("*.json.gz"))) == 10_622
    monkeypatch.setattr(samples, "files", lambda name: [])
    assert samples.sample("fortnight", tmp_path) == folder
    with pytest.raises(LabError, match="not what it was"):
        samples.sample("incident", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    with pytest.raises(LabError, match="fortnight, incident"):
        samples.sample("summer", tmp_path)
    events = trail.load(folder, tell=str)
    assert len(events) == 55_630
    assert questions.used_after_end(events).empty
    assert questions.bursts(events).empty
    refused = questions.denied(events)
    assert set(refused["event"]) == {"GetKeyPolicy"}


def test_the_incident_is_there_to_be_found() -> None:
    """By the questions that a learner would ask; no key works while it is disabled."""
    events = _events()
    thief = company.SUPPORT.arn
    assert set(questions.bursts(events)["principal"]) == {thief}
    newcomers = questions.new_principals(events, since="2026-01-12")
    assert thief in set(newcomers["principal"])
    assert questions.used_after_end(events).empty
    assert len(questions.denied(events)) > 20
    quiet = events[
        (events["region"] == company.SECOND) & (events["account"] == company.SHOP) & (events["source"] == "kms")
    ]
    assert quiet["time"].max().strftime("%m-%d") == "01-13"


def test_what_s3_has_sealed_is_opened_through_s3() -> None:
    """Nobody else has the encrypted data keys of objects: by the context of each call."""
    contexts = trail.encryption_context(_events()[_events()["source"] == "kms"])
    sealed = contexts[contexts.map(lambda context: "aws:s3:arn" in (context or {}))].index
    assert len(sealed) > 1_000
    assert set(_events().loc[sealed, "invoked_by"].astype("str")) == {
        "fas.s3.amazonaws.com",
        "cloudtrail.amazonaws.com",
    }


def test_the_outsider_has_what_aws_asks_for_before_a_file_is_opened() -> None:
    """A permission for the key, and the bucket's policy, which nobody takes back."""
    events = _events()
    theirs = events[events["principal"].astype("str").str.endswith(":copy")]
    assert sorted(theirs["event"]) == [*["Decrypt"] * 12, "DescribeKey"]
    assert theirs[theirs["event"] == "DescribeKey"]["source_ip"].tolist() == [company.STRANGER]
    assert {json.loads(text)["accountId"] for text in theirs["user_identity"]} == {company.OUTSIDER}
    opened = theirs[theirs["event"] == "Decrypt"]["time"].min()
    for name in ("CreateGrant", "PutBucketPolicy", "PutKeyPolicy"):
        by_thief = events[(events["event"] == name) & (events["principal"] == company.SUPPORT.arn)]
        assert by_thief["request_parameters"].str.contains(company.OUTSIDER).tolist() == [True]
        assert by_thief["time"].max() < opened
    (put,) = [json.loads(text) for text in events[events["event"] == "PutBucketPolicy"]["request_parameters"]]
    opens = events[events["key_arn"].eq(company.CUSTOMERS_KEY.arn) & events["event"].eq("Decrypt")]
    whose = (opens["principal"] == company.SUPPORT.arn, opens["principal"].astype("str").str.endswith(":copy"))
    files = [{each["aws:s3:arn"] for each in trail.encryption_context(opens[each])} for each in whose]
    assert len(files[0]) == 900
    assert files[1] & files[0]
    assert files[1] - files[0]  # so that no sum of calls is the number of files
    assert put["bucketName"] == company.CUSTOMERS
    assert put["Host"] == f"{company.CUSTOMERS}.s3.{company.HOME}.amazonaws.com"
    assert put["bucketPolicy"]["Statement"][0]["Principal"] == {"AWS": f"arn:aws:iam::{company.OUTSIDER}:root"}


def test_the_company_does_not_use_what_it_no_longer_has() -> None:
    """The old access key after it was made inactive."""
    old = company.backup_agent()["accessKeyId"]
    times = [record["eventTime"] for _, record in _records() if record["userIdentity"].get("accessKeyId") == old]
    off = next(record["eventTime"] for _, record in _records() if record["eventName"] == "UpdateAccessKey")
    assert max(times) < off
