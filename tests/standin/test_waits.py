"""Waits in a real run: what is late is waited for, with a bound; what is not late is not; elsewhere nothing waits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import botocore.handlers
import pytest
from botocore.exceptions import ClientError

import labkit
from labkit.accounts.aws.consistency.bar import wait
from labkit.accounts.aws.consistency.changes import Changes, kind_of, names_in
from labkit.accounts.aws.consistency.patience import Patience
from labkit.accounts.aws.consistency.table import ANSWER, ERROR, SUCCESS, find, waits
from labkit.cloud.core.botocore_data import service_model

LATE = 10  # lab seconds
LAMBDA = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
ALLOW = [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]


class Run:
    """A lab whose calls are patient, on the lab's clock: a wait moves it."""

    def __init__(self, lab: Any, folder: Path) -> None:
        self.lab = lab
        self.waited: list[tuple[str, float]] = []
        self.patience = Patience(Changes(folder, lambda: lab.clock.now().timestamp()), sleep=self._wait)
        for event, handler in self.patience.handlers():
            boto3.DEFAULT_SESSION.events.register(event, handler)
        self.kms, self.iam = boto3.client("kms"), boto3.client("iam")

    def _wait(self, what: str, seconds: float) -> None:
        self.waited.append((what, seconds))
        self.lab.clock.advance(seconds=max(1, round(seconds)))

    def key(self) -> str:
        """A new key."""
        return str(self.kms.create_key()["KeyMetadata"]["KeyId"])


@pytest.fixture(scope="module")
def lab() -> Any:
    """An account in which changes are seen late."""
    lab = labkit.start("waits")
    lab.disturb(late=timedelta(seconds=LATE))
    return lab


@pytest.fixture
def run(lab: Any, tmp_path: Path) -> Iterator[Run]:
    """A patient run in it."""
    made = Run(lab, tmp_path)
    yield made
    for event, handler in made.patience.handlers():
        boto3.DEFAULT_SESSION.events.unregister(event, handler)


def alias(run: Run) -> Any:
    """An alias for a key just made, and its use."""
    key = run.key()
    run.kms.create_alias(AliasName=f"alias/{key}", TargetKeyId=key)
    return run.kms.encrypt(KeyId=f"alias/{key}", Plaintext=b"x")


def role(run: Run) -> Any:
    """A role just made, assumed and used."""
    made = run.lab.role(f"R{run.key()[:8]}", policy=ALLOW)
    return made.client("kms").list_keys()["Keys"]


def named_in_a_key_policy(run: Run) -> Any:
    """A role just made, named by a key policy."""
    arn = run.lab.role(f"P{run.key()[:8]}").arn
    root = f"arn:aws:iam::{run.lab.account_id}:root"
    allow = {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": [root, arn]}}
    return run.kms.create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))


def function(run: Run) -> Any:
    """A function with a role just made."""
    name = f"F{run.key()[:8]}"
    arn = run.lab.role(name, trust=[LAMBDA]).arn
    return boto3.client("lambda").create_function(
        FunctionName=name, Role=arn, Runtime="python3.13", Handler="x.y", Code={"ZipFile": b"PK\x05\x06" + bytes(18)}
    )


def granted(run: Run) -> Any:
    """A grant just made, used without its token."""
    key = run.key()
    clerk = run.lab.role(f"G{key[:8]}")
    sealed = run.kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    run.kms.create_grant(KeyId=key, GranteePrincipal=clerk.arn, Operations=["Decrypt"])
    return clerk.client("kms").decrypt(CiphertextBlob=sealed)


@pytest.mark.parametrize("steps", [alias, role, named_in_a_key_policy, function, granted], ids=lambda f: f.__name__)
def test_what_is_not_known_yet_is_tried_again(run: Run, steps: Callable[[Run], Any]) -> None:
    """Plain boto3: the calls go through as if nothing were late."""
    assert steps(run)
    assert any("AWS does not know the change yet" in what for what, _ in run.waited)


def test_a_refusal_that_is_late_is_waited_for(run: Run) -> None:
    """A disabled key that still encrypts; a grant that was revoked: held back until refused three times running."""
    key = run.key()
    run.kms.encrypt(KeyId=key, Plaintext=b"x")
    run.kms.disable_key(KeyId=key)
    with labkit.expect_error("DisabledException") as refused:
        run.kms.encrypt(KeyId=key, Plaintext=b"x")
    assert refused.code == "DisabledException"
    assert any("Encrypt still goes through" in what for what, _ in run.waited)
    assert sum("asking again whether it stays so" in what for what, _ in run.waited) >= 2


