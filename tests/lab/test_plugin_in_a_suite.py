"""labkit's fixtures in suites as people have them: beside moto, in unittest's classes, with clients made at import.

One run of pytest over a few files, told by the plain reporter that lab 26 uses; a row a test.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from importlib.metadata import entry_points
from pathlib import Path

import pytest

FILES = {
    "pytest.ini": "[pytest]\naddopts = -p labkit.practice.plain_report -p no:cacheprovider -p no:nbval\n",
    "app.py": (
        "import boto3\n"
        'KMS = boto3.client("kms", "us-east-1", aws_access_key_id="id", aws_secret_access_key="secret")\n'
        "DEFAULT = boto3.DEFAULT_SESSION\n"
        'SESSION = boto3.Session(region_name="us-east-1")\n'
        "def keys(): return KMS.list_keys()['Keys']\n"
    ),
    "test_beside.py": """
import asyncio, datetime, os, unittest
import boto3, pytest
from moto import mock_aws
import app

@mock_aws
def test_moto_before():
    kms = boto3.client("kms", "us-east-1")
    kms.create_key()
    assert len(kms.list_keys()["Keys"]) == 1

def test_labkit_between(kms_account):
    assert boto3.client("kms").list_keys()["Keys"] == []

@mock_aws
def test_moto_after():
    kms = boto3.client("kms", "us-east-1")
    age = datetime.datetime.now(datetime.timezone.utc) - kms.create_key()["KeyMetadata"]["CreationDate"]
    assert abs(age.total_seconds()) < 600 and len(kms.list_keys()["Keys"]) == 1
    assert boto3.client("iam", "us-east-1").list_policies(Scope="AWS")["Policies"] == []

@mock_aws
def test_both_in_one(kms_account): pass

def test_moto_within(kms_account):
    with mock_aws(): pass

def test_made_at_import(kms_account): app.keys()

def test_put_in_its_place(kms_account, monkeypatch):
    monkeypatch.setattr(app, "KMS", boto3.client("kms"))
    assert app.keys() == []

def test_an_old_session(kms_account): assert app.SESSION.client("kms").list_keys()["Keys"] == []

def test_a_client_is_kept(kms_account):
    app.KEPT = boto3.client("kms")
    app.KEPT.create_key()

def test_kept_without_an_account(): app.KEPT.list_keys()

@mock_aws
def test_kept_in_moto(): app.KEPT.list_keys()

def test_kept_in_the_next_account(kms_account): assert app.KEPT.list_keys()["Keys"] == []

def test_default_session_within(kms_account):
    boto3.setup_default_session()
    assert boto3.client("kms").list_keys()["Keys"] == []

def test_default_session_after(): assert boto3.DEFAULT_SESSION is app.DEFAULT

@pytest.mark.usefixtures("kms_account")
class TestMarked(unittest.TestCase):
    def setUp(self): self.kms = boto3.client("kms")
    def test_case(self): assert self.kms.list_keys()["Keys"] == []

class TestInjected(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _account(self, kms_account, kms_role): self.account, self.role = kms_account, kms_role
    def test_case(self): self.assertEqual(self.role("Job").name, "Job")

def test_async(kms_account):
    assert asyncio.run(asyncio.to_thread(boto3.client("kms").list_keys))["Keys"] == []

@pytest.mark.parametrize("kms_account", ["eu-central-1"], indirect=True)
def test_elsewhere(kms_account): assert ":eu-central-1:" in boto3.client("kms").create_key()["KeyMetadata"]["Arn"]

def test_it_fails(kms_account): boto3.client("kms").describe_key(KeyId="alias/none")

def test_nothing_is_left():
    assert not [name for name in os.environ if name.startswith("AWS_")]
    assert boto3.DEFAULT_SESSION is app.DEFAULT

def test_tries_without_waiting(kms_account, kms_disturb):
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms_disturb("kms:Encrypt", error="ThrottlingException", times=2)
    kms.encrypt(KeyId=key, Plaintext=b"x")
    codes = [each.get("errorCode") for each in kms_account.events()[-3:]]
    assert codes == ["ThrottlingException", "ThrottlingException", None]

def test_always_here(monkeypatch, request):
    monkeypatch.setenv("LABKIT_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("LABKIT_ACCOUNT", "aws")
    assert request.getfixturevalue("kms_account").account_id == "111122223333"
""",
    # What lab 26 says of moto where it is told to ask policies, which it does not by default.
    "test_moto_asking.py": """
import json
import boto3, pytest
from botocore.exceptions import ClientError
from moto import mock_aws, settings

def document(*statements): return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})

