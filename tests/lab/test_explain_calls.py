"""`lab.explain` takes whatever a learner holds of a call, and every refused call of the notebooks has its reason."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from IPython.core.inputtransformer2 import TransformerManager

import labkit


@pytest.fixture
def lab() -> labkit.Lab:
    """A fresh lab."""
    return labkit.start("explain-tests")


def test_an_exception_an_answer_and_a_request_id_are_explained_alike(lab: labkit.Lab) -> None:
    """The same call, however it is named."""
    intern = lab.role("Intern").client("kms")
    with pytest.raises(ClientError) as raised:
        intern.list_keys()
    request_id = raised.value.response["ResponseMetadata"]["RequestId"]
    with labkit.expect_error("AccessDeniedException") as refused:
        intern.list_keys()
    told = {repr(lab.explain(each)) for each in (raised.value, raised.value.response, request_id, refused)}
    assert len(told) == 1
    assert next(iter(told)).startswith("Refused: User: arn:aws:sts::111122223333:assumed-role/Intern/intern")


def test_an_allowed_call_is_explained(lab: labkit.Lab) -> None:
    """By the statement that let it in; nothing is to be changed."""
    explained = lab.explain(boto3.client("kms").list_keys())
    assert "Deciding: Statement 1 of AdministratorAccess." in repr(explained)
    assert explained.data["allowed"] is True
    assert explained.changes == ()


def test_changes_would_allow_the_call(lab: labkit.Lab) -> None:
    """The statement that is suggested, put into the role's policy, lets the call pass."""
    intern = lab.role("Intern").client("kms")
    with labkit.expect_error("AccessDeniedException") as refused:
        intern.list_keys()
    explained = lab.explain(refused)
    assert explained.changes == ("allow kms:ListKeys in an identity-based policy of the caller",)
    statement = explained.data["changes"][0][0]["statement"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    boto3.client("iam").put_role_policy(RoleName="Intern", PolicyName="p", PolicyDocument=document)
    assert intern.list_keys()["Keys"] == []


def test_a_call_is_explained_as_it_was_decided_whatever_has_changed_since(lab: labkit.Lab) -> None:
    """Key, alias, grant, policies, clock: all of it other than when the call came in, and the same explanation."""
    kms, iam, clerk = boto3.client("kms"), boto3.client("iam"), lab.role("Clerk")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/orders", TargetKeyId=key)
    grant = kms.create_grant(KeyId=key, GranteePrincipal=clerk.arn, Operations=["Encrypt"])["GrantId"]
    allowed = clerk.client("kms").encrypt(KeyId="alias/orders", Plaintext=b"1 map")
    with labkit.expect_error("AccessDeniedException") as refused:
        clerk.client("kms").decrypt(CiphertextBlob=allowed["CiphertextBlob"])
    before = [(repr(each), each.data) for each in map(lab.explain, (allowed, refused))]
    kms.revoke_grant(KeyId=key, GrantId=grant)
    kms.delete_alias(AliasName="alias/orders")
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "stage", "TagValue": "old"}])
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    iam.put_role_policy(RoleName="Clerk", PolicyName="all", PolicyDocument=document)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    lab.clock.advance(days=8)
    assert [(repr(each), each.data) for each in map(lab.explain, (allowed, refused))] == before
    assert "Grant" in before[0][0] and before[0][1]["allowed"] is True


def test_a_refusal_by_boto3_itself_is_told_as_such(lab: labkit.Lab) -> None:
    """Nothing was sent, so no policy was asked."""
    with labkit.expect_error("ParamValidation") as refused:
        boto3.client("kms").encrypt()
    assert "before anything was sent" in repr(lab.explain(refused))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (7, "not int"),
        (labkit.expect_error("AccessDeniedException"), "nothing to explain yet"),
        ("no-such-request", "no-such-request"),
    ],
)
def test_what_is_no_call_is_named(lab: labkit.Lab, call: Any, said: str) -> None:
    """In the reader's words."""
    with pytest.raises(labkit.LabError, match=said):
        lab.explain(call)


@pytest.mark.parametrize("name", ["00-start-here", "01-kms-at-a-glance", "02-create-keys", "03-encrypt-and-decrypt"])
def test_every_refused_call_of_a_notebook_is_explained(
    name: str, checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its cells are run (the `aws` commands are left out), and the trail's errors looked up one by one."""
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {"display": lambda *_: None, "get_ipython": lambda: _Shell(space)}
    notebook = json.loads((checkout / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            source = TransformerManager().transform_cell("".join(cell["source"]))
            exec(compile(source, name, "exec"), space)
    for each in space.values():
        if isinstance(each, tempfile.TemporaryDirectory):
            each.cleanup()
    lab = space["lab"]
    refused = [event for event in lab.events() if "errorCode" in event]
    assert refused
    for event in refused:
        explained = lab.explain(event["requestID"])
        assert event["eventName"] in explained.text or event["errorCode"] in explained.text
        assert explained.data["allowed"] in (False, None)
        assert "<script" not in explained.html


class _Shell(SimpleNamespace):
    """What cells ask IPython for: commands are not run; one that makes a key is made up for by boto3."""

    def __init__(self, space: dict[str, Any]) -> None:
        super().__init__(space=space)

    def system(self, command: str) -> None:
        """`!command`."""

    def getoutput(self, command: str) -> list[str]:
        """`name = !command`: the id of a new key."""
        assert "create-key" in command, "a notebook reads the answer of another command: teach this test to make it"
        return [boto3.client("kms").create_key(Description="orders, second key")["KeyMetadata"]["KeyId"]]
