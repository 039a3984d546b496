"""What is to be said of each element of a statement: names without meaning, values that never match, what is not seen.

Pure. With a decision, what holds for its question is said too. Sources, by what is said (IAM User Guide):
- groups and access keys are no principals, names are not matched in part: "AWS JSON policy elements: Principal"
- NotPrincipal with Allow, and whom it spares: "AWS JSON policy elements: NotPrincipal"
- variables (version, the part of an ARN, operators, no value, single-valued keys alone): "Variables and tags"
- wildcards in StringEquals, keys that are missing: "Condition operators"
- keys with several values: "Single-valued vs. multivalued context keys"
- statements without Action or Resource: KMS API Reference, PutKeyPolicy, Policy
- aliases in Resource: KMS Developer Guide, "Use aliases to control access to KMS keys"
- keys of KMS: KMS Developer Guide, "Condition keys for AWS KMS"; of others: `reference/`
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from . import condition_keys
from .conditions import takes_variables, unreadable
from .documents import Condition
from .matching import StatementAnalysis
from .outcome import Decision
from .patterns import Values, first_action, variables_in
from .principals import is_partly_named
from .reference.names import MISSING, Said, no_such_action, not_simulated, on_action, on_key

_HERE_AS_ON_AWS = "here as on AWS"
_GIVEN = "it counts here because it was given, and on AWS it would be missing"
_NAMES_A_GROUP_OR_KEY = re.compile(r"A(GPA|KIA|SIA)[A-Z0-9]+")
_SERVICE_PART, _LAST_PART = 2, 5  # of an ARN's parts
_OF_ALIASES = ("kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias")
_WITHOUT_REGION = re.compile(r"([a-z0-9-]+)\.amazonaws\.com", re.IGNORECASE)
KMS_ACTIONS = tuple(sorted({*condition_keys.KEY_OPERATIONS, *condition_keys.ACCOUNT_OPERATIONS,
                            "SynchronizeMultiRegionKey"}))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """A sentence on the element at `path` of a statement, about what is written there."""

    path: tuple[str, ...]
    about: str
    text: str
    is_open: bool = False
    place: int | None = None  # which of the element's values


def on_statement(
    analysis: StatementAnalysis, decision: Decision | None, values: Values, unread: Callable[[str], bool]
) -> Iterator[Found]:
    """Find everything about one statement. Without a decision, what holds whatever is asked."""
    yield from _principals(analysis, decision)
    yield from _actions(analysis)
    yield from _resources(analysis, decision, values)
    for condition in analysis.statement.conditions:
        yield from _condition(analysis, condition, decision, values, unread)


def _principals(analysis: StatementAnalysis, decision: Decision | None) -> Iterator[Found]:
    element = analysis.statement.principals
    if element is None:
        return
    name = "NotPrincipal" if element.negated else "Principal"
    for place, (kind, value) in enumerate(element.entries):
        if kind == "Federated":
            text = (
                f"The Federated principal {value} names nobody here: the account has no sign-in by SAML or a web "
                "identity. For this caller it is the same on AWS."
            )
            yield Found((name,), value, text, place=place)
        elif kind == "CanonicalUser":
            text = f"The CanonicalUser {value} names nobody here; S3 takes it for the account that has this id."
            yield Found((name,), value, text, decision is None or decision.question.service == "s3", place)
        elif kind == "AWS" and _NAMES_A_GROUP_OR_KEY.fullmatch(value):
            text = f"{value} is the id of a group or of an access key, which is no principal: it names nobody."
            yield Found((name,), value, text, place=place)
        elif kind == "AWS" and ":federated-user/" in value:
            text = (
                f"{value} names a session of GetFederationToken, and this account has none. For this caller it is the "
                "same on AWS."
            )
            yield Found((name,), value, text, place=place)
        if "${" in value:
            text = f"A policy variable is not replaced in {name}: {value} names nobody, {_HERE_AS_ON_AWS}."
            yield Found((name,), value, text, place=place)
    if element.negated:
        yield from _not_principal(analysis, decision)


def _not_principal(analysis: StatementAnalysis, decision: Decision | None) -> Iterator[Found]:
    element, effect = analysis.statement.principals, analysis.statement.effect
    assert element is not None
    if effect == "Allow":
        text = (
            "NotPrincipal with Allow is not supported by AWS: here it lets in everybody who is not named, and what AWS "
            "makes of it is not known."
        )
        yield Found(("NotPrincipal",), "NotPrincipal", text, True)
    elif decision is not None and is_partly_named(element, decision.question.principal):
        text = (
            "NotPrincipal names this caller in part: here the Deny spares a caller only if account, role and session "
            "are all named, and how AWS checks these is not published."
        )
        yield Found(("NotPrincipal",), "NotPrincipal", text, True)


def _actions(analysis: StatementAnalysis) -> Iterator[Found]:
    statement, kind = analysis.statement, analysis.policy.document.kind
    name = "Action" if statement.not_actions is None else "NotAction"
    written = statement.actions or statement.not_actions or ()
    if kind == "key":
        for missing in (n for n, w in (("Action", written), ("Resource", _patterns(analysis)[1])) if not w):
            yield Found((), missing, f"Without {missing}, KMS stores this statement, and it has no effect.")
    for place, pattern in enumerate(written):
        vendor = pattern.partition(":")[0].lower()
        said = no_such_action(pattern, "KMS", KMS_ACTIONS) if vendor == "kms" else on_action(pattern)
        if said is None and kind == "key" and vendor not in ("kms", "*"):
            said = Said(f"A key policy is about KMS: {pattern} means nothing here, nor on AWS.")
        if said is not None:
            yield Found((name,), pattern, said.text, said.is_open, place)
    said = not_simulated(each.partition(":")[0].lower() for each in written) if kind != "key" else None
    if said is not None:
        yield Found((name,), said.text.split(" ")[0].strip(","), said.text)


def _patterns(analysis: StatementAnalysis) -> tuple[str, tuple[str, ...]]:
    statement = analysis.statement
    if statement.not_resources is not None:
        return "NotResource", statement.not_resources
    return "Resource", statement.resources or ()


def _resources(analysis: StatementAnalysis, decision: Decision | None, values: Values) -> Iterator[Found]:
    name, patterns = _patterns(analysis)
    with_variables = analysis.policy.document.has_variables
    for place, pattern in enumerate(patterns):
        parts = pattern.split(":", 5)
        said: Said | None = None
        if parts[0] != "arn" and not {"*", "?", "$"} & set(parts[0]):
            said = Said(f"{pattern} is no ARN: it matches nothing, {_HERE_AS_ON_AWS}.")
        elif parts[0] == "arn" and len(parts) > _SERVICE_PART:
            said = not_simulated([parts[_SERVICE_PART].lower()])
            said = said and Said(f"{pattern}: {said.text}")
        if said is None and _is_alias(pattern) and not _is_about_aliases(analysis, patterns, decision):
            said = Said(
                f"{pattern} names an alias, and counts for CreateAlias, UpdateAlias and DeleteAlias alone, "
                f"{_HERE_AS_ON_AWS}. A key is named by its own ARN, or by the condition keys kms:RequestAlias and "
                "kms:ResourceAliases."
            )
        if said is None and with_variables and "${" in ":".join(parts[:5]):
            said = Said(
                f"A policy variable counts in an ARN's last part alone: {pattern} has one before, and matches nothing, "
                f"{_HERE_AS_ON_AWS}."
            )
        if said is not None:
            yield Found((name,), pattern, said.text, said.is_open, place)
        yield from _variables(pattern, (name,), place, with_variables, decision, values)


def _is_alias(pattern: str) -> bool:
    parts = pattern.split(":", _LAST_PART)
    return len(parts) > _LAST_PART and parts[_SERVICE_PART].lower() == "kms" and parts[_LAST_PART].startswith("alias/")


def _is_about_aliases(analysis: StatementAnalysis, patterns: tuple[str, ...], decision: Decision | None) -> bool:
    """Tell whether aliases as resources make sense in a statement, for what is asked of it."""
    statement, asked = analysis.statement, decision.question.action if decision is not None else ""
    of_a_key = asked.startswith("kms:") and asked not in _OF_ALIASES
    takes_it_in = any(each.name in ("Action", "NotAction") and each.matched for each in analysis.elements)
    if of_a_key and takes_it_in and all(_is_alias(each) for each in patterns):
        return False
    if statement.not_actions is not None:
        return True
    return any(first_action(statement.lowered, each.lower()) >= 0 for each in _OF_ALIASES)


def _condition(
    analysis: StatementAnalysis,
    condition: Condition,
    decision: Decision | None,
    values: Values,
    unread: Callable[[str], bool],
) -> Iterator[Found]:
    path = ("Condition", condition.operator, condition.key)
    fits = decision is not None and all(each.matched for each in analysis.elements)
    tested = next((each for each in analysis.conditions if each.condition is condition), None)
    said = key_said(condition.key, analysis.policy.document.kind, decision if fits else None)
    seen = values.get(condition.key.lower())
    if seen is not None and decision is not None and unread(condition.key.lower()):
        taken = " and ".join(seen)
        said = Said(f"{condition.key} could not be read of this request: it is taken for {taken}.", True)
    elif seen is not None:  # given by whoever asks a question of their own
        said = Said(said.text.replace(MISSING, _GIVEN), True) if said and not said.is_open else None
    elif decision is not None and (said is None or said.is_open) and unread(condition.key.lower()):
        said = Said(f"Whether the request had {condition.key} could not be read: it counts as missing here.", True)
    if said is not None:
        yield Found(path, condition.key, said.text, said.is_open)
    yield from _values(condition, path, analysis, decision, values)
    if tested is not None and "a set operator" in tested.note:
        text = (
            f"{condition.key} has several values here, and {condition.operator} has no ForAnyValue or ForAllValues: it "
            "holds if one value matches, and AWS publishes no rule for it."
        )
        yield Found(path, condition.key, text, True)


def key_said(key: str, kind: str, decision: Decision | None) -> Said | None:
    """Tell of a condition key that the request of a decision does not bring (none: that no request brings)."""
    lowered = key.lower()
    service = decision.question.service if decision is not None else "kms" if kind == "key" else ""
    if ":" not in key:
        return Said(f"{key} has no service in front, and is no condition key: {MISSING}.")
    if kind == "key" and condition_keys.identity_only(key):
        return Said(f"{key} works in IAM policies only: in a key policy {MISSING}.")
    if not lowered.startswith("kms:"):
        return on_key(key, service)
    if condition_keys.lookup(key) is None:
        return Said(f"KMS has no condition key {key}: no request brings it, so {MISSING}.")
    if decision is not None and not condition_keys.supported(key, decision.question.action):
        return Said(f"{key} is never part of a request for {decision.question.action}: {MISSING}.")
    return None


def _values(
    condition: Condition,
    path: tuple[str, ...],
    analysis: StatementAnalysis,
    decision: Decision | None,
    values: Values,
) -> Iterator[Found]:
    with_variables = analysis.policy.document.has_variables
    for place, value in enumerate(condition.values):
        literal = re.sub(r"\$\{[^}]*\}", "", value)
        if condition.base.startswith("String") and "Equals" in condition.base and {"*", "?"} & set(literal):
            text = (
                f"{condition.operator} takes the wildcard in {value} for an ordinary character, {_HERE_AS_ON_AWS}; "
                "StringLike would match by it."
            )
            yield Found(path, value, text, place=place)
        if never := _never_a_value(condition.key.lower(), value):
            yield Found(path, value, f"{never}: {value} is no request's value, {_HERE_AS_ON_AWS}.", place=place)
        if "${" in value and not takes_variables(condition):
            text = f"{condition.operator} takes no policy variables: {value} is plain text, {_HERE_AS_ON_AWS}."
            yield Found(path, value, text, place=place)
        elif value in unreadable(condition):
            text = f"{condition.operator} can make nothing of {value!r}, and here it never matches."
            yield Found(path, value, text, True, place)
        else:
            yield from _variables(value, path, place, with_variables, decision, values)


def _never_a_value(key: str, value: str) -> str | None:
    """Tell what a condition key's values look like, where this one does not."""
    if key == "aws:principalarn" and ":assumed-role/" in value:
        return "aws:PrincipalArn of a role's session is the ARN of the role, arn:aws:iam::ACCOUNT:role/NAME"
    if key == "kms:viaservice" and (named := _WITHOUT_REGION.fullmatch(value)):
        return f"kms:ViaService names the Region, too, as {named[1]}.us-east-1.amazonaws.com"
    return None


