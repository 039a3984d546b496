"""Calls a second through boto3: into the simulated account, beside a call answered by a constant (the floor).

Run by `make bench`; starts an account in this process and prints a table.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

import labkit

SECONDS = 2.0  # for each measurement
NOBODY = "http://127.0.0.1:1"  # an endpoint that is not the account's, so that its door leaves the call alone
ROUNDS = 3  # the best of them counts: the others were disturbed


def calls_per_second(call: Callable[[], Any]) -> float:
    """How often `call` returns in a second, at best."""
    call()
    best = 0.0
    for _ in range(ROUNDS):
        done, start = 0, time.perf_counter()
        while (spent := time.perf_counter() - start) < SECONDS / ROUNDS:
            call()
            done += 1
        best = max(best, done / spent)
    return best


class Constant:
    """A body that can be read again and again, as botocore reads one."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def stream(self, *_: Any, **__: Any) -> list[bytes]:
        """The whole body, in one piece."""
        return [self.content]


def floor(call: Callable[[Any], Any]) -> float:
    """The same boto3 call, signed and parsed as ever, answered by a constant."""
    kms = boto3.client("kms", endpoint_url=NOBODY)
    body = b'{"KeyId": "arn:aws:kms:us-east-1:111122223333:key/0", "CiphertextBlob": "AAAA", "Plaintext": "AAAA"}'

    def answer(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, 200, {"Content-Type": "application/x-amz-json-1.1"}, Constant(body))

    kms.meta.events.register("before-send.kms", answer)
    return calls_per_second(lambda: call(kms))


def main() -> None:
    """Measure and print."""
    labkit.start("bench")
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    sealed = kms.encrypt(KeyId=key, Plaintext=b"meet at nine")["CiphertextBlob"]
    operations: dict[str, Callable[[Any], Any]] = {
        "DescribeKey": lambda client: client.describe_key(KeyId=key),
        "Encrypt": lambda client: client.encrypt(KeyId=key, Plaintext=b"meet at nine"),
        "Decrypt": lambda client: client.decrypt(CiphertextBlob=sealed),
        "GenerateDataKey": lambda client: client.generate_data_key(KeyId=key, KeySpec="AES_256"),
    }
    print(f"{'operation':<18}{'account':>10}{'floor':>10}   calls a second; account: every step on, in this process")
    for name, call in operations.items():
        print(f"{name:<18}{calls_per_second(lambda call=call: call(kms)):>10.0f}{floor(call):>10.0f}")


if __name__ == "__main__":
    main()
