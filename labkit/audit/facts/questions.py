"""The questions about permissions, asked of the policy engine: who may do what with a key, and under which conditions.

Pure. Policies and grants have been read before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from ...cloud.core.call import Principal
from ...cloud.core.kms_operations import table
from ...cloud.policy.decision import decide
from ...cloud.policy.documents import Condition, Document, DocumentKind, Statement, parse_document
from ...cloud.policy.outcome import Decision
from ...cloud.policy.patterns import first_action
from ...cloud.policy.principals import matches
from ...cloud.policy.question import NamedPolicy, Policies, Question
from ...cloud.policy.simulation import principal_of
from .keys import Key, is_fixed, is_for_everybody
from .people import Person

Context = Mapping[str, str | Sequence[str]]

_FIRST = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
USE = tuple(
    dict.fromkeys(
        (*_FIRST, *(f"kms:{name}" for each in table().values() if each.cryptographic for name in each.permissions))
    )
)
"""The actions that use a key: cryptographic operations."""
ADMINISTER = (
    "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:EnableKey", "kms:CancelKeyDeletion",
    "kms:UpdateKeyDescription", "kms:DisableKeyRotation", "kms:DeleteImportedKeyMaterial", "kms:ReplicateKey",
)  # fmt: skip
"""What AWS's key administrators have and a user of a key does not need (KMS Developer Guide, "Key administrators")."""
ADMINISTRATOR = ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey")
"""Who may do all of these is an administrator of the key."""
ALL = tuple(dict.fromkeys(f"kms:{name}" for each in table().values() if each.on_key for name in each.permissions))
"""Every permission that KMS asks on a key."""
ALL_SET = frozenset(ALL)
STRANGER = "999999999999"
_MOST_SITUATIONS = 32


@dataclass(frozen=True, slots=True)
class Way:
    """That somebody may do something: the action, the situation, and the decision by which it is allowed."""

    action: str
    context: Context
    decision: Decision

    @property
    def by_grant(self) -> str:
        """The id of the grant that allows it; "" if policies do."""
        return self.decision.grant.grant.id if self.decision.grant is not None else ""

    @property
    def by_key_policy(self) -> bool:
        """Whether the key policy alone allows it: then the key policy is what to mend."""
        statement = self.decision.statement
        return statement is not None and statement.policy.document.kind == "key" and statement.naming != "account"


def ways(person: Person, key: Key, actions: Iterable[str], extra: Context | None = None) -> Iterator[Way]:
    """Find which of the actions the person may do with the key, each in the first situation in which it may."""
    policies = _policies(person, key)
    documents = (key.document, *(policy.document for policy in person.identity))
    known = _known(person, key, documents)
    possible_ones = possible(person, key)
    wanted = [action for action in actions if action in possible_ones]
    contexts = _contexts(tuple((document.text, document.kind) for document in documents)) if wanted else ()
    for action in wanted:
        for context in contexts:
            asked = Question(person.principal, action, key.arn, key.account, {**context, **known, **(extra or {})})
            decision = decide(asked, policies)
            if decision.allowed:
                yield Way(action, context, decision)
                break


def _policies(person: Person, key: Key) -> Policies:
    resource = key.policy_for_the_named
    return Policies(identity=person.identity, boundary=person.boundary, resource=resource, grants=key.decided_grants)


def _known(person: Person, key: Key, documents: Iterable[Document]) -> Context:
    """What can't be chosen: condition keys that follow from the person and from the key."""
    asking = [document.text for document in documents if document.asks_for_context]
    return {**person.facts, **key.facts("".join(asking))} if asking else {}


def possible(person: Person, key: Key) -> frozenset[str]:
    """Return the actions on the key that some document or grant may give the person: all others it has not.

    Cheap: neither Resource nor conditions are looked at, nor what is denied.
    """
    own = _named_in_key_policy(key.document.text, person.principal)
    by_iam = (_in_iam(policy.document.text) for policy in person.identity)
    lent = (ALL_SET for grant in key.decided_grants if _is_to(grant.grantee, person))
    return own.union(*by_iam, *lent)


