"""What an audit of 10,000 keys takes, beside the bare calls that it must make. Run by `make bench`.

Both run in the same process on the same account, in turn: the audit as it is, and a loop that makes the same calls by
the same clients and throws the answers away. Processor time counts, which other programs disturb least. The figure to
hold: the audit takes at most 1.5 times as long as its calls.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import boto3

import labkit
from labkit.audit import audit

KEYS = int(os.environ.get("KEYS", "10000"))
MOST = 1.5
POLICIES = 50  # key policies of as many texts
ROLES = 20


class Recorded:
    """Clients that note each call, so that it can be made again."""

    def __init__(self, clients: Any) -> None:
        self._clients = clients
        self.calls: list[tuple[Any, dict[str, Any]]] = []

    def __call__(self, service: str, region: str) -> Any:
        """Make a client that notes what it is asked."""
        client = self._clients(service, region)

        def note(params: dict[str, Any], model: Any, **_: Any) -> None:
            self.calls.append((getattr(client, _snake(client, model.name)), dict(params)))

        client.meta.events.register("provide-client-params.*.*", note)
        return client


def _snake(client: Any, operation: str) -> str:
    return next(name for name, wire in client.meta.method_to_api_mapping.items() if wire == operation)


def build(lab: labkit.Lab) -> None:
    """Make the keys: a policy of one of many texts each, half of them rotating; and roles that may use some."""
    kms = boto3.client("kms")
    root = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{lab.account_id}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    for number in range(ROLES):
        use = {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": f"arn:aws:kms:*:*:key/{number:x}*",
        }
        lab.role(f"Clerk{number}", [use])
    for number in range(KEYS):
        name = {"AWS": f"arn:aws:iam::{lab.account_id}:role/Clerk{number % ROLES}"}
        own = {
            "Sid": f"Clerk{number % POLICIES}",
            "Effect": "Allow",
            "Principal": name,
            "Action": "kms:Encrypt",
            "Resource": "*",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [root, own]})
        made = kms.create_key(Description=f"key {number}", Policy=policy)["KeyMetadata"]["KeyId"]
        if number % 2:
            kms.enable_key_rotation(KeyId=made)


def main() -> int:
    """Measure both, print the ratio; 1 where the figure to hold is not reached."""
    lab = labkit.start("bench-audit")
    build(lab)
    lab.clock.advance(days=100)  # so that GetKeyLastUsage is asked of every key
    recorded = Recorded(lab.observer._client)
    began = time.process_time()
    report = audit(recorded)
    audited = time.process_time() - began
    calls = list(recorded.calls)
    began = time.process_time()
    for call, params in calls:
        call(**params)
    bare = time.process_time() - began
    ratio = audited / bare
    print(f"audit of {KEYS:,} keys: {len(report):,} findings, {len(calls):,} calls")
    print(f"audit {audited:.1f} s, the bare calls {bare:.1f} s: {ratio:.2f} (to hold: {MOST:.2f})")
    return int(ratio > MOST)


if __name__ == "__main__":
    sys.exit(main())
