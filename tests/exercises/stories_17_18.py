"""Stories of labs 17 and 18: by notebook, then by exercise (see `telling.py`)."""

from __future__ import annotations

from .telling import ADVANCED, SELECT, SOLUTION, USE, Step

STORIES: dict[str, dict[str, list[list[Step]]]] = {
    "17-multi-region-keys": {
        "complete-replica": [
            [
                (SOLUTION, "solved", ""),
                ("lab.clock.advance(minutes=1)", "solved", ""),
                ("sydney.disable_key(KeyId=mrk)", "not yet", "Disabled"),
                ("sydney.enable_key(KeyId=mrk)", "solved", ""),
                ("sydney.untag_resource(KeyId=mrk, TagKeys=['team'])", "not yet", "the tag"),
                ("sydney.tag_resource(KeyId=mrk, Tags=[{'TagKey': 'team', 'TagValue': 'archive'}])", "solved", ""),
                ("sydney.delete_alias(AliasName='alias/backups')", "not yet", "no alias"),
            ]
        ],
        "close-everywhere": [
            [
                (SOLUTION, "solved", ""),
                (
                    (
                        "grant = ireland.create_grant(KeyId=mrk, GranteePrincipal=trainee.arn, "
                        "Operations=['ReEncryptFrom'])"
                    ),
                    "not yet",
                    "still decrypts in eu-west-1",
                ),
                ("ireland.revoke_grant(KeyId=mrk, GrantId=grant['GrantId'])", "solved", ""),
            ]
        ],
        "only-frankfurt": [
            [
                (SOLUTION, "solved", ""),
                (
                    (
                        "def put(*rules):\n"
                        "    text = json.dumps({'Version': '2012-10-17', 'Statement': list(rules)})\n"
                        "    iam.put_role_policy(RoleName='Operator', PolicyName='inline', PolicyDocument=text)\n"
                        "to['StringEquals']['kms:ReplicaRegion'] = there['StringEquals']['aws:RequestedRegion'] = "
                        "['eu-central-1', 'eu-north-1']\nput(replicate, create)"
                    ),
                    "not yet",
                    "to eu-north-1, for instance",
                ),
            ],
            [
                (SOLUTION, "solved", ""),
                (
                    (
                        "def put(*rules):\n"
                        "    text = json.dumps({'Version': '2012-10-17', 'Statement': list(rules)})\n"
                        "    iam.put_role_policy(RoleName='Operator', PolicyName='inline', PolicyDocument=text)"
                    ),
                    "solved",
                    "",
                ),
                *(
                    (
                        (
                            "more = {'Effect': 'Allow', 'Action': ['kms:ReplicateKey', 'kms:CreateKey'], "
                            f"'Resource': '*', 'Condition': {condition}}}\nput(replicate, create, more)"
                        ),
                        "not yet",
                        "other Regions as well",
                    )
                    for condition in (
                        "{'Bool': {'aws:MultiFactorAuthPresent': 'true'}}",
                        "{'IpAddress': {'aws:SourceIp': '198.51.100.0/24'}}",
                        "{'DateGreaterThan': {'aws:CurrentTime': '2030-01-01T00:00:00Z'}}",
                        "{'StringLikeIfExists': {'kms:ReplicaRegion': 'ap-*'}}",
                        "{'StringEquals': {'aws:PrincipalTag/team': 'archive'}}",
                    )
                ),
                ("put(replicate, create)", "solved", ""),
            ],
        ],
        "where-at-night": [
            [
                (SOLUTION, "solved", ""),
                ("right = answer\nanswer = right.upper()", "solved", ""),
                ("answer = [right]", "not yet", "Take the one thing out"),
            ]
        ],
    },
    "18-cloudtrail-in-pandas": {
        "night-order": [
            [
                (SOLUTION, "solved", ""),
                ("right = answer\nanswer = int(right)", "solved", ""),
                ("answer = [right]", "not yet", "Take the one thing out"),
            ]
        ],
        "speak": [
            [
                (SELECT.format("quiet, selector") + USE, "solved", ""),
                ("cloudtrail.stop_logging(Name='shop')", "not yet", "it is stopped"),
                ("cloudtrail.start_logging(Name='shop')", "solved", ""),
                (
                    SELECT.format("selector | {'ReadWriteType': 'ReadOnly'}, selector | {'ReadWriteType': 'WriteOnly'}")
                    + USE,
                    "solved",
                    "",
                ),
                (SELECT.format("selector | {'ReadWriteType': 'ReadOnly'}, quiet") + USE, "not yet", "Only some calls"),
                (
                    f"{ADVANCED}advanced([{{'Field': 'readOnly', 'Equals': ['true']}}], "
                    "[{'Field': 'readOnly', 'Equals': ['false']}])\n" + USE,
                    "solved",
                    "",
                ),
                ("advanced([{'Field': 'readOnly', 'Equals': ['true']}])\n" + USE, "not yet", "taken together"),
                ("advanced([{'Field': 'eventSource', 'NotEquals': ['kms.amazonaws.com']}], [])\n" + USE, "solved", ""),
            ],
            [
                (
                    SELECT.format("selector") + "cloudtrail.stop_logging(Name='shop')\n"
                    "kms.encrypt(KeyId=key, Plaintext=b'seen')\ncloudtrail.start_logging(Name='shop')\n"
                    "lab.clock.advance(minutes=10)",
                    "not yet",
                    "nobody has used the key",
                ),
                ("cloudtrail.delete_trail(Name='shop')", "not yet", "is not in the account"),
            ],
        ],
        "how-often": [
            [
                (SOLUTION, "solved", ""),
                ("kms.encrypt(KeyId=key, Plaintext=b'more')", "not yet", "load the records again"),
                (SOLUTION, "solved", ""),
                ("answer = str(answer)", "not yet", "Leave the quotation marks out"),
            ]
        ],
        "on-purpose": [
            [
                (SOLUTION, "solved", ""),
                ("right = answer\nanswer = right.lower()", "solved", ""),
                ("answer = f'arn:aws:iam::{lab.account_id}:role/{right}'", "solved", ""),
                ("answer = {right}", "not yet", "Take the one thing out"),
            ]
        ],
    },
}
