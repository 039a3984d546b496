"""The rules a policy document must keep, kind by kind, and the sentences AWS refuses it with.

Looks at parsed JSON only. Where AWS's own sentence is known it comes first in the message; what follows in
brackets, the place and the reason, is the lab's.
Sources: IAM User Guide, "Grammar of the IAM JSON policy language", "JSON policy elements: Principal" and
"... NotPrincipal"; KMS API Reference, PutKeyPolicy; sentences as recorded from the services.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ..core.errors import AwsError

Refuser = Callable[[str, str], AwsError]

CODES = {
    "identity": "MalformedPolicyDocument",
    "boundary": "MalformedPolicyDocument",
    "session": "MalformedPolicyDocument",
    "trust": "MalformedPolicyDocument",
    "key": "MalformedPolicyDocumentException",
    "scp": "MalformedPolicyDocumentException",
    "rcp": "MalformedPolicyDocumentException",
    "endpoint": "InvalidPolicyDocument",
    "resource": "MalformedPolicy",
}

# AWS's sentences. "" under a topic: AWS's wording is not known, the lab's detail stands alone.
_IAM = {
    "json": "Syntax errors in policy.",
    "syntax": "Syntax errors in policy.",
    "version": "Policy document must be version 2012-10-17 or greater.",
    "action": "Policy statement must contain actions.",
    "resource": "Policy statement must contain resources.",
    "principal given": "Policy document should not specify a principal.",
    "prefix": "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    "vendor": "Action vendors (e.g., aws, ec2, etc.) must not contain wildcards.",
    "colons": "Actions/Condition can contain only one colon.",
    "sid": "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression"
    " [0-9A-Za-z]*",
    "sid twice": "Statement IDs (SID) in a single policy must be unique.",
}
_TRUST = _IAM | {
    "json": "This policy contains invalid Json",
    "resource given": "Has prohibited field Resource",
    "principal missing": "Missing required field Principal",
    "not principal": "Has prohibited field NotPrincipal",
}
_KEY = {
    "principal missing": "Policy contains a statement with no principal.",
    "principal": "Policy contains a statement with one or more invalid principals.",
}
# One sentence for whatever is wrong (an answer of Organizations, published in February 2026).
_ORGANIZATION = dict.fromkeys(
    ("json", "syntax", "version", "action", "resource", "prefix", "principal given", "principal missing", "principal",
     "not principal", "effect"),
    "The provided policy document does not meet the requirements of the specified policy type.",
)  # fmt: skip
_RESOURCE = {
    "json": "Policies must be valid JSON and the first byte must be '{'",
    "principal missing": "Missing required field Principal",
    "principal": "Invalid principal in policy",
    "action": "Missing required field Action",
    "resource": "Missing required field Resource",
}
SENTENCES = {
    "identity": _IAM, "boundary": _IAM, "session": _IAM, "scp": _ORGANIZATION, "rcp": _ORGANIZATION, "endpoint": {},
    "trust": _TRUST, "key": _KEY, "resource": _RESOURCE,
}  # fmt: skip

_ELEMENTS = frozenset(
    ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
)
FULL_ACCESS = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
"""What RCPFullAWSAccess says, the one resource control policy that allows."""
# Sentences of IAM's alone: boogy/iam-policy-validator pull request 172 (2026), garnaat/kappa issue 111 (2017). Whether
# other services refuse such a policy is not known.
_IAM_KINDS = frozenset(("identity", "boundary", "session", "trust"))
_WITHOUT_PRINCIPAL = frozenset(("identity", "boundary", "session", "scp"))
_NEGATABLE = ("String{}Equals", "String{}EqualsIgnoreCase", "String{}Like", "Numeric{}Equals", "Date{}Equals",
              "Arn{}Equals", "Arn{}Like")  # fmt: skip
_ORDERED = ("LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
OPERATORS = frozenset(
    [form.format(word) for form in _NEGATABLE for word in ("", "Not")]
    + [kind + order for kind in ("Numeric", "Date") for order in _ORDERED]
    + ["Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "Null"]
)
"""Every condition operator, without set operator and IfExists."""

_ACCOUNT = re.compile(r"\d{12}")
_UNIQUE_ID = re.compile(r"A(IDA|ROA|GPA|KIA|SIA)[A-Z0-9]{12,124}")
_IAM_ARN = re.compile(
    r"arn:aws[a-z-]*:(iam::\d{12}:(root|(user|role)/[^*?]+)|sts::\d{12}:(assumed-role/[^/*?]+/[^/*?]+|federated-user/[^*?]+))"
)
_SERVICE = re.compile(r"[a-z0-9][a-z0-9.-]*\.[a-z]{2,}(\.[a-z]{2,})*")
_PRINCIPAL_TYPES = ("AWS", "Service", "Federated", "CanonicalUser")


def refuser(kind: str) -> Refuser:
    """Tell how a document of `kind` is refused: topic and detail in, AwsError out."""
    sentences: dict[str, str] = SENTENCES[kind]

    def refuse(topic: str, detail: str) -> AwsError:
        sentence = sentences.get(topic, "")
        message = f"{sentence} ({detail})" if sentence and detail else sentence or f"The policy is malformed: {detail}."
        return AwsError(CODES[kind], message)

    return refuse


def listed(value: Any) -> list[Any]:
    """Return a value or a list of values, as a list."""
    return list(value) if isinstance(value, list) else [value]


def as_text(value: Any) -> str:
    """Return a condition's value as IAM compares it: JSON's true and 10 are written "true" and "10"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def split_operator(operator: str) -> tuple[str, str, bool]:
    """ "ForAnyValue:StringLikeIfExists" -> ("ForAnyValue", "StringLike", True)."""
    prefix, colon, base = operator.rpartition(":")
    if_exists = base.endswith("IfExists")
    return (prefix if colon else ""), base.removesuffix("IfExists"), if_exists


