"""Sessions and what they did, what is left of it, and when a trail is silent; in pandas and on dask."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dask
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit import trail
from labkit.trail.ask.undoing import KINDS
from labkit.trail.load import dask_engine

from .records import ACCOUNT, KEY, OTHER_KEY, Record, log_file, record

BOB: Record = {
    "type": "IAMUser",
    "arn": f"arn:aws:iam::{ACCOUNT}:user/bob",
    "userName": "bob",
    "accessKeyId": "AKIABOB",
    "accountId": ACCOUNT,
}


def _session(role: str, name: str, key: str) -> Record:
    return {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}",
        "accessKeyId": key,
        "accountId": ACCOUNT,
        "sessionContext": {"sessionIssuer": {"arn": f"arn:aws:iam::{ACCOUNT}:role/{role}"}},
    }


def _assume(by: Record | None, role: str, name: str, key: str, **more: Any) -> Record:
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}"
    return {
        "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRole",
        "userIdentity": by,
        "requestParameters": {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/{role}", "roleSessionName": name},
        "responseElements": {"credentials": {"accessKeyId": key}, "assumedRoleUser": {"arn": arn}},
        "resources": None,
        **more,
    }


FIRST, SECOND = _session("First", "a", "ASIAFIRST"), _session("Second", "b", "ASIASECOND")
STORY: list[Record] = [
    {"userIdentity": BOB},
    _assume(BOB, "First", "a", "ASIAFIRST"),
    {"userIdentity": FIRST},
    {"userIdentity": FIRST, "errorCode": "AccessDenied", "sourceIPAddress": "192.0.2.77"},
    _assume(FIRST, "Second", "b", "ASIASECOND"),
    {"userIdentity": SECOND},
    _assume(BOB, "Third", "c", "ASIATHIRD"),  # in which nothing was done
    _assume(BOB, "First", "refused", "ASIANEVER", errorCode="AccessDenied"),
    {"userIdentity": _session("Lone", "d", "ASIALONE")},  # whose beginning was not recorded
    {"userIdentity": None, "sourceIPAddress": "192.0.2.77"},
]


def _load(members: list[Record]) -> Any:
    return trail.load([record(at, **each) for at, each in enumerate(members)], tell=str)


def test_a_session_is_its_beginning_and_its_calls() -> None:
    """Who began it, with which key, what was done in it; chains from the first key on."""
    found = trail.sessions(_load(STORY)).set_index("access_key")
    assert found.index.tolist() == ["ASIAFIRST", "ASIASECOND", "ASIATHIRD", "ASIALONE"]
    assert found["session"].tolist() == ["First/a", "Second/b", "Third/c", "Lone/d"]
    assert found["parent"].fillna("").tolist() == ["AKIABOB", "ASIAFIRST", "AKIABOB", ""]
    assert found["chain"].tolist()[:2] == ["AKIABOB > ASIAFIRST", "AKIABOB > ASIAFIRST > ASIASECOND"]
    assert found["calls"].tolist() == [3, 1, 0, 1]
    assert found.loc["ASIAFIRST", ["refused", "addresses"]].tolist() == [1, 2]
    assert found["principal"].str.rpartition("/")[2].tolist() == ["First", "Second", "Third", "Lone"]
    assert found["began"].isna().tolist() == [False, False, False, True]
    assert found["begun_by"].tolist()[1] == f"arn:aws:iam::{ACCOUNT}:role/First"


def test_everything_by_a_key_is_what_its_sessions_did_too() -> None:
    """By an address, and by a session's name or ARN; one of the three."""
    events = _load(STORY)
    assert trail.everything_by(events, key="AKIABOB").index.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert trail.everything_by(events, key="ASIAFIRST").index.tolist() == [2, 3, 4, 5]
    assert trail.everything_by(events, address="192.0.2.77").index.tolist() == [3, 9]
    for name in ("Second/b", SECOND["arn"]):
        assert trail.everything_by(events, session=name).index.tolist() == [5]
    assert trail.everything_by(events, key="AKIANOBODY").empty
    for wrong in ({}, {"key": "a", "address": "b"}):
        with pytest.raises(ValueError, match="one of the three"):
            trail.everything_by(events, **wrong)


def test_a_circle_ends() -> None:
    """Which no real trail has."""
    one, two = _session("R", "a", "ASIAONE"), _session("R", "b", "ASIATWO")
    events = _load([_assume(one, "R", "b", "ASIATWO"), _assume(two, "R", "a", "ASIAONE")])
    assert set(trail.sessions(events)["chain"]) == {"ASIATWO > ASIAONE", "ASIAONE > ASIATWO"}
    assert len(trail.everything_by(events, key="ASIAONE")) == 2


