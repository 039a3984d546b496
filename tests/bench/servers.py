"""Door two beside kept HTTP servers, paired: calls a second of the same account through boto3, in turn, round by round.

    python -m pip install uvicorn hypercorn cheroot && python tests/bench/servers.py

A kept server would take the place of ours if it reached nine tenths of it. What was measured stands in
docs/architecture.md. A server that is not installed is left out, and named.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import boto3
from botocore.config import Config

SERVERS = ("uvicorn", "hypercorn", "cheroot")
ROUNDS = int(os.environ.get("ROUNDS", "5"))
SECONDS = 1.5  # for each operation
ENOUGH = 0.9
SCRIPT = Path(__file__).with_name("serve_with.py")


def rates(server: str) -> dict[str, float]:
    """Calls a second of one round, by operation."""
    command = [sys.executable, str(SCRIPT), server]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert running.stdout
        told = json.loads(running.stdout.readline())
        kms = client(told)
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        calls = {
            "DescribeKey": lambda: kms.describe_key(KeyId=key),
            "Encrypt": lambda: kms.encrypt(KeyId=key, Plaintext=b"x"),
        }
        return {name: rate(call) for name, call in calls.items()}
    finally:
        running.terminate()
        running.wait()


def client(told: dict[str, Any]) -> Any:
    """boto3's client of a server, once it answers."""
    keys = {"aws_access_key_id": told["id"], "aws_secret_access_key": told["secret"], "region_name": "us-east-1"}
    config = Config(retries={"total_max_attempts": 20, "mode": "standard"})
    kms = boto3.Session(**keys).client("kms", endpoint_url=f"http://127.0.0.1:{told['port']}", config=config)
    for _ in range(30):
        kms.list_keys()
    return kms


def rate(call: Any) -> float:
    """Calls a second."""
    done, begun = 0, time.perf_counter()
    while (passed := time.perf_counter() - begun) < SECONDS:
        call()
        done += 1
    return done / passed


def main() -> int:
    """Measure in turn, and print each server's share of ours, the median of the rounds' pairs."""
    there = [name for name in SERVERS if importlib.util.find_spec(name)]
    for name in SERVERS:
        if name not in there:
            print(f"{name} is not installed")
    shares: dict[str, dict[str, list[float]]] = {name: {} for name in there}
    for _ in range(ROUNDS):
        for name in there:
            mine, theirs = rates("ours"), rates(name)
            for operation, value in theirs.items():
                shares[name].setdefault(operation, []).append(value / mine[operation])
    for name, found in shares.items():
        told = ", ".join(f"{operation} {median(values):.2f}" for operation, values in found.items())
        print(f"{name} / door two: {told} ({ENOUGH} would be enough)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