def _variables(
    text: str, path: tuple[str, ...], place: int, counts: bool, decision: Decision | None, values: Values
) -> Iterator[Found]:
    if "${" not in text:
        return
    if not counts:
        said = f"Only version 2012-10-17 replaces variables: {text} is plain text, {_HERE_AS_ON_AWS}."
        yield Found(path, text, said, place=place)
        return
    for variable in variables_in(text):
        if variable.name is None:
            said = f"{variable.written} is no policy variable that can be read: what holds it matches nothing here."
            yield Found(path, variable.written, said, True, place)
            continue
        seen = values.get(variable.name.lower(), ())
        if decision is None or len(seen) == 1:
            if seen and {"*", "?"} & set(seen[0]):
                said = f"The value of {variable.written} has a wildcard, which counts as an ordinary character here."
                yield Found(path, variable.written, said, True, place)
            continue
        instead = "its default counts" if variable.has_default else "what holds it matches nothing"
        why = "has several values" if seen else "has no value"
        about = key_said(variable.name, "", decision)
        open_end = about is not None and about.is_open
        said = f"{variable.written} {why} in this request: {instead}{'' if open_end else f', {_HERE_AS_ON_AWS}'}."
        if about is not None and not open_end:
            said = f"{variable.written}: {about.text.replace(MISSING, f'{instead}, {_HERE_AS_ON_AWS}')}"
        yield Found(path, variable.written, said, open_end, place)