def test_what_is_expected_is_not_taken_for_late(run: Run) -> None:
    """A refusal for another reason comes at once, also right after a change; and one that is expected is no wait."""
    key = run.key()
    run.kms.describe_key(KeyId=key)
    run.waited.clear()
    with labkit.expect_error("NotFoundException"):
        run.kms.describe_key(KeyId="alias/nobody")
    with labkit.expect_error("ValidationException"):
        run.kms.encrypt(KeyId=key, Plaintext=b"x" * 4097)
    assert [what for what, _ in run.waited if "whether it stays so" not in what] == []


def test_a_replica_that_is_being_made_is_waited_for_and_a_key_that_was_closed_is_not(run: Run) -> None:
    """KMSInvalidStateException passes after ReplicateKey; DisabledException after DisableKey is the answer."""
    run.lab.disturb()
    primary = run.kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    sealed = run.kms.encrypt(KeyId=primary, Plaintext=b"x")["CiphertextBlob"]
    run.kms.replicate_key(KeyId=primary, ReplicaRegion="eu-west-1")
    assert boto3.client("kms", region_name="eu-west-1").decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
    run.lab.clock.advance(minutes=2)
    run.kms.disable_key(KeyId=primary)
    run.waited.clear()
    with pytest.raises(ClientError, match="DisabledException"):
        run.kms.encrypt(KeyId=primary, Plaintext=b"x")
    assert run.waited == []
    run.lab.disturb(late=timedelta(seconds=LATE))


def test_nothing_waits_without_a_change(run: Run) -> None:
    """A call that is refused for good, outside of expect_error: the learner hears it at once."""
    run.lab.clock.advance(minutes=5)
    with pytest.raises(ClientError, match="NotFoundException"):
        run.kms.describe_key(KeyId="alias/nobody")
    stranger = run.lab.role("Stranger")
    run.lab.clock.advance(minutes=5)
    client = stranger.client("kms")
    run.waited.clear()
    with pytest.raises(ClientError, match="AccessDeniedException"):
        client.list_keys()
    assert run.waited == []


def test_a_wait_has_an_end(run: Run) -> None:
    """After the table's bound the answer is given as it is."""
    stranger = run.lab.role("Refused").client("kms")
    began = run.lab.clock.now()
    with pytest.raises(ClientError, match="AccessDeniedException") as refused:
        stranger.list_keys()
    assert "reached max retries" not in str(refused.value)
    row = find(ERROR, "kms", "ListKeys", "AccessDeniedException")
    assert row is not None
    assert (run.lab.clock.now() - began).total_seconds() <= row.bound + 5


def test_a_call_that_changes_something_is_not_made_twice_and_it_is_said(run: Run) -> None:
    """CreateAlias went through where a refusal was expected: it may be too early, and another one would do harm."""
    key = run.key()
    run.kms.describe_key(KeyId=key)
    run.lab.clock.advance(seconds=LATE)
    run.kms.disable_key(KeyId=key)
    with (
        pytest.raises(AssertionError, match="CreateAlias changes something, so it was not made again"),
        labkit.expect_error("DisabledException"),
    ):
        run.kms.create_alias(AliasName=f"alias/late-{key}", TargetKeyId=key)


def test_a_call_that_would_do_harm_waits_before_it_is_refused(run: Run) -> None:
    """A key's deletion that its policy now forbids: sent at once, it would be scheduled."""
    key = run.key()
    run.kms.describe_key(KeyId=key)
    run.lab.clock.advance(seconds=LATE)
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{run.lab.account_id}:root"}, "Resource": "*"}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [root | {"Action": "kms:*"}, deny]}
    run.kms.put_key_policy(KeyId=key, Policy=json.dumps(policy))
    with labkit.expect_error("AccessDeniedException"):
        run.kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert any("ScheduleKeyDeletion is to be refused" in what for what, _ in run.waited)
    run.lab.clock.advance(minutes=1)
    assert run.kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"


def test_an_answer_is_asked_for_when_the_change_is_old_enough(run: Run) -> None:
    """Tags just set: the wait comes before the call. On an account a few seconds late the answer is the new one."""
    run.lab.disturb(late=timedelta(seconds=3))
    key = run.key()
    run.kms.tag_resource(KeyId=key, Tags=[{"TagKey": "a", "TagValue": "b"}])
    assert run.kms.list_resource_tags(KeyId=key)["Tags"]
    assert any("may still answer ListResourceTags as before" in what for what, _ in run.waited)
    run.lab.disturb(late=timedelta(seconds=LATE))


def test_a_simulated_lab_never_waits(tmp_path: Path) -> None:
    """Nothing of this is installed there."""
    labkit.start("plain")
    handlers = [entry[1] for entry in botocore.handlers.BUILTIN_HANDLERS]
    assert [each for each in handlers if "consistency" in getattr(each, "__module__", "")] == []


