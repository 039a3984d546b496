"""Answers that a project's task forbids, and right ones of another kind: rows as in forbidden.py."""

from __future__ import annotations

from .forbidden_grants import NO, PUT, Rows

TWO = 'rules["Others1"]["Condition"]["ArnNotEquals"]["aws:PrincipalArn"] = [web_role.arn, auditor_role.arn]'
BILLING = '{"StringEquals": {"kms:EncryptionContext:app": "billing"}}'


def _role(role: str, action: str, condition: str, resource: str = "key") -> str:
    statement = f'{{"Effect": "Allow", "Action": {action}, "Resource": {resource}, "Condition": {condition}}}'
    return PUT.format(role=role, document=f'json.dumps({{"Version": "2012-10-17", "Statement": [{statement}]}})')


def _door(change: str) -> str:
    """The right bucket policy, `both`, with a change."""
    return (
        'both = bucket_policy(bucket, {"web": web_role.arn, "billing": billing_role.arn})\n'
        f'rules = {{each["Sid"]: each for each in both["Statement"]}}\n{change}\n'
        "s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(both))"
    )


ONE: dict[str, Rows] = {
    "billing-may-seal": (
        (_role("BillingShipper", '"kms:GenerateDataKey*"', BILLING), NO, "kms:GenerateDataKeyPair"),
        (_role("BillingShipper", '["kms:GenerateDataKey", "kms:Encrypt"]', BILLING), NO, "kms:Encrypt"),
        (_role("BillingShipper", '"kms:GenerateDataKey"', BILLING, '"*"'), NO, "a key"),
        (
            _role(
                "BillingShipper",
                '"kms:GenerateDataKey"',
                '{"StringLike": {"kms:EncryptionContext:app": "billing*"}}',
            ),
            NO,
            "app=billingx",
        ),
        (
            _role(
                "BillingShipper",
                '"kms:GenerateDataKey"',
                '{"StringEqualsIfExists": {"kms:EncryptionContext:app": "billing"}}',
            ),
            NO,
            "without an encryption context",
        ),
        (
            'kms.create_grant(KeyId=key, GranteePrincipal=billing_role.arn, Operations=["GenerateDataKey"])',
            NO,
            "kms:GenerateDataKey on the key",
        ),
        (
            (
                'kms.create_grant(KeyId=key, GranteePrincipal=billing_role.arn, Operations=["GenerateDataKey"], '
                'Constraints={"EncryptionContextSubset": {"app": "billing"}})'
            ),
            "solved",
            "opens nothing",
        ),
        (
            (
                'kms.create_grant(KeyId=key, GranteePrincipal=billing_role.arn, Operations=["GenerateDataKey"], '
                'Constraints={"EncryptionContextEquals": {"app": "billing"}})'
            ),
            NO,
            "another=pair",
        ),
    ),
    "a-door-for-billing": (
        (_door('both["Statement"].remove(rules["NotNew"])'), NO, "without asking"),
        (_door('both["Statement"].remove(rules["Deletions"])'), NO, "may delete"),
        (_door('rules["Deletions"]["Action"] = "s3:DeleteObject"'), NO, "s3:DeleteObjectVersion"),
        (_door('rules["OtherPlaces"]["NotResource"].append(f"arn:aws:s3:::{bucket}/x*")'), NO, "may put x.sealed"),
        (_door('both["Statement"].remove(rules["Others2"])'), NO, "WebShipper may put billing/"),
        (_door(TWO), NO, "LogAuditor may put web/"),
        (_door('rules["NotNew"]["Action"] = "s3:*"'), NO, "auditor is refused"),
        (_door('both["Statement"].remove(rules["OtherPlaces"])'), NO, "today.log"),
        (
            _door('rules["Others1"]["Principal"] = {"AWS": "*"}\nrules["Deletions"]["Action"] = "s3:Delete*"'),
            "solved",
            "a door of its own",
        ),
    ),
    "ten-o-clock": (("answer = True", NO, ""), ("answer = 64", NO, "nine o'clock")),
}  # fmt: skip

TAG = 'kms.tag_resource(KeyId=globex_key, Tags=[{"TagKey": "tenant", "TagValue": "globex"}])\n'


