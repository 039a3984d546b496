"""Stories of labs 15 and 16: by notebook, then by exercise (see `telling.py`)."""

from __future__ import annotations

from .telling import COPY_OF_LINDGREN, FIND, PAGES, SOLUTION, Step, resting

LINDGREN_ENDS = """kms.schedule_key_deletion(KeyId=customers['Lindgren'], PendingWindowInDays=7)
lab.clock.advance(days=8)"""
WITH = "**(under | {'SSEKMSKeyId': customers['%s']})"

STORIES: dict[str, dict[str, list[list[Step]]]] = {
    "15-rotate-keys": {
        "half-a-year": [
            resting("wages"),
            [
                (
                    (
                        "listed = {'NumericEquals': {'kms:RotationPeriodInDays': ['90', '120', '180']}}\n"
                        "rule = {'Effect': 'Allow', 'Action': 'kms:EnableKeyRotation', 'Resource': wages, 'Condition': "
                        "listed}\n"
                        "def put(*rules):\n"
                        "    text = json.dumps({'Version': '2012-10-17', 'Statement': list(rules)})\n"
                        "    iam.put_role_policy(RoleName='Custodian', PolicyName='rotation', PolicyDocument=text)\n"
                        "put(rule)\ncustodian.client('kms').enable_key_rotation(KeyId=wages, RotationPeriodInDays=180)"
                    ),
                    "not yet",
                    "91 days, is refused",
                ),
                (
                    (
                        "rule['Condition'] = {'NumericNotEquals': {'kms:RotationPeriodInDays': ['181', '365', "
                        "'2560']}}\nput(rule)"
                    ),
                    "not yet",
                    "a longer period as well",
                ),
                (
                    "rule['Condition'] = {'NumericLessThan': {'kms:RotationPeriodInDays': '181'}}\nput(rule)",
                    "solved",
                    "",
                ),
                ("kms.disable_key_rotation(KeyId=wages)", "not yet", "does not rotate"),
            ],
        ],
        "by-hand": [
            resting("letters, new"),
            [
                (SOLUTION, "solved", ""),
                ("iam.delete_role_policy(RoleName='Postman', PolicyName='inline')", "not yet", "any more"),
            ],
        ],
        "without-seeing": [
            [
                (
                    f"{PAGES}[move('1'), move('2'), peek('3'), move('3'), move('4')]",
                    "not yet",
                    "some were read",
                ),
                ("[move(page) for page in pages]", "solved", "on the way"),
                ("peek('1')", "solved", "on the way"),
            ],
            [
                (
                    (
                        "for page in pages:\n"
                        "    at = {'page': page}\n"
                        "    both = {'SourceEncryptionContext': at, 'DestinationEncryptionContext': at}\n"
                        "    new = kms.encrypt(KeyId=diary, Plaintext=b'?', EncryptionContext={'page': page})\n"
                        "    kms.re_encrypt(CiphertextBlob=new['CiphertextBlob'], DestinationKeyId=diary, **both)"
                    ),
                    "not yet",
                    "it was not the old page",
                )
            ],
            [
                (SOLUTION, "solved", "only KMS has seen them"),
                ("kms.disable_key(KeyId=diary)", "not yet", "Disabled"),
            ],
        ],
        "which-drawer": [
            [
                (SOLUTION, "solved", ""),
                ("right = answer\nanswer = right.title()", "solved", ""),
                ("answer = forgotten", "not yet", "as text; this is int"),
                ("answer = str(forgotten)", "not yet", "none of the twelve"),
                (f"{FIND}answer = by_description[right]", "not yet", "the description of the key"),
            ]
        ],
    },
    "16-disable-and-delete": {
        "who-complains": [
            [
                (SOLUTION, "solved", ""),
                ("right = answer\nanswer = right.lower()", "solved", ""),
                ("answer = [right]", "not yet", "Take the one thing out"),
            ]
        ],
        "in-use": [
            [
                (
                    (
                        "idle = {'NumericLessThan': {'kms:TrailingDaysWithoutKeyUsage': '45'}}\n"
                        "both = ['kms:DisableKey', 'kms:ScheduleKeyDeletion']\n"
                        "used = {'Effect': 'Deny', 'Principal': '*', 'Action': both, 'Resource': '*', 'Condition': "
                        "idle}\n"
                        "kms.put_key_policy(KeyId=wages, Policy=document(whole, slow, used))"
                    ),
                    "not yet",
                    "With 45 days",
                ),
                (
                    (
                        "idle['NumericLessThan']['kms:TrailingDaysWithoutKeyUsage'] = '90'\n"
                        "used['Principal'] = {'AWS': [f'arn:aws:iam::{lab.account_id}:role/LabAdministrator']}\n"
                        "kms.put_key_policy(KeyId=wages, Policy=document(whole, slow, used))"
                    ),
                    "not yet",
                    "With 0 days",
                ),
            ],
        ],
        "forget-lindgren": [
            *(
                [(f"{before}\n{LINDGREN_ENDS}", status, says)]
                for before, status, says in (
                    (
                        (
                            "parts = s3.create_multipart_upload(Bucket='shop-orders', Key='one')\n"
                            "upload = {'Bucket': 'shop-orders', 'Key': 'one', 'UploadId': parts['UploadId']}\n"
                            "part = s3.upload_part_copy(CopySource='shop-orders/orders/Lindgren', PartNumber=1, "
                            "**upload)\n"
                            "etags = {'Parts': [{'PartNumber': 1, 'ETag': part['CopyPartResult']['ETag']}]}\n"
                            "s3.complete_multipart_upload(MultipartUpload=etags, **upload)"
                        ),
                        "not yet",
                        "A copy of Lindgren's data is in shop-orders/one",
                    ),
                    (
                        "s3.put_object(Bucket='shop-orders', Key='orders/Berg', Body=b'')",
                        "not yet",
                        "orders/Berg was written over",
                    ),
                    (
                        f"s3.put_object(Bucket='shop-orders', Key='backup/Lindgren', Body=b'', {WITH % 'Lindgren'})",
                        "not yet",
                        "backup/Lindgren was written over",
                    ),
                    (
                        (
                            "s3.copy_object(Bucket='shop-orders', Key='orders/Berg', "
                            "CopySource='shop-orders/orders/Berg', "
                            f"{WITH % 'Lindgren'})"
                        ),
                        "not yet",
                        "orders/Berg was put under a key that is deleted",
                    ),
                    (
                        (
                            "s3.copy_object(Bucket='shop-orders', Key='orders/Berg', "
                            "CopySource='shop-orders/orders/Berg', "
                            f"{WITH % 'Svensson'})"
                        ),
                        "solved",
                        "",
                    ),
                    (
                        (
                            "import json\nno = {'Effect': 'Deny', 'Principal': '*', 'Action': 's3:Get*', "
                            "'Resource': 'arn:aws:s3:::shop-orders/*/Berg'}\n"
                            "s3.put_bucket_policy(Bucket='shop-orders', Policy=json.dumps({'Version': '2012-10-17', "
                            "'Statement': [no]}))"
                        ),
                        "not yet",
                        "The bucket's policy keeps you from",
                    ),
                )
            ),
            [
                (
                    (
                        "s3.create_bucket(Bucket='attic')\n"
                        "s3.copy_object(Bucket='attic', Key='old', CopySource='shop-orders/backup/Lindgren')\n"
                        "kms.schedule_key_deletion(KeyId=customers['Lindgren'], PendingWindowInDays=7)\n"
                        "lab.clock.advance(days=8)"
                    ),
                    "not yet",
                    "A copy of Lindgren's data is in attic/old",
                ),
                ("s3.delete_object(Bucket='attic', Key='old')", "solved", ""),
            ],
            [
                (
                    (
                        f"{COPY_OF_LINDGREN}s3.put_object(Bucket='shop-orders', Key='L', Body=body)\n"
                        "kms.schedule_key_deletion(KeyId=customers['Lindgren'], PendingWindowInDays=7)\n"
                        "lab.clock.advance(days=8)"
                    ),
                    "not yet",
                    "A copy of Lindgren's data is in shop-orders/L",
                ),
            ],
            [
                (
                    (
                        "s3.put_bucket_versioning(Bucket='shop-orders', VersioningConfiguration={'Status': "
                        "'Enabled'})\n"
                        "s3.copy_object(Bucket='shop-orders', Key='copy', CopySource='shop-orders/orders/Lindgren', "
                        "ServerSideEncryption='aws:kms', SSEKMSKeyId=customers['Berg'])\n"
                        "s3.delete_object(Bucket='shop-orders', Key='copy')\n"
                        "kms.schedule_key_deletion(KeyId=customers['Lindgren'], PendingWindowInDays=7)\n"
                        "lab.clock.advance(days=8)"
                    ),
                    "not yet",
                    "A copy of Lindgren's data is in shop-orders/copy",
                ),
            ],
        ],
    },
}
