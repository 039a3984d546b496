"""`labkit.start` and what it hands out; what can't be done is said in the learner's words."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest

import labkit


def test_the_learner_is_a_role_of_the_account() -> None:
    """An ordinary role with AdministratorAccess, not root."""
    lab = labkit.start("start-tests")
    assert boto3.client("sts").get_caller_identity()["Arn"] == (
        f"arn:aws:sts::{lab.account_id}:assumed-role/LabAdministrator/learner"
    )
    attached = boto3.client("iam").list_attached_role_policies(RoleName="LabAdministrator")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AdministratorAccess"]


def test_a_second_start_is_a_fresh_account() -> None:
    """Nothing of the first is left, and its clients find nothing there."""
    labkit.start("start-tests")
    boto3.client("kms").create_key()
    labkit.start("start-tests")
    assert boto3.client("kms").list_keys()["Keys"] == []


def test_the_clock_starts_on_a_monday_morning_and_takes_a_second_a_call() -> None:
    """And looks of the observer take no time."""
    lab = labkit.start("start-tests")
    begun = lab.clock.now()
    assert begun == datetime(2026, 1, 5, 9, 0, 1, tzinfo=UTC)  # the learner has signed in
    boto3.client("kms").list_keys()
    lab.observer.client("kms").list_keys()
    assert (lab.clock.now() - begun).total_seconds() == 1
    assert [event["eventName"] for event in lab.events()] == ["AssumeRole", "ListKeys"]


def test_the_clock_goes_forward_only() -> None:
    """A negative distance is refused."""
    lab = labkit.start("start-tests")
    assert lab.clock.advance(days=8) == datetime(2026, 1, 13, 9, 0, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="only moves forward"):
        lab.clock.advance(days=-1)


def test_the_observer_changes_nothing() -> None:
    """It may look, not act."""
    lab = labkit.start("start-tests")
    with labkit.expect_error("AccessDeniedException") as refused:
        lab.observer.client("kms").create_key()
    assert refused.message == "An observer may not call CreateKey."
    assert len(lab.events()) == 1


@pytest.mark.parametrize("name", ["", "a lab with spaces", "../../etc", None, 7])
def test_a_lab_needs_a_plain_name(name: object) -> None:
    """And the message shows one."""
    with pytest.raises(labkit.LabError, match="started by its name, for example"):
        labkit.start(name)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ("http://127.0.0.1:9", "No lab answers at http://127.0.0.1:9"),
        ("https://kms.us-east-1.amazonaws.com", "joined only on this machine"),
        ("nonsense", "joined only on this machine"),
    ],
)
def test_an_endpoint_that_is_no_lab_is_named(monkeypatch: pytest.MonkeyPatch, endpoint: str, message: str) -> None:
    """With what to do about it."""
    monkeypatch.setenv("LABKIT_ENDPOINT", endpoint)
    with pytest.raises(labkit.LabError, match=message):
        labkit.start("start-tests")


def test_the_owners_settings_stay_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile or a service's own endpoint would lead past the lab."""
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "https://kms.us-east-1.amazonaws.com")
    labkit.start("start-tests")
    assert boto3.client("kms").list_keys()["Keys"] == []
    assert boto3.client("kms").meta.endpoint_url == os.environ["AWS_ENDPOINT_URL"]


def test_a_kernel_finds_the_command_that_came_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not an older `aws` of the system, which would call the real AWS."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    labkit.start("start-tests")
    *_, own, first, second = os.environ["PATH"].split(os.pathsep)
    assert (own, first, second) == (str(Path(sys.executable).parent), "/usr/bin", "/bin")
    assert str(Path(sys.executable)) in Path(str(shutil.which("aws"))).read_text()  # the lab's own, or that one's


def test_plain_import_is_light() -> None:
    """pandas and Jupyter are loaded when they are needed, not before."""
    code = (
        "import labkit, sys; print([m for m in ('pandas', 'IPython', 'jupyterlab', 'ipywidgets') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_a_name_that_is_taken_is_said_in_the_learners_words() -> None:
    """A cell run twice harms nothing, and a lab run twice in one account says what to do."""
    lab = labkit.start("start-tests")
    limit = [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]
    clerk = lab.role("Clerk", [], boundary=limit)
    for again in ({}, {"boundary": limit}):
        with pytest.raises(labkit.LabError, match=r"already has a (role|policy) Clerk.*go on with.*restart the kernel"):
            lab.role("Clerk", [], **again)
    assert clerk.session().arn.endswith(":assumed-role/Clerk/clerk")


def test_nothing_secret_is_shown() -> None:
    """Not in the lab's repr, its HTML, its role's or its events'."""
    lab = labkit.start("start-tests")
    role = lab.role("Clerk", [])
    secret, token = os.environ["AWS_SECRET_ACCESS_KEY"], os.environ["AWS_SESSION_TOKEN"]
    shown = repr(lab) + lab._repr_html_() + repr(role) + repr(lab.observer)
    assert secret not in shown
    assert token not in shown
    assert secret not in str(lab.events())


def test_a_further_lab_reads_none_of_botocores_files_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are most of the time that a start takes; the second lab's clients have the first one's."""
    labkit.start("first")
    boto3.client("kms").list_keys()

    def read(*_: object) -> None:
        raise AssertionError("a file is read again")

    monkeypatch.setattr("botocore.loaders.JSONFileLoader.load_file", read)
    lab = labkit.start("second")
    assert boto3.client("kms").create_key()["KeyMetadata"]["AWSAccountId"] == lab.account_id


def test_a_check_leaves_the_ids_of_later_calls_as_they_are() -> None:
    """Who checks an exercise five times sees the ids that the page shows."""

    def ids(checks: int) -> list[str]:
        lab = labkit.start("00-start-here")
        for _ in range(checks):
            lab.exercise("hello-key").check()
        answer = boto3.client("kms").list_keys()["ResponseMetadata"]["RequestId"]
        return [answer, lab.events()[-1]["eventID"]]

    assert ids(0) == ids(1) == ids(5)


def test_a_role_of_one_letter_has_sessions() -> None:
    """A session's name has two characters at least (AssumeRole)."""
    assert labkit.start("letters").role("A").session().arn.endswith(":assumed-role/A/a-")
