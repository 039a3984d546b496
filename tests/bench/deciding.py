"""What deciding costs, beside boto3's own share of a call (the floor of the benchmark). Run by `make bench`.

The question has everything: an SCP, a key policy, inline and managed policies, a boundary, a session policy and
five grants. The figure to hold: a decision takes at most half of the floor's time.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from typing import Any

from contender import floor, rate

from labkit.cloud.policy import Grant, NamedPolicy, Policies, Question, decide, parse_document
from labkit.cloud.policy.documents import DocumentKind
from labkit.cloud.policy.simulation import principal_of

MOST = 0.5
ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
CLERK = f"arn:aws:iam::{ACCOUNT}:role/Clerk"


def policy(kind: DocumentKind, *statements: dict[str, Any]) -> NamedPolicy:
    """A policy of these statements."""
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return NamedPolicy(kind, parse_document(text, kind))


def situation() -> tuple[Question, Policies]:
    """A clerk decrypts with an encryption context."""
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    use = {"Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*"], "Resource": KEY}
    guarded = use | {"Condition": {"StringEquals": {"kms:EncryptionContext:table": "customers"}}}
    deny = {"Effect": "Deny", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"}
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    context = {
        "aws:CurrentTime": "2026-01-05T09:00:00Z",
        "aws:SourceIp": "127.0.0.1",
        "kms:EncryptionContext:table": "customers",
        "kms:EncryptionContextKeys": ["table"],
        "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    }
    grants = tuple(Grant(f"{number:064d}", f"{CLERK}{number}", ("Decrypt",)) for number in range(5))
    policies = Policies(
        identity=(policy("identity", guarded, deny), policy("identity", use)),
        boundary=policy("boundary", everything),
        session=(policy("session", use),),
        scps=((policy("scp", everything, deny),),),
        resource=policy("key", root),
        grants=grants,
    )
    return Question(principal_of(CLERK), "kms:Decrypt", KEY, ACCOUNT, context), policies


def main() -> int:
    """Print both times and their ratio; 1 where the figure is not held."""
    question, policies = situation()
    assert decide(question, policies).allowed
    assert not decide(replace(question, action="kms:ScheduleKeyDeletion"), policies).allowed
    deciding = 1 / rate(lambda: decide(question, policies), time.process_time)
    with floor() as kms:
        call = 1 / rate(lambda: kms.decrypt(CiphertextBlob=b"0"), time.process_time)
    share = deciding / call
    print(f"a decision {deciding * 1e6:.0f} µs, boto3 alone {call * 1e6:.0f} µs: {share:.2f} (to hold: {MOST:.2f})")
    return 0 if share <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
