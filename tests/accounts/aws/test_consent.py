"""Nothing is made before consent to that account and Region, and none is taken for another."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

import labkit
from labkit.accounts.aws import consent, surroundings
from labkit.accounts.aws.caller import Caller
from tests.accounts.aws.conftest import StandIn

LAB = "02-create-keys"
OTHER = "444455556666"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("", "there is nobody to ask here. To agree, set LABKIT_CONSENT={id}:us-east-1"),
        ("444455556666:us-east-1", "lead to account {id}, Region us-east-1"),
        ("{id}:eu-west-1", "Nothing was made"),
        ("{id}", "Nothing was made"),
        ("{id}:us-east-1:", "Nothing was made"),
        (" {id}:us-east-1", "Nothing was made"),
        ("{id}:us-east-1\n", "Nothing was made"),
        ("{id}:us-east-1:444455556666", "it names two accounts"),
        ("*:us-east-1", "Nothing was made"),
        ("yes", "Nothing was made"),
    ],
)
def test_a_lab_without_consent_only_asks_who_one_is(
    owner: StandIn, monkeypatch: pytest.MonkeyPatch, given: str, told: str
) -> None:
    """No call but GetCallerIdentity; no folder, no client is left."""
    own = owner.first.account_id
    assert own != OTHER
    monkeypatch.setenv("LABKIT_CONSENT", given.format(id=own))
    before = len(owner.calls())
    with pytest.raises(labkit.LabError) as refused:
        labkit.start(LAB)
    assert told.format(id=own) in str(refused.value)
    assert owner.calls(before) == ["GetCallerIdentity"]
    assert owner.first.secret_access_key not in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "agrees"), [("{id}:us-east-1", True), ("{id}", False), ("yes", False), ("", False), ("y", False)]
)
def test_it_can_be_typed(owner: StandIn, monkeypatch: pytest.MonkeyPatch, typed: str, agrees: bool) -> None:
    """The account's id and the Region, and nothing less; the prompt says what is made and who one is."""
    asked = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return typed.format(id=owner.first.account_id)

    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr("sys.stdin", Terminal())
    if agrees:
        lab = labkit.start(LAB)
        assert repr(lab).startswith(f"Lab {LAB}: stand-in {owner.endpoint} for AWS account {owner.first.account_id}")
    else:
        with pytest.raises(labkit.LabError, match="Nothing was made"):
            labkit.start(LAB)
    assert "It makes: KMS keys, IAM roles." in asked[0]
    assert "lab-administrator" in asked[0]
    assert len(asked) == 1


class Terminal:
    """Standard input with somebody at it."""

    def isatty(self) -> bool:
        """Tell that there is."""
        return True


WHO = Caller(OTHER, f"arn:aws:iam::{OTHER}:user/ada")


@pytest.mark.parametrize("second", ["", "no", "{id}", "{id} "])
def test_an_account_that_others_depend_on_is_named_twice(second: str) -> None:
    """At the prompt, its id again."""
    typed = second.format(id=OTHER)
    if typed == OTHER:
        consent.agree_again(WHO, "us-east-1", ["Its alias is 'prod'."], lambda _: typed, {})
        return
    with pytest.raises(labkit.LabError, match="Its alias is 'prod'"):
        consent.agree_again(WHO, "us-east-1", ["Its alias is 'prod'."], lambda _: typed, {})


