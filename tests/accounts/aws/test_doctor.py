"""`labkit doctor --account aws`: who and where one is, what is lacking, what each lab does; changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labkit import cli
from labkit.accounts.aws.caller import Caller
from labkit.accounts.aws.doctor import permissions
from labkit.accounts.aws.plans import plans
from tests.accounts.aws.conftest import StandIn
from tests.accounts.aws.test_consent import Answers

ROLE = Caller("111122223333", "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123/ada")
READING = ("Get", "List", "Describe", "Simulate", "Lookup")


def test_it_tells_who_one_is_and_what_labs_do(owner: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """And calls nothing but reads and one dry run."""
    before = len(owner.calls())
    assert cli.main(["doctor", "--account", "aws"]) == 0
    printed = capsys.readouterr().out
    assert f"AWS account {owner.first.account_id}, Region us-east-1" in printed
    assert f"LABKIT_CONSENT={owner.first.account_id}:us-east-1" in printed
    assert "IAM roles: " in printed
    assert all(lab in printed for lab in plans())
    assert "in the simulated account only: it audits a shop" in printed
    assert owner.first.secret_access_key not in printed
    changing = [name for name in owner.calls(before) if not name.startswith(READING)]
    assert changing == ["CreateVolume"]
    volumes = owner.cloud.history.of_account(owner.first.account_id)
    refused = [event.get("errorCode") for event in volumes if event["eventName"] == "CreateVolume"]
    assert refused == ["Client.DryRunOperation"]


def test_one_lab_as_json(owner: StandIn, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """With its status; a wrong Region is wrong for a lab that is written for one."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert cli.main(["doctor", "--account", "aws", "--lab", "13-secrets-manager", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [each["lab"] for each in told["labs"]] == ["13-secrets-manager"]
    assert told["labs"][0]["cost"]
    assert {"status": "wrong", "what": "lab 13-secrets-manager is written for us-east-1, not eu-west-1",
            "mend": "Set AWS_REGION=us-east-1"} in told["findings"]  # fmt: skip


@pytest.mark.parametrize(
    ("variables", "arguments", "told"),
    [
        ({"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}, [], "AWS knows no such access key"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, [], "Unset AWS_ENDPOINT_URL"),
        ({"LABKIT_STANDIN_ENDPOINT": "https://evil.example"}, [], "LABKIT_STANDIN_ENDPOINT is"),
        ({}, ["--lab", "99-nothing"], "there is no lab '99-nothing'"),
    ],
)
def test_where_there_is_nothing_to_look_at_it_ends_with_two(
    owner: StandIn,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    arguments: list[str],
    told: str,
) -> None:
    """And says how to mend it."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cli.main(["doctor", "--account", "aws", *arguments]) == 2
    assert told in capsys.readouterr().out


def test_a_wrong_consent_is_wrong(
    owner: StandIn, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the right one beside it."""
    monkeypatch.setenv("LABKIT_CONSENT", "999999999999:us-east-1")
    assert cli.main(["doctor", "--account", "aws", "--lab", "00-start-here"]) == 1
    assert f"For this account: LABKIT_CONSENT={owner.first.account_id}:us-east-1" in capsys.readouterr().out


# --- permissions -----------------------------------------------------------------------------------------------------


def _decided(denied: str) -> Any:
    def simulate(PolicySourceArn: str, ActionNames: list[str], MaxItems: int) -> dict[str, Any]:
        assert PolicySourceArn == "arn:aws:iam::111122223333:role/aws-reserved/sso/AWSReservedSSO_Admin_0123"
        assert len(ActionNames) <= permissions.AT_ONCE <= MaxItems
        results = [
            {"EvalActionName": name, "EvalDecision": "implicitDeny" if name == denied else "allowed"}
            for name in ActionNames
        ]
        return {"EvaluationResults": results}

    return simulate


def _dry_run(code: str) -> Any:
    def create_volume(DryRun: bool, **_: Any) -> Any:
        assert DryRun
        raise ClientError({"Error": {"Code": code, "Message": ""}}, "CreateVolume")

    return create_volume


SOURCE = {
    "iam_get_role": {"Role": {"Arn": "arn:aws:iam::111122223333:role/aws-reserved/sso/AWSReservedSSO_Admin_0123"}}
}


@pytest.mark.parametrize(
    ("answers", "missing", "unknown"),
    [
        ({"iam_simulate_principal_policy": _decided("kms:CreateKey")}, ["kms:CreateKey"], 0),
        ({"iam_simulate_principal_policy": _decided("")}, [], 0),
        ({"iam_simulate_principal_policy": "AccessDenied"}, [], 1),
        ({"iam_get_role": "AccessDenied"}, [], 1),
        ({"iam_simulate_principal_policy": _decided(""), "ec2_create_volume": _dry_run("UnauthorizedOperation")},
         ["ec2:CreateVolume"], 0),
        ({"iam_simulate_principal_policy": _decided(""), "ec2_create_volume": _dry_run("RequestLimitExceeded")}, [], 1),
    ],
)  # fmt: skip
def test_permissions_are_missing_or_not_known(answers: dict[str, Any], missing: list[str], unknown: int) -> None:
    """A session is asked about as its role, whose path IAM alone knows; what can't be found out is no permission."""
    told = SOURCE | {"ec2_create_volume": _dry_run("DryRunOperation")} | answers
    found = permissions.look(Answers(**told), ROLE, ["KMS keys", "EBS volumes"])  # type: ignore[arg-type]
    assert list(found.missing) == missing
    assert len(found.unknown) == unknown
    assert not set(found.missing) & set(found.allowed)


def test_each_thing_that_labs_make_has_its_permissions() -> None:
    """None is forgotten."""
    makes = {what for plan in plans().values() if not plan.simulated_only for what in plan.makes}
    assert makes <= set(permissions.needed_for())
