"""CloudTrail's events as Security Lake keeps them, in both versions of the schema, as JSON and as Parquet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit import trail

from .records import ACCOUNT, KEY, SESSION, minified, record

ISSUER = SESSION["sessionContext"]["sessionIssuer"]["arn"]  # type: ignore[index]
ALICE = f"arn:aws:iam::{ACCOUNT}:user/Alice"
NEW: dict[str, Any] = {
    "metadata": {
        "product": {"version": "1.11", "name": "CloudTrail", "vendor_name": "AWS", "feature": {"name": "Management"}},
        "uid": "ocsf-1",
        "profiles": ["cloud", "datetime"],
        "version": "1.1.0",
    },
    "time": 1767603601000,
    "cloud": {"region": "eu-west-1", "provider": "AWS", "account": {"uid": ACCOUNT}},
    "api": {
        "operation": "Decrypt",
        "service": {"name": "kms.amazonaws.com"},
        "request": {"uid": "r-1", "data": '{"encryptionContext":{"case":"1"}}'},
        "response": {"error": "AccessDenied", "message": "no", "data": None},
    },
    "actor": {
        "user": {
            "type": "AssumedRole",
            "uid": SESSION["arn"],
            "uid_alt": "AROAEXAMPLE:ann",
            "account": {"uid": ACCOUNT},
            "credential_uid": "ASIAEXAMPLE",
        },
        "session": {"created_time": 1767600000000, "is_mfa": True, "issuer": ISSUER},
        "invoked_by": "secretsmanager.amazonaws.com",
    },
    "src_endpoint": {"domain": "secretsmanager.amazonaws.com"},
    "http_request": {"user_agent": "x"},
    "resources": [{"uid": KEY, "type": "AWS::KMS::Key", "owner": {"account": {"uid": ACCOUNT}}}],
    "class_uid": 6003,
    "unmapped": {"eventType": "AwsApiCall", "sharedEventID": "s-1", "readOnly": "true", "other": "kept"},
}
OLD = NEW | {
    "class_uid": 3005,
    "metadata": NEW["metadata"] | {"uid": "ocsf-2", "version": "1.0.0-rc.2"},
    "actor": {
        "user": {
            "type": "IAMUser",
            "name": "Alice",
            "uid": "AIDAEXAMPLE",
            "uuid": f"arn:aws:iam::{ACCOUNT}:user/Alice",
        },
        "session": {},
    },
    "api": {"operation": "CreateKey", "service": {"name": "kms.amazonaws.com"}, "request": {"uid": "r-2"}},
    "src_endpoint": {"ip": "192.0.2.7"},
    "unmapped": {
        "requestParameters": '{"description":"x"}',
        "responseElements.keyMetadata": "y",
        "recipientAccountId": ACCOUNT,
    },
}


def _check(events: Any) -> None:
    assert events["event_id"].tolist() == ["ocsf-1", "ocsf-2"]
    first, second = events.iloc[0], events.iloc[1]
    assert str(first["time"]) == "2026-01-05 09:00:01+00:00"
    assert first[["source", "event", "region", "account"]].tolist() == ["kms", "Decrypt", "eu-west-1", ACCOUNT]
    assert first[["caller", "principal", "access_key"]].tolist() == ["Clerk/ann", ISSUER, "ASIAEXAMPLE"]
    assert first[["invoked_by", "source_ip"]].tolist() == ["secretsmanager.amazonaws.com"] * 2
    assert first["mfa"]
    assert str(first["session_issued"]) == "2026-01-05 08:00:00+00:00"
    assert first[["key_arn", "error", "error_message"]].tolist() == [KEY, "AccessDenied", "no"]
    assert first[["event_type", "shared_event_id"]].tolist() == ["AwsApiCall", "s-1"]
    assert first["read_only"]
    assert json.loads(first["extra"])["ocsf"]["unmapped"]["other"] == "kept"
    assert trail.encryption_context(events).tolist()[0] == {"case": "1"}
    assert second[["caller", "principal"]].tolist() == ["Alice", ALICE]
    assert second[["source_ip", "account"]].tolist() == ["192.0.2.7", ACCOUNT]
    assert json.loads(second["request_parameters"]) == {"description": "x"}
    assert json.loads(second["response_elements"]) == {"keyMetadata": "y"}


def test_both_versions_as_json() -> None:
    """One event, a list, one a line."""
    _check(trail.load([NEW, OLD], tell=str))
    _check(trail.load(minified([NEW, OLD]), tell=str))
    _check(trail.load(b"\n".join(map(minified, [NEW, OLD])), tell=str))


def test_parquet_of_security_lake(tmp_path: Path) -> None:
    """Where `unmapped` is a map, and times are timestamps."""
    rows = [each | {"unmapped": list(each["unmapped"].items())} for each in (NEW, OLD)]
    table = pyarrow.Table.from_pylist([{name: row[name] for name in row if name != "unmapped"} for row in rows])
    maps = pyarrow.array([row["unmapped"] for row in rows], pyarrow.map_(pyarrow.string(), pyarrow.string()))
    moments = pyarrow.array([row["time"] for row in rows], pyarrow.timestamp("ms"))
    table = table.append_column("unmapped", maps).append_column("time_dt", moments)
    (tmp_path / "eventDay=20260105").mkdir()
    pyarrow.parquet.write_table(table, tmp_path / "eventDay=20260105" / "a.gz.parquet")
    events = trail.load(tmp_path, tell=str)
    _check(events)
    assert trail.report(events).files == 1


def test_the_record_itself_counts_if_it_is_there() -> None:
    """As `raw_data`: then it is equal to the one from a trail."""
    events = trail.load([NEW | {"raw_data": json.dumps(record(5))}, record(5)], tell=str)
    assert trail.report(events).duplicates == 1


def test_other_products_are_no_events_of_cloudtrail() -> None:
    """Nor is OCSF of nothing."""
    other = NEW | {"metadata": {"product": {"name": "Amazon EKS"}}}
    events = trail.load([other, NEW, {**NEW, "api": None}], tell=str)
    assert len(events) == 1
    assert trail.report(events).read >= 1


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.none() | st.text(max_size=2))
PATHS = st.sampled_from(["time", "cloud", "actor", "resources", "unmapped", "src_endpoint", "http_request", "tls"])


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(PATHS, LEAVES | st.dictionaries(st.sampled_from(["user", "session", "uid"]), LEAVES)))
def test_odd_events_are_read_or_rejected(odd: dict[str, Any]) -> None:
    """And the account adds up."""
    told = trail.report(trail.load([minified(NEW | odd), minified(record(1))], tell=str))
    assert told.read == 2
    assert told.kept >= 1
