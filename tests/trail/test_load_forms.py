"""Every form that CloudTrail's events come in gives the same table."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas
import pytest

from labkit import trail

from .records import ACCOUNT, KEY, minified, record

RECORDS = [record(number) for number in range(5)]
ITEM = {"EventName": "Decrypt", "ReadOnly": "true", "EventTime": 1767603600.0, "Resources": []}
LOOKED_UP = [ITEM | {"EventId": event["eventID"], "CloudTrailEvent": minified(event).decode()} for event in RECORDS]
FORMS: dict[str, bytes] = {
    "delivered": minified({"Records": RECORDS}),
    "with spaces": json.dumps({"Records": RECORDS}, indent=2).encode(),
    "with another member": minified({"Version": 1, "Records": RECORDS}),
    "with a byte order mark": b"\xef\xbb\xbf" + minified({"Records": RECORDS}),
    "a list": minified(RECORDS),
    "a line each": b"\n".join(map(minified, RECORDS)),
    "a line each, ended": b"\r\n".join([*map(minified, RECORDS), b""]),
    "one after the other": b"".join(json.dumps(event, indent=1).encode() for event in RECORDS),
    "LookupEvents": minified({"Events": LOOKED_UP, "NextToken": "x"}),
    "LookupEvents' items": minified(LOOKED_UP),
    "a line each, of LookupEvents": b"\n".join(map(minified, LOOKED_UP)),
    "--query Events[].CloudTrailEvent": minified([item["CloudTrailEvent"] for item in LOOKED_UP]),
    "the same with --output text": "\t".join(item["CloudTrailEvent"] for item in LOOKED_UP).encode(),
    "jq .Events[].CloudTrailEvent": b"\n".join(minified(item["CloudTrailEvent"]) for item in LOOKED_UP),
    "jq's fromjson in its place": minified({"Events": [{**ITEM, "CloudTrailEvent": event} for event in RECORDS]}),
    "jq -s map(.Records)": minified([RECORDS[:2], RECORDS[2:]]),
    "files in a row": minified({"Records": RECORDS[:2]}) + b"\n" + minified({"Records": RECORDS[2:]}),
    "EventBridge": b"\n".join(
        minified({"version": "0", "detail-type": "AWS API Call via CloudTrail", "detail": event}) for event in RECORDS
    ),
}


@pytest.fixture
def expected() -> Any:
    """The table of the records as delivered."""
    return trail.load(FORMS["delivered"], tell=str)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("form", FORMS)
def test_a_form_gives_the_same_table(form: str, pack: Callable[[bytes], bytes], expected: Any) -> None:
    """Plain or gzip."""
    events = trail.load(pack(FORMS[form]), tell=str)
    pandas.testing.assert_frame_equal(_without_spaces(events), _without_spaces(expected))
    assert trail.report(events).problems == ()


def _without_spaces(events: Any) -> Any:
    """JSON text is kept as it was written, with its spaces; the values are what is compared."""
    nested = [name for name, meaning in trail.COLUMNS.items() if meaning.startswith("JSON text")]
    return events.assign(**{name: trail.opened(events[name]) for name in nested})


def test_the_table_has_the_columns_and_types_that_it_says(expected: Any) -> None:
    """Types of a full table and of an empty one."""
    assert list(expected.columns) == list(trail.COLUMNS)
    assert str(expected["time"].dtype) == "datetime64[us, UTC]"
    assert expected["read_only"].dtype == "bool[pyarrow]"
    assert {expected[name].dtype.name for name in ("source", "caller", "key", "user_identity")} == {"category"}
    assert {expected[name].dtype.name for name in ("event_id", "request_parameters")} == {"str"}
    empty = trail.load([], tell=str)
    assert [dtype.name for dtype in empty.dtypes] == [dtype.name for dtype in expected.dtypes]
    first = expected.loc[0]
    assert (first["source"], first["caller"], first["key"]) == ("kms", "Clerk/ann", KEY.rpartition("/")[2])
    assert (first["principal"], first["key_arn"]) == (f"arn:aws:iam::{ACCOUNT}:role/office/Clerk", KEY)
    assert first["time"] == pandas.Timestamp("2026-01-05T09:00:00Z")
    assert expected["error"].isna().all()


def test_several_gzip_members_are_one_file(expected: Any) -> None:
    """As `cat a.gz b.gz` makes them."""
    lines = [gzip.compress(minified(event) + b"\n") for event in RECORDS]
    pandas.testing.assert_frame_equal(trail.load(b"".join(lines), tell=str), expected)


def test_one_event_alone_is_read() -> None:
    """Plain, as a dict, as an item of LookupEvents."""
    for source in (minified(RECORDS[0]), RECORDS[0], LOOKED_UP[0], minified(LOOKED_UP[0])):
        assert trail.load(source, tell=str)["event_id"].tolist() == [RECORDS[0]["eventID"]]


def test_digests_and_signatures_are_set_aside(tmp_path: Path) -> None:
    """They are CloudTrail's own files, without events: no error."""
    digest = {"awsAccountId": ACCOUNT, "digestStartTime": "2026-01-05T09:00:00Z", "logFiles": []}
    (tmp_path / "digest.json.gz").write_bytes(gzip.compress(minified(digest)))
    (tmp_path / "result_sign.json").write_bytes(minified({"version": "1.0", "files": [], "hashSignature": "00"}))
    events = trail.load(tmp_path, tell=str)
    told = trail.report(events)
    assert (len(events), told.problems, told.files) == (0, (), 2)
    assert [what for _, what in told.set_aside] == ["digest of log files", "signature of a query's results"]