def may(on, **more): return {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": on, **more}

BOB = {"StringEquals": {"kms:EncryptionContext:customer": "bob"}}
CASES = {
    "any key": (lambda key: may("*"), True),
    "the key": (lambda key: may(key), False),
    "another context": (lambda key: may("*", Condition=BOB), True),
    "another action": (lambda key: may("*", Action="kms:Encrypt"), False),
    "a grant": (lambda key: may("*", Action="kms:Encrypt"), False),
    "a key policy for nobody else": (lambda key: may("*"), True),
}

@pytest.mark.parametrize("case", CASES)
def test_moto_asks(case, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        iam, kms, sts = map(boto3.client, ("iam", "kms", "sts"))
        admin = {"AWS": "arn:aws:iam::123456789012:role/Admin"}
        policy = document({"Effect": "Allow", "Principal": admin, "Action": "kms:*", "Resource": "*"})
        key = kms.create_key(**({"Policy": policy} if "policy" in case else {}))["KeyMetadata"]["Arn"]
        trust = document({"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"})
        role = iam.create_role(RoleName="Job", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.put_role_policy(RoleName="Job", PolicyName="own", PolicyDocument=document(CASES[case][0](key)))
        if case == "a grant":
            kms.create_grant(KeyId=key, GranteePrincipal=role, Operations=["Decrypt"])
        keys = sts.assume_role(RoleArn=role, RoleSessionName="job")["Credentials"]
        three = [keys[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")]
        job, ada = boto3.Session(*three).client("kms"), {"customer": "ada"}
        sealed = kms.encrypt(KeyId=key, Plaintext=b"12", EncryptionContext=ada)["CiphertextBlob"]
        call = lambda: job.decrypt(CiphertextBlob=sealed, EncryptionContext=ada)["Plaintext"]
        assert call() == b"12"  # nothing is asked by default
        monkeypatch.setattr(settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
        if CASES[case][1]:
            assert call() == b"12"
        else:
            with pytest.raises(ClientError, match="not authorized"):
                call()
""",
    "test_shared.py": """
import boto3, pytest

@pytest.fixture
def kms_account(kms_account_module): return kms_account_module

def test_first(kms_account): boto3.client("kms").create_key()
def test_second(kms_role, trail):
    assert len(boto3.client("kms").list_keys()["Keys"]) == 1
    assert trail()
""",
    "test_reported.py": """
import pytest

def test_skipped(): pytest.skip("not today")

@pytest.mark.xfail
def test_known(): raise ValueError("a known fault")

@pytest.mark.xfail
def test_mended(): pass

class TestInside:
    def test_named(self): raise ValueError("two\\nlines")
""",
    "test_mixed.py": """
def test_shared(kms_account_module): pass
def test_its_own(kms_account): pass
""",
}
OVER = "The test that this account was made for is over, and the client was kept."
BOTH = "moto's mock_aws and labkit's account don't go together in one test"
# The outcome of each test, and how its reason begins.
EXPECTED = {
    "test_both_in_one": ("failed", f"LabError: {BOTH}"),
    "test_moto_within": ("failed", f"LabError: {BOTH}"),
    "test_made_at_import": ("failed", "LabError: A client that was made before the test's account calls AWS"),
    "test_kept_without_an_account": ("failed", f"AccountEnded: {OVER}"),
    "test_kept_in_moto": ("failed", f"AccountEnded: {OVER}"),
    "test_it_fails": ("failed", "NotFoundException: An error occurred (NotFoundException)"),
    "test_skipped": ("skipped", "Skipped: not today"),
    "test_known": ("xfailed", "ValueError: a known fault"),
    "test_mended": ("xpassed", ""),
    "TestInside::test_named": ("failed", "ValueError: two"),
    "test_its_own": ("error", "Failed: The tests of test_mixed.py share the account of kms_account_module"),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the reporter says, a line each, the reasons on their tests' lines."""
    folder = tmp_path_factory.mktemp("suite")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_", "LABKIT_"))}
    given = plain | {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "none"}
    run = subprocess.run(
        [sys.executable, "-m", "pytest"], cwd=folder, env=given, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1, run.stdout + run.stderr
    lines = run.stdout.replace("\n        ", " ").splitlines()
    return [" ".join(line.split()) for line in lines]


def test_each_does_what_is_promised(told: list[str]) -> None:
    """All pass, but those that mix what can't be mixed: these say how to mend it."""
    assert len(told) - 1 == sum(text.count("def test_") for text in FILES.values()) + 5  # one is tried in six cases
    for line in told[:-1]:
        outcome, why = EXPECTED.get(line.split()[1].partition("[")[0], ("passed", ""))
        assert line.startswith(outcome), line
        assert why in line
    counted = Counter(line.split()[0] for line in told[:-1])
    assert told[-1] == ", ".join(f"{count} {outcome}" for outcome, count in sorted(counted.items()))
    assert len(EXPECTED) == counted.total() - counted["passed"]


def test_a_reason_names_no_module(told: list[str]) -> None:
    """It is the same on each machine: no folder, no module's path, no time."""
    assert not [line for line in told if "labkit.errors" in line or str(Path.cwd()) in line or "0x" in line]


def test_the_plugin_goes_by_the_name_that_the_docs_say(checkout: Path) -> None:
    """`-p no:labkit` switches it off: pytest knows a plugin by the name of its entry point."""
    (named,) = [each for each in entry_points(group="pytest11") if each.value == "labkit.pytest_plugin"]
    assert named.name == "labkit"
    assert "`-p no:labkit`" in (checkout / "docs" / "test-your-own-code.md").read_text(encoding="utf-8")
