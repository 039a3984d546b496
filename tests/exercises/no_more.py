"""The exercises of the kind "this and no more", and the few additions to their solutions that give nothing.

What is added, one at a time, is in `additions.py`; `test_solutions_in_place.py` tries it.
"""

from __future__ import annotations

from labkit.exercises.reach.actions import kms_actions, on_nothing

GRANTS = "the grant that the service makes for itself, or for the function's role: none of this role's permissions"
EBS = "what EC2 does with a key for a volume (Amazon EBS User Guide), through EC2: the task is not narrower"

OF_GRANTS = ("kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant")
"""The operations whose requests bring kms:GrantIsForAWSResource (Service Authorization Reference, AWS KMS)."""

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
    "20-troubleshoot": ("clerk-and-alias", "tellers-door", "contractors-fence"),
    "23-only-this-code-may-decrypt": ("bind-it",),
    "24-services-that-call-kms": ("one-log-group",),
    "25-encrypt-later": ("night-shift",),
    "26-test-your-own-code": ("from-the-trail",),
    "21-best-practices-audit": ("close-the-newsletter",),
}
"""By notebook: in order, those whose task says what is allowed and that nothing else is."""

# (exercise, what is added): why it may be solved all the same.
GIVES_NOTHING: dict[tuple[str, str], str] = (
    {
        (
            "no-hasty-goodbye",
            "principal ",
        ): "the solution's statement is a Deny for everybody: one more principal in it changes nothing",
        ("pss-only", "value ECDSA_SHA_256 of kms:SigningAlgorithm"): "an RSA key has no such algorithm",
        ("developers-share", "operation "): GRANTS,
        ("developers-share", "the same for "): GRANTS,
        ("developers-share", "no constraint"): GRANTS,
        ("clerk-and-carts", "operation "): GRANTS,
        ("clerk-and-carts", "the same for "): GRANTS,
        ("clerk-and-carts", "no constraint"): GRANTS,
        ("hands-off", "action kms:CreateGrant"): EBS,
        ("hands-off", "action kms:Decrypt"): EBS,
        ("hands-off", "action kms:DescribeKey"): EBS,
        ("hands-off", "action kms:ReEncrypt"): EBS,
        ("hands-off", "action kms:GenerateDataKey"): EBS,
        ("hands-off", "value "): "a grant for AWS's own resources: the hint has that condition alone",
        ("hands-off", "no condition on "): "a grant through EC2, or for AWS's own resources: by hand, it is none",
        ("hands-off", "the same for "): "EC2's grant for its server is none of the Technician's permissions",
    }
    | {
        (
            "night-shift",
            f"action kms:{name}",
        ): "the other statement allows it already, and under that condition it never counts"
        for name in ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncrypt")
    }
    | {
        ("what-the-hospital-needs", f"action {action}"): "it is asked on no key: a key policy can't give it"
        for action in on_nothing()
    }
    | {
        (
            "what-the-hospital-needs",
            f"action {action} under kms:GrantIsForAWSResource",
        ): "no request for it brings that condition key (Service Authorization Reference, AWS KMS)"
        for action in kms_actions()
        if action not in OF_GRANTS
    }
)
"""A key's second part is the beginning of an addition's name."""