def test_of_two_records_of_one_beginning_the_caller_counts() -> None:
    """A role of another account: its record has no access key of the caller's."""
    theirs = {"userIdentity": {"type": "AWSAccount", "accountId": ACCOUNT}, "recipientAccountId": "444455556666"}
    began = _assume(BOB, "First", "a", "ASIAFIRST", sharedEventID="s-1")
    for story in ([began | theirs, began], [began, began | theirs]):
        (row,) = trail.sessions(_load(story)).to_dict("records")
        assert row["parent"] == "AKIABOB"


def _kms(event: str, key: str = KEY, **more: Any) -> Record:
    return {"eventName": event, "resources": [{"ARN": key}], **more}


def _other(source: str, event: str, asked: Any, **more: Any) -> Record:
    made = {"eventSource": f"{source}.amazonaws.com", "eventName": event, "requestParameters": asked}
    return made | {"resources": None} | more


def _disk(change: str) -> Record:
    asked = {"snapshotId": "s-1", "createVolumePermission": {change: {"items": [{"userId": "5"}]}}}
    return _other("ec2", "ModifySnapshotAttribute", asked)


GRANT: Record = _kms("CreateGrant", responseElements={"grantId": "g-1"})
MADE: Record = _other(
    "iam", "CreateAccessKey", {"userName": "bob"}, responseElements={"accessKey": {"accessKeyId": "AKIANEW"}}
)
OPEN: list[tuple[list[Record], list[tuple[str, str]]]] = [
    ([_kms("DisableKey")], [("DisableKey", KEY)]),
    ([_kms("DisableKey"), _kms("EnableKey")], []),
    ([_kms("DisableKey"), _kms("EnableKey", OTHER_KEY)], [("DisableKey", KEY)]),
    ([_kms("DisableKey"), _kms("EnableKey", errorCode="AccessDenied")], [("DisableKey", KEY)]),
    ([_kms("EnableKey"), _kms("DisableKey")], [("DisableKey", KEY)]),
    ([_kms("DisableKey"), _kms("ScheduleKeyDeletion"), _kms("CancelKeyDeletion")], [("DisableKey", KEY)]),
    ([GRANT], [("CreateGrant", "g-1")]),
    ([GRANT, _kms("RevokeGrant", requestParameters={"grantId": "g-1"})], []),
    ([GRANT, _kms("RetireGrant", requestParameters=None, additionalEventData={"grantId": "g-1"})], []),
    ([GRANT, _kms("RevokeGrant", requestParameters={"grantId": "g-2"})], [("CreateGrant", "g-1")]),
    ([_kms("PutKeyPolicy"), _kms("PutKeyPolicy")], [("PutKeyPolicy", KEY)]),
    (
        [_other("cloudtrail", "StopLogging", {"name": "arn:aws:cloudtrail:eu-west-1:1:trail/t"})],
        [("StopLogging", "t")],
    ),
    ([_other("cloudtrail", "StopLogging", {"name": "t"}), _other("cloudtrail", "StartLogging", {"name": "t"})], []),
    ([_disk("add")], [("ModifySnapshotAttribute", "s-1")]),
    ([_disk("add"), _disk("add")], [("ModifySnapshotAttribute", "s-1")]),
    ([_disk("add"), _disk("remove")], []),
    ([_disk("remove")], []),
    ([_disk("add"), _other("ec2", "DeleteSnapshot", {"snapshotId": "s-1"})], []),
    ([MADE], [("CreateAccessKey", "AKIANEW")]),
    ([MADE, _other("iam", "UpdateAccessKey", {"accessKeyId": "AKIANEW", "status": "Inactive"})], []),
    (
        [MADE, _other("iam", "UpdateAccessKey", {"accessKeyId": "AKIANEW", "status": "Active"})],
        [("CreateAccessKey", "AKIANEW")],
    ),
    ([MADE, _other("iam", "DeleteAccessKey", {"accessKeyId": "AKIANEW"})], []),
    ([_other("ec2", "DisableEbsEncryptionByDefault", None)], [("DisableEbsEncryptionByDefault", "eu-west-1")]),
    (
        [
            _other("ec2", "DisableEbsEncryptionByDefault", None),
            _other("ec2", "EnableEbsEncryptionByDefault", None, awsRegion="us-east-1"),
        ],
        [("DisableEbsEncryptionByDefault", "eu-west-1")],
    ),
    (
        [_other("s3", "PutBucketPolicy", {"bucketName": "b"}), _other("s3", "DeleteBucketPolicy", {"bucketName": "b"})],
        [],
    ),
]


