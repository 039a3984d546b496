"""Stories of lab 20: by notebook, then by exercise (see `telling.py`)."""

from __future__ import annotations

from .telling import SOLUTION, Step

ALONE = """
mine = {"Effect": "Allow", "Principal": {"AWS": teller.arn}, "Action": ["kms:Encrypt", "kms:Decrypt"], "Resource": "*"}
alone = json.dumps({"Version": "2012-10-17", "Statement": [mine]})
kms.put_key_policy(KeyId=safe, Policy=alone, BypassPolicyLockoutSafetyCheck=True)
"""
ANOTHER = """
another = kms.create_key(Description="archive")["KeyMetadata"]["KeyId"]
kms.update_alias(AliasName="alias/archive", TargetKeyId=another)
"""
FOR_TWO = """
kms.create_grant(KeyId=archive, GranteePrincipal=nobody.arn, Operations=["Decrypt"])
"""
DUAL = """
dual = {"SSEAlgorithm": "aws:kms:dsse", "KMSMasterKeyID": reports}
rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": dual}]}
s3.put_bucket_encryption(Bucket=thumbs, ServerSideEncryptionConfiguration=rules)
"""

STORIES: dict[str, dict[str, list[list[Step]]]] = {
    "20-troubleshoot": {
        "tellers-door": [
            [
                (SOLUTION, "solved", ""),
                ("kms.disable_key(KeyId=safe)", "not yet", "Disabled"),
                ("kms.enable_key(KeyId=safe)", "solved", ""),
                (ALONE, "not yet", "administrator's statement"),
            ]
        ],
        "bring-it-back": [
            [
                ("kms.cancel_key_deletion(KeyId=archive)", "not yet", "opens no letter yet"),
                (ANOTHER, "not yet", "opens no letter yet"),
                ("kms.enable_key(KeyId=archive)", "not yet", "does not lead to it"),
                ("kms.update_alias(AliasName='alias/archive', TargetKeyId=archive)", "solved", ""),
                (FOR_TWO, "not yet", "others than before"),
            ]
        ],
        "calm-the-thumbs": [[(SOLUTION, "solved", ""), (DUAL, "not yet", "aws:kms:dsse")]],
    }
}
