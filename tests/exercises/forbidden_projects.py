"""Answers that a project's task forbids, and right ones of another kind: rows as in forbidden.py."""

from __future__ import annotations

from .forbidden_grants import NO, PUT, Rows

WITH_AUDITOR = 'rules["Others1"]["Condition"]["ArnNotEquals"]["aws:PrincipalArn"] = [web_role.arn, auditor_role.arn]'
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


FOUR_ROLES = 'rules["{rule}"]["Principal"] = {{"AWS": [{roles}]}}'
ROLES = 'billing_role.arn, auditor_role.arn, f"arn:aws:iam::{lab.account_id}:role/LabAdministrator"'
BACK_DOOR = '[billing_role.arn, f"arn:aws:iam::{lab.account_id}:role/Back"]'
BY_ENDPOINT = '{"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}'
BUT_AUDITOR = '{"ArnNotEquals": {"aws:PrincipalArn": auditor_role.arn}}'
PLAIN_HTTP = '{"Bool": {"aws:SecureTransport": "false"}}'
MORE = (
    'both["Statement"].append({"Effect": "%s", "Principal": "*", "Action": "s3:%s", '
    '"Resource": f"arn:aws:s3:::{bucket}%s"%s})'
)


def _sealed(by: str, key: str) -> str:
    """The first hour, sealed by one of the clients; the web server puts it."""
    return (
        'sealed, this_file = io.BytesIO(), {"app": "web", "file": "2026-01-05T00.log"}\n'
        f"seal(io.BytesIO(first_hour), sealed, {by}, {key}, this_file, frame_bytes=100)\n"
        'place = {"Bucket": bucket, "Key": "web/2026-01-05T00.log.sealed"}\n'
        'web.client("s3").put_object(**place, Body=sealed.getvalue())\n'
    )


LOGS: dict[str, Rows] = {
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
    "seal-the-first-hour": (
        (_sealed(by="kms", key="key"), NO, "not the web server that made its data key"),
        (_sealed(by="kms", key='kms.create_key()["KeyMetadata"]["Arn"]'), NO, "not the web server that made its data"),
        (_sealed(by='web.client("kms")', key="key") + "kms.disable_key(KeyId=key)", NO, "Disabled"),
        (
            _sealed(by='web.client("kms")', key="key") + "kms.disable_key(KeyId=key)\nkms.enable_key(KeyId=key)",
            "solved",
            "One file",
        ),
    ),
    "a-door-for-billing": (
        (_door(FOUR_ROLES.format(rule="Deletions", roles=f"{ROLES}, web_role.arn")), NO, "names may delete"),
        (
            _door(f'del rules["Others1"]["Condition"]\n{FOUR_ROLES.format(rule="Others1", roles=ROLES)}'),
            NO,
            "A role that no document names may put web/",
        ),
        (_door('rules["OtherPlaces"]["NotResource"].append(f"arn:aws:s3:::{bucket}/billing/*.txt")'), NO, "x.txt"),
        (_door('rules["OtherPlaces"]["NotResource"].append(f"arn:aws:s3:::{bucket}/tmp/*")'), NO, "may put tmp/x"),
        (_door(f'rules["Others2"]["Condition"]["ArnNotEquals"]["aws:PrincipalArn"] = {BACK_DOOR}'), NO, "Back may put"),
        (_door(f'rules["Deletions"]["Condition"] = {BY_ENDPOINT}'), NO, "may delete"),
        (_door(MORE % ("Deny", "GetObject", "/*", f', "Condition": {BUT_AUDITOR}')), NO, "asks for the checksum"),
        (_door(MORE % ("Deny", "ListBucket", "", "")), NO, "lists the bucket"),
        (_door(MORE % ("Allow", "GetObject", "/*", "")), NO, "A role of another account may get"),
        (_door('rules["NotNew"]["Condition"] = {"StringNotEquals": {"s3:if-none-match": "*"}}'), "solved", "own"),
        (_door(MORE % ("Deny", "*", "/*", f', "Condition": {PLAIN_HTTP}')), "solved", "own"),
        (_door('both["Statement"].remove(rules["NotNew"])'), NO, "without asking"),
        (_door('both["Statement"].remove(rules["Deletions"])'), NO, "may delete"),
        (_door('rules["Deletions"]["Action"] = "s3:DeleteObject"'), NO, "s3:DeleteObjectVersion"),
        (_door('rules["OtherPlaces"]["NotResource"].append(f"arn:aws:s3:::{bucket}/x*")'), NO, "may put x.sealed"),
        (_door('both["Statement"].remove(rules["Others2"])'), NO, "WebShipper may put billing/"),
        (_door(WITH_AUDITOR), NO, "LogAuditor may put web/"),
        (_door('rules["NotNew"]["Action"] = "s3:*"'), NO, "auditor is refused"),
        (_door('both["Statement"].remove(rules["OtherPlaces"])'), NO, "today.log"),
        (
            _door('rules["Others1"]["Principal"] = {"AWS": "*"}\nrules["Deletions"]["Action"] = "s3:Delete*"'),
            "solved",
            "a door of its own",
        ),
    ),
    "bring-it-to-its-end": (
        (
            '(stopped.spool / "2026-01-05T14.log").write_text("")\nstopped.ship()',
            NO,
            "14 o'clock holds another text",
        ),
    ),
    "ten-o-clock": (("answer = True", NO, ""), ("answer = 64", NO, "nine o'clock")),
}  # fmt: skip

