"""Names: the notebook's on one side, the account's on the other, and nothing else changed on the way."""

from __future__ import annotations

import json

import pytest

from labkit.accounts.aws.hooks.lens import Lens
from labkit.accounts.aws.hooks.naming import LONGEST, Names

ACCOUNT = "111122223333"
RUN = "rabc2345"
REAL = {
    ("alias", "alias/orders"): "alias/orders-rabc2345",
    ("alias", "alias/aws/s3"): "alias/aws/s3",
    ("bucket", "shop"): f"shop-rabc2345-{ACCOUNT}",
    ("bucket", f"shop-{ACCOUNT}"): f"shop-{ACCOUNT}-rabc2345",
    ("role", "Clerk"): "Clerk-rabc2345",
    ("role", "AWSServiceRoleForRDS"): "AWSServiceRoleForRDS",
    ("queue", "orders.fifo"): "orders-rabc2345.fifo",
    ("queue", f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/inbox"): (
        f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/inbox-rabc2345"
    ),
    ("parameter", "/shop/token:2"): "/shop/token-rabc2345:2",
    ("function", "report:live"): "report-rabc2345:live",
    ("log-group", "/aws/lambda/report"): "/aws/lambda/report-rabc2345",
    ("key", "alias/orders"): "alias/orders-rabc2345",
    ("key", "9f19e132-b8ed-4110-8aeb-75c10d3db784"): "9f19e132-b8ed-4110-8aeb-75c10d3db784",
    ("copy-source", "shop/a/b"): f"shop-rabc2345-{ACCOUNT}/a/b",
}
ARNS = {
    f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/orders": f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/orders-rabc2345",
    f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234",
    "arn:aws:s3:::shop/*": f"arn:aws:s3:::shop-rabc2345-{ACCOUNT}/*",
    "arn:aws:s3:::*": "arn:aws:s3:::*",
    f"arn:aws:iam::{ACCOUNT}:role/Clerk": f"arn:aws:iam::{ACCOUNT}:role/Clerk-rabc2345",
    f"arn:aws:iam::{ACCOUNT}:role/team/Clerk": f"arn:aws:iam::{ACCOUNT}:role/team/Clerk-rabc2345",
    f"arn:aws:iam::{ACCOUNT}:role/*": f"arn:aws:iam::{ACCOUNT}:role/*",
    f"arn:aws:iam::{ACCOUNT}:root": f"arn:aws:iam::{ACCOUNT}:root",
    "arn:aws:iam::aws:policy/ReadOnlyAccess": "arn:aws:iam::aws:policy/ReadOnlyAccess",
    "arn:aws:iam::444455556666:role/Clerk": "arn:aws:iam::444455556666:role/Clerk",
    f"arn:aws:sts::{ACCOUNT}:assumed-role/Clerk/ada": f"arn:aws:sts::{ACCOUNT}:assumed-role/Clerk-rabc2345/ada",
    f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:visitors:*": (
        f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:visitors-rabc2345:*"
    ),
    f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:shop/db-??????": (
        f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:shop/db-rabc2345-??????"
    ),
    f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/shop/token": (
        f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/shop/token-rabc2345"
    ),
    f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/tickets/index/*": (
        f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/tickets-rabc2345/index/*"
    ),
}


def _lens() -> Lens:
    return Lens(Names(RUN, ACCOUNT), lambda kind, name: False)


@pytest.mark.parametrize(("given", "real"), REAL.items(), ids=str)
def test_a_name_gets_the_runs_id_and_loses_it_again(given: tuple[str, str], real: str) -> None:
    """Both ways, and a second time changes nothing."""
    names = Names(RUN, ACCOUNT)
    assert names.real(*given) == real
    assert names.real(given[0], real) == real
    assert names.shown(real) == given[1]


@pytest.mark.parametrize(("given", "real"), ARNS.items(), ids=str)
def test_arns_in_policies_name_the_runs_things(given: str, real: str) -> None:
    """Patterns, other accounts and AWS's own stay as they are."""
    lens = _lens()
    policy = json.dumps({"Statement": [{"Resource": given, "Principal": {"AWS": [given]}}]}, indent=2)
    assert lens.document(policy) == policy.replace(given, real)
    assert lens.names.shown(lens.document(policy)) == policy


@pytest.mark.parametrize("kind", LONGEST)
def test_names_at_the_limit_stay_within_it(kind: str) -> None:
    """A name that AWS takes is one with the id too; one that is too long stays too long."""
    names = Names(RUN, ACCOUNT)
    start = "alias/" if kind == "alias" else ""
    longest = LONGEST[kind]
    for length in (longest, longest - 1, longest - 10, longest - 22):
        name = (start + "n" * 2000)[:length]
        real = names.real(kind, name)
        assert len(real) <= longest and RUN in real
        assert names.shown(real) == name
        other = names.real(kind, name[:-1] + "x")
        assert other != real
    fresh = Names(RUN, ACCOUNT)
    fresh.remember_cut({real: name})
    assert fresh.shown(real) == name
    assert len(names.real(kind, (start + "n" * 3000)[: longest + 1])) > longest


def test_contexts_plaintexts_and_bodies_are_left_alone() -> None:
    """What is encrypted or signed is the notebook's to the letter."""
    lens = _lens()
    arn = "arn:aws:s3:::shop/a"
    asked = {
        "KeyId": "alias/orders",
        "Plaintext": b"arn:aws:s3:::shop/a",
        "EncryptionContext": {"arn": arn, "alias": "alias/orders"},
    }
    sent = lens.out("kms", "Encrypt", asked)
    assert sent == asked | {"KeyId": "alias/orders-rabc2345"}
    put = {"Bucket": "shop", "Key": "alias/orders", "Body": b"alias/orders", "SSEKMSKeyId": "alias/orders"}
    sent = lens.out("s3", "PutObject", put)
    assert sent == put | {"Bucket": f"shop-rabc2345-{ACCOUNT}", "SSEKMSKeyId": "alias/orders-rabc2345"}
    grant = {"KeyId": "x", "Constraints": {"EncryptionContextSubset": {"arn": arn}}}
    assert lens.out("kms", "CreateGrant", grant) == grant


def test_conditions_on_a_context_of_ones_own_stay() -> None:
    """The services' own contexts name the account's things; the notebook's say what the notebook says."""
    arn = "arn:aws:s3:::shop"
    own = json.dumps({"Condition": {"StringEquals": {"kms:EncryptionContext:place": arn}}})
    of_s3 = json.dumps({"Condition": {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": arn}}})
    assert _lens().document(own) == own
    assert _lens().document(of_s3) == of_s3.replace("shop", f"shop-rabc2345-{ACCOUNT}")
    by_alias = json.dumps({"Condition": {"StringEquals": {"kms:RequestAlias": "alias/orders"}}})
    assert _lens().document(by_alias) == by_alias.replace("orders", "orders-rabc2345")


def test_what_is_not_the_runs_can_be_read_and_not_changed() -> None:
    """A listed foreign name is asked for as it is; a change by name always means the run's own."""
    lens = _lens()
    lens.back("iam", {"Roles": [{"RoleName": "Payroll"}]})
    assert lens.out("iam", "GetRole", {"RoleName": "Payroll"}) == {"RoleName": "Payroll"}
    assert lens.out("iam", "DeleteRole", {"RoleName": "Payroll"}) == {"RoleName": "Payroll-rabc2345"}


def test_the_runs_tags_are_not_shown() -> None:
    """Neither in lists nor in CloudTrail's records; other tags are."""
    tags = {"Tags": [{"TagKey": "team", "TagValue": "red"}, {"TagKey": "labkit:run", "TagValue": RUN}]}
    assert _lens().back("kms", tags) == {"Tags": [{"TagKey": "team", "TagValue": "red"}]}
    assert _lens().back("sqs", {"Tags": {"labkit:run": RUN, "team": "red"}}) == {"Tags": {"team": "red"}}
    event = {"CloudTrailEvent": json.dumps({"requestParameters": {"aliasName": "alias/orders-rabc2345"}})}
    assert json.loads(_lens().back("cloudtrail", event)["CloudTrailEvent"]) == {
        "requestParameters": {"aliasName": "alias/orders"}
    }


def test_messages_and_items_are_content() -> None:
    """What is stored or sent is what the notebook wrote; a batch's tables are names."""
    arn = "arn:aws:s3:::shop"
    assert _lens().out("sqs", "SendMessage", {"MessageBody": arn})["MessageBody"] == arn
    assert _lens().out("sns", "Publish", {"Message": arn, "Subject": arn}) == {"Message": arn, "Subject": arn}
    assert _lens().out("secretsmanager", "CreateSecret", {"SecretString": arn})["SecretString"] == arn
    asked = {"tickets": {"Keys": [{"id": {"S": arn}}]}}
    real = {"tickets-rabc2345": asked["tickets"]}
    assert _lens().out("dynamodb", "BatchGetItem", {"RequestItems": asked})["RequestItems"] == real
    assert _lens().back("dynamodb", {"Responses": {"tickets-rabc2345": []}}) == {"Responses": {"tickets": []}}
