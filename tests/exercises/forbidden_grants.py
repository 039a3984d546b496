"""Answers that the tasks of notebooks 06 and 07 forbid, and right ones of another kind: see `forbidden.py`."""

Rows = tuple[tuple[str, str, str], ...]

PUT = 'iam.put_role_policy(RoleName="{role}", PolicyName="tried", PolicyDocument={document})'
NO = "not yet"

GRANT = "kms.create_grant(KeyId={key}, GranteePrincipal={who}.arn, Operations={operations}{more})"
SUBSET = ', Constraints={"EncryptionContextSubset": {"box": "7"}}'
DECRYPT = '\nimport json\nrule = {{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": {key}}}\n' + PUT.replace(
    "{document}", 'json.dumps({{"Version": "2012-10-17", "Statement": [rule]}})'
)
OPEN = '\nresearcher.client("kms").decrypt(CiphertextBlob=letter, EncryptionContext=context)'
TO_A_SERVICE = (
    '\nkms.create_grant(KeyId=key, GranteeServicePrincipal="cloudtrail.amazonaws.com", RetiringPrincipal=foreman.arn, '
    'Operations=["Decrypt"], Constraints={"SourceArn": f"arn:aws:cloudtrail:us-east-1:{lab.account_id}:trail/mine"})'
)
SIX: dict[str, Rows] = {
    "just-enough": (
        (
            GRANT.format(
                key="key",
                who="printer",
                operations='["Encrypt", "DescribeKey"]',
                more=", RetiringPrincipal=printer.arn",
            ),
            NO,
            "more: kms:RetireGrant",
        ),
        (
            GRANT.format(key="key", who="printer", operations='["Encrypt", "DescribeKey"]', more="")
            + '\nother = kms.create_key()["KeyMetadata"]["Arn"]\n'
            + GRANT.format(key="other", who="printer", operations='["Decrypt"]', more=""),
            NO,
            "more: kms:Decrypt on the key",
        ),
        (
            GRANT.format(key="key", who="printer", operations='["Encrypt", "DescribeKey"]', more="") + TO_A_SERVICE,
            NO,
            "a grant for cloudtrail.amazonaws.com",
        ),
    ),
    "one-box": (
        (
            GRANT.format(key="key", who="researcher", operations='["Decrypt"]', more="")
            + OPEN
            + '\nkms.revoke_grant(KeyId=key, GrantId=[g for g in kms.list_grants(KeyId=key)["Grants"] '
            'if "Researcher" in g["GranteePrincipal"]][0]["GrantId"])\n'
            + GRANT.format(key="key", who="researcher", operations='["Decrypt"]', more=SUBSET),
            NO,
            "has not opened the letter yet",
        ),
        (
            GRANT.format(key="key", who="researcher", operations='["Decrypt"]', more=SUBSET)
            + OPEN
            + DECRYPT.format(role="Researcher", key="key"),
            NO,
            "more: kms:Decrypt on the key `archive`",
        ),
        (
            GRANT.format(
                key="key",
                who="researcher",
                operations='["Decrypt"]',
                more=', Constraints={"EncryptionContextSubset": {"BOX": "7"}}',
            )
            + OPEN,
            "solved",
            "Box 7",
        ),
    ),
    "put-it-down": (
        (
            (
                'given = kms.create_grant(KeyId=key, GranteePrincipal=temp.arn, Operations=["Decrypt", "Encrypt", '
                '"RetireGrant"])\ntemp.client("kms").decrypt(CiphertextBlob=postcard, KeyId=key)\n'
                'temp.client("kms").retire_grant(KeyId=key, GrantId=given["GrantId"])'
            ),
            NO,
            "allowed more than to decrypt and to retire it",
        ),
        (
            'given = kms.create_grant(KeyId=key, GranteePrincipal=temp.arn, Operations=["Decrypt", "RetireGrant"])\n'
            'temp.client("kms").decrypt(CiphertextBlob=postcard, KeyId=key)\n'
            'temp.client("kms").retire_grant(GrantToken=given["GrantToken"])' + DECRYPT.format(role="Temp", key="key"),
            NO,
            "is still allowed: kms:Decrypt on the key `archive`",
        ),
        (
            (
                "given = kms.create_grant(KeyId=key, GranteePrincipal=temp.arn, RetiringPrincipal=temp.arn, "
                'Operations=["Decrypt"])\ntemp.client("kms").decrypt(CiphertextBlob=postcard)\n'
                'temp.client("kms").retire_grant(GrantToken=given["GrantToken"])'
            ),
            "solved",
            "put down by its own holder",
        ),
    ),
    "the-odd-one": (
        ('answer = kms.list_grants(KeyId=scans)["Grants"][0]', NO, "the grant's Name, as text; this is dict"),
    ),
    "close-the-door": (
        (
            'pages = kms.get_paginator("list_grants").paginate(KeyId=scans).build_full_result()["Grants"]\n'
            'odd = next(grant for grant in pages if "Constraints" not in grant)\n'
            'kms.revoke_grant(KeyId=scans, GrantId=odd["GrantId"])' + DECRYPT.format(role="Scanner", key="scans"),
            NO,
            "still allowed more than its shelves",
        ),
    ),
}

