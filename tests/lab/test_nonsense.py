"""Variables, names and distances that make no sense: a sentence each, or no difference at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

import labkit
from labkit.trail import load

NONSENSE = ("nonsense", "", "-1", "99999999999999999999", "true", "/nowhere/at all", "ä\udcff", "\t", "{}", "~nobody/x")
SETTINGS = (
    "AWS_ACCESS_KEY_ID", "AWS_ACCOUNT_ID_ENDPOINT_MODE", "AWS_AUTH_SCHEME_PREFERENCE", "AWS_CA_BUNDLE",
    "AWS_CLI_AUTO_PROMPT", "AWS_CLI_FILE_ENCODING", "AWS_CONFIG_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CREDENTIAL_EXPIRATION", "AWS_DATA_PATH", "AWS_DEFAULTS_MODE", "AWS_DEFAULT_OUTPUT", "AWS_DEFAULT_PROFILE",
    "AWS_DEFAULT_REGION", "AWS_DISABLE_REQUEST_COMPRESSION", "AWS_EC2_METADATA_DISABLED", "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_KMS", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_MAX_ATTEMPTS", "AWS_METADATA_SERVICE_TIMEOUT",
    "AWS_NEW_IN_NEXT_YEAR", "AWS_PAGER", "AWS_PROFILE", "AWS_REGION", "AWS_REQUEST_CHECKSUM_CALCULATION",
    "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES", "AWS_RETRY_MODE", "AWS_ROLE_ARN", "AWS_SDK_UA_APP_ID",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SHARED_CREDENTIALS_FILE", "AWS_SIGV4A_SIGNING_REGION_SET",
    "AWS_STS_REGIONAL_ENDPOINTS", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_USE_FIPS_ENDPOINT", "AWS_WEB_IDENTITY_TOKEN_FILE",
)  # fmt: skip


@pytest.mark.parametrize("value", NONSENSE, ids=range(len(NONSENSE)))
def test_no_setting_of_the_owners_makes_a_difference(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Whatever stands in AWS's variables: a lab begins, and its calls are answered."""
    for name in SETTINGS:
        monkeypatch.setenv(name, value)
    lab = labkit.start("start-tests")
    assert boto3.client("kms").create_key()["KeyMetadata"]["AWSAccountId"] == lab.account_id
    assert boto3.client("s3").list_buckets()["Buckets"] == []
    command = [str(Path(sys.executable).parent / "aws"), "kms", "list-keys", "--query", "length(Keys)"]
    if value == NONSENSE[0]:
        assert subprocess.run(command, capture_output=True, text=True, timeout=60).stdout.strip() == "1"


@pytest.mark.parametrize("value", [NONSENSE[0], NONSENSE[6], NONSENSE[9]], ids=["word", "bytes", "home"])
@pytest.mark.parametrize("command", [["doctor"], ["serve", "--port", "1", "--accounts", "1"]], ids=["doctor", "serve"])
def test_commands_say_nothing_of_their_own_insides(command: list[str], value: str) -> None:
    """No traceback, whatever the variables are."""
    environment = os.environ | dict.fromkeys(SETTINGS, value)
    environment |= {"LABKIT_ENDPOINT": value, "LABKIT_CONTROL_TOKEN": value, "LABKIT_SEED": value}
    run = [sys.executable, "-m", "labkit.cli", *command]
    if command[0] == "serve" and os.geteuid() == 0:
        run[run.index("1")] = "65536"  # root may have port 1
    done = subprocess.run(run, env=environment, capture_output=True, timeout=120)
    assert b"Traceback" not in done.stderr + done.stdout, done.stderr
    assert done.returncode in (0, 1, 2)


@pytest.mark.parametrize(
    "endpoint",
    ["nonsense", "http://", "http://127.0.0.1:99999", "http://[::1", "http://a@127.0.0.1:1", "https://127.0.0.1:1",
     "http://127.0.0.1:x", "http://169.254.169.254:80", "\x7f", "ä\udcff", "file:///etc/passwd", "http://localhost.evil:80"],
)  # fmt: skip
def test_an_endpoint_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    """With the address that it should be."""
    monkeypatch.setenv("LABKIT_ENDPOINT", endpoint)
    with pytest.raises(labkit.LabError, match="joined only on this machine"):
        labkit.start("start-tests")


