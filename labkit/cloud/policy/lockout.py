"""KMS's key policy lockout safety check: could the caller still change the key policy?

Pure. Source: KMS API Reference, PutKeyPolicy: the new policy must allow the calling principal a subsequent
PutKeyPolicy; the check looks at the new default key policy. Grants cannot allow PutKeyPolicy.
"""

from __future__ import annotations

from dataclasses import replace

from ..core.errors import AwsError
from .decision import decide
from .documents import Document
from .question import NamedPolicy, Policies, Question


def lockout_check(key_policy: Document, question: Question, policies: Policies) -> bool:
    """Tell whether the caller of `question` may call PutKeyPolicy once `key_policy` is in force.

    `question` is about the key (its resource is the key's ARN), whatever its action; `policies` are the caller's
    own, with any resource policy. The whole decision is made: with nothing but the account's root statement in
    the key policy, the caller's identity-based policies must allow kms:PutKeyPolicy.
    """
    context = {n: v for n, v in question.context.items() if n.lower() not in _OF_THIS_REQUEST}
    later = replace(question, action="kms:PutKeyPolicy", context={**context, "kms:PolicyName": "default"})
    in_force = replace(policies, resource=NamedPolicy("the new key policy", key_policy), grants=())
    return decide(later, in_force).allowed


def lockout_error() -> AwsError:
    """Return what KMS answers when the check fails."""
    return AwsError(
        "MalformedPolicyDocumentException",
        "The new key policy will not allow you to update the key policy in the future.",
    )


_OF_THIS_REQUEST = frozenset(("kms:bypasspolicylockoutsafetycheck", "kms:policyname"))
