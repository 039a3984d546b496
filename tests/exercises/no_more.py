"""The exercises of the kind "this and no more", and the few additions to their solutions that give nothing.

What is added, one at a time, is in `additions.py`; `test_no_more_than_asked.py` tries it.
"""

from __future__ import annotations

EXERCISES = {
    "04-key-policies-and-iam": ("reader-for-payroll",),
    "05-conditions": ("numbers-for-statistics", "only-through-storage", "no-hasty-goodbye"),
    "06-grants": ("just-enough", "one-box"),
    "07-other-accounts": ("one-role-one-action", "name-your-customer", "family-only"),
    "09-sign-and-verify": ("pss-only",),
    "11-encrypt-s3": ("one-report",),
    "12-encrypt-ebs": ("hands-off", "what-the-hospital-needs"),
    "14-lambda-and-dynamodb": ("developers-share", "clerk-and-carts"),
    "15-rotate-keys": ("half-a-year",),
}
"""By notebook: in order, those whose task says what is allowed and that nothing else is."""

# (exercise, what is added): why it may be solved all the same.
GIVES_NOTHING: dict[tuple[str, str], str] = {
    (
        "no-hasty-goodbye",
        "principal ",
    ): "the solution's statement is a Deny for everybody: one more principal in it changes nothing",
    ("pss-only", "value ECDSA_SHA_256 of kms:SigningAlgorithm"): "an RSA key has no such algorithm",
}
"""A key's second part is the beginning of an addition's name."""
