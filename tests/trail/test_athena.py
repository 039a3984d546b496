"""The SQL for Athena, run on DuckDB: the same answers as the questions' on the same events."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

import msgspec
import pandas
import pytest

from labkit import trail
from labkit.trail import athena, samples
from labkit.trail.ask import questions
from labkit.trail.athena.questions import Scope

from .athena_on_duckdb import Athena
from .records import ACCOUNT, KEY, OTHER_KEY, SESSION, Record, record

ALL = Scope()
QUESTIONS: list[tuple[Callable[[Scope], str], Callable[[Any], Any]]] = [
    (getattr(athena, name), getattr(questions, name))
    for name in athena.__all__
    if name not in ("Scope", "create_table", "folded")
]
BOB = {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": f"arn:aws:iam::{ACCOUNT}:user/bob", "userName": "bob"}
STRANGER = {"type": "AWSAccount", "principalId": "AROAEXAMPLE:ann", "accountId": "444455556666"}
PATHLESS = {"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Clerk/eve", "principalId": "A:eve"}
BARE = {"resources": None, "requestParameters": None}
ASKED = f"User: {SESSION['arn']} is not authorized to perform: kms:Decrypt on resource: {KEY}"
HIDDEN = "The ciphertext refers to a customer master key that does not exist, or you are not allowed to access."
ALIAS = KEY.rpartition(":")[0] + ":alias/payroll"


def _resources(*arns: str) -> list[Record]:
    return [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": arn} for arn in arns]


def _asked(**members: Any) -> Record:
    return {"requestParameters": members}


def _via(service: str) -> Record:
    return {"userIdentity": SESSION | {"invokedBy": service}, "sourceIPAddress": service}


ENDPOINT: Record = {
    "eventType": "AwsVpceEvent",
    "vpcEndpointId": "vpce-1",
    "resources": None,
    "requestParameters": None,
}
MADE: list[Record] = [
    {},
    {"sourceIPAddress": "192.0.2.11"},
    {"eventName": "GenerateDataKey", **_via("fas.s3.amazonaws.com"), "resources": _resources(OTHER_KEY)},
    {"eventName": "GenerateDataKey", **_via("AWS Internal")},
    _via("secretsmanager.amazonaws.com"),
    {"eventName": "DescribeKey"},
    {"errorCode": "KMSInvalidStateException"},
    {"eventName": "ReEncrypt", "resources": _resources(KEY, OTHER_KEY)},
    {"eventName": "ReEncrypt"} | _asked(sourceEncryptionContext={"a": "1"}, destinationEncryptionContext={"a": "2"}),
    {"eventName": "CreateGrant"} | _asked(constraints={"encryptionContextSubset": {"team": "red"}}),
    {"sharedEventID": "s-1", "userIdentity": STRANGER},
    {"sharedEventID": "s-1"},
    {"sharedEventID": "s-2", "userIdentity": STRANGER, "resources": _resources(OTHER_KEY)},
    {"userIdentity": PATHLESS},
    {"userIdentity": {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}, "eventName": "GenerateDataKey"},
    {"userIdentity": {"accountId": ACCOUNT, "invokedBy": "AWS Internal"}, "eventName": "RotateKey"}
    | {"eventType": "AwsServiceEvent"},
    {"userIdentity": BOB, "eventName": "Encrypt"} | _asked(encryptionAlgorithm="RSAES_OAEP_SHA_256"),
    {"errorCode": "AccessDenied", "errorMessage": f"{ASKED} because no identity-based policy allows the action"} | BARE,
    {"errorCode": "AccessDenied", "errorMessage": f"{ASKED} with an explicit deny in a service control policy"} | BARE,
    {"errorCode": "AccessDenied", "errorMessage": ASKED} | BARE,
    {"errorCode": "AccessDenied"} | BARE,
    {"errorCode": "NotFoundException", "errorMessage": HIDDEN} | BARE,
    {"eventName": "DisableKey", "resources": None, "responseElements": {"keyId": OTHER_KEY}},
    {"errorCode": "DisabledException", "resources": _resources(OTHER_KEY)},
    {"eventName": "DescribeKey", "resources": None} | _asked(keyId=KEY.rpartition("/")[2]),
    {"eventName": "DescribeKey", "resources": None} | _asked(keyId=KEY[:-1] + "e"),
    {"eventName": "Decrypt", "resources": None} | _asked(keyId=KEY[:-1] + "f", encryptionContext={"team": "red"}),
    {"eventName": "DescribeKey", "resources": None} | _asked(keyId="alias/payroll"),
    {"eventName": "UpdateAlias", "resources": _resources(KEY, KEY[:-1] + "d")},
    {"eventName": "CreateAlias", "resources": _resources(KEY, ALIAS)},
    {"eventName": "EnableKey", "resources": _resources(OTHER_KEY)},
    {"resources": _resources(OTHER_KEY)},
    {"eventName": "ScheduleKeyDeletion", "resources": _resources(OTHER_KEY)},
    {"eventTime": "2026-01-05T09:00:32Z", "resources": _resources(OTHER_KEY)},
    {"resources": _resources(OTHER_KEY), "userIdentity": BOB},
    {"eventName": "GenerateDataKeyPair"} | _asked(keyPairSpec="RSA_2048"),
    {"eventName": "GenerateDataKeyPairWithoutPlaintext"} | _asked(keyPairSpec="ECC_NIST_P256"),
    {"eventName": "Sign"} | _asked(signingAlgorithm="ECDSA_SHA_256"),
    {"eventSource": "s3.amazonaws.com", "eventName": "PutObject", "resources": None} | _asked(key='it\'s; -- "x"'),
    _asked(encryptionContext={"team's \"; --": "é\n"}),
    _asked(encryptionContext={"team": "blue"}, dryRun=True),
    {"eventName": "ReEncrypt", "errorCode": "AccessDenied", "resources": _resources(OTHER_KEY, KEY)},
    ENDPOINT | {"sharedEventID": "s-5"},
    ENDPOINT | {"sharedEventID": "s-6", "errorCode": "VpceAccessDenied", "errorMessage": "denied by a policy"},
    {"sharedEventID": "s-7", "resources": _resources(OTHER_KEY)},
    {"sharedEventID": "s-7", "resources": _resources(OTHER_KEY)},
    {"eventName": "CancelKeyDeletion", "resources": _resources(OTHER_KEY)},
    {"resources": _resources(OTHER_KEY), "errorCode": "DisabledException"},
    _via("AWS Internal") | _asked(encryptionContext={"aws:ebs:id": "vol-1", "aws:s3:arn": "arn:aws:s3:::b"}),
    _via("AWS Internal") | _asked(encryptionContext={"PARAMETER_ARN": "arn:aws:ssm:eu-west-1:1:parameter/p"}),
    _via("AWS Internal") | _asked(encryptionContext={"team": '"aws:s3:arn":'}),
    {"eventName": "CreateGrant", **_via("AWS Internal")}
    | _asked(constraints={"encryptionContextSubset": {"aws:ebs:id": "vol-1"}}),
    {"userIdentity": {"type": "IdentityCenterUser", "accountId": ACCOUNT, "onBehalfOf": {"userId": "u-1"}}},
    {"userIdentity": {"type": "IdentityCenterUser", "accountId": ACCOUNT, "onBehalfOf": {"userId": "u-2"}}},
]
RECORDS = [record(at, **members) for at, members in enumerate(MADE)]
RECORDS += RECORDS[3:9]  # a second trail's copies
# Other records under ids that were there: no copies, though their ids are the same.
RECORDS += [RECORDS[at] | changes for at, changes in enumerate([BARE, {"userIdentity": BOB}, {"eventName": "Encrypt"}])]
RECORDS += [RECORDS[17] | {"errorMessage": "no"}, RECORDS[-1]]


@cache
def _made() -> tuple[Any, Athena]:
    return trail.load(RECORDS, tell=str), Athena({"": RECORDS})


@cache
def _files() -> list[Any]:
    return list(samples.files("incident"))


@cache
def _slice() -> tuple[Any, Athena]:
    """Two days of the incident, 14 and 15 January, by their files."""
    found = [file for file in _files() if re.search("/2026/01/(1[45])/", file.key)]
    records = {file.key: msgspec.json.decode(file.content)["Records"] for file in found if "Digest" not in file.key}
    return trail.load([file.content for file in found], tell=str), Athena(records)


def _plain(table: Any) -> list[tuple[Any, ...]]:
    """Rows of texts and numbers; None for what is missing; times as text; dollars to ten digits."""
    columns = []
    for name in table.columns:
        column = table[name]
        if isinstance(column.dtype, pandas.DatetimeTZDtype):
            column = column.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        columns.append(
            [
                None if pandas.isna(cell) else round(float(cell), 10) if isinstance(cell, float) else cell
                for cell in column.astype(object)
            ]
        )
    return list(zip(*columns, strict=True))


def _same(query: str, engine: Athena, expected: Any, ties: tuple[str, ...] = ()) -> None:
    """The same columns and rows; in the same order, save among rows that are equal in the columns of `ties`."""
    got = engine.ask(query)
    assert set(got.columns) - {"event_id"} == set(expected.columns)
    columns = list(expected.columns)
    if ties:
        assert _plain(got[list(ties)]) == _plain(expected[list(ties)])
        assert sorted(_plain(got[columns]), key=repr) == sorted(_plain(expected), key=repr)
    else:
        assert _plain(got[columns]) == _plain(expected)


# Keys used last in the same second, whose order pandas leaves open; sums that differ in their last binary digit.
TIES = {"first_and_last": ("last",), "calls_per_service": ("dollars",)}


@pytest.mark.parametrize(("sql", "question"), QUESTIONS, ids=lambda each: each.__name__)
def test_on_events_made_by_hand_the_answers_are_the_same(sql: Any, question: Any) -> None:
    """Copies, calls across accounts, services, refusals, aliases, keys without resources, quotes in names."""
    events, engine = _made()
    expected = question(events)
    assert not expected.empty
    _same(sql(ALL), engine, expected, TIES.get(question.__name__, ()))


@pytest.mark.parametrize(("sql", "question"), QUESTIONS, ids=lambda each: each.__name__)
def test_on_two_days_of_the_sample_the_answers_are_the_same(sql: Any, question: Any) -> None:
    """Of the incident, as its files are delivered; most of the questions have an answer there."""
    events, engine = _slice()
    _same(sql(ALL), engine, question(events), TIES.get(question.__name__, ()))


def test_the_keys_that_are_asked_for_come_in_their_order() -> None:
    """Also those that no event names."""
    events, engine = _made()
    asked = [KEY[:-1] + "9", KEY, KEY[:-1] + "e", KEY[:-1] + "1"]
    _same(athena.unused_keys(ALL, asked), engine, questions.unused_keys(events, asked))


def test_times_narrow_both_the_days_that_are_read_and_the_events() -> None:
    """From `start` on, before `end`; parts of seconds count as `load` counts them."""
    events, engine = _slice()
    for start, end in (("2026-01-14T09:30:00Z", "2026-01-14T15:00:00.5+01:00"), ("2026-01-15", None)):
        scope = Scope(start=start, end=end)
        moments = events["time"] >= pandas.to_datetime(start, utc=True)
        if end:
            moments &= events["time"] < pandas.to_datetime(end, utc=True)
        assert 0 < moments.sum() < len(events)
        _same(athena.who_used(scope), engine, questions.who_used(events[moments]))
    text = athena.who_used(Scope(start="2026-01-14", end="2026-01-15"))
    assert "day >= '2026/01/14'" in text
    assert "day <= '2026/01/16'" in text


def test_prices_are_the_callers() -> None:
    """As in the question."""
    events, engine = _made()
    prices = dict.fromkeys(questions.PRICES, 1) | {"symmetric": 1e-7}
    _same(athena.calls_per_service(ALL, prices), engine, questions.calls_per_service(events, prices))


def test_every_query_says_what_it_answers_and_names_its_table() -> None:
    """A comment first; the database too, in quotes; the text is one statement."""
    for sql, _ in QUESTIONS:
        text = sql(Scope("logs.trail_2026"))
        assert text.startswith("-- ")
        assert 'FROM "logs"."trail_2026"' in text
        assert ";" not in text
        assert text.count("-- ") == 1


def _table(**changes: Any) -> str:
    given = {"accounts": [ACCOUNT], "regions": ["eu-west-1"], "start": date(2026, 1, 5)} | changes
    return athena.create_table(given.pop("bucket", "example-logs"), **given)


def test_the_table_finds_every_file_that_the_sample_delivers() -> None:
    """The places that the projection makes of accounts, Regions and days hold all files, under AWS's names."""
    keys = [file.key for file in _files()]
    accounts, regions = (sorted({key.split("/")[at] for key in keys}) for at in (-7, -5))
    prefix, organization = "logs/trail", "o-exampleorgid"
    text = _table(accounts=accounts, regions=regions, prefix=prefix, organization=organization)
    properties = dict(re.findall(r"'([\w.]+)' = '([^']*)'", text))
    days = pandas.date_range("2026-01-05", "2026-01-19").strftime("%Y/%m/%d")
    assert properties["projection.day.range"] == "2026/01/05,NOW"
    template = properties["storage.location.template"]
    places = {
        template.replace("${account}", account).replace("${region}", region).replace("${day}", day)
        for account in properties["projection.account.values"].split(",")
        for region in properties["projection.region.values"].split(",")
        for day in days
    }
    root = f"s3://example-logs/{prefix}/AWSLogs/{organization}/"
    assert f"LOCATION '{root}'" in text
    assert {root + key.partition("AWSLogs/")[2].rpartition("/")[0] for key in keys} <= places
    assert "s3://example-logs/AWSLogs/${account}/" in _table()