def check(raw: dict[str, Any], kind: str, refuse: Refuser) -> list[dict[str, Any]]:
    """Check a whole policy; answers its statements. Raises what `refuse` makes."""
    unknown = sorted(set(raw) - {"Version", "Id", "Statement"})
    if unknown:
        raise refuse("syntax", f"unknown element {unknown[0]!r}")
    if raw.get("Version", "2012-10-17") not in ("2012-10-17", "2008-10-17"):
        raise refuse("version", f"Version is {raw['Version']!r}")
    if not isinstance(raw.get("Id", ""), str):
        raise refuse("syntax", "Id is a string")
    if "Statement" not in raw:
        raise refuse("syntax", "the Statement element is missing")
    statements = listed(raw["Statement"])
    if not statements:
        raise refuse("syntax", "the Statement list is empty")
    for number, statement in enumerate(statements, 1):
        _check_statement(statement, f"statement {number}", kind, refuse)
    sids = [s["Sid"] for s in statements if s.get("Sid")]
    twice = sorted({s for s in sids if sids.count(s) > 1})
    if twice and kind in ("identity", "boundary", "session", "trust"):
        raise refuse("sid twice", f"{twice[0]!r}")
    return statements


def _check_statement(raw: Any, where: str, kind: str, refuse: Refuser) -> None:
    if not isinstance(raw, dict):
        raise refuse("syntax", f"{where}: a statement is a JSON object")
    unknown = sorted(set(raw) - _ELEMENTS)
    if unknown:
        raise refuse("syntax", f"{where}: unknown element {unknown[0]!r}")
    if raw.get("Effect") not in ("Allow", "Deny"):
        raise refuse("syntax", f'{where}: Effect must be "Allow" or "Deny"')
    _check_sid(raw, where, kind, refuse)
    for name in ("Principal", "Action", "Resource"):
        if name in raw and "Not" + name in raw:
            raise refuse("syntax", f"{where}: {name} and Not{name} exclude each other")
    _check_strings(raw, where, kind, refuse)
    _check_principal(raw, where, kind, refuse)
    if kind == "rcp":
        _check_rcp(raw, where, refuse)
    _check_condition(raw, where, kind, refuse)


def _check_sid(raw: dict[str, Any], where: str, kind: str, refuse: Refuser) -> None:
    sid = raw.get("Sid", "")
    if not isinstance(sid, str):
        raise refuse("syntax", f"{where}: Sid is a string")
    # Resource-based policies allow more characters, spaces for one ("Sid": IAM JSON policy elements).
    if kind in ("identity", "boundary", "session") and not re.fullmatch("[0-9A-Za-z]*", sid):
        raise refuse("sid", f"{where}: {sid!r}")


