"""Both doors lead to one account; many may come in at once, and no event is lost."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import threading
import zipfile
from collections import Counter
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config

import labkit
from labkit.cloud.assembly.cloud import Cloud
from labkit.cloud.doors.doors import Server
from labkit.cloud.doors.http_server import PortInUse
from labkit.cloud.gateway.gateway import Gateway
from labkit.cloud.wire.protocols import HttpResponse

Client = Callable[..., Any]


def test_what_one_door_makes_the_other_shows(lab: labkit.Lab, client: Client) -> None:
    """A key made by this kernel is there for the `aws` command in a shell."""
    key_id = client("kms").create_key()["KeyMetadata"]["KeyId"]
    command = [
        f"{os.path.dirname(sys.executable)}/aws",
        "kms",
        "list-keys",
        "--query",
        "Keys[].KeyId",
        "--output",
        "text",
    ]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == key_id


def test_both_doors_answer_alike(lab: labkit.Lab, client: Client) -> None:
    """The same error, status and request id header by either door."""
    with labkit.expect_error("NotFoundException") as refused:
        client("kms").describe_key(KeyId="alias/nobody")
    assert refused.message == f"Alias arn:aws:kms:us-east-1:{lab.account_id}:alias/nobody is not found."
    headers = refused.response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-requestid"] == lab.events()[-1]["requestID"]


def test_many_threads_on_both_doors_lose_nothing(lab: labkit.Lab) -> None:
    """As many events as calls, each with its own id and no two at the same moment."""
    kms = boto3.client("kms", config=Config(max_pool_connections=8))
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    before = len(lab.events())

    def work(context: str) -> None:
        for number in range(20):
            kms.encrypt(KeyId=key_id, Plaintext=b"x", EncryptionContext={"thread": f"{context}-{number}"})

    def over_http(context: str) -> None:
        code = (
            "import boto3, sys\nkms = boto3.client('kms')\n"
            "for n in range(20): kms.encrypt(KeyId=sys.argv[1], Plaintext=b'x',"
            " EncryptionContext={'thread': f'{sys.argv[2]}-{n}'})"
        )
        subprocess.run([sys.executable, "-c", code, key_id, context], check=True)

    threads = [threading.Thread(target=work, args=(f"in-{n}",)) for n in range(6)]
    threads += [threading.Thread(target=over_http, args=(f"http-{n}",)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = lab.events()[before:]
    contexts = Counter(event["requestParameters"]["encryptionContext"]["thread"] for event in events)
    assert len(events) == 8 * 20
    assert set(contexts.values()) == {1}
    assert len({event["eventID"] for event in events}) == len(events)
    assert len({event["eventTime"] for event in events}) == len(events)


def test_what_is_answered_is_recorded(lab: labkit.Lab) -> None:
    """An answer may be sent while its record is written; whoever asks for the records then, waits for it."""
    kms = boto3.client("kms", endpoint_url=lab.endpoint.replace("127.0.0.1", "localhost"))
    for _ in range(50):
        answered = kms.generate_random(NumberOfBytes=1)["ResponseMetadata"]["RequestId"]
        assert lab.events()[-1]["requestID"] == answered


def test_where_functions_may_run_no_answer_is_sent_ahead(lab: labkit.Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """They run before the answer leaves, so that what they do comes out the same each time."""
    ahead: list[HttpResponse] = []
    handle = Gateway.handle
    monkeypatch.setattr(Gateway, "handle", lambda gateway, request, *_: handle(gateway, request, ahead.append))
    kms = boto3.client("kms", endpoint_url=lab.endpoint.replace("127.0.0.1", "localhost"))
    kms.generate_random(NumberOfBytes=1)
    assert len(ahead) == 1
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = boto3.client("iam").create_role(RoleName="Function", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("f.py", "def handler(event, context): pass")
    boto3.client("lambda").create_function(
        FunctionName="f", Runtime="python3.12", Role=role, Handler="f.handler", Code={"ZipFile": code.getvalue()}
    )
    ahead.clear()
    kms.generate_random(NumberOfBytes=1)
    assert not ahead


def test_requests_elsewhere_are_left_alone(lab: labkit.Lab) -> None:
    """The in-process door answers for the lab's endpoint only."""
    with socket.socket() as other:  # bound, not listening: nobody answers there
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        config = Config(retries={"max_attempts": 0}, connect_timeout=1)
        elsewhere = boto3.client("kms", endpoint_url=f"http://127.0.0.1:{port}", config=config)
        with pytest.raises(Exception, match="Could not connect to the endpoint URL"):
            elsewhere.list_keys()
        elsewhere.close()


def test_only_loopback_is_listened_on(lab: labkit.Lab) -> None:
    """The address is 127.0.0.1, not every interface."""
    assert lab.endpoint.startswith("http://127.0.0.1:")


def test_a_port_in_use_is_named() -> None:
    """With a way out."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=f"Port {port} on 127.0.0.1 can't be used: .*Choose another"):
            Server(Cloud("port-in-use"), port)


def test_control_requests_need_their_header_and_a_loopback_host(lab: labkit.Lab) -> None:
    """A page in a browser, or a name that points at this machine, gets nothing."""
    import urllib.error
    import urllib.request

    for headers in ({}, {"X-Labkit-Control": "1", "Host": "evil.example:80"}):
        request = urllib.request.Request(f"{lab.endpoint}/_labkit/health", headers=headers)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        with refused.value:
            assert refused.value.code == 403
