"""Questions about a policy that is made up: the documents are shown, and the engine decides. Pure."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

from ..cloud.policy.documents import DocumentKind, parse_document
from ..cloud.policy.question import Grant, GrantConstraints, NamedPolicy, Policies
from ..cloud.policy.question import Question as Asked
from ..cloud.policy.simulation import principal_of
from .outcomes import Outcome, choices, outcome_of
from .questions import Entry, Question

ACCOUNT, OTHER = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/App"
ABROAD = f"arn:aws:iam::{OTHER}:role/App"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ANOTHER = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0987dcba-09fe-87dc-65ba-ab0987654321"
ALIAS = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/app"
MOST_TRIED = 24
_INSTEAD: Mapping[str, tuple[Outcome, ...]] = {
    "boundary": ("boundary",),
    "grants": ("grant",),
    "accounts": ("both sides",),
}
Statement = dict[str, Any]


def _allow(actions: Any, resource: str = "*", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": actions, "Resource": resource} | more


def _to(arn: str, statement: Statement) -> Statement:
    return {"Principal": {"AWS": arn}, **statement}


ROOT = _to(f"arn:aws:iam::{ACCOUNT}:root", _allow("kms:*"))
_DENY_ALL = {"Effect": "Deny", "Principal": "*", "Action": "kms:Encrypt", "Resource": "*"}
_KEY_POLICIES: tuple[list[Statement], ...] = (
    [ROOT],
    [ROOT, _to(ROLE, _allow("kms:Decrypt"))],
    [_to(f"arn:aws:iam::{ACCOUNT}:role/KeyAdmin", _allow("kms:*"))],
    [ROOT, _DENY_ALL],
)
_IDENTITY: tuple[list[Statement], ...] = (
    [_allow(["kms:Encrypt", "kms:Decrypt"], KEY)],
    [_allow("kms:*", ANOTHER)],
    [_allow("kms:Encrypt", ALIAS)],
    [_allow("kms:Encrypt", KEY)],
    [],
)
_THEIRS: tuple[list[Statement], ...] = (
    [],
    [_to(f"arn:aws:iam::{OTHER}:root", _allow(["kms:Encrypt", "kms:Decrypt"]))],
    [_to(ABROAD, _allow("kms:Decrypt"))],
    [_to(f"arn:aws:iam::{OTHER}:role/Web", _allow("kms:*"))],
    [_to(f"arn:aws:iam::{OTHER}:root", _allow("kms:*")), _DENY_ALL],
)
_PAIR = "kms:EncryptionContext:department"
_CONDITIONS: tuple[Mapping[str, Any], ...] = (
    {"StringEquals": {_PAIR: "health"}},
    {"StringNotEquals": {_PAIR: "tax"}},
    {"StringEqualsIfExists": {_PAIR: "health"}},
    {"StringNotEquals": {_PAIR: "tax"}, "Null": {_PAIR: "false"}},
    {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["department"]}},
)
_CONTEXTS: tuple[dict[str, str], ...] = ({}, {"department": "health"}, {"department": "tax"}, {"Department": "health"})
_VIA = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
THEMES = ("plain", "conditions", "service", "grants", "boundary", "accounts")


def question_about_documents(entry: Entry, rng: random.Random) -> Question:
    """Draw documents and a call, and ask how it is decided. `about["theme"]` is one of THEMES."""
    theme = entry.about.get("theme", "plain")
    found: dict[Outcome, tuple[str, list[str]]] = {}
    for _ in range(MOST_TRIED):
        call, action, context, shown, policies, grants = _drawn(theme, rng)
        outcome = _decided(ABROAD if theme == "accounts" else ROLE, action, context, policies, grants)
        if outcome is not None:
            found.setdefault(outcome, (call, shown))
    right = rng.choice(sorted(found))
    call, shown = found[right]
    lines = "\n".join(shown)
    verb = "asks" if call.startswith("S3") else "calls"
    of = f"the account {OTHER}" if theme == "accounts" else "the key's account"
    text = f"A session of the role `App` of {of} {verb} {call}.\n{lines}\nHow is it decided?"
    instead = _INSTEAD.get(theme, ())
    return Question(entry.id, text, choices(right, rng, instead), entry.source, entry.version)


Drawn = tuple[str, str, dict[str, Any], list[str], dict[str, list[Statement]], list[Grant]]


def _drawn(theme: str, rng: random.Random) -> Drawn:
    """A call in words, its action and condition keys, the documents as lines, and as policies and grants."""
    action = rng.choice(("kms:Encrypt", "kms:Decrypt"))
    operation = action.removeprefix("kms:")
    key_policy, identity = rng.choice(_KEY_POLICIES), rng.choice(_IDENTITY)
    pairs: dict[str, str] = {}
    grants: list[Grant] = []
    policies: dict[str, list[Statement]] = {}
    call = f"`{operation}` directly, without an encryption context"
    more: list[str] = []
    keys: dict[str, Any] = {}
    if theme == "conditions":
        key_policy, pairs = [ROOT], rng.choice(_CONTEXTS)
        identity = [_allow(action, KEY, Condition=rng.choice(_CONDITIONS))]
        call = f"`{operation}` directly, {_context(pairs)}"
    elif theme == "service":
        if rng.random() < 0.5:  # S3 asks KMS for data keys and has them decrypted; it never asks for Encrypt
            action = "kms:Decrypt"
            call = "S3 for an object, and S3 calls `Decrypt` for the session"
            keys = {"kms:ViaService": "s3.us-east-1.amazonaws.com", "aws:ViaAWSService": "true"}
        identity = [_allow(action, KEY, Condition=_VIA)] if rng.random() < 0.7 else identity
    elif theme == "grants":
        limits = rng.choice((None, {"department": "health"}))
        pairs = rng.choice(_CONTEXTS)
        constraints = GrantConstraints(encryption_context_subset=limits)
        grants = [Grant("g", ROLE, (rng.choice(("Encrypt", "Decrypt")),), constraints=constraints)]
        identity = rng.choice(([], [_allow("kms:Encrypt", ANOTHER)]))
        call = f"`{operation}` directly, {_context(pairs)}"
        held = f", constraint `EncryptionContextSubset` `{json.dumps(limits)}`" if limits else ", no constraint"
        more = [
            f"A grant on the key, in effect since long: grantee `App`, operations `{grants[0].operations[0]}`{held}"
        ]
    elif theme == "accounts":
        key_policy, identity = [ROOT, *rng.choice(_THEIRS)], rng.choice(_IDENTITY)
    elif theme == "boundary":
        policies["boundary"] = [_allow(rng.choice(("kms:Encrypt", "kms:Decrypt", "kms:*")))]
        key_policy, identity = [ROOT], rng.choice((_IDENTITY[0], _IDENTITY[3]))
        more = [f"Permissions boundary: {_written(policies['boundary'])}"]
    policies |= {"key": key_policy, "identity": identity}
    keys |= {f"kms:EncryptionContext:{name}": value for name, value in pairs.items()}
    if pairs:
        keys["kms:EncryptionContextKeys"] = list(pairs)
    shown = [f"Key policy: {_written(key_policy)}", f"IAM policy of the role: {_written(identity)}", *more]
    return call, action, keys, shown, policies, grants


def _context(pairs: Mapping[str, str]) -> str:
    return f"with the encryption context `{json.dumps(pairs)}`" if pairs else "without an encryption context"


def _written(statements: list[Statement]) -> str:
    return ", and ".join(f"`{json.dumps(each)}`" for each in statements) or "none"


def _decided(
    role: str, action: str, context: dict[str, Any], policies: dict[str, list[Statement]], grants: list[Grant]
) -> Outcome | None:
    asked = Asked(principal_of(role), action, KEY, ACCOUNT, context)
    identity = (_named("identity", policies["identity"]),) if policies["identity"] else ()
    boundary = _named("boundary", policies["boundary"]) if "boundary" in policies else None
    key = _named("key", policies["key"])
    return outcome_of(asked, Policies(identity, boundary, (), (), key, tuple(grants)))


def _named(kind: DocumentKind, statements: list[Statement]) -> NamedPolicy:
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return NamedPolicy(kind, parse_document(text, kind))
