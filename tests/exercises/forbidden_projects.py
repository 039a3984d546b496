"""Answers that a project's task forbids, and right ones of another kind: rows as in forbidden.py."""

from __future__ import annotations

from .forbidden_grants import NO, PUT, Rows

TWO = 'rules["Others1"]["Condition"]["ArnNotEquals"]["aws:PrincipalArn"] = [web_role.arn, auditor_role.arn]'
BILLING = '{"StringEquals": {"kms:EncryptionContext:app": "billing"}}'


def _role(role: str, action: str, condition: str, resource: str = "key") -> str:
    statement = f'{{"Effect": "Allow", "Action": {action}, "Resource": {resource}, "Condition": {condition}}}'
    return PUT.format(role=role, document=f'json.dumps({{"Version": "2012-10-17", "Statement": [{statement}]}})')


def _door(change: str) -> str:
    """The right bucket policy, `both`, with a change."""
    return (
        'both = bucket_policy(bucket, {"web": web_role.arn, "billing": billing_role.arn})\n'
        f'rules = {{each["Sid"]: each for each in both["Statement"]}}\n{change}\n'
        "s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(both))"
    )


ONE: dict[str, Rows] = {
    "billing-may-seal": (
        (_role("BillingShipper", '"kms:GenerateDataKey*"', BILLING), NO, "kms:GenerateDataKeyPair"),
        (_role("BillingShipper", '["kms:GenerateDataKey", "kms:Encrypt"]', BILLING), NO, "kms:Encrypt"),
        (_role("BillingShipper", '"kms:GenerateDataKey"', BILLING, '"*"'), NO, "a key"),
        (
            _role(
                "BillingShipper",
                '"kms:GenerateDataKey"',
                '{"StringLike": {"kms:EncryptionContext:app": "billing*"}}',
            ),
            NO,
            "app=billingx",
        ),
        (
            _role(
                "BillingShipper",
                '"kms:GenerateDataKey"',
                '{"StringEqualsIfExists": {"kms:EncryptionContext:app": "billing"}}',
            ),
            NO,
            "without an encryption context",
        ),
        (
            'kms.create_grant(KeyId=key, GranteePrincipal=billing_role.arn, Operations=["GenerateDataKey"])',
            NO,
            "kms:GenerateDataKey on the key",
        ),
        (
            (
                'kms.create_grant(KeyId=key, GranteePrincipal=billing_role.arn, Operations=["GenerateDataKey"], '
                'Constraints={"EncryptionContextSubset": {"app": "billing"}})'
            ),
            "solved",
            "opens nothing",
        ),
        (
            (
                'kms.create_grant(KeyId=key, GranteePrincipal=billing_role.arn, Operations=["GenerateDataKey"], '
                'Constraints={"EncryptionContextEquals": {"app": "billing"}})'
            ),
            NO,
            "another=pair",
        ),
    ),
    "a-door-for-billing": (
        (_door('both["Statement"].remove(rules["NotNew"])'), NO, "without asking"),
        (_door('both["Statement"].remove(rules["Deletions"])'), NO, "may delete"),
        (_door('rules["Deletions"]["Action"] = "s3:DeleteObject"'), NO, "s3:DeleteObjectVersion"),
        (_door('rules["OtherPlaces"]["NotResource"].append(f"arn:aws:s3:::{bucket}/x*")'), NO, "may put x.sealed"),
        (_door('both["Statement"].remove(rules["Others2"])'), NO, "WebShipper may put billing/"),
        (_door(TWO), NO, "LogAuditor may put web/"),
        (_door('rules["NotNew"]["Action"] = "s3:*"'), NO, "auditor is refused"),
        (_door('both["Statement"].remove(rules["OtherPlaces"])'), NO, "today.log"),
        (
            _door('rules["Others1"]["Principal"] = {"AWS": "*"}\nrules["Deletions"]["Action"] = "s3:Delete*"'),
            "solved",
            "a door of its own",
        ),
    ),
    "ten-o-clock": (("answer = True", NO, ""), ("answer = 64", NO, "nine o'clock")),
}  # fmt: skip

ANSWERS: dict[str, dict[str, Rows]] = {"1-encrypt-logs-before-upload": ONE}
