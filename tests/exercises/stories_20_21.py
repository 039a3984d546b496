"""What learners try one after the other in labs 20 and 21: by notebook, exercise, and story."""

from __future__ import annotations

from .telling import SOLUTION, Step

TELLER: list[Step] = [
    (
        (
            "def policy(*statements):\n"
            '    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})\n'
            "    kms.put_key_policy(KeyId=safe, Policy=text, BypassPolicyLockoutSafetyCheck=True)\n"
            'door = {"Effect": "Allow", "Principal": {"AWS": teller.arn}, "Action": ["kms:Encrypt", "kms:Decrypt"]}\n'
            'door["Resource"] = "*"\n'
            'own = door | {"Principal": me["Principal"]}\n'
            'policy(own | {"Action": ["kms:Get*", "kms:Put*"]}, door)'
        ),
        "not yet",
        "administrator's statement",
    ),
    (
        (
            'like = {"ArnLike": {"aws:PrincipalArn": teller.arn + "*"}}\n'
            'policy(me, door | {"Principal": {"AWS": lab.account_id}, "Condition": like})'
        ),
        "not yet",
        "somebody else has come in",
    ),
    (
        'policy(me, door | {"Condition": {"Null": {"kms:EncryptionContextKeys": "true"}}})',
        "not yet",
        "with the encryption context box=7",
    ),
    (
        (
            "policy(me, door)\n"
            'trust = {"Effect": "Allow", "Principal": {"AWS": intern.arn}, "Action": "sts:AssumeRole"}\n'
            'text = json.dumps({"Version": "2012-10-17", "Statement": [trust]})\n'
            'iam.update_assume_role_policy(RoleName="Teller", PolicyDocument=text)'
        ),
        "not yet",
        "sts:AssumeRole on the role `Teller`",
    ),
    (
        (
            "text = text.replace(intern.arn, lab.account_id)\n"
            'iam.update_assume_role_policy(RoleName="Teller", PolicyDocument=text)\n'
            "policy(me)\n"
            'both = {"KeyId": safe, "GranteePrincipal": teller.arn, "Operations": ["Encrypt", "Decrypt"]}\n'
            'given = kms.create_grant(**both)["GrantId"]'
        ),
        "solved",
        "",
    ),
    ("kms.create_grant(**both, RetiringPrincipal=intern.arn)", "not yet", "kms:RetireGrant"),
]
FENCE: list[Step] = [
    (
        (
            "def bound(name, *statements):\n"
            '    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})\n'
            '    made = iam.create_policy(PolicyName=name, PolicyDocument=text)["Policy"]["Arn"]\n'
            '    iam.put_role_permissions_boundary(RoleName="Contractor", PermissionsBoundary=made)\n'
            'longer = {**fence[0], "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]}\n'
            'bound("two", longer | {"Resource": [plans, ledger]})'
        ),
        "not yet",
        "boundary would let more through",
    ),
    ('bound("star", longer | {"Resource": "*"})', "not yet", "boundary would let more through"),
    ('bound("beside", longer, {"Effect": "Allow", "Action": "s3:*", "Resource": "*"})', "not yet", "s3:* on *"),
    ('bound("grants", longer, longer | {"Action": "kms:CreateGrant"})', "not yet", "kms:CreateGrant"),
    ('bound("same", longer)', "solved", ""),
]
STORIES: dict[str, dict[str, list[list[Step]]]] = {
    "20-troubleshoot": {
        "clerk-and-alias": [
            [
                (
                    (
                        'theirs = partner.client("kms").create_key()["KeyMetadata"]["Arn"]\n'
                        'reads = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": [ledger, theirs]}\n'
                        'text = json.dumps({"Version": "2012-10-17", "Statement": [reads]})\n'
                        'iam.put_role_policy(RoleName="Clerk", PolicyName="inline", PolicyDocument=text)'
                    ),
                    "not yet",
                    "of the account 444455556666",
                ),
                (SOLUTION, "solved", ""),
            ]
        ],
        "tellers-door": [TELLER],
        "contractors-fence": [FENCE],
        "whose-refusal": [
            [
                ('answer = ["elsewhere/day-2.csv", "day-5.csv"]', "not yet", "'elsewhere/day-2.csv'"),
                ('answer = [f"s3://{bucket}/day-2.csv", f"arn:aws:s3:::{bucket}/day-5.csv"]', "solved", ""),
                (
                    (
                        'text = json.dumps({"Version": "2012-10-17", "Statement": [get]})\n'
                        'iam.put_role_policy(RoleName="Courier", PolicyName="inline", PolicyDocument=text)\n'
                        'tried(courier.get_object, Bucket=bucket, Key="day-3.csv")\n'
                        'answer = ["day-2.csv", "day-3.csv", "day-5.csv"]'
                    ),
                    "not yet",
                    "'day-3.csv'",
                ),
                ('answer = ["day-2.csv", "day-5.csv"]', "solved", ""),
            ]
        ],
        "calm-the-thumbs": [
            [
                (
                    (
                        "def calm(key):\n"
                        '    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}\n'
                        '    both = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}\n'
                        '    rules = {"Rules": [both]}\n'
                        "    s3.put_bucket_encryption(Bucket=thumbs, ServerSideEncryptionConfiguration=rules)\n"
                        'calm(reports.replace(lab.account_id, "999999999999"))'
                    ),
                    "not yet",
                    "another key",
                ),
                ('calm(reports.replace("us-east-1", "eu-west-1"))', "not yet", "another key"),
                ("calm(reports)\nkms.disable_key(KeyId=reports)", "not yet", "Disabled"),
                ("kms.enable_key(KeyId=reports)", "solved", ""),
            ]
        ],
    },
}
