"""Questions on events made by hand, whose answers are known."""

from __future__ import annotations

from typing import Any

import pandas
import pytest

from labkit import trail
from labkit.trail.ask import questions

from .records import ACCOUNT, KEY, OTHER_KEY, SESSION, Record, record

CLERK = f"arn:aws:iam::{ACCOUNT}:role/office/Clerk"
BOB = {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": f"arn:aws:iam::{ACCOUNT}:user/bob", "userName": "bob"}
BOB_ARN = BOB["arn"]


def _resource(arn: str) -> list[Record]:
    return [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": arn}]


def _events(*records: Record) -> Any:
    return trail.load(list(records), tell=str)


def _via(service: str) -> Record:
    return {"userIdentity": SESSION | {"invokedBy": service}, "sourceIPAddress": service, "userAgent": service}


def test_who_used_which_key_for_what_from_where_and_on_whose_behalf() -> None:
    """Direct and through S3; failures and reads of the key are no uses."""
    events = _events(
        record(0),
        record(1, sourceIPAddress="192.0.2.11"),
        record(2),
        record(3, eventName="GenerateDataKey", **_via("fas.s3.amazonaws.com"), resources=_resource(OTHER_KEY)),
        record(4, eventName="DescribeKey"),
        record(5, errorCode="KMSInvalidStateException"),
    )
    table = questions.who_used(events)
    columns = ["key_arn", "principal", "service", "event", "source_ip", "calls"]
    rows = [
        tuple(None if pandas.isna(cell) else cell for cell in row) for row in table[columns].itertuples(index=False)
    ]
    assert rows == [
        (KEY, CLERK, None, "Decrypt", "192.0.2.10", 2),
        (OTHER_KEY, CLERK, "s3", "GenerateDataKey", "fas.s3.amazonaws.com", 1),
        (KEY, CLERK, None, "Decrypt", "192.0.2.11", 1),
    ]
    assert table["first"][0] == pandas.Timestamp("2026-01-05T09:00:00Z")
    assert table["last"][0] == pandas.Timestamp("2026-01-05T09:00:02Z")


def test_reencrypt_uses_two_keys() -> None:
    """Source and destination."""
    events = _events(record(0, eventName="ReEncrypt", resources=_resource(KEY) + _resource(OTHER_KEY)))
    assert set(questions.who_used(events)["key_arn"]) == {KEY, OTHER_KEY}
    assert trail.kms_keys(events)["role"].tolist() == ["source", "destination"]


def test_a_call_across_accounts_counts_once() -> None:
    """The caller's record, not the owner's copy; a copy alone counts, too."""
    stranger = {"type": "AWSAccount", "principalId": "AROAEXAMPLE:ann", "accountId": ACCOUNT}
    copy = record(1, userIdentity=stranger, recipientAccountId="444455556666", sharedEventID="s-1")
    both = _events(record(0, sharedEventID="s-1"), copy)
    assert questions.who_used(both)[["principal", "calls"]].to_numpy().tolist() == [[CLERK, 1]]
    assert questions.who_used(_events(copy))["principal"].tolist() == ["AROAEXAMPLE:ann"]


def _refused(number: int, message: str, **members: Any) -> Record:
    bare = {"requestParameters": None, "resources": None}
    return record(number, **bare, errorCode="AccessDenied", errorMessage=message, **members)


def test_denied_calls_say_why() -> None:
    """Action, resource and reason come out of the message, as far as it has them."""
    arn = SESSION["arn"]
    asked = f"User: {arn} is not authorized to perform: kms:Decrypt on resource: {KEY}"
    secret = (
        "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are "
        "not allowed to access."
    )
    events = _events(
        _refused(0, f"{asked} because no identity-based policy allows the kms:Decrypt action"),
        _refused(1, f"{asked} with an explicit deny in a service control policy"),
        _refused(2, asked),
        _refused(3, secret),
        record(4, errorCode="DisabledException", errorMessage=f"{KEY} is disabled."),
        record(5),
    )
    table = questions.denied(events)
    assert table["reason"].fillna("").tolist() == [
        "no identity-based policy allows",
        "explicit deny in a service control policy",
        "",
        "",
    ]
    assert table["action"].fillna("").tolist() == ["kms:Decrypt"] * 3 + [""]
    assert table["resource"].fillna("").tolist() == [KEY] * 3 + [""]
    assert table["key_arn"].fillna("").tolist() == [KEY] * 3 + [""]
    assert set(table["principal"]) == {CLERK}


def test_first_and_last_use() -> None:
    """The key unused for longest comes first."""
    events = _events(
        record(0), record(9, userIdentity=BOB, eventName="Encrypt"), record(5, resources=_resource(OTHER_KEY))
    )
    table = questions.first_and_last(events)
    assert table["key_arn"].tolist() == [OTHER_KEY, KEY]
    row = table.iloc[1]
    assert (row["calls"], row["last_event"], row["last_principal"]) == (2, "Encrypt", BOB_ARN)
    assert (row["first"], row["last"]) == tuple(pandas.to_datetime(["2026-01-05T09:00:00Z", "2026-01-05T09:00:09Z"]))


def test_unused_keys() -> None:
    """Named in the events, or asked for; an attempt is no use."""
    third = KEY[:-1] + "c"
    events = _events(
        record(0),
        record(1, eventName="DescribeKey", resources=_resource(OTHER_KEY)),
        record(2, errorCode="DisabledException", resources=_resource(OTHER_KEY)),
    )
    assert questions.unused_keys(events)["key_arn"].tolist() == [OTHER_KEY]
    asked = questions.unused_keys(events, [KEY, third, OTHER_KEY])
    assert asked["key_arn"].tolist() == [third, OTHER_KEY]
    assert asked["last_event"].fillna("").tolist() == ["", "Decrypt"]


def test_context_values() -> None:
    """Names, how many values, the most frequent."""
    contexts = [{"team": "red"}, {"team": "red", "order": "1"}, {"team": "blue"}, None]
    events = _events(*(record(at, requestParameters={"encryptionContext": value}) for at, value in enumerate(contexts)))
    table = questions.context_values(events)
    assert table.to_numpy().tolist() == [["team", 3, 2, "red", 1, 1], ["order", 1, 1, "1", 1, 1]]
    assert trail.encryption_context(events).tolist() == contexts


def test_contexts_of_reencrypt_and_grants_are_opened_too() -> None:
    """With the part that they stand in."""
    reencrypt = {"sourceEncryptionContext": {"a": "1"}, "destinationEncryptionContext": {"a": "2"}}
    grant = {"constraints": {"encryptionContextSubset": {"a": "3"}}}
    events = _events(
        record(0, requestParameters=reencrypt), record(1, requestParameters=grant, eventName="CreateGrant")
    )
    pairs = trail.context_pairs(events)
    assert pairs.reset_index(drop=True).to_numpy().tolist() == [
        ["a", "1", "source"],
        ["a", "2", "destination"],
        ["a", "3", "grant subset"],
    ]


def test_uses_after_the_end_of_a_key() -> None:
    """Tried and successful ones; not after the key was enabled again, nor of other keys."""
    ended = {"eventName": "DisableKey", "userIdentity": BOB, "readOnly": False}
    events = _events(
        record(0),
        record(1, **ended),
        record(2, errorCode="DisabledException"),
        record(3, resources=_resource(OTHER_KEY)),
        record(4, eventName="EnableKey"),
        record(5),
        record(6, eventName="ScheduleKeyDeletion", errorCode="AccessDenied"),
        record(7),
        record(8, eventName="ScheduleKeyDeletion"),
        record(9),
    )
    table = questions.used_after_end(events)
    assert table["ended_by"].tolist() == ["DisableKey", "ScheduleKeyDeletion"]
    assert table["time"].dt.second.tolist() == [2, 9]
    assert table["error"].astype("str").fillna("").tolist() == ["DisabledException", ""]
    assert table.index.tolist() == [2, 9]


def test_bursts() -> None:
    """Far above the principal's other windows; a busy one is not, nor a small one."""
    quiet = [record(at, eventTime=f"2026-01-05T{at:02}:00:00Z") for at in range(14)]
    burst = [record(100 + at, eventTime=f"2026-01-05T15:00:{at % 60:02}Z") for at in range(50)]
    busy = [
        record(1000 + at, userIdentity=BOB, eventTime=f"2026-01-05T{at // 50:02}:01:{at % 50:02}Z") for at in range(800)
    ]
    table = questions.bursts(_events(*quiet, *burst, *busy))
    assert table[["principal", "calls", "usual", "keys", "top_event", "denied"]].to_numpy().tolist() == [
        [CLERK, 50, 1.0, 1, "Decrypt", 0]
    ]
    assert questions.bursts(_events(*quiet)).empty
    assert questions.bursts(_events()).empty


def test_unusual_hours() -> None:
    """Night after a week of days; a new principal is another question's."""
    office = [
        record(at, eventTime=f"2026-01-{5 + at // 8:02}T{9 + at % 8:02}:00:00Z") for at in range(40)
    ]  # Monday to Friday, 9 to 16
    night = record(900, eventTime="2026-01-12T03:10:00Z")
    again = record(901, eventTime="2026-01-12T10:10:00Z")
    new = record(902, eventTime="2026-01-12T03:10:00Z", userIdentity=BOB)
    weekend = record(903, eventTime="2026-01-17T10:10:00Z", eventName="Encrypt")
    table = questions.unusual_hours(_events(*office, night, again, new, weekend), since="2026-01-12")
    assert table[["principal", "day", "hour", "calls", "events"]].to_numpy().tolist() == [
        [CLERK, "weekday", 3, 1, "Decrypt"],
        [CLERK, "weekend", 10, 1, "Encrypt"],
    ]


def test_new_principals() -> None:
    """New at all, or new to a key."""
    events = _events(
        record(0),
        record(300, resources=_resource(OTHER_KEY)),
        record(301, userIdentity=BOB, sourceIPAddress="198.51.100.7"),
        record(302),
        record(303, userIdentity=BOB, eventName="Encrypt"),
    )
    table = questions.new_principals(events, since="2026-01-05T09:05:00Z")
    assert table[["principal", "key_arn", "calls", "events", "source_ip", "known"]].to_numpy().tolist() == [
        [CLERK, OTHER_KEY, 1, "Decrypt", "192.0.2.10", True],
        [BOB_ARN, KEY, 2, "Decrypt, Encrypt", "198.51.100.7", False],
    ]


def test_calls_per_service_and_what_they_cost() -> None:
    """By kind of request; the owner's copies and KMS's own events cost nothing."""
    pair = {"keyPairSpec": "RSA_2048"}
    events = _events(
        *(record(at) for at in range(3)),
        record(3, **_via("secretsmanager.amazonaws.com")),
        record(4, eventName="GenerateDataKeyPair", requestParameters=pair),
        record(5, eventName="Sign", requestParameters={"signingAlgorithm": "ECDSA_SHA_256"}),
        record(6, eventName="RotateKey", eventType="AwsServiceEvent"),
        record(7, userIdentity={"type": "AWSAccount", "accountId": "444455556666"}),
        record(8, eventSource="s3.amazonaws.com"),
    )
    table = questions.calls_per_service(events).set_index(["service", "event"])
    assert table["calls"].to_dict() == {
        ("(direct)", "GenerateDataKeyPair"): 1,
        ("(direct)", "Sign"): 1,
        ("(direct)", "Decrypt"): 3,
        ("secretsmanager", "Decrypt"): 1,
    }
    assert table["dollars"].tolist() == pytest.approx([0.0012, 0.000015, 0.000009, 0.000003])


def test_keys_are_found_where_the_record_has_no_resources() -> None:
    """In the answer, the message, and last in what was asked; an alias tells nothing."""
    bare = {"resources": None, "eventName": "DisableKey"}
    bare_id = KEY.rpartition("/")[2]
    events = _events(
        record(0),
        record(1, **bare, responseElements={"keyId": KEY}),
        record(2, **bare, errorCode="NotFoundException", errorMessage=f"Key '{KEY}' does not exist"),
        record(3, **bare, requestParameters={"keyId": bare_id}),
        record(4, **bare, requestParameters={"keyId": "alias/payroll"}),
    )
    table = trail.kms_keys(events)
    assert table["key"].tolist() == [bare_id] * 4
    assert table["key_arn"].fillna("").tolist() == [KEY, KEY, KEY, ""]
    assert table["found_in"].tolist() == ["resources", "response_elements", "error_message", "request_parameters"]


def test_on_behalf_of_names_the_service_and_the_person() -> None:
    """IAM Identity Center's user, the source identity."""
    person = {"userId": "u-1", "identityStoreArn": f"arn:aws:identitystore::{ACCOUNT}:identitystore/d-1"}
    context = SESSION["sessionContext"] | {"sourceIdentity": "ann@example.com"}
    identity = SESSION | {"onBehalfOf": person, "sessionContext": context}
    table = trail.on_behalf_of(
        _events(
            record(0, userIdentity=identity),
            record(1, **_via("fas.s3.amazonaws.com")),
            record(2, **_via("AWS Internal")),
        )
    )
    assert table["service"].astype("str").fillna("").tolist() == ["", "s3", "(AWS)"]
    assert table["user_id"].astype("str").fillna("").tolist() == ["u-1", "", ""]
    assert table["source_identity"].astype("str").fillna("").tolist() == ["ann@example.com", "", ""]
    assert set(table["principal"]) == {CLERK}


@pytest.mark.parametrize("name", sorted(set(questions.__all__) - {"PRICES", "USES"}))
def test_no_events_give_an_empty_table_and_events_stay_as_they_are(name: str) -> None:
    """Every question, also to other services' events."""
    ask = getattr(questions, name)
    since = {"since": "2026-01-01"} if name in ("unusual_hours", "new_principals") else {}
    assert ask(_events(), **since).empty
    events = _events(record(0, eventSource="s3.amazonaws.com"), record(1), record(2, errorCode="AccessDenied"))
    before = events.copy()
    ask(events, **since)
    pandas.testing.assert_frame_equal(events, before)


def _endpoint(number: int, **members: Any) -> Record:
    """What a VPC endpoint's trail has of a call, as in the CloudTrail User Guide: no request, no keys, an id shared."""
    made = {"eventType": "AwsVpceEvent", "eventCategory": "NetworkActivity", "vpcEndpointId": "vpce-1"}
    return record(number, **made, readOnly=None, managementEvent=None, resources=None, **members)


def test_what_an_endpoint_noted_of_a_call_is_no_second_call() -> None:
    """Its network activity events lie beside the call's own record; what its policy refused has no other."""
    refused = {"errorCode": "VpceAccessDenied", "errorMessage": "The request was denied due to a VPC endpoint policy"}
    calls = [record(at) for at in range(3)]
    noted = [_endpoint(100 + at, sharedEventID=f"s-{at}") for at in range(3)]
    events = _events(*calls, *noted, _endpoint(200, sharedEventID="s-9", **refused))
    assert len(questions.each_call_once(events)) == 4
    assert questions.calls_per_service(events)["calls"].tolist() == [3]
    assert questions.who_used(events)["calls"].tolist() == [3]
    assert questions.denied(events)[["error", "reason"]].to_numpy().tolist() == [
        ["VpceAccessDenied", "VPC endpoint policy"]
    ]


def test_records_of_one_account_with_one_shared_id_are_records_of_their_own() -> None:
    """The start and the end of an Insights event share theirs; so may calls that a service makes."""
    insight = {"eventType": "AwsCloudTrailInsight", "eventName": None, "eventSource": None, "sharedEventID": "s-1"}
    events = _events(
        record(0, **insight), record(1, **insight), record(2, sharedEventID="s-2"), record(3, sharedEventID="s-2")
    )
    assert len(questions.each_call_once(events)) == 4


def _abroad(number: int, **members: Any) -> list[Record]:
    """A call's record and its copy in the trail of the key's owner."""
    owner = {"userIdentity": {"type": "AWSAccount", "accountId": ACCOUNT}, "recipientAccountId": "444455556666"}
    shared = {"sharedEventID": f"s-{number}"} | members
    return [record(number, **shared), record(100 + number, eventTime=record(number)["eventTime"], **shared | owner)]


def test_no_question_counts_a_call_across_accounts_twice() -> None:
    """Contexts, uses after a key's end, refusals."""
    ended = record(0, eventName="DisableKey", requestParameters=None)
    failed = _abroad(1, errorCode="DisabledException", requestParameters={"encryptionContext": {"team": "red"}})
    events = _events(ended, *failed, *_abroad(2, errorCode="AccessDenied", requestParameters=None))
    assert questions.context_values(events)[["name", "calls"]].to_numpy().tolist() == [["team", 1]]
    assert questions.used_after_end(events)["error"].tolist() == ["DisabledException", "AccessDenied"]
    assert len(questions.denied(events)) == 1


def test_a_key_whose_deletion_was_cancelled_is_disabled_until_it_is_enabled() -> None:
    """As CancelKeyDeletion's page in the API Reference says."""
    names = ("ScheduleKeyDeletion", "Decrypt", "CancelKeyDeletion", "Decrypt", "EnableKey", "Decrypt")
    table = questions.used_after_end(_events(*(record(at, eventName=name) for at, name in enumerate(names))))
    assert table["ended_by"].tolist() == ["ScheduleKeyDeletion"] * 2
    assert table.index.tolist() == [1, 3]


@pytest.mark.parametrize("key", [KEY.rpartition("/")[2], "alias/payroll", KEY.replace("key/", "alias/"), "", None])
def test_a_key_that_no_record_can_name_is_not_called_unused(key: Any) -> None:
    """Bare ids and aliases, as learners give them."""
    with pytest.raises(ValueError, match="is no key's ARN"):
        questions.unused_keys(_events(record(0)), [key])


def test_what_is_not_recorded_of_an_event_loses_it_no_question() -> None:
    """No account, no caller, no address: old records, and tables that hold fewer columns."""
    bare = {"recipientAccountId": None, "userIdentity": None, "sourceIPAddress": None}
    events = _events(record(0), record(1, **bare), record(2, **bare))
    assert questions.calls_per_service(events)["calls"].sum() == 3
    assert questions.who_used(events)["calls"].sum() == 3
    assert questions.first_and_last(events)["calls"].tolist() == [3]
    new = questions.new_principals(events, since="2026-01-05T09:00:01Z")
    assert new["calls"].tolist() == [2]
    assert new["principal"].isna().all()


ODD_PARTS: list[Any] = [None, "text", 7, [], [None, 7, {"ARN": 7}], {}, {"keyId": [KEY]}, {"encryptionContext": "x"}]


@pytest.mark.parametrize("odd", ODD_PARTS, ids=str)
@pytest.mark.parametrize(
    "part", ["userIdentity", "requestParameters", "responseElements", "resources", "errorMessage", "eventName"]
)
def test_no_event_however_odd_stops_a_question(part: str, odd: Any) -> None:
    """Each question answers of the good event beside it what it answers without the odd one."""
    events = _events(
        record(0),
        record(1, resources=_resource(OTHER_KEY), **{part: odd}) if part != "resources" else record(1, resources=odd),
    )
    more = {"unusual_hours": {"since": "2026-01-06"}, "new_principals": {"since": "2026-01-05"}}
    for name in sorted(set(questions.__all__) - {"PRICES", "USES"}):
        getattr(questions, name)(events, **more.get(name, {}))
    for helper in (trail.kms_keys, trail.encryption_context, trail.context_pairs, trail.on_behalf_of):
        helper(events)
    assert KEY in set(questions.who_used(events)["key_arn"])