ADMITTED = """
from sealed_config.rules import admit
rules = admit(json.loads(kms.get_key_policy(KeyId=key)["Policy"]), "invoice", invoice_role.arn)
{change}
kms.put_key_policy(KeyId=key, Policy=json.dumps(rules))
"""
NAME = "kms:EncryptionContext:function"
RELEASED = """
report.deploy("2026-04", settings | {{"password": "another one"}})
run()
rules = revoke(json.loads(kms.get_key_policy(KeyId=key)["Policy"]), "report", "2026-02")
{change}
kms.put_key_policy(KeyId=key, Policy=json.dumps(rules))
"""


def _policy(text: str, change: str, says: str, status: str = NO) -> tuple[str, str, str]:
    return text.format(change=change), status, says


BOTH = 'rules["Statement"][{number}]["Principal"] = {{"AWS": [{one}.arn, {other}.arn]}}'
VALUE = 'rules["Statement"][{number}]["Condition"]["StringEquals"]["{name}"] = {value}'
LEFT_OPEN = (
    'rules["Statement"][-1]["Principal"] = {"AWS": report_role.arn}\n'
    'open_to = {"Principal": {"AWS": deployer_role.arn}, "Action": "kms:Decrypt", "Resource": "*"}\n'
    'rules["Statement"].append({"Effect": "Allow"} | open_to)'
)
MARCH = 'rules["Statement"][-1]["Condition"]["StringEquals"]["kms:EncryptionContext:release"].append("2026-03")'

_DENIES = 'rules["Statement"][-1]["Condition"]["%s"] = {%s}'
_LATER_ALL = (
    'rules["Statement"].append({"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", '
    '"Condition": {"DateGreaterThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}})'
)


def _both(number: int, one: str, other: str) -> str:
    return BOTH.format(number=number, one=one, other=other)


def _value(number: int, value: str) -> str:
    return VALUE.format(number=number, name=NAME, value=value)


_BY_CONDITION = """
rules, name = json.loads(kms.get_key_policy(KeyId=key)["Policy"]), "kms:EncryptionContext:function"
for role, action in (("Deployer", "kms:Encrypt"), ("InvoiceRole", "kms:Decrypt")):
    only = {"%s": {"aws:PrincipalArn": f"arn:aws:iam::{%s}:role/{role}"}, "StringEquals": {name: "invoice"}}
    who = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*", "Condition": only}
    rules["Statement"].append(who)
kms.put_key_policy(KeyId=key, Policy=json.dumps(rules))
"""