@pytest.mark.parametrize("token", ["a\nb", "ä", "\udcff", " x", "x\t"])
def test_a_token_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    """And not sent."""
    monkeypatch.setenv("LABKIT_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("LABKIT_CONTROL_TOKEN", token)
    with pytest.raises(labkit.LabError, match="LABKIT_CONTROL_TOKEN is no control token"):
        labkit.start("start-tests")


def test_an_endpoint_without_its_token_says_which_line_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other line that `labkit serve` printed."""
    endpoint = labkit.start("start-tests").endpoint
    monkeypatch.setenv("LABKIT_ENDPOINT", endpoint)
    for token in ("", "wrong"):
        monkeypatch.setenv("LABKIT_CONTROL_TOKEN", token)
        with pytest.raises(labkit.LabError, match="set LABKIT_CONTROL_TOKEN to the value that this `labkit serve`"):
            labkit.start("start-tests")


def test_another_server_is_no_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though it answers."""
    import http.server
    import threading

    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as other:
        threading.Thread(target=other.handle_request, daemon=True).start()
        monkeypatch.setenv("LABKIT_ENDPOINT", f"http://127.0.0.1:{other.server_address[1]}")
        with pytest.raises(labkit.LabError, match="No lab answers at .*, but another server"):
            labkit.start("start-tests")


def test_a_seed_that_is_no_text_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any text is one, bytes that are none are not."""
    monkeypatch.setenv("LABKIT_SEED", "\udcff")
    with pytest.raises(labkit.LabError, match="LABKIT_SEED holds bytes that are no text"):
        labkit.start("start-tests")
    monkeypatch.setenv("LABKIT_SEED", "ä " * 1000)
    assert labkit.start("start-tests").account_id


@pytest.mark.parametrize("account", ["nonsense", "", "AWS", "111122223333"])
def test_an_account_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, account: str) -> None:
    """LABKIT_ACCOUNT knows one word."""
    monkeypatch.setenv("LABKIT_ACCOUNT", account)
    with pytest.raises(labkit.LabError, match="LABKIT_ACCOUNT"):
        labkit.start("start-tests")


@pytest.mark.parametrize("region", ["", "mars-1", "us-east-1\n", 7])
def test_a_region_that_is_none_is_named(region: object) -> None:
    """And the message shows one."""
    with pytest.raises(labkit.LabError, match="is no AWS Region with KMS"):
        labkit.start("start-tests", region=region)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["A", "z", "1", "a" * 64, "a.b", "a@b", "_"])
def test_an_account_may_have_any_name_of_a_session(name: str) -> None:
    """One letter, too; its further sessions as well."""
    account = labkit.start("start-tests").account(name)
    assert account.session().arn.endswith(f"/{name.ljust(2, '-')}")


@pytest.mark.parametrize("name", ["", "two words", "ä", "a" * 65, "a/b", None, 7, "a\n"])
def test_other_names_of_accounts_are_refused_in_words(name: object) -> None:
    """Not in boto3's."""
    with pytest.raises(labkit.LabError, match="can't be an account's name"):
        labkit.start("start-tests").account(name)  # type: ignore[arg-type]


FAR: list[dict[str, object]] = [
    {"days": 365 * 75}, {"days": 365 * 8000}, {"weeks": 10**6}, {"hours": 24 * 365.25 * 75},
]  # fmt: skip
NO_DISTANCE: list[dict[str, object]] = [
    {"days": 10**12}, {"days": "x"}, {"days": None}, {"years": 1}, {"seconds": float("nan")}, {"seconds": float("inf")},
    {"days": [1]},
]  # fmt: skip


@pytest.mark.parametrize("distance", FAR + NO_DISTANCE, ids=str)
def test_the_clock_is_moved_as_far_as_services_can_write(distance: dict[str, float]) -> None:
    """A move beyond is refused before anything has happened: a scheduled key is still there."""
    lab = labkit.start("start-tests")
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    before = lab.clock.now(), len(lab.events())
    with pytest.raises((labkit.LabError, ValueError), match="goes to the end of 2099|Give a distance in time as"):
        lab.clock.advance(**distance)
    assert (lab.clock.now(), len(lab.events())) == before
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_at_the_clocks_end_every_service_still_writes() -> None:
    """Calls go on, and what they plan lies beyond."""
    lab = labkit.start("start-tests")
    lab.clock.advance(days=365 * 73)
    kms, iam, s3 = boto3.client("kms"), boto3.client("iam"), boto3.client("s3")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=2560)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=30)
    iam.create_user(UserName="ada")
    s3.create_bucket(Bucket="a-bucket")
    s3.put_object(Bucket="a-bucket", Key="k", Body=b"x")
    boto3.client("secretsmanager").create_secret(Name="s", SecretString="x")
    boto3.client("ssm").put_parameter(Name="p", Value="x", Type="String")
    boto3.client("logs").create_log_group(logGroupName="g")
    boto3.client("dynamodb").list_tables()
    boto3.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=1)
    assert str(lab.trail()["time"].max()).startswith("2098-12")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFO")
def test_a_log_that_has_no_end_is_no_file(tmp_path: Path) -> None:
    """A FIFO would be waited for for ever."""
    os.mkfifo(tmp_path / "log.json")
    for source in (tmp_path / "log.json", [tmp_path / "log.json"], "/dev/zero"):
        with pytest.raises(ValueError, match="is no file, but a FIFO, a device or a socket"):
            load(source)


COMMANDS = [["doctor"], ["serve"], ["serve", "--json"], ["--version"], ["serve", "--help"]]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("closed", [">&-", ">/dev/full", "| true"])
def test_output_that_nobody_reads_ends_a_command(command: list[str], closed: str) -> None:
    """In a line at most, without a traceback; an account that nobody knows of is not served."""
    line = f"{sys.executable} -m labkit.cli {' '.join(command)} {closed}"
    done = subprocess.run(["/bin/sh", "-c", line], stderr=subprocess.PIPE, text=True, timeout=120)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_script_prints_what_a_notebook_shows(tmp_path: Path) -> None:
    """`check()`, `hint()` and `solution()`."""
    path = tmp_path / "script.py"
    path.write_text(
        "import labkit\nexercise = labkit.start('00-start-here').exercise('hello-key')\n"
        "exercise.check()\nexercise.hint()\nexercise.solution()\n"
    )
    shown = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=120)
    lines = shown.stdout.splitlines()
    assert lines[0].startswith("not attempted: "), shown.stderr
    assert lines[1].startswith("Hint 1 of ")
    assert len(lines) > 2
