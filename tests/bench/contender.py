"""One contender of the benchmark, in this process: sets itself up, measures, prints one line of JSON."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config

SECONDS = 1.0  # for each operation
WARM_UP = 20  # calls
OVER_HTTP = ("HTTP floor", "labkit serve", "moto_server")
BIN = Path(sys.executable).parent
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}


class Constant:
    """A body that can be read again and again, as botocore reads one."""

    def stream(self, *_: Any, **__: Any) -> list[bytes]:
        """The whole body, in one piece."""
        return [b'{"KeyId": "arn:aws:kms:us-east-1:111122223333:key/0", "CiphertextBlob": "AAAA", "Plaintext": "AAAA"}']


@contextmanager
def floor() -> Iterator[Any]:
    """boto3 and a constant."""
    os.environ |= KEYS
    kms = boto3.client("kms", endpoint_url="http://127.0.0.1:1")
    answer = {"Content-Type": "application/x-amz-json-1.1"}
    kms.meta.events.register("before-send.kms", lambda request, **_: AWSResponse(request.url, 200, answer, Constant()))
    kms.create_key = lambda: {"KeyMetadata": {"KeyId": "0"}}
    yield kms


@contextmanager
def http_floor() -> Iterator[Any]:
    """boto3 and a constant, over HTTP: what no server can take away."""
    os.environ |= KEYS
    command = [sys.executable, Path(__file__).with_name("constant_server.py")]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        yield boto3.client("kms", endpoint_url=f"http://127.0.0.1:{int(server.stdout.readline())}")
    finally:
        server.terminate()
        server.wait()


@contextmanager
def in_labkit() -> Iterator[Any]:
    """The account in this process."""
    import labkit

    labkit.start("bench")
    yield boto3.client("kms")


@contextmanager
def in_moto() -> Iterator[Any]:
    """moto's mock in this process."""
    from moto import mock_aws

    os.environ |= KEYS
    with mock_aws():
        yield boto3.client("kms")


@contextmanager
def labkit_serve() -> Iterator[Any]:
    """The account in a process of its own."""
    server = subprocess.Popen([BIN / "labkit", "serve", "--json"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        told = json.loads(server.stdout.readline())
        account = told["accounts"][0]
        yield boto3.client(
            "kms",
            region_name=told["region"],
            endpoint_url=told["endpoint"],
            aws_access_key_id=account["access_key_id"],
            aws_secret_access_key=account["secret_access_key"],
        )
    finally:
        server.terminate()
        server.wait()


@contextmanager
def moto_server() -> Iterator[Any]:
    """moto's server in a process of its own."""
    os.environ |= KEYS
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [BIN / "moto_server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        patient = Config(retries={"max_attempts": 10, "mode": "standard"})
        yield boto3.client("kms", endpoint_url=f"http://127.0.0.1:{port}", config=patient)
    finally:
        server.terminate()
        server.wait()


def rate(call: Callable[[], Any], clock: Callable[[], float]) -> float:
    """Calls a second of that clock."""
    for _ in range(WARM_UP):
        call()
    done, start = 0, clock()
    while (spent := clock() - start) < SECONDS:
        call()
        done += 1
    return done / spent


def main() -> None:
    """Measure the contender that the command line names."""
    contenders = {
        "floor": floor,
        "HTTP floor": http_floor,
        "labkit": in_labkit,
        "moto": in_moto,
        "labkit serve": labkit_serve,
        "moto_server": moto_server,
    }
    with contenders[sys.argv[1]]() as kms:
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        sealed = kms.encrypt(KeyId=key, Plaintext=b"meet at nine")["CiphertextBlob"]
        operations = {
            "DescribeKey": lambda: kms.describe_key(KeyId=key),
            "Encrypt": lambda: kms.encrypt(KeyId=key, Plaintext=b"meet at nine"),
            "Decrypt": lambda: kms.decrypt(CiphertextBlob=sealed),
            "GenerateDataKey": lambda: kms.generate_data_key(KeyId=key, KeySpec="AES_256"),
        }
        # In one process a call is computing alone, so its processor time counts: other programs don't disturb it.
        clock = time.perf_counter if sys.argv[1] in OVER_HTTP else time.process_time
        print(json.dumps({name: rate(call, clock) for name, call in operations.items()}))


if __name__ == "__main__":
    main()
