"""Answers that a task forbids, and right ones of another kind: by notebook and exercise, each with what is said.

A row is (code, status, what the message has). Each is tried alone: policies and grants are brought back after it.
"""

from .forbidden_audit import TWENTY_ONE
from .forbidden_grants import NO, PUT, SEVEN, SIX, Rows
from .forbidden_troubleshoot import TWENTY


def _reader(*statements: str) -> str:
    return PUT.format(role="Reporter", document=f"document({', '.join(statements)})")


def _may(actions: str, on: str = "payroll") -> str:
    return f'{{"Effect": "Allow", "Action": {actions}, "Resource": {on}}}'


def _with(role: str, action: str, condition: str) -> str:
    statement = f'{{"Effect": "Allow", "Action": {action}, "Resource": records, "Condition": {condition}}}'
    return PUT.format(role=role, document=f'json.dumps({{"Version": "2012-10-17", "Statement": [{statement}]}})')


FOUR: dict[str, Rows] = {
    "reader-for-payroll": (
        (_reader(_may('["kms:Decrypt", "kms:PutKeyPolicy"]')), NO, "more: kms:PutKeyPolicy on the key `payroll`"),
        (_reader(_may('["kms:Decrypt", "kms:CreateGrant"]')), NO, "more: kms:CreateGrant on the key `payroll`"),
        (_reader(_may('["kms:Decrypt", "kms:ScheduleKeyDeletion"]')), NO, "more: kms:ScheduleKeyDeletion"),
        (_reader(_may('"kms:Decrypt"', "[payroll, vault]")), NO, "more: kms:Decrypt on the key `vault`"),
        (_reader(_may('"kms:Decrypt"'), _may('"kms:ListKeys"', '"*"')), NO, "more: kms:ListKeys"),
        (_reader(_may('"kms:Decrypt"'), _may('"iam:*"', '"*"')), NO, "more: iam:* on *"),
        (
            'kms.create_grant(KeyId=payroll, GranteePrincipal=reporter.arn, Operations=["Decrypt"])',
            NO,
            "A grant lets the Reporter in",
        ),
        (_reader(_may('"kms:decrypt"'), _may('"kms:Decrypt"')), "solved", "that is all"),
        (
            _reader(_may('"kms:*"'), '{"Effect": "Deny", "NotAction": "kms:Decrypt", "Resource": "*"}'),
            "solved",
            "that is all",
        ),
    ),
    "two-pairs-of-hands": (
        (
            (
                'kms.create_key(Description="contracts", Policy=document(account, allow("A", devops.arn, *manage, '
                '"kms:GenerateDataKey"), allow("B", app.arn, *use)))'
            ),
            NO,
            "DevOps is also allowed kms:GenerateDataKey",
        ),
        (
            (
                'kms.create_key(Description="contracts", Policy=document(account, allow("A", devops.arn, *manage), '
                'allow("B", app.arn, *use, "kms:ScheduleKeyDeletion")))'
            ),
            NO,
            "LedgerApp is also allowed kms:ScheduleKeyDeletion",
        ),
        (
            (
                'both = document(account, allow("A", devops.arn, *manage), allow("B", app.arn, *use))\n'
                'made = kms.create_key(Description="contracts", Policy=both)["KeyMetadata"]["KeyId"]\n'
                "kms.schedule_key_deletion(KeyId=made)"
            ),
            NO,
            "pending deletion",
        ),
    ),
    "which-statement": (("answer = rules[3]", NO, "as text; this is dict"), ('answer = " R3 "', "solved", "NotAction")),
    "the-way-back": (
        (
            'keeper.client("kms").put_key_policy(KeyId=archive, Policy=document(account, allow("All", "*", "kms:*")))',
            NO,
            "not alone: the key policy lets in",
        ),
    ),
}