def _key(change: str) -> str:
    """The right key policy of globex, `right`, with a change; `use` is the statement about its context."""
    return (
        f'{TAG}right = key_policy(lab.account_id, "globex")\naccount, use = right["Statement"]\n{change}\n'
        "kms.put_key_policy(KeyId=globex_key, Policy=json.dumps(right))"
    )


def _bucket(change: str) -> str:
    """The right bucket policy for three tenants, `three`, with a change; `rules` has its statements by their Sids."""
    return (
        'three = bucket_policy(bucket, {"acme": acme_key, "initech": initech_key, "globex": globex_key})\n'
        f'rules = {{each["Sid"]: each for each in three["Statement"]}}\n{change}\n'
        "s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(three))"
    )


def _put(**other: object) -> str:
    """A put in a session of initech as it should be, but for one thing (None: left out)."""
    change = {"ChecksumSHA256": None, **other} if "Body" in other else other
    return (
        'asked = {"Bucket": bucket, "Key": "initech/minutes.txt", "Body": minutes}\n'
        'asked |= {"ContentDisposition": "attachment"}\n'
        'asked |= {"ContentType": "application/octet-stream", "ChecksumSHA256": sum_of(minutes)}\n'
        'asked |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": initech_key}\n'
        "asked |= {'SSEKMSEncryptionContext': base64.b64encode(b'{\"tenant\": \"initech\"}').decode()}\n"
        f"asked |= {change}\n"
        'initech("s3").put_object(**{name: value for name, value in asked.items() if value is not None})'
    )


def _cors(*rules: str) -> str:
    return f's3.put_bucket_cors(Bucket=bucket, CORSConfiguration={{"CORSRules": [{", ".join(rules)}]}})'


def _rule(origins: str, methods: str = '"PUT"', headers: str = '"*"') -> str:
    return f'{{"AllowedOrigins": [{origins}], "AllowedMethods": [{methods}], "AllowedHeaders": [{headers}]}}'


GRANT = 'kms.create_grant(KeyId=globex_key, GranteePrincipal=service_role.arn, Operations=["Decrypt"])'
PARTNER = '"https://files.example.com"'
OTHER_CONTEXT = '"StringNotLike": {"kms:EncryptionContext:tenant": "globex*"}'
ADMINISTRATOR = '"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/LabAdministrator"}'