def test_a_script_names_it_twice_in_the_variable(owner: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is told how."""
    own = owner.first.account_id
    iam = boto3.client("iam", "us-east-1", endpoint_url=owner.endpoint)
    iam.create_account_alias(AccountAlias="shop-production")
    try:
        monkeypatch.setenv("LABKIT_CONSENT", f"{own}:us-east-1")
        with pytest.raises(labkit.LabError, match=f"LABKIT_CONSENT={own}:us-east-1:{own}"):
            labkit.start(LAB)
        monkeypatch.setenv("LABKIT_CONSENT", f"{own}:us-east-1:{own}")
        assert labkit.start(LAB).account_id == own
    finally:
        boto3.client("iam", "us-east-1", endpoint_url=owner.endpoint).delete_account_alias(
            AccountAlias="shop-production"
        )


# --- what an account looks like --------------------------------------------------------------------------------------


class Answers:
    """Settings whose clients answer from a table: a dict is an answer, a text an error's code."""

    region = "us-east-1"
    standin = ""

    def __init__(self, **told: Any) -> None:
        self._told = told

    def client(self, service: str, _region: str = "") -> Any:
        """Make a client of that service."""
        return _Client(service, self._told)


class _Client:
    def __init__(self, service: str, told: dict[str, Any]) -> None:
        self._service, self._told = service, told

    def __getattr__(self, operation: str) -> Any:
        from botocore.exceptions import ClientError

        answer = self._told.get(f"{self._service}_{operation}", {})

        def call(**given: Any) -> Any:
            if isinstance(answer, str):
                raise ClientError({"Error": {"Code": answer, "Message": ""}}, operation)
            return answer(**given) if callable(answer) else answer

        return call


QUIET: dict[str, Any] = {
    "organizations_describe_organization": "AWSOrganizationsNotInUseException",
    "iam_list_account_aliases": {"AccountAliases": []},
    "account_get_account_information": "AccessDeniedException",
    "kms_list_keys": {"Keys": []},
}
NAMES = [{"Name": f"b{n}"} for n in range(4)]


def test_an_empty_account_raises_no_doubt() -> None:
    """Nor does a handful of things, nor what AWS keeps there."""
    roles = [{"RoleName": f"r{n}", "Path": "/aws-service-role/x/"} for n in range(30)]
    told = QUIET | {"s3_list_buckets": {"Buckets": NAMES}, "iam_list_roles": {"Roles": roles}}
    assert surroundings.doubts(Answers(**told), WHO) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"organizations_describe_organization": {"Organization": {"MasterAccountId": OTHER}}}, "management account"),
        (
            {"organizations_describe_organization": "AccessDeniedException"},
            "you lack organizations:DescribeOrganization",
        ),
        ({"organizations_describe_organization": "ThrottlingException"}, "answered ThrottlingException"),
        ({"iam_list_account_aliases": {"AccountAliases": ["acme-PROD"]}}, "Its alias is 'acme-PROD'"),
        ({"iam_list_account_aliases": "AccessDenied"}, "you lack iam:ListAccountAliases"),
        ({"account_get_account_information": {"AccountName": "Production"}}, "Its name is 'Production'"),
        ({"s3_list_buckets": {"Buckets": [*NAMES, *NAMES]}}, "more in it already than a handful"),
        (
            {"s3_list_buckets": {"Buckets": NAMES}, "dynamodb_list_tables": {"TableNames": ["a", "b"]}},
            "table a and 1 more",
        ),
        ({"s3_list_buckets": "AccessDenied"}, "you lack s3:ListBuckets"),
        ({"lambda_list_functions": {"Functions": [{"FunctionName": f"f{n}"} for n in range(9)]}}, "function f0"),
        ({"kms_list_keys": "AccessDeniedException"}, "which KMS keys"),
    ],
)
def test_an_account_that_others_may_depend_on_is_told(more: dict[str, Any], told: str) -> None:
    """Management accounts, names with prod, more than a handful of things, and whatever can't be found out."""
    found = " ".join(surroundings.doubts(Answers(**QUIET | more), WHO))  # type: ignore[arg-type]
    assert told in found


def test_member_accounts_and_leftovers_of_runs_raise_no_doubt() -> None:
    """What a run has made carries its id or its tag."""
    member = {"organizations_describe_organization": {"Organization": {"MasterAccountId": "111111111111"}}}
    ours = {"Buckets": [{"Name": f"records-abcd2345-{n}"} for n in range(9)]}
    functions = {"Functions": [{"FunctionName": f"f{n}", "Tags": [{"Key": "labkit:run"}]} for n in range(9)]}
    told = QUIET | member | {"s3_list_buckets": ours, "lambda_list_functions": functions}
    assert surroundings.doubts(Answers(**told), WHO, ["abcd2345"]) == []  # type: ignore[arg-type]


def test_keys_count_unless_they_are_going() -> None:
    """AWS managed keys, keys that wait for deletion and the kit's own do not."""
    kinds = {
        **{f"k{n}": ("CUSTOMER", "Enabled", []) for n in range(6)},
        "m": ("AWS", "Enabled", []),
        "p": ("CUSTOMER", "PendingDeletion", []),
        "o": ("CUSTOMER", "Enabled", [{"TagKey": "labkit:run", "TagValue": "x"}]),
    }

    def told(names: list[str]) -> list[str]:
        keys: dict[str, Any] = {
            "kms_list_keys": {"Keys": [{"KeyId": name} for name in names]},
            "kms_describe_key": lambda KeyId: {
                "KeyMetadata": {"KeyManager": kinds[KeyId][0], "KeyState": kinds[KeyId][1]}
            },
            "kms_list_resource_tags": lambda KeyId: {"Tags": kinds[KeyId][2]},
        }
        return surroundings.doubts(Answers(**QUIET | keys), WHO)  # type: ignore[arg-type]

    assert told(["m", "p", "o", "k0", "k1", "k2", "k3", "k4"]) == []
    assert "6 things" not in json.dumps(told(list(kinds)))
    assert told(list(kinds)) != []


def test_the_root_user_is_a_doubt() -> None:
    """Labs are not for it."""
    root = Caller(OTHER, f"arn:aws:iam::{OTHER}:root")
    assert "root user" in surroundings.doubts(Answers(**QUIET), root)[0]  # type: ignore[arg-type]