DEPARTMENT = "kms:EncryptionContext:department"
FIVE: dict[str, Rows] = {
    "numbers-for-statistics": (
        (
            _with("Statistics", '"kms:Decrypt"', f'{{"StringEquals": {{"{DEPARTMENT}": ["statistics", "tax"]}}}}'),
            NO,
            "department=tax",
        ),
        (
            _with("Statistics", '"kms:*"', f'{{"StringEquals": {{"{DEPARTMENT}": "statistics"}}}}'),
            NO,
            "more: kms:Encrypt",
        ),
        (
            _with("Statistics", '"kms:Decrypt"', f'{{"StringEqualsIgnoreCase": {{"{DEPARTMENT}": "statistics"}}}}'),
            NO,
            "department=STATISTICS",
        ),
        (
            _with(
                "Statistics",
                '"kms:Decrypt"',
                f'{{"StringEquals": {{"{DEPARTMENT}": "statistics"}}, '
                '"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "department"}}',
            ),
            NO,
            "cannot decrypt with the encryption context department=statistics, another=pair",
        ),
        (
            _with("Statistics", '"kms:Decrypt"', f'{{"StringLike": {{"{DEPARTMENT}": "statistics"}}}}'),
            "solved",
            "its numbers",
        ),
    ),
    "only-through-storage": (
        (
            _with(
                "Archivist",
                '"kms:Decrypt"',
                '{"StringEquals": {"kms:ViaService": [f"{x}.us-east-1.amazonaws.com" for x in ("s3", "lambda")]}}',
            ),
            NO,
            "through lambda.us-east-1.amazonaws.com",
        ),
        (_with("Archivist", '"kms:*"', "through_s3"), NO, "more: kms:Encrypt on the key `records`"),
        (_with("Archivist", '"kms:Decrypt"', '{"Bool": {"aws:ViaAWSService": "true"}}'), NO, "through lambda"),
        (
            _with("Archivist", '"kms:Decrypt"', '{"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}'),
            "solved",
            "Through S3",
        ),
        (
            _with(
                "Archivist",
                '"kms:Decrypt"',
                'through_s3 | {"StringLike": {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket}/*"}}',
            ),
            "solved",
            "Through S3",
        ),
    ),
    "hand-it-over": (
        (
            (
                'kms.untag_resource(KeyId=plans, TagKeys=["team"])\n'
                'kms.create_grant(KeyId=plans, GranteePrincipal=blue.arn, Operations=["Decrypt"])'
            ),
            NO,
            "A grant, or the key policy, lets in the role Blue",
        ),
    ),
    "no-hasty-goodbye": (
        (
            (
                'few = allow("kms:ScheduleKeyDeletion", "*", {"NumericEquals": '
                '{"kms:ScheduleKeyDeletionPendingWindowInDays": ["7", "19"]}}) | {"Effect": "Deny", "Principal": "*"}\n'
                'policy = json.loads(kms.get_key_policy(KeyId=contracts)["Policy"])\npolicy["Statement"].append(few)\n'
                "kms.put_key_policy(KeyId=contracts, Policy=json.dumps(policy))"
            ),
            NO,
            "days is still possible for you",
        ),
        (
            (
                'some = allow("kms:ScheduleKeyDeletion", "*", {"NumericLessThan": '
                '{"kms:ScheduleKeyDeletionPendingWindowInDays": "20"}, '
                '"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Nurse"}})'
                '\npolicy = json.loads(kms.get_key_policy(KeyId=contracts)["Policy"])\n'
                'policy["Statement"].append(some | {"Effect": "Deny", "Principal": "*"})\n'
                "kms.put_key_policy(KeyId=contracts, Policy=json.dumps(policy))"
            ),
            NO,
            "still possible for somebody else (the role Nurse",
        ),
    ),
}

ANSWERS = {
    "04-key-policies-and-iam": FOUR,
    "05-conditions": FIVE,
    "06-grants": SIX,
    "07-other-accounts": SEVEN,
    "20-troubleshoot": TWENTY,
    "21-best-practices-audit": TWENTY_ONE,
}
