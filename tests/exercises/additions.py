"""One thing more than a solution gave: documents of the account before and after it, each with one addition.

An addition is an action of KMS, a principal, an algorithm or another value of a condition, or a condition less.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import boto3

from labkit.cloud.policy.grants import GRANT_OPERATIONS
from labkit.cloud.policy.patterns import glob
from labkit.exercises.reach.actions import kms_actions

Place = tuple[str, ...]
SERVICES = {"role": "iam", "trust": "iam", "key": "kms", "grant": "kms", "bucket": "s3"}  # by a place's first part
VALUES = {
    "kms:viaservice": ("lambda.us-east-1.amazonaws.com", "dynamodb.us-east-1.amazonaws.com"),
    "aws:principalorgid": ("o-bystanders",),
    "kms:signingalgorithm": ("RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512", "ECDSA_SHA_256"),
    "kms:encryptionalgorithm": ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SYMMETRIC_DEFAULT"),
    "kms:macalgorithm": ("HMAC_SHA_224", "HMAC_SHA_256", "HMAC_SHA_384", "HMAC_SHA_512"),
}


@dataclass(frozen=True, slots=True)
class Addition:
    """One change of the account: its name, the service that it changes, how it is made, and how it is undone."""

    name: str
    service: str
    make: Callable[[], Any]
    undo: Callable[[], Any]


def documents(lab: Any) -> dict[Place, Any]:
    """The policies and grants of the account, by their places."""
    iam, kms, s3 = (lab.observer.client(name) for name in ("iam", "kms", "s3"))
    found: dict[Place, Any] = {}
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            text = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            found["role", name, policy] = text if isinstance(text, dict) else json.loads(text)
        found["trust", name] = role["AssumeRolePolicyDocument"]
    for key in (key["KeyArn"] for page in kms.get_paginator("list_keys").paginate() for key in page["Keys"]):
        if kms.describe_key(KeyId=key)["KeyMetadata"]["KeyManager"] == "CUSTOMER":
            found["key", key] = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
            for page in kms.get_paginator("list_grants").paginate(KeyId=key):
                found |= {("grant", key, grant["GrantId"]): grant for grant in page["Grants"]}
    for bucket in s3.list_buckets()["Buckets"]:
        try:
            found["bucket", bucket["Name"]] = json.loads(s3.get_bucket_policy(Bucket=bucket["Name"])["Policy"])
        except s3.exceptions.ClientError:  # it has none
            continue
    return found


def restore(lab: Any, before: dict[Place, Any]) -> None:
    """Bring policies and grants back to what they were; what is new goes."""
    iam = boto3.client("iam")
    for place, document in documents(lab).items():
        if place not in before and place[0] == "role":
            iam.delete_role_policy(RoleName=place[1], PolicyName=place[2])
        elif place not in before and place[0] == "grant":
            boto3.client("kms").revoke_grant(KeyId=place[1], GrantId=place[2])
        elif place not in before and place[0] == "trust":
            iam.delete_role(RoleName=place[1])
        elif place in before and before[place] != document:
            _put(place, before[place])()


def additions(before: dict[Place, Any], after: dict[Place, Any], principals: dict[str, str]) -> Iterator[Addition]:
    """Each addition to what a solution has written. `principals` are those that are added: ARNs by kind."""
    for place, document in after.items():
        if before.get(place) == document:
            continue
        if place[0] == "grant":
            yield from _of_a_grant(place[1], document, principals)
            continue
        old = before.get(place, {"Statement": []})["Statement"]
        old = old if isinstance(old, list) else [old]
        for number, statement in enumerate(document["Statement"]):
            if statement not in old:
                for name, changed in _of_a_statement(place[0], statement, principals):
                    more = copy.deepcopy(document)
                    more["Statement"][number] = changed
                    yield Addition(name, SERVICES[place[0]], _put(place, more), _put(place, document))


def _of_a_statement(kind: str, statement: dict[str, Any], principals: dict[str, str]) -> Iterator[tuple[str, Any]]:
    for action in _listed(statement.get("NotAction", [])):
        kept = [each for each in statement["NotAction"] if each != action]
        yield f"action {action} no longer left out", statement | {"NotAction": kept or ["iam:*"]}
    if kind != "trust" and statement["Effect"] == "Allow" and "Action" in statement:
        actions = _listed(statement["Action"])
        keys = [key for block in statement.get("Condition", {}).values() for key in block]
        under = f" under {' and '.join(keys)}" if keys else ""
        for action in kms_actions():
            if not any(glob(each.lower(), action.lower()) for each in actions):
                yield f"action {action}{under}", statement | {"Action": [*actions, action]}
    if "Principal" in statement:
        named = statement["Principal"]
        for name, arn in principals.items():
            part = "Service" if name == "a service" else "AWS"
            whole = {"AWS": named} if isinstance(named, str) else named
            yield f"principal {name}", statement | {"Principal": whole | {part: [*_listed(whole.get(part, [])), arn]}}
    for operator, block in statement.get("Condition", {}).items():
        for key, values in block.items():
            if operator.startswith("String"):
                for value in VALUES.get(key.lower(), ("one-more",)):
                    if value not in _listed(values):
                        more = {operator: block | {key: [*_listed(values), value]}}
                        yield f"value {value} of {key}", statement | {"Condition": statement["Condition"] | more}
            rest = {operator: {name: block[name] for name in block.keys() - {key}}}
            less = {name: each for name, each in (statement["Condition"] | rest).items() if each}
            yield f"no condition on {key}", statement | {"Condition": less}


def _of_a_grant(key: str, grant: dict[str, Any], principals: dict[str, str]) -> Iterator[Addition]:
    kms = boto3.client("kms")
    asked = {"KeyId": key, "Operations": grant["Operations"], "GranteePrincipal": grant["GranteePrincipal"]}
    asked |= {"Constraints": grant["Constraints"]} if "Constraints" in grant else {}
    more = {f"operation {each}": {"Operations": [each]} for each in GRANT_OPERATIONS if each not in grant["Operations"]}
    more |= {f"the same for {name}": {"GranteePrincipal": arn} for name, arn in principals.items() if "role" in name}
    if "Constraints" in grant:
        more["no constraint"] = {"Constraints": {}}
    for name, change in more.items():
        made: list[str] = []

        def make(request: dict[str, Any] = asked | change, made: list[str] = made) -> None:
            made.append(kms.create_grant(**request)["GrantId"])

        def undo(made: list[str] = made) -> None:
            kms.revoke_grant(KeyId=key, GrantId=made.pop())

        yield Addition(name, "kms", make, undo)


def _put(place: Place, document: Any) -> Callable[[], Any]:
    """What writes a document to its place."""
    text = json.dumps(document)
    if place[0] == "role":
        iam = _client("iam", os.environ["AWS_SESSION_TOKEN"])
        return lambda: iam.put_role_policy(RoleName=place[1], PolicyName=place[2], PolicyDocument=text)
    if place[0] == "trust":
        iam = _client("iam", os.environ["AWS_SESSION_TOKEN"])
        return lambda: iam.update_assume_role_policy(RoleName=place[1], PolicyDocument=text)
    if place[0] == "bucket":
        return lambda: boto3.client("s3").put_bucket_policy(Bucket=place[1], Policy=text)
    kms = _client("kms", os.environ["AWS_SESSION_TOKEN"], place[1].split(":")[3])
    return lambda: kms.put_key_policy(KeyId=place[1], Policy=text, BypassPolicyLockoutSafetyCheck=True)


@lru_cache(maxsize=8)
def _client(service: str, _session: str, region: str | None = None) -> Any:
    """One for all writes of a lab's session, since making one takes longer than a write."""
    return boto3.client(service, region_name=region)


def _listed(value: Any) -> list[Any]:
    return [value] if isinstance(value, str) else list(value)
