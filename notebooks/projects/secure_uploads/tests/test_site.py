"""The site's calls over HTTP: what they answer, what they refuse, and that it listens to this machine alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from secure_uploads.sending import ask, put, send, sum_of
from secure_uploads.tenants import Tenant, Tenants, digest_of, new_token

import labkit

from .conftest import BUCKET, World

PACKAGES = Path(__file__).resolve().parents[2]
TEXT = b"minutes of the meeting"
GOOD = {"name": "minutes.txt", "size": len(TEXT), "sha256": sum_of(TEXT)}


def code_of(refused: pytest.ExceptionInfo[ClientError]) -> str:
    """The code of a refusal."""
    return str(refused.value.response["Error"]["Code"])


def test_a_file_goes_up_and_comes_down(world: World) -> None:
    """Under the tenant's key, in its context, as plain bytes that browsers save."""
    token = world.tokens["initech"]
    told = ask(world.site, token, "/api/uploads", **GOOD)
    send("PUT", told["url"], told["headers"], TEXT)
    assert ask(world.site, token, "/api/files") == [{"name": "minutes.txt", "size": len(TEXT)}]
    url = ask(world.site, token, "/api/downloads", name="minutes.txt")["url"]
    with urllib.request.urlopen(url) as answer:
        assert answer.headers["Content-Disposition"] == 'attachment; filename="minutes.txt"'
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["x-amz-server-side-encryption-aws-kms-key-id"] == world.tenants["initech"].key
        assert answer.read() == TEXT
    made = [each for each in world.lab.events() if each["eventName"] == "GenerateDataKey"][-1]
    assert made["requestParameters"]["encryptionContext"] == {
        "tenant": "initech",
        "aws:s3:arn": f"arn:aws:s3:::{BUCKET}/initech/minutes.txt",
    }


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"name": ""}, "BadName"),
        ({"name": None}, "BadName"),
        ({"name": "../acme/plan.txt"}, "BadName"),
        ({"name": "a/b"}, "BadName"),
        ({"name": ".profile"}, "BadName"),
        ({"name": 'a".txt'}, "BadName"),
        ({"name": "a\r\nX-Evil: 1"}, "BadName"),
        ({"name": "a\n"}, "BadName"),
        ({"name": "x" * 101}, "BadName"),
        ({"name": "\u00e4.txt"}, "BadName"),
        ({"size": 0}, "TooLarge"),
        ({"size": 10 * 1024 * 1024 + 1}, "TooLarge"),
        ({"size": -1}, "TooLarge"),
        ({"size": True}, "TooLarge"),
        ({"size": "22"}, "TooLarge"),
        ({"sha256": "no"}, "BadSum"),
        ({"sha256": ""}, "BadSum"),
        ({"sha256": None}, "BadSum"),
        ({"more": "x" * 20_000}, "RequestEntityTooLarge"),
    ],
)
def test_what_the_site_signs_is_plain(world: World, changed: dict[str, Any], code: str) -> None:
    """A name without folders or marks, a size that may be, a checksum that is one; and questions are short."""
    with pytest.raises(ClientError) as refused:
        ask(world.site, world.tokens["acme"], "/api/uploads", **{**GOOD, **changed})
    assert code_of(refused) == code


def test_a_link_holds_for_exactly_its_file(world: World) -> None:
    """The largest file is signed like the smallest, and headers that a browser can't set are not asked of it."""
    upload = world.files("acme").upload("large.bin", 10 * 1024 * 1024, sum_of(b""))
    assert "content-length" not in upload.headers
    assert "content-length" in upload.url
    with pytest.raises(ClientError) as refused:
        put(upload, b"")
    assert code_of(refused) == "SignatureDoesNotMatch"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic {}", "bearer {}", "Bearer {}x", "Bearer  {}"])
def test_the_token_is_the_whole_one(world: World, header: str) -> None:
    """Anything else is a stranger's."""
    with pytest.raises(ClientError) as refused:
        send("GET", f"{world.site}/api/files", {"Authorization": header.format(world.tokens["acme"])})
    assert code_of(refused) == "NotSignedIn"


def test_the_page_runs_no_foreign_script(world: World) -> None:
    """Its policy names the site and S3, nothing is kept, and another host's name is refused."""
    with urllib.request.urlopen(world.site) as answer:
        rules = answer.headers["Content-Security-Policy"]
        page = answer.read().decode()
    endpoint = boto3.client("s3").meta.endpoint_url
    assert rules.startswith("default-src 'none'; script-src 'nonce-")
    assert f"connect-src 'self' {endpoint};" in rules
    assert rules.split("'nonce-")[1].split("'")[0] in page
    assert "http://" not in page and "https://" not in page
    with pytest.raises(ClientError):
        send("GET", world.site, {"Host": "evil.example"})


def test_only_digests_of_tokens_are_kept() -> None:
    """A token is found by its digest; names that could be paths are none."""
    token = new_token()
    acme = Tenant("acme", "arn", digest_of(token))
    tenants = Tenants((acme,))
    assert (tenants.of_token(token), tenants.of_token(digest_of(token)), tenants.of_token("")) == (acme, None, None)
    assert token not in repr(tenants)
    for name in ("", "a/b", "..", "A", "a*", "${aws:username}"):
        with pytest.raises(ValueError, match="no name for a tenant"):
            Tenant(name, "arn", "")


def test_it_runs_as_a_command(world: World, tmp_path: Path) -> None:
    """With the credentials of the service's role, outside this process, on 127.0.0.1."""
    told = {name: {"key": each.key, "digest": each.digest} for name, each in world.tenants.items()}
    (tmp_path / "tenants.json").write_text(json.dumps(told))
    keys = {name.upper(): text for name, text in world.service.session()._keys.items()}
    command = [sys.executable, "-m", "secure_uploads", "serve", "--bucket", BUCKET, "--role", world.role]
    command += ["--tenants", str(tmp_path / "tenants.json"), "--port", "0"]
    settings = os.environ | {"PYTHONPATH": str(PACKAGES)} | keys
    with subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            site = process.stdout.readline().strip()
            assert site.startswith("http://127.0.0.1:")
            names = [each["name"] for each in ask(site, world.tokens["acme"], "/api/files")]
        finally:
            process.terminate()
    assert names == ["plan.txt"]


def test_the_command_draws_tokens(lab: labkit.Lab) -> None:
    """The token, and its digest for the file of tenants."""
    command = [sys.executable, "-m", "secure_uploads", "token"]
    settings = os.environ | {"PYTHONPATH": str(PACKAGES)}
    said = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=60, check=True)
    token, digest = said.stdout.split()
    assert digest_of(token) == digest