HOSTILE = ["x'; DROP TABLE t; --", 'a"b', "a`b", "a\nb", "a$b{c}", "a,b", "", "a b", "a\\", "ä", "a--", None, 7]


@pytest.mark.parametrize("text", HOSTILE, ids=repr)
@pytest.mark.parametrize("place", ["bucket", "prefix", "organization", "accounts", "regions", "table", "key", "scope"])
def test_nothing_but_what_aws_allows_gets_into_the_sql(place: str, text: Any) -> None:
    """Wherever a caller's text stands; an S3 name may hold more than a table's."""
    if place in ("prefix", "organization") and not text:
        return  # none
    if (place, text) == ("prefix", "a--"):
        return  # a name in S3 may be so: it stands inside quotes
    with pytest.raises(ValueError, match="can't stand in SQL|is a list"):
        if place == "key":
            athena.unused_keys(ALL, [text if text != "a--" else KEY + "\n"])
        elif place == "scope":
            Scope(str(text) + "'")
        else:
            _table(**{place: [text] if place in ("accounts", "regions") else text})


def test_wrong_inputs_of_other_kinds() -> None:
    """Each is said."""
    with pytest.raises(ValueError, match="is a list"):
        _table(accounts=ACCOUNT)
    with pytest.raises(ValueError, match="is a list"):
        _table(regions=[])
    with pytest.raises(TypeError, match="date of the first files"):
        _table(start="2026-01-05', 'x'='")
    with pytest.raises(ValueError, match="can.t stand in SQL as table, or database.table"):
        _table(table="a.b.c")
    with pytest.raises(ValueError, match="Invalid isoformat"):
        Scope(start="2026-01-05' OR 1=1")
    with pytest.raises(ValueError, match="no price"):
        athena.calls_per_service(ALL, dict.fromkeys(questions.PRICES, float("inf")))
