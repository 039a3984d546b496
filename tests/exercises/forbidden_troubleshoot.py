"""Answers that the tasks of notebook 20 forbid, and right ones of another kind: see `forbidden.py`."""

from __future__ import annotations

from .forbidden_grants import NO, Rows


def _inline(role: str, *statements: str) -> str:
    """Code that writes the role's only policy anew."""
    document = f'json.dumps({{"Version": "2012-10-17", "Statement": [{", ".join(statements)}]}})'
    return f'iam.put_role_policy(RoleName="{role}", PolicyName="inline", PolicyDocument={document})'


def _may(actions: str, on: str, more: str = "") -> str:
    return f'{{"Effect": "Allow", "Action": {actions}, "Resource": {on}{more}}}'


def _key_policy(key: str, statement: str) -> str:
    return (
        f'policy = json.loads(kms.get_key_policy(KeyId={key})["Policy"])\n'
        f'policy["Statement"].append({statement})\nkms.put_key_policy(KeyId={key}, Policy=json.dumps(policy))'
    )


def _door(principal: str, actions: str, more: str = "") -> str:
    return f'{{"Effect": "Allow", "Principal": {principal}, "Action": {actions}, "Resource": "*"{more}}}'


def _boundary(*statements: str) -> str:
    """Code that puts another boundary round the contractor."""
    document = f'json.dumps({{"Version": "2012-10-17", "Statement": [{", ".join(statements)}]}})'
    return (
        "import uuid\n"
        f"made = iam.create_policy(PolicyName=uuid.uuid4().hex, PolicyDocument={document})\n"
        'iam.put_role_permissions_boundary(RoleName="Contractor", PermissionsBoundary=made["Policy"]["Arn"])'
    )


BOTH = '["kms:Encrypt", "kms:Decrypt"]'
ROOT = '{"AWS": f"arn:aws:iam::{lab.account_id}:root"}'
TELLER = '{"AWS": teller.arn}'
THREE = '"kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"'
CALM = (
    's3.put_bucket_encryption(Bucket=thumbs, ServerSideEncryptionConfiguration={{"Rules": [{{'
    '"ApplyServerSideEncryptionByDefault": {{{default}}}, "BucketKeyEnabled": {bucket_key}}}]}})'
)
TWENTY: dict[str, Rows] = {
    "clerk-and-alias": (
        (_inline("Clerk", _may('["kms:Decrypt", "kms:CreateGrant"]', "ledger")), NO, "more: kms:CreateGrant"),
        (_inline("Clerk", _may('["kms:Decrypt", "kms:PutKeyPolicy"]', "ledger")), NO, "more: kms:PutKeyPolicy"),
        (_inline("Clerk", _may('"kms:Decrypt"', "[ledger, plans]")), NO, "more: kms:Decrypt on the key `plans`"),
        (_inline("Clerk", _may('"kms:*"', "ledger")), NO, "is allowed more"),
        (_inline("Clerk", _may('"kms:Decrypt"', "ledger"), _may('"kms:ListKeys"', '"*"')), NO, "more: kms:ListKeys"),
        (
            _inline(
                "Clerk", _may('"kms:Decrypt"', "ledger", ', "Condition": {"StringEquals": {"kms:ViaService": "s3"}}')
            ),
            NO,
            "still may not decrypt",
        ),
        (_inline("Clerk", _may('"kms:Decrypt"', '"*"')), NO, "is allowed more"),
        ('kms.create_grant(KeyId=ledger, GranteePrincipal=clerk.arn, Operations=["Decrypt"])', NO, "There is a grant"),
        ('iam.delete_role_policy(RoleName="Clerk", PolicyName="inline")', NO, "still may not decrypt"),
        (_key_policy("ledger", _door('{"AWS": clerk.arn}', '"kms:Decrypt"')), NO, "not what refused"),
        (_inline("Clerk", _may('"kms:decrypt"', "[ledger, alias]")), "solved", "Policies name the key"),
    ),
    "tellers-door": (
        (_key_policy("safe", _door(ROOT, BOTH)), NO, "somebody else has come in"),
        (_key_policy("safe", _door('"*"', BOTH)), NO, "somebody else has come in"),
        (_key_policy("safe", _door('{"AWS": [teller.arn, intern.arn]}', BOTH)), NO, "somebody else has come in"),
        (_key_policy("safe", _door(TELLER, '["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*"]')), NO, "allowed more"),
        (_key_policy("safe", _door(TELLER, '"kms:Decrypt"')), NO, "still may not kms:Encrypt"),
        (
            (
                'kms.create_grant(KeyId=safe, GranteePrincipal=teller.arn, Operations=["Encrypt", "Decrypt", '
                '"CreateGrant"])'
            ),
            NO,
            "allowed more",
        ),
    ),
    "contractors-fence": (
        (_boundary(_may('"*"', '"*"')), NO, "allowed more"),
        (_boundary(_may(f'[{THREE}, "kms:Encrypt"]', "plans")), NO, "more: kms:Encrypt"),
        (_boundary(_may('["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*"]', "plans")), NO, "allowed more"),
        (_boundary(_may('["kms:Decrypt", "kms:GenerateDataKey"]', "plans")), NO, "may not kms:DescribeKey"),
        (_key_policy("plans", _door('{"AWS": contractor.arn}', '"kms:GenerateDataKey"')), NO, "not what refused"),
        (_boundary(_may(f"[{THREE}]", "plans")), "solved", "one action longer"),
        (_boundary(_may(f"[{THREE}]", '"*"')), NO, "boundary would let more through"),
    ),
    "whose-refusal": (
        ("answer = list(night)", NO, "has not refused anything"),
        ("answer = []", NO, "There are more"),
        ('answer = ("day-5.csv", "day-2.csv")', "solved", "never asked"),
        ('answer = {f"arn:aws:s3:::{bucket}/day-2.csv", "day-5.csv"}', "solved", "never asked"),
    ),
    "calm-the-thumbs": (
        (CALM.format(default='"SSEAlgorithm": "aws:kms"', bucket_key="True"), NO, "another key"),
        (
            CALM.format(default='"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": ledger', bucket_key="True"),
            NO,
            "another key",
        ),
        ("s3.delete_bucket_encryption(Bucket=thumbs)", NO, "keeps aws:kms"),
        (
            CALM.format(
                default='"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": reports.rpartition("/")[2]', bucket_key="True"
            ),
            "solved",
            "once in a while",
        ),
    ),
}
