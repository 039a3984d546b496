"""Stories of labs 13 and 14: by notebook, then by exercise (see `telling.py`)."""

from __future__ import annotations

from .telling import SOLUTION, Step, resting

STORIES: dict[str, dict[str, list[list[Step]]]] = {
    "13-secrets-manager": {
        "one-secret-of-two": [
            resting("shop"),
            [
                (SOLUTION, "solved", ""),
                (
                    (
                        "all_of_it = {'Effect': 'Allow', 'Action': 'secretsmanager:*', 'Resource': '*'}\n"
                        "text = json.dumps({'Version': '2012-10-17', 'Statement': [all_of_it]})\n"
                        "iam.put_role_policy(RoleName='Accountant', PolicyName='more', PolicyDocument=text)"
                    ),
                    "not yet",
                    "is not what it was",
                ),
            ],
        ],
        "into-the-vault": [
            resting("vault"),
            [
                (
                    "secrets.update_secret(SecretId='shop/mail', KmsKeyId=vault, SecretString='another')",
                    "could not tell",
                    "whether the value of shop/mail is the old one",
                )
            ],
        ],
        "by-hand": [
            resting("shop"),
            [(SOLUTION, "solved", ""), ("ssm.delete_parameter(Name='/shop/mail-token')", "not attempted", "")],
        ],
        "who-read-what": [
            [
                (SOLUTION, "solved", ""),
                ("right = answer\nanswer = right.upper()", "solved", ""),
                ("answer = secrets.describe_secret(SecretId=right)['ARN']", "solved", ""),
                ("answer = chosen", "not yet", "as text; this is int"),
            ]
        ],
    },
    "14-lambda-and-dynamodb": {
        "developers-share": [
            resting("payments"),
            [
                (SOLUTION, "solved", ""),
                (
                    (
                        "rule['Action'] = ['kms:CreateGrant', 'kms:Encrypt', 'kms:GenerateDataKey*']\n"
                        "text = json.dumps({'Version': '2012-10-17', 'Statement': [rule]})\n"
                        "iam.put_role_policy(RoleName='Developer', PolicyName='seal-variables', PolicyDocument=text)"
                    ),
                    "not yet",
                    "more than it lacked",
                ),
                (
                    (
                        "rule['Action'] = ['kms:CreateGrant', 'kms:Encrypt']\n"
                        "direct = {'Effect': 'Allow', 'Action': 'kms:GenerateDataKey*', 'Resource': key}\n"
                        "text = json.dumps({'Version': '2012-10-17', 'Statement': [rule, direct]})\n"
                        "iam.put_role_policy(RoleName='Developer', PolicyName='seal-variables', PolicyDocument=text)"
                    ),
                    "not yet",
                    "more than it lacked",
                ),
            ],
        ],
        "starts-again": [
            [
                (
                    (
                        "other = {'Effect': 'Allow', 'Action': 'kms:Encrypt', 'Resource': '*'}\n"
                        "text = json.dumps({'Version': '2012-10-17', 'Statement': [other]})\n"
                        "iam.put_role_policy(RoleName='PayRole', PolicyName='more', PolicyDocument=text)\n"
                        "functions.update_function_configuration(FunctionName='pay', KMSKeyArn=key)\nrun('pay')"
                    ),
                    "not yet",
                    "let in by a policy",
                ),
                ("iam.delete_role_policy(RoleName='PayRole', PolicyName='more')", "solved", ""),
                ("kms.disable_key(KeyId=key)", "not yet", "Disabled"),
                ("kms.enable_key(KeyId=key)", "solved", ""),
            ]
        ],
        "clerk-and-carts": [
            resting("payments"),
            [
                (SOLUTION, "solved", ""),
                (
                    (
                        "rule['Action'] = ['kms:Decrypt', 'kms:Encrypt']\n"
                        "text = json.dumps({'Version': '2012-10-17', 'Statement': [rule]})\n"
                        "iam.put_role_policy(RoleName='Clerk', PolicyName='open-tables', PolicyDocument=text)"
                    ),
                    "not yet",
                    "more than that",
                ),
            ],
        ],
        "sealed-for-carl": [
            resting("payments"),
            [
                (SOLUTION, "solved", ""),
                (
                    (
                        "dynamodb.put_item(TableName='customers', Item={'id': {'S': 'carl'}, "
                        "'iban': {'B': b'AT02 0500 0000 2000 4444'}})"
                    ),
                    "not yet",
                    "everybody can read",
                ),
                (
                    "dynamodb.put_item(TableName='customers', Item={'id': {'S': 'carl'}, 'iban': anna['iban']})",
                    "not yet",
                    "of another customer",
                ),
            ],
        ],
    },
}
