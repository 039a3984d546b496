"""Odd settings, before and after a run begins: calls go to AWS, as the account that was agreed to, or not at all."""

from __future__ import annotations

import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

import labkit
from labkit.accounts.addresses import is_aws
from labkit.accounts.aws import guard, run
from labkit.accounts.aws.settings import settings
from labkit.accounts.aws.standin import standin as read_standin
from labkit.accounts.local import LocalCloud
from labkit.cloud.core.stay_in_lab import NotInThisLab
from tests.accounts.aws.conftest import StandIn

LAB = "02-create-keys"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
        ("AWS_ENDPOINT_URL", "https://kms.us-east-1.amazonaws.com"),
        ("AWS_ENDPOINT_URL_KMS", "https://evil.example"),
        ("AWS_ENDPOINT_URL_STS", "https://user:secret@evil.example"),
        ("LABKIT_ENDPOINT", "http://127.0.0.1:4566"),
        ("LABKIT_STANDIN_ENDPOINT", "https://evil.example"),
        ("LABKIT_STANDIN_ENDPOINT", "http://evil.example:80"),
        ("LABKIT_STANDIN_ENDPOINT", "http://127.0.0.1.evil.example:80"),
        ("LABKIT_STANDIN_ENDPOINT", "http://127.0.0.1:80@evil.example"),
        ("LABKIT_STANDIN_ENDPOINT", "http://user:secret@127.0.0.1:80"),
        ("LABKIT_STANDIN_ENDPOINT", "http://evil.example#@127.0.0.1:80"),
        ("LABKIT_STANDIN_ENDPOINT", "http://127.0.0.1:80/path"),
        ("LABKIT_STANDIN_ENDPOINT", "http://127.0.0.1"),
        ("LABKIT_STANDIN_ENDPOINT", "https://127.0.0.1:80"),
        ("LABKIT_STANDIN_ENDPOINT", "http://[::1"),
        ("LABKIT_STANDIN_ENDPOINT", "127.0.0.1:80"),
        ("LABKIT_STANDIN_ENDPOINT", "http://2130706433:80"),
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
    ],
)
def test_a_variable_that_leads_elsewhere_is_refused(
    agreed: StandIn, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Before any call; a password in the address is not told."""
    monkeypatch.setenv(name, value)
    before = len(agreed.calls())
    with pytest.raises(labkit.LabError, match=name) as refused:
        labkit.start(LAB)
    assert "secret" not in str(refused.value)
    assert agreed.calls(before) == []


CONFIGS = {
    "in the profile": "[default]\nendpoint_url = http://evil.example\n",
    "in the profile's services": "[default]\nservices = mine\n[services mine]\nkms =\n  endpoint_url = http://evil.example\n",
    "in the source profile": "[default]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = base\n"
    "[profile base]\nendpoint_url = https://evil.example\n",
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_config_file_that_leads_elsewhere_is_refused(agreed: StandIn, config: str) -> None:
    """For all services, or for one."""
    Path(os.environ["AWS_CONFIG_FILE"]).write_text(config, encoding="utf-8")
    before = len(agreed.calls())
    with pytest.raises(labkit.LabError, match=r"config file has endpoint_url = 'https?://evil.example'"):
        labkit.start(LAB)
    assert agreed.calls(before) == []


def test_another_profiles_endpoint_is_nobodys_business(agreed: StandIn) -> None:
    """Only the profile that is used counts."""
    Path(os.environ["AWS_CONFIG_FILE"]).write_text(
        "[profile local]\nendpoint_url = http://x.example\n", encoding="utf-8"
    )
    assert settings().region == "us-east-1"


@pytest.mark.parametrize(
    ("url", "yes"),
    [
        ("https://kms.us-east-1.amazonaws.com/", True),
        ("https://kms-fips.us-east-1.amazonaws.com/", True),
        ("https://kms.us-east-1.api.aws/", True),
        ("https://bucket.s3.eu-west-1.amazonaws.com/key", True),
        ("https://sts.amazonaws.com/", True),
        ("http://kms.us-east-1.amazonaws.com/", False),
        ("https://evil.example/kms.us-east-1.amazonaws.com", False),
        ("https://kms.us-east-1.amazonaws.com.evil.example/", False),
        ("https://kms.us-east-1.amazonaws.com@evil.example/", False),
        ("https://evilamazonaws.com/", False),
        ("https://abc.execute-api.us-east-1.amazonaws.com/", False),
        ("https://x.us-east-1.elb.amazonaws.com/", False),
        ("https://ec2-1-2-3-4.compute-1.amazonaws.com/", False),
        ("https://b.s3-website-us-east-1.amazonaws.com/", False),
        ("https://169.254.169.254/", False),
        ("http://127.0.0.1:4566/", False),
        ("https://[::1", False),
    ],
)
def test_which_addresses_are_aws(url: str, yes: bool) -> None:
    """By https, under AWS's domains, and none that belongs to a customer of AWS."""
    assert is_aws(url, "") is yes
    assert not is_aws(url, "http://127.0.0.1:1")


def test_with_a_standin_nothing_but_the_standin_is_aws() -> None:
    """Whatever comes after its address."""
    here = "http://127.0.0.1:4566"
    assert is_aws(f"{here}/bucket", here)
    assert not any(
        is_aws(url, here) for url in (f"{here}6/", "http://127.0.0.1:4566@evil.example/", "http://localhost:4566/")
    )
    assert read_standin({"LABKIT_STANDIN_ENDPOINT": "http://localhost:4566/"}) == here


def test_a_client_for_another_address_is_refused(agreed: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own argument, or by a variable that was set in the middle."""
    labkit.start(LAB)
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "https://kms.us-east-1.amazonaws.com")
    for client in (boto3.client("kms", endpoint_url="https://evil.example"), boto3.Session().client("kms")):
        with pytest.raises(labkit.LabError, match="which is not AWS. Nothing was sent"):
            client.list_keys()


def test_another_accounts_credentials_are_refused(agreed: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the settings change in the middle; what the lab's own roles are, is known without asking."""
    lab = labkit.start(LAB)
    role = lab.role("GuardTests")
    before = len(agreed.calls())
    assert role.client("sts").get_caller_identity()["Account"] == agreed.first.account_id
    assert agreed.calls(before) == ["AssumeRole", "GetCallerIdentity"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", agreed.second.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", agreed.second.secret_access_key)
    other = boto3.Session().client("kms")
    with pytest.raises(labkit.LabError, match=f"credentials of account {agreed.second.account_id}. Nothing was sent"):
        other.create_key()
    assert boto3.client("kms").list_keys()["Keys"] is not None  # the default session keeps what it began with


def test_nothing_is_changed_in_another_region(agreed: StandIn) -> None:
    """It may be looked at; IAM and STS have no Region."""
    labkit.start(LAB)
    elsewhere = boto3.client("kms", "eu-central-1")
    assert elsewhere.list_keys()["Keys"] == []
    with pytest.raises(labkit.LabError, match="CreateKey would change something in the Region eu-central-1"):
        elsewhere.create_key()
    assert boto3.client("iam", "eu-central-1").create_role(RoleName="g", AssumeRolePolicyDocument=_TRUST)
    boto3.client("iam").delete_role(RoleName="g")


_TRUST = json.dumps(
    {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
)


def test_clients_of_a_run_that_is_over_call_no_more(agreed: StandIn) -> None:
    """Another lab has begun, or none."""
    first = labkit.start(LAB)
    left = boto3.client("kms")
    second = labkit.start("00-start-here")
    assert first.run.id != second.run.id  # type: ignore[attr-defined]
    with pytest.raises(labkit.LabError, match=r"This lab is over: labkit.start\('00-start-here'\)"):
        first.role("Late")
    with pytest.raises(labkit.LabError, match="is over"):
        left.list_keys()
    assert boto3.client("kms").list_keys()


def test_a_real_lab_does_not_begin_after_a_simulated_one_nor_the_other_way(
    agreed: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one process: the settings of the one are not those of the other."""
    labkit.start(LAB)
    monkeypatch.setenv("LABKIT_ACCOUNT", "simulated")
    monkeypatch.delenv("LABKIT_STANDIN_ENDPOINT")
    with pytest.raises(labkit.LabError, match="has been in a real account"):
        labkit.start(LAB)
    from labkit.accounts.remote import Remote

    monkeypatch.setattr(LocalCloud, "_joined", Remote("http://127.0.0.1:9"))
    with pytest.raises(labkit.LabError, match="has been in a simulated account"):
        labkit.start(LAB, account="aws")


def test_a_standin_and_a_simulated_lab_contradict(owner: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is taken for AWS is no simulated account."""
    monkeypatch.setenv("LABKIT_ACCOUNT", "simulated")
    with pytest.raises(labkit.LabError, match="LABKIT_STANDIN_ENDPOINT is set"):
        labkit.start(LAB)


def test_a_lab_that_is_written_for_one_region_says_so(agreed: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before who one is is asked."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    before = len(agreed.calls())
    with pytest.raises(labkit.LabError, match="written for the Region us-east-1"):
        labkit.start("13-secrets-manager")
    with pytest.raises(labkit.LabError, match="is no AWS Region with KMS"):
        labkit.start(LAB, region="mars-1")
    assert agreed.calls(before) == []


def test_credentials_are_nowhere(agreed: StandIn, tmp_path: Path) -> None:
    """Not in the run's folder, not in what is shown, not in the guard's or the memory's looks."""
    lab = labkit.start(LAB)
    boto3.client("kms").list_keys()
    secret, key = agreed.first.secret_access_key, agreed.first.access_key_id
    files = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert files
    shown = [
        repr(lab),
        lab._repr_html_(),
        repr(lab.run),
        *(path.read_bytes().decode(errors="replace") for path in files),
    ]  # type: ignore[attr-defined]
    assert not any(secret in text or key in text for text in shown)
    present = guard.installed()
    assert present is not None
    assert secret not in repr(vars(present.memory) if hasattr(present.memory, "__dict__") else present.memory)
    if os.name != "nt":
        assert {path.stat().st_mode & 0o077 for path in (tmp_path / "home" / "runs").rglob("*") if path.is_dir()} == {0}


def test_the_owners_settings_stay(agreed: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real run takes no setting away."""
    monkeypatch.setenv("AWS_RETRY_MODE", "standard")
    monkeypatch.setenv("AWS_PAGER", "more")
    before = dict(os.environ)
    labkit.start(LAB)
    changed = {name for name in before if os.environ.get(name) != before[name]}
    assert changed <= {"PATH", "NO_PROXY", "no_proxy"}


def test_a_run_is_read_again(tmp_path: Path) -> None:
    """From its folder; what is none, is not."""
    begun = run.begin("111122223333", "us-east-1", LAB, tmp_path, ("eu-west-1",))
    assert run.read(begun.folder) == begun
    assert run.runs(tmp_path) == [begun]
    (tmp_path / "runs" / "broken").mkdir()
    (tmp_path / "runs" / "broken" / "run.json").write_text("{}", encoding="utf-8")
    assert run.runs(tmp_path) == [begun]
    with pytest.raises(labkit.LabError, match="There is no run"):
        run.read(tmp_path)


def test_signing_is_checked_by_the_credentials_of_the_call_itself(agreed: StandIn) -> None:
    """Not by those of the default session."""
    labkit.start(LAB)
    present = guard.installed()
    assert present is not None
    signer = SimpleNamespace(_credentials=boto3.Session(
        agreed.second.access_key_id, agreed.second.secret_access_key).get_credentials())  # fmt: skip
    request = SimpleNamespace(context={})
    with pytest.raises(labkit.LabError, match="You agreed to account"):
        present.before_sign(request, "kms", "us-east-1", "ListKeys", signer)


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("s3", "create_bucket", {"Bucket": "b-123", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-3"}}),
        ("kms", "replicate_key", {"KeyId": "mrk-1", "ReplicaRegion": "eu-west-3"}),
        ("secretsmanager", "create_secret", {"Name": "s", "AddReplicaRegions": [{"Region": "eu-west-3"}]}),
        ("dynamodb", "update_table", {"TableName": "tab", "ReplicaUpdates": [{"Create": {"RegionName": "eu-west-3"}}]}),
    ],
)
def test_nothing_is_made_in_another_region_from_here(
    agreed: StandIn, service: str, operation: str, parameters: dict[str, object]
) -> None:
    """By a parameter that names one."""
    labkit.start(LAB)
    before = len(agreed.calls())
    with pytest.raises(labkit.LabError, match="Region eu-west-3"):
        getattr(boto3.client(service), operation)(**parameters)
    assert agreed.calls(before) == []


def test_a_redirect_is_not_followed(agreed: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """To whatever address: the socket guard would fail."""

    class Redirects(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(307)
            self.send_header("Location", "http://evil.example/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Redirects) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("LABKIT_STANDIN_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        with pytest.raises(labkit.LabError, match="is not AWS"):
            labkit.start(LAB)
        server.shutdown()


def test_a_proxy_is_not_asked_about_the_standin(agreed: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before consent and after it."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://proxy.example:1")
    monkeypatch.setenv("no_proxy", "example.org")
    labkit.start(LAB)
    assert boto3.client("kms").list_keys()["Keys"] is not None


@pytest.mark.parametrize("url", ["https://kms.us-east-1.amazonaws.com", "http://kms.us-east-1.amazonaws.com"])
def test_a_simulated_lab_does_not_reach_aws(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """By a client's own address; nor by settings that were made in the middle. Other programs here may be called."""
    monkeypatch.setenv("LABKIT_ACCOUNT", "simulated")
    monkeypatch.setattr(LocalCloud, "_joined", None)
    lab = labkit.start("guard-simulated")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "https://sts.us-east-1.amazonaws.com")
    for client in (boto3.client("sts", endpoint_url=url), boto3.Session().client("sts")):
        with pytest.raises(NotInThisLab, match="This lab is simulated, and calls its own account only"):
            client.get_caller_identity()
    with monkeypatch.context() as taken_away:
        taken_away.delenv("AWS_ENDPOINT_URL")
        taken_away.delenv("AWS_ENDPOINT_URL_STS")
        with pytest.raises(NotInThisLab, match="This lab is simulated"):
            boto3.Session().client("sts").get_caller_identity()
    assert [event["eventName"] for event in lab.events()] == ["AssumeRole"]
    once = Config(retries={"total_max_attempts": 1})
    with pytest.raises(EndpointConnectionError):
        boto3.client("kms", endpoint_url="http://127.0.0.1:9", config=once).list_keys()