SHARE = 'share({key}, {{"Effect": "Allow", "Principal": {who}, "Action": {actions}, "Resource": "*"{more}}})\n{then}'
VISIT = 'clerk.client("kms").decrypt(CiphertextBlob=entry, KeyId=ledger)'
BOSS = 'org.management.client("kms").decrypt(CiphertextBlob=minute, KeyId=minutes)'
FAMILY = ', "Condition": {"StringEquals": {"aws:PrincipalOrgID": [org.id, "o-exampleorgid"]}}'
BACKUP = (
    'asks = {{"StringEquals": {{"sts:ExternalId": {value}}}}}\nwho = {{"AWS": {who}}}\n'
    'lab.role("Backup", trust=[vendor_may | {{"Principal": {{"AWS": partner.account_id}}, "Condition": asks}}])'
    '.session(by=collector.session(), ExternalId="backup-7")\n'
    'trusted = [vendor_may | {{"Principal": who, "Condition": asks}}]\n'
    'text = json.dumps({{"Version": "2012-10-17", "Statement": trusted}})\n'
    'boto3.client("iam").update_assume_role_policy(RoleName="Backup", PolicyDocument=text)'
)
SEVEN: dict[str, Rows] = {
    "one-role-one-action": (
        (
            SHARE.format(
                key="ledger", who='{"AWS": [clerk.arn, reader.arn]}', actions='"kms:Decrypt"', more="", then=VISIT
            ),
            NO,
            "more than the role Clerk in: the role Reader",
        ),
        *(
            (
                SHARE.format(
                    key="ledger", who='{"AWS": clerk.arn}', actions=f'["kms:Decrypt", "{action}"]', more="", then=VISIT
                ),
                NO,
                f"more than decrypting: {action}",
            )
            for action in ("kms:ListGrants", "kms:RevokeGrant", "kms:ReEncryptTo", "kms:PutKeyPolicy")
        ),
        (
            SHARE.format(
                key="ledger",
                who='{"AWS": clerk.arn}',
                actions='"kms:Decrypt"',
                more="",
                then=VISIT + '\nkms.create_grant(KeyId=ledger, GranteePrincipal=reader.arn, Operations=["Decrypt"])',
            ),
            NO,
            "or a grant, lets more than the role Clerk in",
        ),
    ),
    "who-came-in": (("answer = [1]", NO, "an account id, as text; this is list"),),
    "name-your-customer": (
        (BACKUP.format(value='"backup-7"', who="rival.account_id"), NO, "more than the vendor's account: "),
        (BACKUP.format(value='"backup-7"', who="[partner.account_id, rival.account_id]"), NO, "777788889999"),
        (BACKUP.format(value='["backup-7", "backup-8"]', who="partner.account_id"), NO, "'backup-8' as well"),
        (
            (
                'asks = {"StringEquals": {"sts:ExternalId": "backup-7"}}\n'
                'every = [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]\n'
                'lab.role("Backup", policy=every, trust=[vendor_may | {"Condition": asks}])'
                '.session(by=collector.session(), ExternalId="backup-7")'
            ),
            NO,
            "needs no permissions, and it has: kms:Decrypt",
        ),
    ),
    "family-only": (
        (
            SHARE.format(key="minutes", who='{"AWS": "*"}', actions='"kms:Decrypt"', more=FAMILY, then=BOSS),
            NO,
            "a role of another organization",
        ),
        (
            SHARE.format(
                key="minutes",
                who='{"AWS": "*"}',
                actions='["kms:Decrypt", "kms:ListGrants"]',
                more=', "Condition": {"StringEquals": {"aws:PrincipalOrgID": org.id}}',
                then=BOSS,
            ),
            NO,
            "kms:ListGrants on the key `minutes`",
        ),
        (
            SHARE.format(
                key="minutes",
                who='"*"',
                actions='"kms:Decrypt"',
                more=', "Condition": {"StringEquals": {"aws:PrincipalOrgID": org.id}}',
                then=BOSS,
            ),
            "solved",
            "Which of its roles may decrypt is up to that account",
        ),
    ),
}
