"""What learners try one after the other in labs 24 and 25: by notebook, exercise, and story."""

from __future__ import annotations

from .telling import Step

RULE = """
rules = boto3.client("events", "eu-central-1")
def aim(pattern, name="keys-off", state="ENABLED"):
    rules.put_rule(Name=name, EventPattern=json.dumps(pattern), State=state)
    rules.put_targets(Rule=name, Targets=[{"Id": "watch", "Arn": watch}])
def again():
    frankfurt.enable_key(KeyId=other)
    frankfurt.disable_key(KeyId=other)
"""
FRANKFURT = [
    (f'{RULE}aim(pattern, state="DISABLED")\nagain()', "not yet", "no rule in Frankfurt, switched on"),
    ('aim(pattern | {"detail": {"eventName": ["DisableKey"]}})\nagain()', "not yet", "calls ScheduleKeyDeletion"),
    (
        (
            'one = {"eventName": ["DisableKey", "ScheduleKeyDeletion"]}\n'
            'aim(pattern | {"detail": one | {"requestParameters": {"keyId": [other]}}})\nagain()'
        ),
        "not yet",
        "no message when somebody calls DisableKey",
    ),
    ('aim(pattern | {"detail": one | {"userIdentity": {"type": ["AssumedRole"]}}})', "not yet", "no message"),
    ('aim(pattern | {"detail": {"eventName": [{"anything-but": "Encrypt"}]}})', "not yet", "other calls too"),
    ("aim(pattern)\nagain()", "not yet", "does not let EventBridge"),
    (
        (
            'source = {"StringEquals": {"aws:SourceAccount": lab.account_id}}\n'
            'shut = service("events.amazonaws.com", "kms:Decrypt", "kms:GenerateDataKey*", **source)\n'
            "frankfurt.put_key_policy(KeyId=watch_key, Policy=document(own, shut))\nagain()"
        ),
        "not yet",
        "does not let EventBridge",
    ),
    (
        (
            'both = service(["events.amazonaws.com", "sns.amazonaws.com"], "kms:Decrypt", "kms:GenerateDataKey*")\n'
            "frankfurt.put_key_policy(KeyId=watch_key, Policy=document(own, both))"
        ),
        "not yet",
        "lets others in as well",
    ),
    (
        (
            'all_of_it = service("events.amazonaws.com", "kms:*")\n'
            "frankfurt.put_key_policy(KeyId=watch_key, Policy=document(own, all_of_it))"
        ),
        "not yet",
        "more than it needs",
    ),
    ("frankfurt.put_key_policy(KeyId=watch_key, Policy=document(own, let_rules))", "not yet", "No message has come"),
    ("again()", "solved", ""),
]
LOG_GROUP = [
    (
        (
            "key_before, till_arn = till, visitors.replace('visitors', 'till')\n"
            "pair = {'ArnEquals': {'kms:EncryptionContext:aws:logs:arn': till_arn}}\n"
            "right = service('logs.us-east-1.amazonaws.com', *use, **pair)\n"
            "kms.put_key_policy(KeyId=till, Policy=document(own, right))"
        ),
        "not yet",
        "is not under the key",
    ),
    (
        (
            "every = service('logs.us-east-1.amazonaws.com', *use)\n"
            "kms.put_key_policy(KeyId=key, Policy=document(own, every))\n"
            "logs.associate_kms_key(logGroupName='till', kmsKeyId=key)"
        ),
        "not yet",
        "is not under the key",
    ),
    ("logs.associate_kms_key(logGroupName='till', kmsKeyId=till)\nkms.disable_key(KeyId=till)", "not yet", "Disabled"),
    ("kms.enable_key(KeyId=till)\nkms.put_key_policy(KeyId=key, Policy=document(own, let_logs))", "solved", ""),
]
COPY = """
rds.create_db_snapshot(DBInstanceIdentifier="%s", DBSnapshotIdentifier="%s")
rds.copy_db_snapshot(SourceDBSnapshotIdentifier="%s", TargetDBSnapshotIdentifier="%s", KmsKeyId=%s)
"""
THEM = """
them = {"Effect": "Allow", "Principal": {"AWS": restorers}, "Resource": "*"}
safe = {"Action": "kms:CreateGrant", "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}}
kms.put_key_policy(KeyId=loan, Policy=document(own, them | {"Action": "kms:DescribeKey"}, them | safe))
"""
SHARE = 'rds.modify_db_snapshot_attribute(DBSnapshotIdentifier="%s", AttributeName="restore", ValuesToAdd=[%s])'

STORIES: dict[str, dict[str, list[list[Step]]]] = {
    "24-services-that-call-kms": {"one-log-group": [LOG_GROUP], "frankfurt-too": [FRANKFURT]},
    "25-encrypt-later": {
        "another-key": [
            [
                (COPY % ("collection", "c1", "c1", "c2", "key"), "not attempted", "no snapshot of the database"),
                (
                    'rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="other", DBSnapshotIdentifier="c2")',
                    "not yet",
                    "without its data",
                ),
                (COPY % ("archive", "a1", "a1", "a2", "key"), "not yet", "without its data"),
                (
                    'rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="new", DBSnapshotIdentifier="a1")',
                    "not yet",
                    "under another key",
                ),
                (
                    'rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="new2", DBSnapshotIdentifier="a2")',
                    "solved",
                    "",
                ),
                (
                    'rds.delete_db_instance(DBInstanceIdentifier="new2", SkipFinalSnapshot=True)',
                    "not yet",
                    "another key",
                ),
            ]
        ],
        "on-loan": [
            [
                (COPY % ("collection", "l1", "l1", "l2", "loan") + THEM, "not yet", "no snapshot of `archive`"),
                (SHARE % ("l2", "restorers"), "not yet", "no snapshot of `archive`"),
                (COPY % ("archive", "l3", "l3", "l4", "loan"), "not yet", "no snapshot of `archive`"),
                (SHARE % ("l4", '"999999999999"'), "not yet", "shared with others"),
                (SHARE % ("l4", "restorers"), "not yet", "shared with others"),
                (
                    SHARE.replace("ValuesToAdd", "ValuesToRemove") % ("l4", '"999999999999"'),
                    "not yet",
                    "One snapshot too many is shared: `l2`",
                ),
                (SHARE.replace("ValuesToAdd", "ValuesToRemove") % ("l2", "restorers"), "solved", ""),
                (
                    (
                        'one = {"AWS": lab.account("restorers").role("Restorer").arn}\n'
                        'kms.put_key_policy(KeyId=loan, Policy=document(own, them | safe | {"Principal": one}))'
                    ),
                    "not yet",
                    "does not let the account",
                ),
                (THEM, "solved", ""),
                (
                    (
                        "kms.create_grant(KeyId=loan, Operations=['Decrypt'], "
                        "GranteePrincipal=f'arn:aws:iam::{restorers}:root')"
                    ),
                    "not yet",
                    "more than the task allows",
                ),
            ]
        ],
    },
}
