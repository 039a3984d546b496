"""Another request instead of another policy: the values that a statement's conditions ask for.

Pure. Only values that a caller can choose are changed: parameters, encryption context, MFA; never who calls or
what the KMS key is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from . import condition_keys
from .conditions import ConditionAnalysis
from .matching import StatementAnalysis
from .patterns import expand, literal
from .question import Question
from .steps import Situation, Step

_CHOSEN = frozenset(("aws:multifactorauthpresent", "aws:securetransport"))
_OF_THE_KEY = frozenset(
    ("kms:calleraccount", "kms:customermasterkeyspec", "kms:customermasterkeyusage", "kms:keyorigin", "kms:keyspec",
     "kms:keyusage", "kms:multiregion", "kms:multiregionkeytype", "kms:resourcealiases", "kms:grantisforawsresource")
)  # fmt: skip
_CONTEXT = "kms:encryptioncontext:"
_CONTEXT_KEYS = "kms:encryptioncontextkeys"
_ATTESTED = "kms:recipientattestation:"


def other_requests(question: Question, near: list[StatementAnalysis]) -> Iterator[Step]:
    """Requests that get into these statements if they allow, and out of them if they deny."""
    for statement in near:
        if not all(element.matched for element in statement.elements):
            continue
        if statement.statement.effect == "Allow":
            failing = [c for c in statement.conditions if not c.matched]
            values = {c.condition.key: _fitting(c) for c in failing}
            needed = len(failing)
        else:
            values = {c.condition.key: _unfitting(c) for c in statement.conditions}
            needed = 1
        chosen = {key: value for key, value in values.items() if value is not None and _caller_chooses(key, question)}
        if chosen and len(chosen) >= needed:
            yield _ask_with(chosen)


def _fitting(tested: ConditionAnalysis) -> str | None:
    """A value for which the condition holds; None if none can be read off."""
    base, value = tested.condition.base, _first(tested)
    if value is None:
        return None
    positive = base.startswith("String") and "Not" not in base
    return value if positive or base == "Bool" or base.endswith("ThanEquals") else None


def _unfitting(tested: ConditionAnalysis) -> str | None:
    """A value for which the condition does not hold; None if none can be read off."""
    base, value = tested.condition.base, _first(tested)
    if value is None:
        return None
    if base == "Bool":
        return "true" if value.lower() == "false" else "false"
    return value if base.startswith("StringNot") else None


def _first(tested: ConditionAnalysis) -> str | None:
    written = tested.condition.values
    value = expand(written[0], {}) if written else None
    if value is None or (tested.condition.base.endswith("Like") and ("*" in value or "?" in value)):
        return None
    return literal(value)


def _caller_chooses(key: str, question: Question) -> bool:
    lowered = key.lower()
    if lowered in _CHOSEN:
        return True
    of_kms = lowered.startswith("kms:") and lowered not in _OF_THE_KEY
    return of_kms and condition_keys.supported(lowered, question.action)


def _ask_with(chosen: Mapping[str, str]) -> Step:
    def apply(situation: Situation) -> Situation:
        question, policies = situation
        lowered = {name.lower() for name in chosen}
        context = {n: v for n, v in question.context.items() if n.lower() not in lowered} | dict(chosen)
        pairs = [n[len(_CONTEXT) :] for n in chosen if n.lower().startswith(_CONTEXT)]
        if pairs:
            before = next((v for n, v in question.context.items() if n.lower() == _CONTEXT_KEYS), ())
            listed = [before] if isinstance(before, str) else list(before)
            context = {n: v for n, v in context.items() if n.lower() != _CONTEXT_KEYS}
            context["kms:EncryptionContextKeys"] = [*listed, *(p for p in pairs if p not in listed)]
        return replace(question, context=context), policies

    said = ", ".join(_said(key, value) for key, value in chosen.items())
    return Step(f"make the request with {said}", apply=apply)


def _said(key: str, value: str) -> str:
    if key.lower().startswith(_CONTEXT):
        return f"{key[len(_CONTEXT) :]}={value} in the encryption context"
    if key.lower().startswith(_ATTESTED):
        return f"an attestation document whose {key[len(_ATTESTED) :]} is {value}"
    if key.lower() == "aws:multifactorauthpresent":
        return "MFA" if value == "true" else "a session without MFA"
    return f"{key} = {value}"