CONFIG: dict[str, Rows] = {
    "invoice-opens-its-own": (
        (_BY_CONDITION % ("ArnEquals", "lab.account_id"), "solved", "neither opens what is the other one's"),
        (_BY_CONDITION % ("ArnLike", "'*'"), NO, "Somebody else got in: the role"),
        (_BY_CONDITION % ("ArnEqualsIfExists", "lab.account_id"), NO, "Somebody else got in: the service"),
        _policy(ADMITTED, 'rules["Statement"][-1]["Action"] = ["kms:Decrypt", "kms:Encrypt"]', "kms:Encrypt"),
        _policy(ADMITTED, _both(-1, "invoice_role", "report_role"), "ReportRole may do more"),
        _policy(ADMITTED, _both(1, "deployer_role", "invoice_role"), "InvoiceRole may do more"),
        _policy(ADMITTED, _value(1, '["report", "invoice", "more"]'), "Deployer may do more"),
        _policy(ADMITTED, _value(-1, '["invoice", "report"]'), "InvoiceRole may do more"),
        _policy(ADMITTED, 'rules["Statement"][0]["Action"] = "kms:*"', "administrator may do more"),
        _policy(ADMITTED, 'rules["Statement"][0]["Action"].append("kms:CreateGrant")', "administrator may do more"),
        _policy(ADMITTED, 'del rules["Statement"][2]', "ReportRole can't do"),
        _policy(ADMITTED, 'rules["Statement"][-1]["Sid"] = "ItsOwn"', "neither opens", "solved"),
    ),
    "february-has-leaked": (
        _policy(RELEASED, LEFT_OPEN, "not closed to everybody"),
        _policy(RELEASED, _value(-1, '"invoice"'), "2026-02 can still be opened"),
        _policy(RELEASED, 'del rules["Statement"][-1]["Condition"]', "2026-04 can't be opened"),
        _policy(RELEASED, MARCH, "Nobody can roll back", "solved"),
        _policy(RELEASED, _DENIES % ("DateLessThan", '"aws:CurrentTime": "2026-06-01T00:00:00Z"'), "or not for good"),
        _policy(RELEASED, _DENIES % ("NotIpAddress", '"aws:SourceIp": "203.0.113.0/24"'), "or not for good"),
        _policy(RELEASED, _LATER_ALL, "2026-04 can't be opened"),
    ),
    "a-forged-release": (("answer = 'AccessDenied'", NO, "not been tried"),),
}

EDGE = 'from contextlib import suppress\nwith suppress(Exception):\n    lab.role("EdgeVerifier")\n'


def _edge(*statements: str) -> str:
    listed = ", ".join(f'{{"Effect": "Allow", {each}}}' for each in statements)
    document = f'json.dumps({{"Version": "2012-10-17", "Statement": [{listed}]}})'
    return EDGE + PUT.format(role="EdgeVerifier", document=document)


THIRD = """
third = generation("3")
for role, policy in (("Verifier", verifier_may), ("Issuer", issuer_may)):
    document = json.dumps({"Version": "2012-10-17", "Statement": policy(table, second, third)})
    iam.put_role_policy(RoleName=role, PolicyName="inline", PolicyDocument=document)
Move(store, third).run()
pointer = next(each for each in dynamodb.scan(TableName="api-keys")["Items"] if each["id"]["S"].startswith("mac#"))
dynamodb.delete_item(TableName="api-keys", Key={"id": pointer["id"]})
"""

LOST = """
made = issuer.issue("carla")
pointer = store.pointer(first, "", made.text)["id"]
dynamodb.delete_item(TableName="api-keys", Key={"id": pointer})
"""

STORE: dict[str, Rows] = {
    "second-verifier": (
        (_edge('"Action": ["kms:GenerateMac", "kms:VerifyMac"], "Resource": mac_key'), NO, "kms:VerifyMac"),
        (_edge('"Action": "kms:GenerateMac", "Resource": "*"'), NO, "seal 1"),
        (_edge('"Action": "kms:GenerateMac", "Resource": [mac_key, seal_key]'), NO, "seal 1"),
        (_edge('"Action": "kms:GenerateMac", "Resource": mac_key', '"Action": "sts:*", "Resource": "*"'), NO, "sts:*"),
        (_edge('"Action": "dynamodb:*", "Resource": table'), NO, "can't make HMACs"),
        (
            _edge('"Action": "kms:Generatemac", "Resource": mac_key', '"Action": "dynamodb:*", "Resource": table'),
            "solved",
            "opens none",
        ),
    ),
    "a-key-for-carla": ((LOST, NO, "no pointer"),),
    "third-generation": ((THIRD, NO, "have no pointer"),),
}


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

ANSWERS: dict[str, dict[str, Rows]] = {
    "1-encrypt-logs-before-upload": LOGS,
    "2-lambda-decrypts-config": CONFIG,
    "3-api-keys-in-dynamodb": STORE,
    "4-secure-file-uploads": FOUR,
}
