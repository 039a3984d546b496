"""Keys bound to attestation: a debug enclave is let in, any image is, or somebody needs no document at all.

Only key policies that ask for a `kms:RecipientAttestation:` condition key are judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...cloud.core.kms_operations import table
from ...cloud.policy.conditions import analyse
from ...cloud.policy.documents import Condition, Statement
from ...cloud.policy.patterns import expand, first_action
from ..facts.account import Account, Found
from ..facts.finding import Fault, Mend
from ..facts.keys import Key
from ..facts.mending import File, mend
from ..facts.questions import ways

ATTESTED = "kms:recipientattestation:"
SENSITIVE = tuple(
    f"kms:{name}"
    for name, each in table().items()
    if each.on_key and "kms:RecipientAttestation:*" in each.condition_keys
)
"""What an enclave asks for with its document: Decrypt, GenerateDataKey, GenerateDataKeyPair, DeriveSharedSecret."""
ZEROS, OTHER = "0" * 96, "f" * 96
_REGISTERS = range(32)
_OF_THE_PARENT = ("pcr3", "pcr4")  # its role and its instance: they say nothing of the code

Values = Mapping[str, tuple[str, ...]]


def debug(account: Account) -> Iterator[Found]:
    """Find statements that a debug enclave's document satisfies, whose PCR0 is all zeros: its console can be read."""

    def judge(key: Key) -> Iterator[Found]:
        for statement in _bound(key):
            if not _lets_in(key, statement, _document(statement, ZEROS)):
                continue
            if _lets_in(key, statement, _document(statement, OTHER)):
                why = f"The policy of {key.in_words} takes any image, a debug enclave's too: {statement.label}."
            else:
                why = f"The policy of {key.in_words} lets in debug enclaves, whose PCR0 is zeros: {statement.label}."
            note = "in it, name the ImageSha384 of the images that may use the key, with StringEqualsIgnoreCase"
            yield Fault("debug-enclave-let-in", key.arn, why, _mended(key, note))

    yield from account.customer_keys(judge)


def bypassed(account: Account) -> Iterator[Found]:
    """Find keys for enclaves that somebody may decrypt with without any document: by a statement, IAM or a grant."""

    def judge(key: Key) -> Iterator[Found]:
        asked = [action for action in SENSITIVE if _asks(key, action)]
        if not asked or not key.is_usable:
            return
        tried = (*asked, *(("kms:ReEncryptFrom",) if "kms:Decrypt" in asked else ()))
        for person in account.people.others:
            plain = [way.action for way in ways(person, key, tried) if not _has_document(way.context)]
            if plain:
                why = f"{key.words} is bound to enclaves, and {person.words} needs none for {', '.join(plain)}."
                note = f"in it, or in the IAM policy, keep {person.words} from {plain[0]} without a document"
                yield Fault("attestation-bypassed", key.arn, why, _mended(key, note))

    yield from account.customer_keys(judge)


def _bound(key: Key) -> Iterator[Statement]:
    """The Allow statements about what enclaves ask for that give nothing without a document."""
    for statement in key.document.statements:
        if statement.effect == "Allow" and any(_is_about(statement, action) for action in SENSITIVE):
            asks = any(map(_is_attested, statement.conditions)) or any(map(_is_attested, _denials(key)))
            if asks and not _lets_in(key, statement, {}):
                yield statement


def _lets_in(key: Key, statement: Statement, document: Values) -> bool:
    """Whether a request with this document satisfies the statement, and no Deny on documents takes it back."""
    if not all(analyse(each, document).matched for each in statement.conditions if _is_attested(each)):
        return False
    actions = [action for action in SENSITIVE if _is_about(statement, action)]
    return not all(any(_denies(each, action, document) for each in key.document.statements) for action in actions)


def _denies(statement: Statement, action: str, document: Values) -> bool:
    """Whether it denies the action to whoever has this document, whatever else is in the request."""
    return (
        statement.effect == "Deny"
        and _is_about(statement, action)
        and all(_is_attested(each) and analyse(each, document).matched for each in statement.conditions)
    )


def _denials(key: Key) -> Iterator[Condition]:
    for statement in key.document.statements:
        if statement.effect == "Deny" and any(_is_about(statement, action) for action in SENSITIVE):
            yield from statement.conditions


def _asks(key: Key, action: str) -> bool:
    """Whether some statement binds the action to a document."""
    return any(
        _is_about(statement, action) and any(map(_is_attested, statement.conditions))
        for statement in key.document.statements
    )


def _document(statement: Statement, image: str) -> Values:
    """The condition keys of a document with this in every register but those of the parent, which are as is asked."""
    found = {f"{ATTESTED}pcr{index}": (image,) for index in _REGISTERS} | {f"{ATTESTED}imagesha384": (image,)}
    for condition in statement.conditions:
        name = condition.key.lower()
        if name.removeprefix(ATTESTED) in _OF_THE_PARENT and condition.values:
            found[name] = (expand(condition.values[0], {}) or "",)
    return found


def _is_attested(condition: Condition) -> bool:
    return condition.key.lower().startswith(ATTESTED)


def _has_document(context: Mapping[str, object]) -> bool:
    return any(name.lower().startswith(ATTESTED) for name in context)


def _is_about(statement: Statement, action: str) -> bool:
    return (first_action(statement.lowered, action.lower()) >= 0) == (statement.not_actions is None)


def _mended(key: Key, note: str) -> Mend:
    return mend("kms", "put_key_policy", note, KeyId=key.arn, Policy=File("policy.json"))