@lru_cache(maxsize=16384)  # by its text: a Document is long to hash
def _named_in_key_policy(text: str, caller: Principal) -> frozenset[str]:
    """What a key policy allows to the caller by name; a statement for its account only lets IAM policies speak."""
    return _actions_of(
        each
        for each in parse_document(text, "key").statements
        if each.principals is not None and matches(each.principals, each.effect, caller)[0] not in (None, "account")
    )


@lru_cache(maxsize=4096)
def _in_iam(text: str) -> frozenset[str]:
    return _actions_of(parse_document(text, "identity").statements)


def _actions_of(statements: Iterable[Statement]) -> frozenset[str]:
    allows = [each for each in statements if each.effect == "Allow"]
    return frozenset(
        action
        for action in ALL
        if any(each.not_actions is not None or first_action(each.lowered, action.lower()) >= 0 for each in allows)
    )


def _is_to(grantee: str, person: Person) -> bool:
    """Whether a grant is to the person, to one of its sessions, or to its account."""
    return grantee.endswith((":root", person.principal.account)) or person.name in grantee


@lru_cache(maxsize=4096)
def _contexts(documents: tuple[tuple[str, DocumentKind], ...]) -> tuple[Context, ...]:
    """The plain request, and for each Allow with conditions one in which its positive conditions hold."""
    found: dict[tuple[tuple[str, str], ...], Context] = {(): {}}
    for text, kind in documents:
        for statement in parse_document(text, kind).statements:
            if statement.effect == "Allow" and statement.conditions:
                context = dict(filter(None, map(_satisfied, statement.conditions)))
                found.setdefault(tuple(sorted(context.items())), context)
    everything = {name: value for context in found.values() for name, value in context.items()}
    found.setdefault(tuple(sorted((k, str(v)) for k, v in everything.items())), everything)
    return tuple(islice(found.values(), _MOST_SITUATIONS))


_GIVEN = re.compile(
    r"aws:(principal(arn|account|type|tag/.*|isawsservice)|userid|username|resourcetag/.*|resourceaccount)"
    r"|kms:(calleraccount|resourcealiases|key(spec|usage|origin)|multiregion(keytype)?)",
    re.IGNORECASE,
)
"""Condition keys that nobody can choose: they follow from who asks and from the key."""


def _satisfied(condition: Condition) -> tuple[str, str] | None:
    """A key and a value with which the condition holds; None where the key had better be absent."""
    value = condition.values[0] if condition.values else ""
    if "Not" in condition.base or condition.base == "Null" or _GIVEN.fullmatch(condition.key):
        return None
    if "Like" in condition.base or condition.base.startswith("Arn"):
        value = value.replace("*", "x").replace("?", "x")
    elif condition.base == "IpAddress":
        value = value.partition("/")[0]
    elif "Than" in condition.base:
        value = _beyond(condition.base, value)
    return condition.key, value


def _beyond(operator: str, limit: str) -> str:
    """A value on the right side of a limit."""
    less = "Less" in operator
    if operator.startswith("Date"):
        return "2000-01-01T00:00:00Z" if less else "2099-12-31T00:00:00Z"
    return str(int(limit) + (-1 if less else 1)) if limit.lstrip("-").isdigit() else limit


# Everybody, and everything


def lets_in_everybody(key: Key) -> Statement | None:
    """Find the statement by which KMS.5 fails: it allows everybody something, and nothing fixed limits it.

    To the letter of Config's kms-key-policy-no-public-access: a condition counts only if it grants to fixed values,
    without a wildcard and without a policy variable. What the policy denies to a stranger anyway is not allowed.
    """
    for statement in key.document.statements:
        if statement.effect == "Allow" and is_for_everybody(statement) and not any(map(is_fixed, statement.conditions)):
            bare = replace(statement, conditions=())
            denied = tuple(each for each in key.document.statements if each.effect == "Deny")
            document = Document("key", key.document.version, (bare, *denied), key.document.text, asks_for_context=True)
            if _stranger_may(document, key):
                return statement
    return None


