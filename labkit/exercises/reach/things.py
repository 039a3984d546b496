"""What permissions are asked on: keys, aliases and roles of the account, and some that are not there yet.

Reads through `lab.observer`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ...cloud.policy.documents import parse_document
from ...cloud.policy.question import Grant, NamedPolicy
from ...policy import as_grant
from ..engine import LabView

Kind = Literal["key", "alias", "role", "nothing"]


@dataclass(frozen=True, slots=True)
class Thing:
    """A resource: its ARN, how a sentence calls it, its own policy, its grants, and what conditions can ask of it.

    `rcps` are the resource control policies over its account, level by level. `exists` is False for what is not there
    yet, or is another account's. `algorithms` has the values of the condition keys of algorithms.
    """

    kind: Kind
    arn: str
    words: str
    account: str
    policy: NamedPolicy | None = None
    grants: tuple[Grant, ...] = ()
    facts: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    algorithms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exists: bool = True
    rcps: tuple[tuple[NamedPolicy, ...], ...] = ()


NOTHING = Thing("nothing", "*", "", "")
NO_SUCH_ID = "00000000-0000-0000-0000-000000000000"
STRANGE_ACCOUNT = "999999999999"
_KEY = re.compile(r"arn:aws:kms:([a-z0-9-]+):(\d{12}):key/((?:mrk-)?[0-9a-f-]+)")

_PATTERN = re.compile(r"arn:aws:kms:[a-z0-9*?-]+:[0-9*?]+:key/([0-9a-f-]+[*?][0-9a-f*?-]*)")

# DescribeKey's lists, and the condition keys that these are the values of.
_ALGORITHMS = {
    "EncryptionAlgorithms": "kms:encryptionalgorithm",
    "SigningAlgorithms": "kms:signingalgorithm",
    "MacAlgorithms": "kms:macalgorithm",
    "KeyAgreementAlgorithms": "kms:keyagreementalgorithm",
}


def read_keys(lab: LabView, region: str | None = None) -> Iterator[Thing]:
    """Read the customer managed keys of a Region (the lab's own, if none is named), with their policies and grants."""
    kms = lab.observer.client("kms", region or lab.region)
    names: dict[str, list[str]] = {}
    rcps = tuple(tuple(named(name, text, "rcp") for name, text in level) for level in lab.observer.rcps())
    for page in kms.get_paginator("list_aliases").paginate():
        for each in page["Aliases"]:
            names.setdefault(each.get("TargetKeyId", ""), []).append(each["AliasName"])
    for page in kms.get_paginator("list_keys").paginate():
        for listed in page["Keys"]:
            found = kms.describe_key(KeyId=listed["KeyId"])["KeyMetadata"]
            if found["KeyManager"] == "CUSTOMER":
                yield replace(_key(kms, found, names.get(listed["KeyId"], [])), rcps=rcps)


def _key(kms: Any, found: dict[str, Any], names: list[str]) -> Thing:
    arn = found["Arn"]
    tags = []
    if found["KeyState"] != "PendingDeletion":
        pages = kms.get_paginator("list_resource_tags").paginate(KeyId=arn)
        tags = [tag for page in pages for tag in page["Tags"]]
    policy = named("key policy", kms.get_key_policy(KeyId=arn)["Policy"], "key")
    listed = [each for page in kms.get_paginator("list_grants").paginate(KeyId=arn) for each in page["Grants"]]
    return key_of(found, names, tags, policy, tuple(map(as_grant, listed)))


def key_of(
    found: Mapping[str, Any],
    names: Sequence[str],
    tags: Iterable[Mapping[str, str]],
    policy: NamedPolicy | None,
    grants: tuple[Grant, ...],
) -> Thing:
    """Make a key of what DescribeKey says, its aliases and tags, its policy and grants."""
    arn = found["Arn"]
    facts: dict[str, str | Sequence[str]] = {
        "kms:KeySpec": found["KeySpec"],
        "kms:KeyUsage": found["KeyUsage"],
        "kms:KeyOrigin": found["Origin"],
        "kms:CustomerMasterKeySpec": found["KeySpec"],
        "kms:CustomerMasterKeyUsage": found["KeyUsage"],
        "kms:MultiRegion": str(found["MultiRegion"]).lower(),
    }
    if found["MultiRegion"]:
        facts["kms:MultiRegionKeyType"] = found["MultiRegionConfiguration"]["MultiRegionKeyType"]
    if names:
        facts["kms:ResourceAliases"] = list(names)
    facts |= {f"aws:ResourceTag/{tag['TagKey']}": tag["TagValue"] for tag in tags}
    algorithms = {key: tuple(found[name]) for name, key in _ALGORITHMS.items() if found.get(name)}
    words = f"the key `{found['Description']}`" if found.get("Description") else f"the key {arn.rpartition('/')[2]}"
    return Thing("key", arn, words, arn.split(":")[4], policy, grants, facts, algorithms)


def keys_to_come(account: str, region: str) -> tuple[Thing, ...]:
    """Keys that are not there: one that the account makes tomorrow, here or in another Region, and a stranger's.

    Each has a key policy that lets the account's IAM policies decide.
    """
    elsewhere = "eu-west-1" if region != "eu-west-1" else "us-east-1"
    made = (
        (region, account, "a key that you make tomorrow"),
        (elsewhere, account, f"a key in {elsewhere}"),
        (region, STRANGE_ACCOUNT, "a key of another account"),
    )
    return tuple(_to_come(account, *each) for each in made)


def keys_of_others(account: str, texts: Iterable[str]) -> tuple[Thing, ...]:
    """Keys of other accounts that these documents' texts name. Each is taken to let this account in."""
    named_there = sorted({found.group(0, 1, 2, 3) for text in texts for found in _KEY.finditer(text)})
    return tuple(
        replace(_to_come(account, region, owner, f"the key {key_id} of the account {owner}"), arn=arn)
        for arn, region, owner, key_id in named_there
        if owner != account
    )


def keys_that_fit(account: str, region: str, texts: Iterable[str], there: Iterable[str]) -> tuple[Thing, ...]:
    """Keys that are not there, one for each pattern of these texts that fits a part of all key ids ("key/9*").

    `there` has the ARNs of keys that exist: a pattern that fits one of them may fit others, that you make tomorrow.
    """
    patterns = sorted({found.group(1) for text in texts for found in _PATTERN.finditer(text)})
    begin, have = f"arn:aws:kms:{region}:{account}:key/", set(there)
    made = {f"{begin}{fitting}" for pattern in patterns for fitting in _fitting(pattern)}
    words = "a key that you make tomorrow, whose id fits your pattern"
    return tuple(replace(_to_come(account, region, account, words), arn=arn) for arn in sorted(made - have))


def _fitting(pattern: str) -> Iterator[str]:
    """Ids for a pattern's wildcards, as far as there is room for them; two, since one of them may be there."""
    first, *others = pattern.split("*")
    last = others[-1] if others else ""
    for digit in "0f":
        left = first + "".join(others[:-1])
        room = max(0, len(NO_SUCH_ID) - len(left) - len(last)) if others else 0
        middle = NO_SUCH_ID[len(left) : len(left) + room].replace("0", digit)
        yield f"{left}{middle}{last}".replace("?", digit)


def _to_come(account: str, region: str, owner: str, words: str) -> Thing:
    whole = {"Effect": "Allow", "Principal": {"AWS": [account, owner]}, "Action": "kms:*", "Resource": "*"}
    policy = named("key policy", {"Version": "2012-10-17", "Statement": [whole]}, "key")
    facts = {
        "kms:KeySpec": "SYMMETRIC_DEFAULT",
        "kms:KeyUsage": "ENCRYPT_DECRYPT",
        "kms:KeyOrigin": "AWS_KMS",
        "kms:CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "kms:CustomerMasterKeyUsage": "ENCRYPT_DECRYPT",
        "kms:MultiRegion": "false",
    }
    arn = f"arn:aws:kms:{region}:{owner}:key/{NO_SUCH_ID}"
    return Thing(
        "key", arn, words, owner, policy, (), facts, {"kms:encryptionalgorithm": ("SYMMETRIC_DEFAULT",)}, False
    )


def read_aliases(lab: LabView, account: str) -> Iterator[Thing]:
    """Read the account's aliases, and one that is not there."""
    pages = lab.observer.client("kms").get_paginator("list_aliases").paginate()
    for each in (each for page in pages for each in page["Aliases"]):
        if not each["AliasName"].startswith("alias/aws/"):
            yield Thing("alias", each["AliasArn"], f"the alias `{each['AliasName']}`", account)
    arn = f"arn:aws:kms:{lab.region}:{account}:alias/no-such-alias"
    yield Thing("alias", arn, "an alias that you make tomorrow", account, exists=False)


def role_as_thing(role: dict[str, Any]) -> Thing:
    """Read a role, which has a trust policy: somebody may assume it."""
    trust = named("trust policy", role["AssumeRolePolicyDocument"], "trust")
    facts: dict[str, str | Sequence[str]] = {f"iam:ResourceTag/{t['Key']}": t["Value"] for t in role.get("Tags", [])}
    return Thing("role", role["Arn"], f"the role `{role['RoleName']}`", role["Arn"].split(":")[4], trust, (), facts)


def federated_in(thing: Thing) -> str:
    """Return an identity provider that an Allow of the thing's policy names: whoever it knows gets in; "" if none."""
    statements = json.loads(thing.policy.document.text)["Statement"] if thing.policy else []
    for each in statements if isinstance(statements, list) else [statements]:
        whom = each.get("Principal", {})
        if each["Effect"] == "Allow" and isinstance(whom, dict) and "Federated" in whom:
            return str(whom["Federated"])
    return ""


def named(name: str, document: str | Mapping[str, Any], kind: Any) -> NamedPolicy:
    """Make a policy for the decision, from JSON text or what that text says."""
    return NamedPolicy(name, parse_document(document if isinstance(document, str) else json.dumps(document), kind))
