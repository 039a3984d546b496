"""Stories of labs 08 to 10: by notebook, then by exercise (see `telling.py`)."""

from __future__ import annotations

from .telling import SOLUTION, TOKEN, Step, given, more, resting

STORIES: dict[str, dict[str, list[list[Step]]]] = {
    "08-envelope-encryption": {
        "open-the-parcel": [
            [
                (SOLUTION, "solved", ""),
                ("right = answer\nanswer = bytearray(right)", "solved", ""),
                ("answer = memoryview(right)", "solved", ""),
                ("answer = right.decode()", "solved", ""),
                ("answer = str(right)", "not yet", "`b''` round it"),
                ("answer = list(right)", "not yet", "as text or bytes; this is list"),
            ]
        ],
        "change-the-wrapper": [
            resting("vault"),
            [
                (
                    (
                        "mine = kms.encrypt(KeyId=app, Plaintext=bytes(32), EncryptionContext={'a': "
                        "'b'})['CiphertextBlob']\n"
                        "kms.re_encrypt(CiphertextBlob=mine, SourceEncryptionContext={'a': 'b'}, "
                        "DestinationKeyId=vault, "
                        "DestinationEncryptionContext=parcel['context'])"
                    ),
                    "not yet",
                    "It is not the parcel's data key",
                )
            ],
        ],
        "into-the-archive": [
            resting("app"),
            [
                (
                    (
                        "about = {'file': 'report.csv'}\n"
                        "envelope.encrypt_file('report.csv', 'other.env', kms, 'alias/app', about)\n"
                        "envelope.decrypt_file('other.env', 'other.csv', kms, 'alias/app', about)\n"
                        "envelope.encrypt_file('report.csv', 'report.env', kms, vault, about)\n"
                        "s3.create_bucket(Bucket=bucket)\ns3.upload_file('report.env', bucket, 'report.env')"
                    ),
                    "not yet",
                    "does not come from `alias/app`",
                )
            ],
        ],
        "count-the-calls": [given("'400'", "400.0", "[400]", status="not yet", says="a whole number; this is")],
    },
    "09-sign-and-verify": {
        "big-release": [
            resting("firmware")[:1] + resting("firmware")[3:],
            [
                (SOLUTION, "solved", ""),
                (
                    (
                        "whole = s3.get_object(Bucket=bucket, Key='3.0.bin')['Body'].read()\n"
                        "s3.put_object(Bucket=bucket, Key='3.0.bin', Body=b'x')\n"
                        "signed = kms.sign(KeyId=key, Message=b'x', SigningAlgorithm='ECDSA_SHA_256')['Signature']\n"
                        "s3.put_object(Bucket=bucket, Key='3.0.sig', Body=signed)"
                    ),
                    "not yet",
                    "another program",
                ),
                ("s3.delete_object(Bucket=bucket, Key='3.0.bin')", "not yet", "not in the bucket any more"),
                (
                    (
                        "import base64\ns3.put_object(Bucket=bucket, Key='3.0.bin', Body=whole)\n"
                        "digest = hashlib.sha256(whole).digest()\n"
                        "signed = kms.sign(KeyId=key, Message=digest, MessageType='DIGEST', "
                        "SigningAlgorithm='ECDSA_SHA_256')['Signature']\n"
                        "s3.put_object(Bucket=bucket, Key='3.0.sig', Body=base64.b64encode(signed))"
                    ),
                    "not yet",
                    "in base64",
                ),
            ],
        ],
        "gate-pass": [
            [
                (
                    f"{TOKEN}answer = issue({{'sub': 'visitor', 'exp': int(time.time()) - 60}})",
                    "not yet",
                    "`exp` is past",
                ),
                (
                    "answer = issue({'sub': 'visitor', 'nbf': int(time.time()) + 3600})",
                    "not yet",
                    "not yet valid (nbf)",
                ),
                (
                    "answer = issue({'sub': 'visitor', 'iat': int(time.time()) + 3600})",
                    "not yet",
                    "not yet valid (iat)",
                ),
                ("answer = issue({'sub': 'visitor', 'exp': 'soon'})", "not yet", "a JWT library refuses"),
                ("answer = issue({'sub': 'visitor', 'aud': 5})", "not yet", "a JWT library refuses"),
                ("answer = issue({'sub': 'visitor'}, {'crit': ['x'], 'x': 1})", "not yet", "a JWT library refuses"),
                ("answer = issue({'sub': 'visitor'}, {'alg': 'none'})", "not yet", "names the algorithm none"),
                ("answer = issue({'sub': 'visitor'}, {'alg': 'HS256'})", "not yet", "names the algorithm HS256"),
                ("answer = issue({'sub': 'visitor'})", "solved", ""),
                ("answer = issue({'sub': 'visitor'}).encode()", "solved", ""),
                ("answer = issue({'sub': 'visitor', 'exp': int(time.time()) + 600})", "solved", ""),
                ("answer = issue({'sub': 'visitor', 'aud': 'gate'})", "solved", ""),
                ("answer = issue({'sub': 'visitor'}) + '.x'", "not yet", ""),
                ("answer = [issue({'sub': 'visitor'})]", "not yet", "Take the one thing out"),
            ],
            resting("firmware")[:1] + resting("firmware")[3:],
        ],
        "pss-only": [
            resting("tokens"),
            more(
                "Cashier",
                "{'Effect': 'Allow', 'Action': 'kms:Sign', 'Resource': tokens, 'Condition': "
                "{'StringEquals': {'kms:SigningAlgorithm': ['RSASSA_PSS_SHA_256', 'RSASSA_PSS_SHA_512']}}}",
                says="with RSASSA_PSS_SHA_512, too",
            ),
            more(
                "Cashier",
                *(
                    f"{{'Effect': 'Allow', 'Action': 'kms:{name}', 'Resource': tokens}}"
                    for name in ("TagResource", "List*")
                ),
                says="more with this key than sign",
            ),
        ],
        "until-2046": [
            [
                (SOLUTION, "solved", ""),
                ("kms.disable_key(KeyId=made)", "not yet", "Disabled"),
                ("kms.schedule_key_deletion(KeyId=made)", "not yet", "PendingDeletion"),
                ("kms.delete_alias(AliasName='alias/next-model')", "not attempted", ""),
            ]
        ],
    },
    "10-bring-your-own-key": {
        "ninety-days": [
            resting("land register"),
            [
                (SOLUTION, "solved", ""),
                ("kms.delete_imported_key_material(KeyId=made)", "not yet", "PendingImport"),
            ],
        ],
        "lost-material": [
            resting("deaths"),
            [
                (SOLUTION, "solved", ""),
                ("kms.delete_imported_key_material(KeyId=deaths)", "not yet", "still without material"),
            ],
        ],
        "turn-the-year": [resting("marriages")],
        "old-stamps": [
            [
                (SOLUTION, "solved", ""),
                ("right = answer\nanswer = str(right)", "not yet", "Leave the quotation marks out"),
                ("answer = float(right)", "not yet", "a whole number; this is float"),
                ("answer = [right]", "not yet", "a whole number; this is list"),
                ("answer = 6", "not yet", "No stamp has the number"),
                ("answer = right % 5 + 1", "not yet", "is genuine"),
                ("answer = right\nkms.disable_key(KeyId=made)", "not yet", "Disabled"),
                (
                    "kms.enable_key(KeyId=made)\nkms.delete_imported_key_material(KeyId=made)",
                    "not yet",
                    "without material",
                ),
            ]
        ],
    },
}
