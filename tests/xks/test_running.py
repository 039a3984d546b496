"""The proxy on a port, and `labkit xks-proxy` as a process."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
from contextlib import closing
from typing import Any

import pytest

from labkit.cli import main
from labkit.commands import xks_proxy
from labkit.xks import Credential, FileKeys, Proxy
from labkit.xks.proxy import LIMITED

from .conftest import Caller, encrypting


def _post(endpoint: str, caller: Caller, path: str, body: dict[str, Any], credential: Credential) -> tuple[int, Any]:
    sent = json.dumps(body).encode()
    request = caller.request(path, sent, credential=credential)
    with closing(http.client.HTTPConnection(endpoint.removeprefix("http://"), timeout=10)) as connection:
        connection.request("POST", request.path, sent, request.headers | {"Connection": "close"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def test_it_stops_and_starts_again() -> None:
    """Nobody answers meanwhile; it keeps its port."""
    caller = Caller()
    proxy = caller.proxy.start()
    endpoint = proxy.endpoint
    asked = ("keys/key/encrypt", encrypting(), proxy.credential)
    assert _post(endpoint, caller, *asked)[0] == 200
    proxy.stop()
    assert not proxy.running
    with pytest.raises(OSError):
        _post(endpoint, caller, *asked)
    assert proxy.start().endpoint == endpoint
    assert _post(endpoint, caller, *asked)[0] == 200
    proxy.stop()


def test_the_command() -> None:
    """The first line says how to call it; a signal ends it with 0."""
    command = [sys.executable, "-m", "labkit.cli", "xks-proxy", "--json", "--test-client"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert told["keys"] == ["labkit-key-1", "encrypt-only", "decrypt-only", "impotent"]
        credential = Credential(told["access_key_id"], told["secret_access_key"])
        assert told["uri_path"].endswith("/kms/xks/v1")
        status, answer = _post(told["endpoint"], Caller(), "keys/labkit-key-1/encrypt", encrypting(), credential)
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=20)
    assert (status, process.returncode) == (200, 0)
    assert answer["ciphertext"] not in log
    assert json.loads(log.splitlines()[0])["api"] == "Encrypt"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--pin", "12345"], "--pin goes with --pkcs11"),
        (["--library", "x.so"], "--library goes with --pkcs11"),
        (["--pkcs11", "--keys", "file"], "not both"),
        (["--pkcs11", "--library", "/nowhere/x.so"], "can't be opened"),
        (["--keys", "/nowhere/keys"], "There is no folder"),
    ],
)
def test_arguments_that_do_not_go(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    """None has no say silently; 2, and why."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        assert main(["xks-proxy", *arguments]) == 2
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert said in capsys.readouterr().err


def test_the_first_key_is_of_use() -> None:
    """Whatever the order of a key manager: SoftHSM's is by label."""
    keys = FileKeys()
    for key_id, usage in (*LIMITED, ("labkit-key-1", ("ENCRYPT", "DECRYPT"))):
        keys.create(key_id, usage)
    told = json.loads(xks_proxy.as_json(Proxy(keys)))["keys"]
    assert told == ["labkit-key-1", "encrypt-only", "decrypt-only", "impotent"]


def test_uri_paths() -> None:
    """What KMS takes as XksProxyUriPath, and nothing else."""
    Proxy(uri_path="/kms/xks/v1")
    for wrong in ("", "/", "/kms/xks/v1/", "/a b/kms/xks/v1", "kms/xks/v1", "/" + "a" * 128 + "/kms/xks/v1"):
        with pytest.raises(ValueError, match="URI path"):
            Proxy(uri_path=wrong)
