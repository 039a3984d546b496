"""labkit doctor: each thing that can be wrong with a machine is found, and the way to mend it is said."""

from __future__ import annotations

import socket
from importlib import metadata
from pathlib import Path

import pytest

from labkit import cli, doctor
from labkit.doctor import Finding


def command(folder: Path, prints: str) -> dict[str, str]:
    """An environment in which `aws` prints that."""
    program = folder / "aws"
    program.write_text(f"#!/bin/sh\necho '{prints}'\n")
    program.chmod(0o755)
    return {"PATH": str(folder)}


@pytest.fixture
def no_aws_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As if this environment had no aws command beside its interpreter."""
    monkeypatch.setattr(doctor.sys, "executable", str(tmp_path / "elsewhere" / "python"))


@pytest.mark.parametrize(("version", "status"), [((3, 10, 9), "wrong"), ((3, 11, 0), "right"), ((3, 13, 1), "right")])
def test_python(version: tuple[int, ...], status: str) -> None:
    """Older than 3.11 is wrong."""
    assert doctor.python(version).status == status


def test_packages_as_tested(tmp_path: Path) -> None:
    """Installed versions are compared with the file's."""
    constraints = tmp_path / "constraints.txt"
    constraints.write_text(f"# versions\nboto3=={metadata.version('boto3')}\nnot-here==1.0\n")
    assert doctor.packages(constraints) == [Finding("right", "packages as in constraints.txt")]
    constraints.write_text("boto3==0.1\n")
    (found,) = doctor.packages(constraints)
    assert found.status == "look"
    assert f"boto3 {metadata.version('boto3')} (tested: 0.1)" in found.what
    assert "make setup" in found.mend
    assert doctor.packages(tmp_path / "absent.txt")[0].status == "look"


def test_packages_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain install, without the notebooks' packages, is named as such."""
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("boto3==1.0\n")
    monkeypatch.setattr(doctor.metadata, "distributions", list)
    (found,) = doctor.packages(constraints)
    assert found.status == "wrong"
    assert "jupyterlab" in found.what


@pytest.mark.usefixtures("no_aws_of_its_own")
@pytest.mark.parametrize(
    ("prints", "status"),
    [
        ("aws-cli/1.46.3 Python/3.11.7 Linux/6.1 botocore/1.44.5", "right"),
        ("aws-cli/1.28.9 Python/3.11.7", "wrong"),
        ("aws-cli/2.9.19 Python/3.11.2 source/x86_64.debian.12", "wrong"),
        ("aws-cli/2.13.0 Python/3.11.4", "right"),
        ("something else", "wrong"),
    ],
)
def test_aws_command(prints: str, status: str, tmp_path: Path) -> None:
    """A version that does not read AWS_ENDPOINT_URL would call the real AWS, so it is wrong."""
    found = doctor.aws_command(command(tmp_path, prints))
    assert found.status == status
    assert bool(found.mend) == (status == "wrong")