@pytest.mark.parametrize(("members", "expected"), OPEN)
def test_what_is_still_open(members: list[Record], expected: list[tuple[str, str]]) -> None:
    """A change, and whether a later call has undone it."""
    found = trail.still_open(_load(members))
    assert list(found[["event", "thing"]].itertuples(index=False, name=None)) == expected


def test_one_hands_changes_are_held_against_everybodys_repairs() -> None:
    """The repair is another person's, in the same trail."""
    events = _load([_kms("DisableKey"), _kms("DisableKey", OTHER_KEY), _kms("EnableKey", userIdentity=BOB)])
    theirs = events[events["principal"].str.contains("Clerk")]
    assert trail.still_open(events, theirs)["thing"].tolist() == [OTHER_KEY]
    assert trail.still_open(theirs)["thing"].tolist() == [KEY, OTHER_KEY]


def test_every_kind_of_change_is_of_one_service_and_undone_by_others() -> None:
    """The table."""
    assert len({(kind.source, kind.event) for kind in KINDS}) == len(KINDS)
    assert all(kind.undone_by for kind in KINDS)


def test_silence_is_told_by_region_service_and_day() -> None:
    """Days without an event, of all services together and of each; Regions of which nothing is there."""
    days = [
        {"eventTime": f"2026-01-{day:02}T12:00:00Z"} | more for day, more in [(5, {}), (8, {}), (9, BOTH), (11, BOTH)]
    ]
    found = trail.coverage(_load(days))
    rows = found.set_index(["region", "source"])
    assert rows.loc[("eu-west-1", "kms"), ["events", "days", "silent"]].tolist() == [2, 2, 5]
    assert rows.loc[("eu-west-1", "kms"), "silent_days"] == "2026-01-06 to 2026-01-07, 2026-01-09 to 2026-01-11"
    assert rows.loc[("eu-west-1", "(all)"), "silent_days"] == "2026-01-06 to 2026-01-07, 2026-01-10"
    assert rows.loc[("us-east-1", "(all)"), ["account", "events", "silent"]].tolist() == [ACCOUNT, 0, 7]
    longer = trail.coverage(_load(days), start="2026-01-04", end="2026-01-12").set_index(["region", "source"])
    assert longer.loc[("eu-west-1", "s3"), "silent_days"] == "2026-01-04 to 2026-01-08, 2026-01-10"
    assert trail.coverage(_load([])).empty


BOTH: Record = {"eventSource": "s3.amazonaws.com", "eventName": "ListBuckets", "resources": None}
ASKED = {
    "sessions": trail.sessions,
    "everything_by": lambda events: trail.everything_by(events, key="AKIABOB"),
    "still_open": trail.still_open,
    "coverage": trail.coverage,
}


@pytest.mark.parametrize("name", ASKED)
def test_on_dask_too(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same tables, to the type."""
    monkeypatch.setattr(dask_engine, "TOGETHER", 800)
    story = STORY + [each for members, _ in OPEN for each in members]
    records = [record(at, **each) for at, each in enumerate(story)]
    for at in range(0, len(records), 9):
        (tmp_path / f"{(at * 7) % 100:03}.json.gz").write_bytes(log_file(*records[at : at + 9]))
    with dask.config.set(scheduler="synchronous"):
        far = trail.load(tmp_path, engine="dask", tell=str)
        assert far.npartitions > 2
        got, expected = ASKED[name](far), ASKED[name](trail.load(tmp_path, tell=str))
    assert got.equals(expected)
    texts = {each: object for each in expected.columns if expected[each].dtype == "category"}
    pandas.testing.assert_frame_equal(got.astype(texts), expected.astype(texts))


ODD = (
    st.none()
    | st.integers()
    | st.text(max_size=3)
    | st.lists(st.none())
    | st.dictionaries(st.text(max_size=2), st.none())
)
MEMBERS = st.sampled_from(
    ["userIdentity", "requestParameters", "responseElements", "additionalEventData", "resources", "awsRegion"]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.dictionaries(MEMBERS, ODD), min_size=1, max_size=4))
def test_no_event_however_odd_stops_a_question(odd: list[Record]) -> None:
    """Each has an answer."""
    members = [STORY[1] | odd[0]] + [each for some, _ in OPEN[:20] for each in some]
    members += [story | each for story, each in zip(STORY, odd, strict=False)]
    members += [{"eventTime": moment} for moment in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")]
    events = _load([{name: value for name, value in each.items() if value is not None} for each in members])
    for ask in ASKED.values():
        assert ask(events) is not None