def _stranger_may(document: Document, key: Key) -> bool:
    for caller in (stranger(key), Principal("Anonymous", "", "", "anonymous")):
        policies = Policies(identity=(_everything(),), resource=NamedPolicy("the key policy", document))
        if any(decide(Question(caller, action, key.arn, key.account), policies).allowed for action in ALL):
            return True
    return False


def stranger(key: Key) -> Principal:
    """Return a role of an account that nobody names."""
    return principal_of(f"arn:{key.partition}:iam::{STRANGER}:role/Stranger")


def nobody(key: Key) -> Principal:
    """Return a role of the key's own account that nobody names, and that has no policy."""
    return principal_of(f"arn:{key.partition}:iam::{key.account}:role/NobodyInParticular")


def anybody_here_may_use(key: Key) -> Decision | None:
    """Find a use of the key, by a direct call, that its policy allows to everybody in its own account."""
    policies = Policies(resource=key.policy)
    caller = nobody(key)
    for action in USE:
        for context in _contexts(((key.document.text, "key"),)):
            if "kms:viaservice" in {name.lower() for name in context}:
                continue
            decision = decide(Question(caller, action, key.arn, key.account, context), policies)
            if decision.allowed:
                return decision
    return None


def allows_on_all_keys(document: Document, account: str, partition: str) -> str:
    """Find kms:Decrypt or kms:ReEncryptFrom, if the policy allows it on all keys (KMS.1, KMS.2); "" if neither.

    Resource counts, conditions do not (iam-customer-policy-blocked-kms-actions). "All keys" is asked of the engine:
    keys of several Regions, whose ids nobody could have named. All keys of one Region are not all keys, says AWS.
    """
    bare = tuple(
        replace(each, conditions=())
        for each in document.statements
        if each.effect == "Allow" or not each.conditions  # a Deny under a condition does not deny for good
    )
    policy = NamedPolicy(
        "the policy", Document("identity", document.version, bare, document.text, asks_for_context=True)
    )
    caller = principal_of(f"arn:{partition}:iam::{account}:user/Anybody")
    for action in ("kms:Decrypt", "kms:ReEncryptFrom"):
        if all(_allows(policy, caller, action, arn) for arn in _any_keys(account, partition)):
            return action
    return ""


_PROBES = (
    "0b1d6f2e-7c3a-4f58-9e21-d4a6c8b0e713",
    "f4c29a80-13de-47b6-8a5f-60e7d1b3c925",
    "mrk-" + "7e3a91c5d0b84f26" * 2,
)


def _any_keys(account: str, partition: str) -> Iterator[str]:
    regions = {"aws-cn": ("cn-north-1", "cn-northwest-1"), "aws-us-gov": ("us-gov-east-1", "us-gov-west-1")}
    for region in regions.get(partition, ("us-east-1", "eu-west-3", "ap-southeast-2")):
        yield from (f"arn:{partition}:kms:{region}:{account}:key/{key_id}" for key_id in _PROBES)


def _allows(policy: NamedPolicy, caller: Principal, action: str, arn: str) -> bool:
    """Ask whether an identity-based policy allows it by itself: over a key policy that lets IAM policies speak."""
    account = arn.split(":")[4]
    root = f'{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{account}"}},"Action":"*","Resource":"*"}}]}}'
    key_policy = NamedPolicy("a key policy", parse_document(root, "key"))
    return decide(Question(caller, action, arn, account), Policies(identity=(policy,), resource=key_policy)).allowed


def allowed_by(key: Key, account: str, actions: Iterable[str]) -> bool:
    """Tell whether the key policy allows some of the actions to roles of another account, if that one does too."""
    caller = principal_of(f"arn:{key.partition}:iam::{account}:role/Anybody")
    policies = Policies(identity=(_everything(),), resource=key.policy)
    contexts = _contexts(((key.document.text, "key"),))
    return any(
        decide(Question(caller, action, key.arn, key.account, context), policies).allowed
        for action in actions
        for context in contexts
    )


@lru_cache(maxsize=1)
def _everything() -> NamedPolicy:
    text = '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    return NamedPolicy("whatever its own account allows", parse_document(text, "identity"))
