"""Questions about the account itself: is a call of one of its roles allowed, and by what? Leaves no trace."""

from __future__ import annotations

import random
import re
from itertools import product

from ..exercises.engine import LabView
from ..exercises.reach import Caller, Reach, Thing
from .outcomes import Outcome, choices, outcome_of
from .questions import Entry, Question

ACTIONS = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:DisableKey", "kms:PutKeyPolicy")
MOST_TRIED = 60
_OF_AWS = ":role/aws-service-role/"
_SESSIONS = re.compile(r"aws:(?:PrincipalTag|SourceIdentity|userid|TokenIssueTime|MultiFactorAuth)", re.IGNORECASE)


def question_about_account(entry: Entry, lab: LabView, rng: random.Random) -> Question | None:
    """Draw a role, a key and an action, and ask how the call is decided; None if the account has too little for it.

    An account of an organization is not asked about.
    """
    reach = Reach(lab)
    people = [reach.caller(name) for name in _roles(lab)]
    if any("aws:PrincipalOrgID" in each.facts for each in people):
        return None  # an organization's policies have a say, too, and a member can't read them
    keys = [key for key in reach.keys if "kms:encryptionalgorithm" in key.algorithms]
    cases = list(product([each for each in people if not each.is_administrator], keys, ACTIONS))
    rng.shuffle(cases)
    found: dict[Outcome, tuple[Caller, Thing, str]] = {}
    for caller, key, action in cases[:MOST_TRIED]:
        if _depends_on_the_session(caller, key):
            continue
        decision = reach.decision(caller, action, key)
        outcome = outcome_of(decision.question, decision.policies)
        if outcome is not None and outcome not in found:
            found[outcome] = (caller, key, action)
    if not found:
        return None
    right = rng.choice(sorted(found))
    caller, key, action = found[right]
    text = (
        f"Look into your account. A session of {_role(caller)} calls `{action}` directly, without an encryption "
        f"context, on {_key(key)}. How do the policies and grants decide, as they were when this quiz was opened?"
    )
    return Question(entry.id, text, choices(right, rng), entry.source, entry.version)


def _depends_on_the_session(caller: Caller, key: Thing) -> bool:
    """Whether one session of the role may be told from another: then "a session of the role" would be no question."""
    policies = (*caller.identity, caller.boundary, key.policy)
    texts = [policy.document.text for policy in policies if policy]
    grantees = [grant.grantee for grant in key.grants]
    return bool(_SESSIONS.search("".join(texts))) or f":assumed-role/{caller.name}/" in "".join((*texts, *grantees))


def _roles(lab: LabView) -> list[str]:
    pages = lab.observer.client("iam").get_paginator("list_roles").paginate()
    return sorted(role["RoleName"] for page in pages for role in page["Roles"] if _OF_AWS not in role["Arn"])


def _role(caller: Caller) -> str:
    return f"the role `{caller.name}`"


def _key(key: Thing) -> str:
    return f"the key `{key.arn.rpartition('/')[2]}` ({key.words})"
