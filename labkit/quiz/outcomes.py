"""How a call may be decided, as choices of a question: the engine's own decision says which one is right."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from ..cloud.policy.decision import decide
from ..cloud.policy.outcome import Decision, Reason
from ..cloud.policy.question import Policies, Question
from .questions import Choice

Outcome = Literal["key policy", "IAM", "grant", "Deny", "nothing", "boundary"]

TEXTS: dict[Outcome, str] = {
    "key policy": "Allowed: a statement of the key policy gives this role the permission.",
    "IAM": "Allowed: an IAM policy gives the permission, and the key policy lets it count.",
    "grant": "Allowed: no policy gives the permission, but a grant on the key does.",
    "Deny": "Refused: a statement with `Deny` applies to this call.",
    "nothing": "Refused: no `Deny` applies, but nothing that counts allows the call.",
    "boundary": "Refused: a policy allows the call, but the permissions boundary does not.",
}
_MORE = "An allow is not the last word here. Look for a statement that weighs more."
_LIMIT = "What the role may do at the most is written down, too. Read that as well."
_WHY: dict[Outcome, dict[Outcome | Literal["else"], str]] = {
    "key policy": {
        "IAM": "Look at whom the key policy names. A statement for the account gives no role a permission by itself.",
        "Deny": _MORE,
        "boundary": _LIMIT,
        "else": "No statement of the key policy allows this action to this role. Compare principal, action, condition.",
    },
    "IAM": {
        "Deny": _MORE,
        "nothing": "Check both halves. Does an IAM policy allow this action on this key, as the call is made? "
        "And does the key policy let IAM policies count?",
        "boundary": _LIMIT,
        "else": "No IAM policy that counts here allows this action on this key.",
    },
    "grant": {
        "Deny": _MORE,
        "boundary": _LIMIT,
        "else": "No grant on this key gives this role this operation. `list_grants` would show it.",
    },
    "Deny": {
        "else": "No statement with `Deny` applies to this call. Compare its principal, its actions, its condition."
    },
    "nothing": {
        "Deny": "Read each statement's `Effect` once more. One of them applies to this call and does not allow it.",
        "boundary": "There is a statement that allows it. But not every policy of the role does.",
        "else": "Something does allow it. Go through the key policy, the role's policies and the grants, one by one.",
    },
    "boundary": {"else": "The boundary is not what decides here. Read first what the other policies say."},
}


def outcome_of(question: Question, policies: Policies) -> Outcome | None:
    """Decide, and name the outcome; None where two of the texts above would be true, or none of them."""
    decision = decide(question, policies)
    if decision.allowed:
        return _way(question, policies, decision)
    if decision.reason is Reason.EXPLICIT_DENY:
        return "Deny"
    if decision.reason is Reason.BOUNDARY:
        return "boundary"
    if decision.reason in (Reason.NO_IDENTITY_ALLOW, Reason.NO_RESOURCE_ALLOW):
        return "nothing"
    return None


def _way(question: Question, policies: Policies, decision: Decision) -> Outcome | None:
    """What alone lets the call in: each source is asked without the others."""
    by_key = decide(question, replace(policies, identity=(), grants=())).allowed
    by_grant = decide(question, replace(policies, identity=(), resource=None)).allowed if policies.grants else False
    says_iam = any(layer.kind == "identity" and layer.opinion == "allow" for layer in decision.layers)
    by_iam = says_iam and decide(question, replace(policies, grants=())).allowed
    ways: tuple[tuple[Outcome, bool], ...] = (("key policy", by_key), ("grant", by_grant), ("IAM", by_iam))
    found = [name for name, is_open in ways if is_open]
    return found[0] if len(found) == 1 else None


def choices(right: Outcome, rng: random.Random, instead: Sequence[Outcome] = ()) -> tuple[Choice, ...]:
    """Make four choices, `right` among them, in an order that is drawn; `instead` names what must be there, too."""
    rest: list[Outcome] = [each for each in ("key policy", "IAM", "Deny", "nothing", "grant") if each != right]
    wanted = [each for each in instead if each != right]
    others = [*wanted, *(each for each in rest if each not in wanted)][:3]
    made = [Choice(TEXTS[right], True)]
    made += [Choice(TEXTS[each], False, _WHY[each].get(right, _WHY[each]["else"])) for each in others]
    rng.shuffle(made)
    return tuple(made)
