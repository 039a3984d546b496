"""What a bucket policy lets happen: every tenant, every folder, every key, every encryption. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import product

from labkit.policy import simulate

EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ALWAYS = {"aws:SecureTransport": "true", "aws:RequestedRegion": "us-east-1"}  # what no request is without
STRANGE_ACCOUNT = "999999999999"
ENCRYPTIONS = ("aws:kms", "aws:kms:dsse", "AES256", "")
TAG = "aws:PrincipalTag/tenant"
SSE = "s3:x-amz-server-side-encryption"


def who_gets_in(policy: str, bucket: str, keys: Mapping[str, str]) -> Iterator[str]:
    """Say what the policy does otherwise than each tenant's own door asks for, in sentences.

    `keys` has the ARN of each tenant's key. Every caller's own policies are taken to allow everything.
    """
    account, document = bucket.rpartition("-")[2], json.loads(policy)

    def may(role: str, tag: str, action: str, name: str, more: Mapping[str, str]) -> bool:
        own = STRANGE_ACCOUNT if role == "Stranger" else account
        asked = {"identity": EVERYTHING, "resource_policy": document, "resource_account": account}
        context = {**ALWAYS, **more, **({TAG: tag} if tag else {})}
        place = f"arn:aws:s3:::{bucket}/{name}"
        return simulate(f"arn:aws:iam::{own}:role/{role}", action, place, context=context, **asked).allowed

    callers = [("UploadTenant", tag) for tag in (*keys, "")]
    callers += [("UploadService", ""), ("LabAdministrator", ""), *(("Stranger", tag) for tag in ("", *keys))]
    for tenant in keys:
        right = {SSE: "aws:kms", f"{SSE}-aws-kms-key-id": keys[tenant]}
        if not may("UploadTenant", tenant, "s3:PutObject", f"{tenant}/a.txt", right):
            yield f"A session of {tenant} is refused when it puts a file of its own, under its key."
        if not may("UploadTenant", tenant, "s3:GetObject", f"{tenant}/a.txt", {}):
            yield f"A session of {tenant} is refused when it gets a file of its own."
    folders = [*keys, *(f"{tenant}x" for tenant in keys), "other", ""]
    for (role, tag), folder in product(callers, folders):
        who = _words(role, tag)
        name = f"{folder}/a.txt".lstrip("/")
        own = role == "UploadTenant" and tag == folder and folder in keys
        if folder in keys and not own and may(role, tag, "s3:GetObject", name, {}):
            yield f"{who} may get `{name}`."
        ways = _ways(folder, keys)
        if not own:  # as the tenant itself does it, plain, and under the caller's own key
            ways = [*ways[:2], *([("aws:kms", keys[tag])] if tag and role == "UploadTenant" else [])]
        for encryption, key in ways:
            sent = {**({SSE: encryption} if encryption else {}), **({f"{SSE}-aws-kms-key-id": key} if key else {})}
            right_way = own and encryption == "aws:kms" and key == keys[folder]
            if not right_way and may(role, tag, "s3:PutObject", name, sent):
                yield f"{who} may put `{name}` {_under(encryption, key, keys)}."


def _ways(folder: str, keys: Mapping[str, str]) -> list[tuple[str, str]]:
    """How an upload into a folder may be encrypted, by encryption and key: first the right way, and the plain one."""
    first = [("aws:kms", keys.get(folder, next(iter(keys.values())))), ("", "")]
    every = [*product(("aws:kms",), keys.values()), *product(ENCRYPTIONS, ("",)), ("AES256", first[0][1])]
    every += [("aws:kms:dsse", first[0][1]), ("", first[0][1])]
    return [*first, *(each for each in every if each not in first)]


def _words(role: str, tag: str) -> str:
    if role == "UploadTenant":
        return f"A session of {tag}" if tag else "A session without a tenant"
    if role == "Stranger":
        return "Somebody of another account"
    return f"The role {role}"


def _under(encryption: str, key: str, keys: Mapping[str, str]) -> str:
    owner = next((f"the key of {tenant}" for tenant, arn in keys.items() if arn == key), "no key that it names")
    return f"with {encryption or 'no encryption that it asks for'}, under {owner}"