@pytest.mark.parametrize("row", waits(), ids=lambda row: f"{row.what}-{row.service}-{row.code or sorted(row.after)}")
def test_every_row_names_what_there_is(row: Any) -> None:
    """Operations of the service's model; codes that the model or AWS's common errors have; a bound, and a source."""
    model = service_model(row.service)
    assert row.operations - {"*"} <= set(model.operation_names)
    assert 1 <= row.interval <= row.bound <= 120
    if row.what == SUCCESS:  # made again: it must change nothing
        assert not [name for name in row.operations if kind_of(row.service, name)]
        assert not [name for name in row.operations if name.startswith(("Put", "Create", "Delete", "Update", "Invoke"))]
    if row.what == ANSWER:
        assert row.named


def test_names_and_kinds() -> None:
    """What a call is about; no policies, no texts, no secrets."""
    assert set(names_in({"KeyId": "k", "Policy": '{"a": 1}', "Tags": [{"TagKey": "t"}], "Plaintext": b"x"})) == {
        "k",
        "t",
    }
    calls = ("CreateKey", "DisableKey", "CreateAlias", "RevokeGrant", "Encrypt", "ListKeys")
    assert [kind_of("kms", name) for name in calls] == ["opened", "keys", "aliases", "grants", "", ""]
    assert [kind_of("iam", "PutRolePolicy"), kind_of("iam", "GetRole")] == ["iam", ""]
    assert [kind_of("s3", "PutBucketPolicy"), kind_of("s3", "PutObject")] == ["policies", ""]


@pytest.mark.parametrize(
    ("call", "concerns"),
    [
        ("alias/nowhere-rabc2345", False),
        ("arn:aws:kms:us-east-1:111122223333:key/99999999-0000-4000-8000-000000000000", False),
        ("SYMMETRIC_DEFAULT", False),
        ("default", False),
        ("11111111-0000-4000-8000-000000000000", True),
        ("arn:aws:kms:us-east-1:111122223333:key/11111111-0000-4000-8000-000000000000", True),
    ],
)
def test_what_all_calls_of_a_run_have_in_common_is_no_change_of_theirs(
    tmp_path: Path, call: str, concerns: bool
) -> None:
    """Every name ends with the run's id, which is a tag of every key, and every ARN has the account and the Region."""
    folder = tmp_path / "rabc2345"
    folder.mkdir()
    changes = Changes(folder)
    params = {"Tags": [{"TagKey": "labkit:run", "TagValue": "rabc2345"}], "ReplicaRegion": "us-east-1"}
    key = {"KeyId": "11111111-0000-4000-8000-000000000000", "AWSAccountId": "111122223333"}
    changes.add("opened", params, {"KeyMetadata": key | {"KeySpec": "SYMMETRIC_DEFAULT", "PolicyName": "default"}})
    assert (changes.last(frozenset({"opened"}), frozenset({call}), 0) is not None) == concerns


def test_an_access_key_is_not_written_down(tmp_path: Path) -> None:
    """The file of changes holds names and times."""
    changes = Changes(tmp_path)
    changes.add("iam", {"UserName": "u"}, {"AccessKey": {"AccessKeyId": "AKIAX", "SecretAccessKey": "s3cr3t"}})
    text = (tmp_path / "changes.jsonl").read_text()
    assert "AKIAX" not in text
    assert "s3cr3t" not in text
    assert '"u"' in text


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("iam", {"UserName": "u", "Password": "s3cr3t"}),
        ("iam", {"UserName": "u", "OldPassword": "s3cr3t", "NewPassword": "s3cr3t"}),
        ("iam", {"UserName": "u", "SerialNumber": "x", "AuthenticationCode1": "s3cr3t"}),
        ("keys", {"CustomKeyStoreName": "u", "KeyStorePassword": "s3cr3t"}),
        ("keys", {"CustomKeyStoreName": "u", "XksProxyAuthenticationCredential": {"RawSecretAccessKey": "s3cr3t"}}),
    ],
)
def test_no_secret_of_a_call_is_written_down(tmp_path: Path, kind: str, params: dict[str, Any]) -> None:
    """Passwords and keys are no names of things, whatever call they are in."""
    Changes(tmp_path).add(kind, params, {})
    text = (tmp_path / "changes.jsonl").read_text()
    assert "s3cr3t" not in text and '"u"' in text


def test_a_bar_in_a_terminal_says_what_for_and_can_be_interrupted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a terminal's standard error; elsewhere nothing is printed."""
    wait("AWS does not know the change yet:", 1.0)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr("labkit.accounts.aws.consistency.bar._somebody_looks", lambda: True)
    steps = iter([None, None])

    def sleep(_: float) -> None:
        if next(steps, "end") == "end":
            raise KeyboardInterrupt

    monkeypatch.setattr("labkit.accounts.aws.consistency.bar.time.sleep", sleep)
    with pytest.raises(KeyboardInterrupt):
        wait("AWS does not know the change yet:", 60.0)
    assert "AWS does not know the change yet:" in capsys.readouterr().err
