"""Stories of labs 11 and 12: by notebook, then by exercise (see `telling.py`)."""

from __future__ import annotations

from .telling import PLACE, SOLUTION, Step, resting

STORIES: dict[str, dict[str, list[list[Step]]]] = {
    "11-encrypt-s3": {
        "under-your-key": [resting("records")],
        "one-report": [
            [
                (SOLUTION, "solved", ""),
                (
                    (
                        "only = {'StringEquals': {'kms:EncryptionContext:aws:s3:arn': "
                        "[f'arn:aws:s3:::{bucket}/reports/{y}.csv' for y in (2025, 2023)]}}\n"
                        "use = {'Effect': 'Allow', 'Action': 'kms:Decrypt', 'Resource': key, 'Condition': only}\n"
                        "document = json.dumps({'Version': '2012-10-17', 'Statement': [use]})\n"
                        "boto3.client('iam').put_role_policy(RoleName='Auditor', PolicyName='report', "
                        "PolicyDocument=document)"
                    ),
                    "not yet",
                    "reports/2023.csv too",
                ),
            ],
            [
                (SOLUTION, "solved", ""),
                (
                    "kms.create_grant(KeyId=key, GranteePrincipal=auditor.arn, Operations=['Decrypt'])",
                    "not yet",
                    "too wide",
                ),
            ],
        ],
        "old-memo": [
            [
                (
                    "s3.put_object(Bucket=bucket, Key='memo.txt', Body=b'Tea at five.', **with_key)",
                    "not yet",
                    "its text is another",
                ),
                ("s3.put_object(Bucket=bucket, Key='memo.txt', Body=b'Tea at four.', **with_key)", "solved", ""),
                (
                    (
                        f"{PLACE}s3.put_object(Bucket=bucket, Key='other.txt', Body=b'Tea at nine.')\n"
                        "s3.copy_object(**place, CopySource={'Bucket': bucket, 'Key': 'other.txt'}, **with_key)"
                    ),
                    "not yet",
                    "its text is another",
                ),
            ],
            resting("records"),
        ],
        "fewer-calls": [
            resting("records"),
            [
                (SOLUTION, "solved", ""),
                (
                    "s3.put_object(Bucket=sensor, Key='day/3', Body=b'x', BucketKeyEnabled=True, **by_arn)",
                    "not yet",
                    "with a word about encryption",
                ),
            ],
        ],
        "who-read": [
            [
                (SOLUTION, "solved", ""),
                ("right = answer\nanswer = right.upper()", "solved", ""),
                ("answer = f'arn:aws:iam::111122223333:role/{right}'", "solved", ""),
                ("answer = [right]", "not yet", "Take the one thing out"),
            ]
        ],
    },
    "12-encrypt-ebs": {
        "hands-off": [
            resting("practice"),
            [
                (
                    (
                        "actions = ['kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKeyWithoutPlaintext']\n"
                        "through = {'StringEquals': {'kms:ViaService': 'ec2.us-east-1.amazonaws.com'}}\n"
                        "use = {'Effect': 'Allow', 'Action': actions, 'Resource': key, 'Condition': through}\n"
                        "for_aws = {'Bool': {'kms:GrantIsForAWSResource': 'true'}}\n"
                        "grants = {'Effect': 'Allow', 'Action': 'kms:CreateGrant', 'Resource': key, 'Condition': "
                        "for_aws}\n"
                        "wide = {'Effect': 'Allow', 'Action': ['kms:ReEncrypt*', 'kms:PutKeyPolicy'], 'Resource': "
                        "key}\n"
                        "allow('Technician', [use, grants, wide])\n"
                        "technician.attach_volume(VolumeId=letters, **place)"
                    ),
                    "not yet",
                    "more than create and attach",
                ),
                ("allow('Technician', [use, grants])", "solved", "neither grant nor decrypt by hand"),
            ],
        ],
        "the-old-disk": [resting("practice")],
        "the-branch": [
            [
                (SOLUTION, "solved", ""),
                ("kms_there.disable_key(KeyId=key_there)", "not yet", ""),
                (
                    "kms_there.enable_key(KeyId=key_there)\nec2_there.disable_ebs_encryption_by_default()",
                    "not yet",
                    "is off",
                ),
            ]
        ],
        "what-the-hospital-needs": [
            [
                (SOLUTION, "solved", ""),
                (
                    (
                        "policy['Statement'][-1]['Principal'] = {'AWS': [hospital.account_id, '777788889999']}\n"
                        "kms.put_key_policy(KeyId=key, Policy=json.dumps(policy))"
                    ),
                    "not yet",
                    "others than the hospital",
                ),
                (
                    (
                        "policy['Statement'][-1]['Principal'] = them['Principal']\n"
                        "policy['Statement'][-2]['Action'] += ['kms:Sign', 'kms:Encrypt']\n"
                        "kms.put_key_policy(KeyId=key, Policy=json.dumps(policy))"
                    ),
                    "not yet",
                    "more than it needs",
                ),
                (
                    (
                        "policy['Statement'][-2]['Action'] = actions[:-2]\n"
                        "policy['Statement'][-1].pop('Condition')\n"
                        "kms.put_key_policy(KeyId=key, Policy=json.dumps(policy))"
                    ),
                    "not yet",
                    "hand your key on",
                ),
            ]
        ],
        "what-hangs-on-it": [
            [
                (SOLUTION, "solved", ""),
                ("right = answer\nanswer = tuple(right)", "solved", ""),
                ("answer = set(right)", "solved", ""),
                ("answer = pd.Series(right)", "solved", ""),
                ("answer = pd.Index(right).to_numpy()", "solved", ""),
                ("answer = ','.join(right)", "not yet", "should be a list"),
                ("answer = [*right, 5]", "not yet", "something else is among them"),
                ("answer = {'ids': right}", "not yet", "should be a list"),
                ("answer = 3", "not yet", "should be a list"),
            ]
        ],
    },
}