FOUR: dict[str, Rows] = {
    "close-the-key": (
        (_key('use["Action"].remove("kms:Decrypt")'), NO, "kms:Decrypt"),
        (_key('use["Action"][2] = "kms:GenerateDataKey"'), NO, "kms:GenerateDataKey"),
        (_key('use["Action"].remove("kms:ReEncrypt*")'), NO, "kms:ReEncrypt"),
        (_key(f'use["Condition"] = {{{OTHER_CONTEXT}}}'), NO, "can be used in another way"),
        (_key(f'use["Condition"] |= {{{ADMINISTRATOR}}}'), NO, "can be used in another way"),
        (_key('use["Condition"] = {"StringNotEqualsIfExists": use["Condition"]["StringNotEquals"]}'), "solved", ""),
        (_key('account["Principal"] = "*"'), NO, "let in by the key itself"),
        (
            _key(
                'allow = {**use, "Sid": "In", "Effect": "Allow", "Principal": {"AWS": service_role.arn}}\n'
                'allow["Condition"] = {"StringEquals": {"kms:EncryptionContext:tenant": "globex"}}\n'
                'right["Statement"].append(allow)'
            ),
            NO,
            "let in by the key itself",
        ),
        (_key('use["Action"].append("kms:DescribeKey")'), NO, "administrator lacks"),
        (_key('use["Principal"] = {"AWS": tenant_role.arn}'), NO, "can be used in another way"),
        (
            _key('right["Statement"].append({**use, "Condition": {"Null": {"aws:PrincipalTag/tenant": "false"}}})'),
            NO,
            "A session of globex is refused",
        ),
        (
            _key("") + '\n' + GRANT,
            NO,
            "let in by the key itself",
        ),
        (TAG.replace('"TagValue": "globex"', '"TagValue": "acme"') + _key("").removeprefix(TAG), NO, "no tag"),
    ),
    "a-door-for-globex": (
        (_bucket('three["Statement"].remove(rules["NotUnderKms"])'), NO, "with "),
        (_bucket('three["Statement"].remove(rules["OtherKey3"])'), NO, "A session of globex may put"),
        (_bucket('three["Statement"].remove(rules["OtherKey1"])'), NO, "A session of acme may put"),
        (_bucket('three["Statement"].remove(rules["OtherPlaces"])'), NO, "may put"),
        (_bucket('rules["Strangers3"]["Action"] = "s3:PutObject"'), NO, "may get `globex/a.txt`"),
        (_bucket('rules["Strangers2"]["Action"] = "s3:GetObject"'), NO, "may put `initech/a.txt`"),
        (_bucket('rules["OtherPlaces"]["NotResource"][2] = f"arn:aws:s3:::{bucket}/globex*"'), NO, "`globexx/a.txt`"),
        (_bucket('rules["Strangers3"]["Condition"] = {"Null": {"aws:PrincipalTag/tenant": "true"}}'), NO, "acme may"),
        (
            _bucket(
                'but = {"aws:PrincipalArn": "arn:aws:iam::*:role/LabAdministrator"}\n'
                'rules["Strangers3"]["Condition"]["ArnNotLike"] = but'
            ),
            NO,
            "LabAdministrator may get `globex/a.txt`",
        ),
        (
            _bucket(
                'allow = {**rules["Strangers3"], "Sid": "In", "Effect": "Allow", "Action": "s3:GetObject"}\n'
                'allow["Condition"] = {"StringEquals": {"aws:PrincipalTag/tenant": "globex"}}\n'
                'three["Statement"].append(allow)'
            ),
            NO,
            "Somebody of another account may get",
        ),
        (_bucket('rules["OtherKey3"]["Action"] = ["s3:PutObject", "s3:GetObject"]'), NO, "refused when it gets"),
    ),
    "a-link-for-initech": (
        (_put(ContentType="text/plain"), NO, "browser would show it"),
        (_put(ContentDisposition="inline"), NO, "browser would show it"),
        (_put(ChecksumSHA256=None), NO, "no SHA-256 checksum"),
        (_put(Body=b"x" * 38, ChecksumSHA256=None), NO, "no SHA-256 checksum"),
        (_put(Body=b"minutes"), NO, "not as long"),
    ),
    "another-page": (
        (_cors(_rule(f"site, {PARTNER}, 'null'")), NO, "a page of null"),
        (_cors(_rule(f"site, {PARTNER}, 'https://*'")), NO, "in: PUT"),
        (_cors(_rule(f"site, {PARTNER[:-1]}*\"")), NO, "files.example.com:8443 in"),
        (_cors(_rule(f"'http://127.0.0.1:*', {PARTNER}")), NO, "http://127.0.0.1:1 in"),
        (_cors(_rule("site"), _rule(PARTNER, headers='"content-type"')), NO, "not with all the headers"),
        (_cors(_rule("site"), _rule(PARTNER), _rule("'*'", "'GET'")), NO, "more than upload: GET"),
        (_cors(_rule("site"), _rule(PARTNER, '"PUT", "DELETE"')), NO, "more than upload: DELETE"),
        ("s3.delete_bucket_cors(Bucket=bucket)", NO, "no CORS configuration"),
        (_cors(_rule(PARTNER), _rule("site")), "solved", "Two pages"),
    ),
    "what-was-opened": (
        ("answer = []", NO, "Not all"),
        ('answer = ["acme/plan.txt", "initech/plan.txt", "acme/plan.txt"]', NO, "more than once"),
        ('answer = ["acme/plan.txt", "initech/plan.txt", "globex/plan.txt"]', NO, "none of the objects"),
        ('answer = "acme/plan.txt"', NO, ""),
    ),
}  # fmt: skip

ANSWERS: dict[str, dict[str, Rows]] = {"1-encrypt-logs-before-upload": ONE, "4-secure-file-uploads": FOUR}