@pytest.mark.usefixtures("no_aws_of_its_own")
def test_no_aws_command(tmp_path: Path) -> None:
    """No aws at all is wrong."""
    assert doctor.aws_command({"PATH": str(tmp_path)}) == Finding(
        "wrong", "no aws command", "Run `make setup`, which brings one into .venv."
    )


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container started for a user that the system doesn't know, say."""

    def homeless(_: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", homeless)
    assert doctor.examine()


@pytest.mark.parametrize("name", ["openssl", "base64", "jq"])
def test_programs(name: str, tmp_path: Path) -> None:
    """What labs name is looked for; its absence is no reason to stop, and where it comes from is said."""
    environment = {"PATH": str(tmp_path)}
    missing = {each.what: each for each in doctor.programs(environment)}
    assert {each.status for each in missing.values()} == {"look"}
    assert missing[f"no {name} command"].mend
    program = tmp_path / name
    program.write_text("#!/bin/sh\necho OpenSSL 3.0.17\n")
    program.chmod(0o755)
    expected = "OpenSSL 3.0.17" if name == "openssl" else f"{name} ({program})"
    assert Finding("right", expected) in doctor.programs(environment)


@pytest.mark.parametrize("action", ["create_server", "create_connection"])
def test_loopback(action: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that forbids listening or connecting is found out."""
    assert doctor.loopback().status == "right"

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("not permitted")

    monkeypatch.setattr(socket, action, refuse)
    found = doctor.loopback()
    assert found.status == "wrong"
    assert "not permitted" in found.what


def test_writable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that takes files, one that does not, and one that is not there; nothing is left behind."""
    assert doctor.writable(tmp_path).status == "right"
    assert list(tmp_path.iterdir()) == []
    assert doctor.writable(tmp_path / "absent").status == "look"

    def refuse(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(doctor.tempfile, "NamedTemporaryFile", refuse)
    found = doctor.writable(tmp_path)
    assert (found.status, "Read-only file system" in found.what) == ("wrong", True)


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"AWS_ENDPOINT_URL_KMS": "https://kms.example"}, "AWS_ENDPOINT_URL_KMS"),
        ({"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"),
        ({"AWS_PROFILE": "work"}, "AWS_PROFILE"),
        ({"AWS_DEFAULT_OUTPUT": "table"}, "AWS_DEFAULT_OUTPUT"),
        ({"HTTP_PROXY": "http://proxy.example"}, "HTTP_PROXY"),
        ({"http_proxy": "http://proxy.example", "NO_PROXY": "internal.example"}, "http_proxy"),
        ({"http_proxy": "http://proxy.example", "NO_PROXY": "127.0.0.1", "no_proxy": "internal.example"}, "http_proxy"),
    ],
)
def test_settings_that_interfere(environment: dict[str, str], named: str) -> None:
    """Each setting that would lead calls astray is named, with the line that mends it."""
    (found,) = doctor.settings(environment)
    assert found.status == "look"
    assert named in found.what
    assert found.mend


def test_settings_that_do_not_interfere() -> None:
    """Plain settings, and a proxy that spares the loopback interface, are right."""
    environment = {
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_OUTPUT": "json",
        "HTTP_PROXY": "http://proxy.example",
        "NO_PROXY": "localhost,127.0.0.1",
    }
    assert [each.status for each in doctor.settings(environment)] == ["right"]


def test_config_file(tmp_path: Path) -> None:
    """A default profile that changes what commands print is pointed out; its values are not repeated."""
    path = tmp_path / "config"
    assert doctor.config_file(path) == []
    path.write_text("[profile work]\noutput = table\n")
    assert doctor.config_file(path) == []
    path.write_text("[default]\noutput = table\naws_secret_access_key = do-not-print\n")
    (found,) = doctor.config_file(path)
    assert "sets output" in found.what
    assert "do-not-print" not in str(found)
    path.write_text("output = table")
    assert "cannot be read" in doctor.config_file(path)[0].what


def test_endpoint() -> None:
    """LABKIT_ENDPOINT must answer if it is set; the finding says how to go on."""
    assert doctor.endpoint({}) == []
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
    (found,) = doctor.endpoint({"LABKIT_ENDPOINT": f"http://127.0.0.1:{port}"})
    assert found.status == "wrong"
    assert "labkit serve" in found.mend


@pytest.mark.parametrize(("statuses", "code"), [(["right", "look"], 0), (["right", "wrong", "look"], 1)])
def test_exit_status(
    statuses: list[str], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`labkit doctor` prints each finding, and exits with 1 only if something must be mended."""
    findings = [Finding(status, f"thing {number}", "Mend it.") for number, status in enumerate(statuses)]
    monkeypatch.setattr(doctor, "examine", lambda: findings)
    assert cli.main(["doctor"]) == code
    printed = capsys.readouterr().out
    assert [line for line in printed.splitlines() if "thing" in line] == [
        f"{each.status:>5}  {each.what}" for each in findings
    ]


def test_this_machine_can_be_examined() -> None:
    """Every look taken together gives findings and no exception."""
    found = doctor.examine()
    assert len(found) >= 7
    assert all(each.mend for each in found if each.status == "wrong")