IDENTITY_IN_SQL = (
    "{type=AssumedRole, principalid=AROAEXAMPLE:ann, arn=arn:aws:sts::111122223333:assumed-role/Clerk/ann, "
    "accountid=111122223333, invokedby=null, accesskeyid=ASIAEXAMPLE, username=null, sessioncontext={attributes="
    "{mfaauthenticated=false, creationdate=2026-01-05T08:00:00Z}, sessionissuer={type=Role, principalid=AROAEXAMPLE, "
    "arn=arn:aws:iam::111122223333:role/office/Clerk, accountid=111122223333, username=Clerk}}}"
)


def _csv(rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _row(event: dict[str, Any]) -> dict[str, str]:
    """A row as Athena writes it for the table of its guide: structs in SQL's form, parameters as JSON text."""
    row = {name.lower(): value if isinstance(value, str) else json.dumps(value) for name, value in event.items()}
    resources = f"[{{arn={KEY}, accountid={ACCOUNT}, type=AWS::KMS::Key}}]"
    parameters = minified(event["requestParameters"]).decode()
    return row | {"useridentity": IDENTITY_IN_SQL, "resources": resources, "requestparameters": parameters}


def test_athenas_csv_gives_the_same_columns(expected: Any) -> None:
    """Callers and keys come out of SQL's text form of structs."""
    events = trail.load(_csv([_row(event) for event in RECORDS]), tell=str)
    assert trail.report(events).rejected == 0
    same = [name for name in trail.COLUMNS if name not in ("user_identity", "resources", "file")]
    pandas.testing.assert_frame_equal(events[same], expected[same])


def test_lakes_csv_has_maps_and_its_own_times(expected: Any) -> None:
    """requestParameters is a map of texts there, and eventTime has no zone."""
    row = _row(RECORDS[0]) | {
        "eventtime": "2026-01-05 09:00:00.000",
        "requestparameters": '{encryptionAlgorithm=SYMMETRIC_DEFAULT, encryptionContext={"case":"0"}}',
    }
    events = trail.load(gzip.compress(_csv([row])), tell=str)
    assert events["time"][0] == expected["time"][0]
    assert trail.encryption_context(events)[0] == {"case": "0"}
    assert events["principal"][0] == expected["principal"][0]


def test_lakes_column_of_whole_events_is_read_as_the_event(expected: Any) -> None:
    """`SELECT eventJson FROM ...`."""
    rows = [{"eventJson": minified(event).decode()} for event in RECORDS]
    pandas.testing.assert_frame_equal(trail.load(_csv(rows), tell=str), expected)


def test_lakes_answers_over_the_api_are_rows_of_cells(expected: Any) -> None:
    """GetQueryResults."""
    rows = [[{"eventJson": minified(event).decode()}] for event in RECORDS]
    answer = {"QueryStatus": "FINISHED", "QueryResultRows": rows}
    pandas.testing.assert_frame_equal(trail.load(answer, tell=str), expected)


def test_text_of_sql_that_cannot_be_told_apart_is_kept_as_it_stands() -> None:
    """Nothing is guessed, and nothing lost."""
    events = trail.load(_csv([_row(RECORDS[0]) | {"responseelements": "{a=b}}, c"}]), tell=str)
    assert events["response_elements"][0] == '"{a=b}}, c"'
