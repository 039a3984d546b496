"""Stories of labs 00 to 03: by notebook, then by exercise (see `telling.py`)."""

from __future__ import annotations

from .telling import FIND, SOLUTION, Step, given, resting

STORIES: dict[str, dict[str, list[list[Step]]]] = {
    "00-start-here": {
        "hello-key": [resting("Hello, KMS")],
        "count-refusals": [given("'4'", "4.0", "[4]", "True", status="not yet", says="a whole number; this is")],
        "name-your-role": [
            [
                ("answer = 'arn:aws:iam::111122223333:role/LabAdministrator'", "not yet", "The role's name is in that"),
                ("answer = 'assumed-role/LabAdministrator/learner'", "not yet", "The role's name is in that"),
                ("answer = 'labadministrator'", "not yet", "but for capital letters"),
                ("answer = ['LabAdministrator']", "not yet", "Take the one thing out of it"),
                ("answer = ' LabAdministrator '", "solved", ""),
                ("answer = 'Intern'", "not yet", "is not the role"),
            ]
        ],
    },
    "01-kms-at-a-glance": {
        "key-in-ireland": [resting("far away", client="ireland")],
        "release-signing": [resting("release signing")],
        "whose-key": [
            given("'aws-managed'", "'AWS_MANAGED'", "'an AWS managed key'", status="solved", says=""),
            given("'AWS'", status="not yet", says="AWS has two kinds"),
            given("['AWS managed']", "('AWS managed',)", status="not yet", says="Take the one thing out of it"),
        ],
        "two-regions": [given("'1'", status="not yet", says="Leave the quotation marks out")],
    },
    "02-create-keys": {
        "alias-for-ledger": [
            resting("ledger 2"),
            [
                (SOLUTION, "solved", ""),
                (
                    (
                        f"{FIND}kms.schedule_key_deletion(KeyId=by_description['ledger 2'], PendingWindowInDays=7)\n"
                        "lab.clock.advance(days=8)"
                    ),
                    "not yet",
                    "leads nowhere now",
                ),
            ],
        ],
        "alias-for-payroll": [
            resting("payroll"),
            [
                (SOLUTION, "solved", ""),
                ("kms.delete_alias(AliasName='alias/payroll')", "not yet", "has no alias"),
            ],
        ],
        "label-a-key": [
            [
                (
                    (
                        "labelled = kms.create_key(Tags=[{'TagKey': 'Department', 'TagValue': 'Payroll'}, "
                        "{'TagKey': 'Stage', 'TagValue': 'test'}])['KeyMetadata']['KeyId']"
                    ),
                    "solved",
                    "",
                ),
                ("kms.disable_key(KeyId=labelled)", "not yet", "Disabled"),
                ("kms.enable_key(KeyId=labelled)", "solved", ""),
                ("kms.untag_resource(KeyId=labelled, TagKeys=['Stage'])", "not yet", "`Stage` is missing"),
                ("kms.untag_resource(KeyId=labelled, TagKeys=['Department'])", "not yet", "taken away"),
                ("kms.schedule_key_deletion(KeyId=labelled)", "not yet", "scheduled for deletion"),
            ]
        ],
    },
    "03-encrypt-and-decrypt": {
        "which-key": [
            [("answer = kms.describe_key(KeyId=chosen)['KeyMetadata']['Description'].upper()", "solved", "")],
            [("answer = [1]", "not yet", "as text; this is list")],
        ],
        "sealed-for-invoices": [resting("app")],
        "change-the-lock": [
            resting("app"),
            [
                (
                    (
                        "mine = kms.encrypt(KeyId=app, Plaintext=b'x')['CiphertextBlob']\n"
                        "kms.re_encrypt(CiphertextBlob=mine, DestinationKeyId=app, "
                        "DestinationEncryptionContext={'table': 'clients', 'customer': 'alice'})"
                    ),
                    "not yet",
                    "not made of `phone`",
                )
            ],
        ],
        "name-the-error": [
            given("'invalidciphertextexception'", status="solved", says=""),
            given("'InvalidCiphertextException: None'", status="not yet", says="Put the code alone"),
        ],
    },
}