def _check_strings(raw: dict[str, Any], where: str, kind: str, refuse: Refuser) -> None:
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if name in raw and not all(isinstance(v, str) for v in listed(raw[name])):
            raise refuse("syntax", f"{where}: {name} is a string or a list of strings")
    # A key policy's statement without Action or Resource is stored and has no effect (PutKeyPolicy, Policy).
    if kind != "key":
        if not listed(raw.get("Action", raw.get("NotAction", []))):
            raise refuse("action", where)
        if kind == "trust":
            if "Resource" in raw or "NotResource" in raw:
                raise refuse("resource given", where)
        elif not listed(raw.get("Resource", raw.get("NotResource", []))):
            raise refuse("resource", where)
    for action in listed(raw.get("Action", raw.get("NotAction", []))):
        if kind in _IAM_KINDS and action.count(":") > 1:
            raise refuse("colons", f"{where}: {action!r}")
        if kind in _IAM_KINDS and {"*", "?"} & set(action.partition(":")[0]) and action not in ("*", "*:*"):
            raise refuse("vendor", f"{where}: {action!r}")
        if action != "*" and not re.fullmatch(r"[A-Za-z0-9*?.-]+:[A-Za-z0-9*?]+", action):
            raise refuse("prefix", f"{where}: {action!r}")


def _check_principal(raw: dict[str, Any], where: str, kind: str, refuse: Refuser) -> None:
    given = [name for name in ("Principal", "NotPrincipal") if name in raw]
    if kind in _WITHOUT_PRINCIPAL:
        if given:
            raise refuse("principal given", where)
        return
    if not given:
        raise refuse("principal missing", where)
    if kind == "trust" and given == ["NotPrincipal"]:
        raise refuse("not principal", where)
    value = raw[given[0]]
    if value == "*":
        return
    if not isinstance(value, dict):
        raise refuse("principal", f'{where}: {given[0]} is "*" or an object such as {{"AWS": ...}}')
    entries = [(name, one) for name, many in value.items() for one in listed(many)]
    if not entries:
        raise refuse("principal missing", where)
    for name, one in entries:
        if name not in _PRINCIPAL_TYPES or not isinstance(one, str) or not _is_principal(name, one):
            if kind == "trust":  # IAM's own form: Invalid principal in policy: "AWS":"arn:..."
                raise AwsError(CODES[kind], f'Invalid principal in policy: "{name}":"{one}"')
            raise refuse("principal", f'{where}: "{name}": "{one}"')


def _check_rcp(raw: dict[str, Any], where: str, refuse: Refuser) -> None:
    """A Deny of named services' actions for everybody, or what RCPFullAWSAccess says ("RCP syntax")."""
    if raw.get("Principal") != "*":
        raise refuse("principal", f'{where}: Principal must be "*" in a resource control policy')
    if "NotAction" in raw:
        raise refuse("action", f"{where}: a resource control policy has no NotAction")
    full = {name: value for name, value in raw.items() if name != "Sid"} == FULL_ACCESS
    if raw["Effect"] == "Allow" and not full:
        raise refuse("effect", f"{where}: only RCPFullAWSAccess allows; the Effect of your own RCPs must be Deny")
    if not full and any(action.partition(":")[0].strip("*?") == "" for action in listed(raw["Action"])):
        raise refuse("action", f"{where}: each Action names its service")


def _is_principal(name: str, value: str) -> bool:
    if name == "AWS":
        return value == "*" or any(p.fullmatch(value) for p in (_ACCOUNT, _IAM_ARN, _UNIQUE_ID))
    if name == "Service":
        return value == "*" or _SERVICE.fullmatch(value) is not None
    return bool(value)


def _check_condition(raw: dict[str, Any], where: str, kind: str, refuse: Refuser) -> None:
    block = raw.get("Condition", {})
    if not isinstance(block, dict):
        raise refuse("syntax", f"{where}: Condition is an object of operators")
    for operator, keys in block.items():
        set_operator, base, if_exists = split_operator(operator)
        if base not in OPERATORS or set_operator not in ("", "ForAnyValue", "ForAllValues"):
            raise refuse("syntax", f"{where}: {operator!r} is not a condition operator")
        if base == "Null" and if_exists:
            raise refuse("syntax", f"{where}: Null takes no IfExists")
        if not isinstance(keys, dict):
            raise refuse("syntax", f"{where}: {operator} holds an object of condition keys")
        for key, values in keys.items():
            if not all(isinstance(v, (str, bool, int, float)) for v in listed(values)):
                raise refuse("syntax", f"{where}: the values of {key} under {operator} are strings")
            if kind in _IAM_KINDS and ":" not in key:  # the sentence says so of actions and of conditions
                raise refuse("prefix", f"{where}: {key!r}")
