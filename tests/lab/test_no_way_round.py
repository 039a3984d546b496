"""No setting of AWS's SDKs leads a call out of a simulated lab: addresses, profiles, credentials.

Names are not looked up and nothing is connected in these tests: an attempt is noted, and fails the test.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import SSOProvider
from botocore.httpsession import URLLib3Session
from botocore.tokens import SSOTokenProvider

import labkit
from labkit.cloud.core.stay_in_lab import NotInThisLab

AWS = "https://kms.us-east-1.amazonaws.com"
KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "s", "region_name": "us-east-1"}
OTHER = "arn:aws:iam::111122223333:role/Other"
PROXY = "http://proxy.example:3128"
PROXIED = Config(proxies={"https": PROXY, "http": PROXY})
ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=2)
PROFILES = """
[default]
region = us-east-1
[profile address]
region = us-east-1
endpoint_url = https://kms.us-east-1.amazonaws.com
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = s
[profile services]
region = us-east-1
services = own
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = s
[services own]
kms =
  endpoint_url = https://kms.us-east-1.amazonaws.com
[profile sso]
region = us-east-1
sso_start_url = https://d-1.awsapps.com/start
sso_region = us-east-1
sso_account_id = 111122223333
sso_role_name = R
[sso-session s]
sso_start_url = https://d-1.awsapps.com/start
sso_region = us-east-1
sso_registration_scopes = sso:account:access
[profile session]
region = us-east-1
sso_session = s
sso_account_id = 111122223333
sso_role_name = R
[profile chain]
region = us-east-1
role_arn = arn:aws:iam::111122223333:role/Other
source_profile = address
"""
NO_KEYS = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_SESSION_TOKEN": None}
FREE = NO_KEYS | {"AWS_ENDPOINT_URL": None, "AWS_EC2_METADATA_DISABLED": None}
# What a learner sets (None: takes away) before a new session's client is asked.
SETTINGS: dict[str, dict[str, str | None]] = {
    "AWS_ENDPOINT_URL is taken away": {"AWS_ENDPOINT_URL": None},
    "an address of KMS's own": {"AWS_ENDPOINT_URL_KMS": AWS},
    "configured addresses are ignored": {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
    "FIPS": {"AWS_ENDPOINT_URL": None, "AWS_USE_FIPS_ENDPOINT": "true"},
    "dual stack": {"AWS_ENDPOINT_URL": None, "AWS_USE_DUALSTACK_ENDPOINT": "true"},
    "a proxy": {"AWS_ENDPOINT_URL": None, "HTTPS_PROXY": PROXY},
    "EC2's metadata": FREE,
    "EC2's metadata at IPv6": FREE | {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "ipv6"},
    "ECS's credentials": FREE | {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"},
    "EKS's credentials": FREE | {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"},
    "a web identity": FREE | {"AWS_WEB_IDENTITY_TOKEN_FILE": "token", "AWS_ROLE_ARN": OTHER},
    "a profile with an address": FREE | {"AWS_PROFILE": "address"},
    "a profile with a service's address": FREE | {"AWS_PROFILE": "services"},
    "single sign-on": FREE | {"AWS_PROFILE": "sso"},
    "single sign-on, by a session to renew": FREE | {"AWS_PROFILE": "session"},
    "a profile of a role": FREE | {"AWS_PROFILE": "chain"},
}  # fmt: skip


@pytest.fixture(scope="module")
def early() -> dict[str, Any]:
    """Clients from before the lab."""
    session = boto3.session.Session(**KEYS)  # type: ignore[arg-type]
    return {
        "kms": session.client("kms"),
        "s3": session.client("s3"),
        "proxied": session.client("kms", config=PROXIED),
    }


@pytest.fixture(scope="module")
def lab(early: dict[str, Any]) -> labkit.Lab:
    """A simulated lab."""
    return labkit.start("no-way-round")


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What was asked of the network; nothing may be, and nothing is sent."""
    noted: list[str] = []
    here = ("127.0.0.1", "localhost", "::1")
    find, connect = socket.getaddrinfo, socket.socket.connect

    def no_name(host: Any, *more: Any, **others: Any) -> Any:
        if host not in here:
            noted.append(str(host))
            raise socket.gaierror(f"{host} was asked for")
        return find(host, *more, **others)

    def no_connection(self: Any, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in here:
            noted.append(str(address))
            raise OSError(f"{address} was called")
        connect(self, address)

    monkeypatch.setattr(socket, "getaddrinfo", no_name)
    monkeypatch.setattr(socket.socket, "connect", no_connection)
    yield noted
    assert noted == []


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of somebody with profiles, and with tokens of single sign-on."""
    folder = tmp_path / ".aws"
    cache = folder / "sso" / "cache"
    cache.mkdir(parents=True)
    (folder / "config").write_text(PROFILES)
    (folder / "token").write_text("a token of somebody's")
    start = "https://d-1.awsapps.com/start"
    registered = {"clientId": "c", "clientSecret": "s", "registrationExpiresAt": "2100-01-01T00:00:00Z"}
    token = {"startUrl": start, "region": "us-east-1", "accessToken": "t", "refreshToken": "r", **registered}
    for name, ends in ((start, "2100-01-01T00:00:00Z"), ("s", "2020-01-01T00:00:00Z")):
        named = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()
        (cache / f"{named}.json").write_text(json.dumps(token | {"expiresAt": ends}))
    for provider in (SSOProvider, SSOTokenProvider):  # botocore has asked for the home folder already
        monkeypatch.setattr(provider, "_SSO_TOKEN_CACHE_DIR", str(cache))
    return folder


@pytest.mark.parametrize("name", SETTINGS)
def test_no_setting_leads_out(
    name: str, lab: labkit.Lab, left: list[str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused by the rule itself, in the call for a token or for credentials, too."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "config"))
    for variable, value in SETTINGS[name].items():
        if value is None:
            monkeypatch.delenv(variable, raising=False)
        else:
            monkeypatch.setenv(variable, str(home / value) if value == "token" else value)
    before = len(lab.events())
    with pytest.raises(NotInThisLab, match="nothing was sent"):
        boto3.session.Session().client("kms", config=ONCE).list_keys()
    assert len(lab.events()) == before


def test_no_client_leads_out(early: dict[str, Any], lab: labkit.Lab, left: list[str]) -> None:
    """Made before or after, in threads, by a subclass of botocore's sending; with options of its own."""
    later = [({"endpoint_url": AWS}, None), ({"endpoint_url": AWS}, PROXIED),
             ({}, Config(ignore_configured_endpoint_urls=True))]  # fmt: skip
    made = [boto3.client("kms", config=config, **settings) for settings, config in later]
    for client in (early["kms"], early["proxied"], *made):
        with pytest.raises(NotInThisLab):
            client.list_keys()
    threads = TransferConfig(multipart_threshold=1, max_concurrency=3)
    with pytest.raises(NotInThisLab):
        early["s3"].upload_fileobj(io.BytesIO(b"x" * 100), "bucket", "key", Config=threads)
    seen: list[BaseException] = []

    def in_a_thread() -> None:
        try:
            early["kms"].list_keys()
        except NotInThisLab as refused:
            seen.append(refused)

    thread = threading.Thread(target=in_a_thread)
    thread.start()
    thread.join()
    assert len(seen) == 1
    with pytest.raises(NotInThisLab):
        type("Own", (URLLib3Session,), {})().send(AWSRequest("GET", AWS).prepare())
    assert boto3.client("kms", config=PROXIED).list_keys()["Keys"] == []  # the lab itself asks no proxy


def test_what_is_on_this_machine_may_be_called(lab: labkit.Lab, left: list[str]) -> None:
    """LocalStack, DynamoDB Local, a proxy of external keys: a client's own address on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        server.listen()
        asked: list[bytes] = []

        def answer() -> None:
            connection, _ = server.accept()
            asked.append(connection.recv(65536))
            body = b'{"Keys": [{"KeyId": "of another program"}]}'
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            connection.close()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        other = boto3.client("kms", endpoint_url=f"http://localhost:{port}", config=ONCE)
        assert other.list_keys()["Keys"] == [{"KeyId": "of another program"}]
        thread.join(5)
    assert asked and os.environ["AWS_ENDPOINT_URL"] == lab.endpoint
