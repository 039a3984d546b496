"""Answers that tasks forbid, by ways that single additions don't take; and right ones that depend on time and place.

Sessions, roles that let somebody in by name, other Regions, fractions, dates, addresses, identity providers. See
`forbidden.py`.
"""

from .forbidden_grants import NO, PUT, Rows

DOCUMENT = 'json.dumps({{"Version": "2012-10-17", "Statement": [{statements}]}})'


def policy(role: str, *statements: str) -> str:
    """Code that writes a role's inline policy."""
    put = PUT.format(role=role, document=DOCUMENT.format(statements=", ".join(statements)))
    return f"import json\n{put.replace('iam.', BOTO, 1)}\n"


BOTO = 'boto3.client("iam").'


def may(action: str, on: str, condition: str = "{}") -> str:
    """An Allow."""
    asks = f', "Condition": {condition}' if condition != "{}" else ""
    return f'{{"Effect": "Allow", "Action": "{action}", "Resource": {on}{asks}}}'


def statement_more(key: str, statement: str) -> str:
    """Code that adds a statement to a key policy."""
    return (
        f'import json\ntold = json.loads(kms.get_key_policy(KeyId={key})["Policy"])\n'
        f'told["Statement"].append({statement})\nkms.put_key_policy(KeyId={key}, Policy=json.dumps(told))\n'
    )


def trusts(role: str, who: str, effect: str = '"Action": "sts:AssumeRole"') -> str:
    """Code that adds a principal to a role's trust policy."""
    return (
        f'import json\ntold = {BOTO}get_role(RoleName="{role}")["Role"]["AssumeRolePolicyDocument"]\n'
        f'told["Statement"].append({{"Effect": "Allow", "Principal": {who}, {effect}}})\n'
        f'{BOTO}update_assume_role_policy(RoleName="{role}", PolicyDocument=json.dumps(told))\n'
    )


def session(role: str) -> str:
    """The ARN of a session of a role."""
    return f'f"arn:aws:sts::{{lab.account_id}}:assumed-role/{role}/another"'


def arn(role: str) -> str:
    """The ARN of a role."""
    return f'f"arn:aws:iam::{{lab.account_id}}:role/{role}"'


def grant(key: str, role: str, operation: str = "Decrypt") -> str:
    """Code that grants something to a session of a role."""
    return f'kms.create_grant(KeyId={key}, GranteePrincipal={session(role)}, Operations=["{operation}"])\n'


READS = policy("Reporter", may("kms:Decrypt", "payroll"))
WHEN = '{{"{operator}": {{"aws:CurrentTime": "{time}"}}}}'
ANYWHERE = '{"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}'
ABROAD = """
import json
there = boto3.client("kms", "eu-west-1")
abroad = there.create_key(Description="abroad")["KeyMetadata"]["KeyId"]
told = json.loads(there.get_key_policy(KeyId=abroad)["Policy"])
whom = {"AWS": reporter.arn}
told["Statement"].append({"Effect": "Allow", "Principal": whom, "Action": "kms:Decrypt", "Resource": "*"})
there.put_key_policy(KeyId=abroad, Policy=json.dumps(told))
"""
FOUR: dict[str, Rows] = {
    "reader-for-payroll": (
        (READS + trusts("LabAdministrator", '{"AWS": reporter.arn}'), NO, "sts:AssumeRole on the role `LabAdmin"),
        (READS + grant("payroll", "Reporter", "Encrypt"), NO, "A grant lets the Reporter in (kms:Encrypt"),
        (
            READS
            + f"kms.create_grant(KeyId=payroll, GranteePrincipal={arn('LabAdministrator')}, "
            + 'RetiringPrincipal=reporter.arn, Operations=["Decrypt"])',
            NO,
            "A grant lets the Reporter in (kms:RetireGrant",
        ),
        (
            READS
            + statement_more(
                "payroll",
                f'{{"Effect": "Allow", "Principal": {{"AWS": {session("Reporter")}}}, '
                '"Action": "kms:Encrypt", "Resource": "*"}',
            ),
            NO,
            "The key policy lets the Reporter in (kms:Encrypt",
        ),
        (
            policy(
                "Reporter", may("kms:Decrypt", "payroll", WHEN.format(operator="DateGreaterThan", time="2020-01-01"))
            ),
            "solved",
            "that is all",
        ),
        (
            policy("Reporter", may("kms:Decrypt", "payroll", WHEN.format(operator="DateLessThan", time="2098-01-01"))),
            NO,
            "cannot decrypt with that key with aws:CurrentTime 2099",
        ),
        (policy("Reporter", may("kms:Decrypt", "payroll", ANYWHERE)), "solved", "that is all"),
        (READS + ABROAD, NO, "kms:Decrypt on the key `abroad` in eu-west-1"),
    ),
}

TAG = 'kms.tag_resource(KeyId=plans, Tags=[{"TagKey": "team", "TagValue": "blue"}])\n'
DAYS = '"kms:ScheduleKeyDeletionPendingWindowInDays"'


def _hasty(operator: str, days: str, more: str = "") -> str:
    return statement_more(
        "contracts",
        '{"Effect": "Deny", "Principal": "*", "Action": "kms:ScheduleKeyDeletion", "Resource": "*", '
        f'"Condition": {{"{operator}": {{{DAYS}: "{days}"}}{more}}}}}',
    )


FIVE: dict[str, Rows] = {
    "hand-it-over": (
        (
            TAG
            + statement_more(
                "plans",
                f'{{"Effect": "Deny", "Principal": {{"AWS": {arn("Red")}}}, "Action": "kms:Decrypt", "Resource": "*"}}',
            ),
            NO,
            "policies have changed",
        ),
        (
            (
                f"import json\nonly = {DOCUMENT.format(statements=may('s3:*', chr(34) + '*' + chr(34)))}\n"
                f'limit = {BOTO}create_policy(PolicyName="limit", PolicyDocument=only)["Policy"]["Arn"]\n'
                f'{BOTO}put_role_permissions_boundary(RoleName="Red", PermissionsBoundary=limit)'
            ),
            NO,
            "policies have changed",
        ),
        (f"{TAG}\nkms.disable_key(KeyId=plans)", NO, "`plans` is Disabled"),
        (f"{TAG}\nkms.disable_key(KeyId=plans)\nkms.enable_key(KeyId=plans)", "solved", "Handed over"),
    ),
    "no-hasty-goodbye": (
        (_hasty("NumericLessThan", "18.5"), NO, "19 days is still possible"),
        (_hasty("NumericLessThan", "19.5"), "solved", "Nobody can be hasty"),
        (
            _hasty("NumericLessThan", "20").replace('kms:ScheduleKeyDeletion"', 'kms:Schedule*"'),
            "solved",
            "Nobody can be hasty",
        ),
        (
            _hasty("NumericLessThan", "20", ', "DateLessThan": {"aws:CurrentTime": "2098-01-01"}'),
            NO,
            "still possible for you, with aws:CurrentTime 20",
        ),
    ),
}

PRINTS = 'kms.create_grant(KeyId=key, GranteePrincipal=printer.arn, Operations=["Encrypt", "DescribeKey"])\n'
PUT_DOWN = (
    "given = kms.create_grant(KeyId=key, GranteePrincipal=temp.arn, RetiringPrincipal=temp.arn, "
    'Operations=["Decrypt"])\ntemp.client("kms").decrypt(CiphertextBlob=postcard)\n'
    'temp.client("kms").retire_grant(GrantToken=given["GrantToken"])\n'
)
SIX: dict[str, Rows] = {
    "just-enough": (
        (PRINTS + grant("key", "Printer"), NO, "Printer is allowed more: kms:Decrypt"),
        (PRINTS + trusts("Courier", '{"AWS": printer.arn}'), NO, "sts:AssumeRole on the role `Courier`"),
        (
            PRINTS
            + statement_more(
                "key",
                '{"Effect": "Deny", "Principal": {"AWS": printer.arn}, "Action": "kms:Decrypt", "Resource": "*"}',
            ),
            NO,
            "policy is another than before",
        ),
    ),
    "put-it-down": ((PUT_DOWN + grant("key", "Temp"), NO, "still allowed: kms:Decrypt"),),
}

VISIT = 'clerk.client("kms").decrypt(CiphertextBlob=entry, KeyId=ledger)\n'
CLERK = '{"Effect": "Allow", "Principal": {"AWS": clerk.arn}, "Action": "kms:Decrypt", "Resource": "*"}'
ONLY_ME = (
    "import json\n"
    f'me = {{"AWS": {arn("LabAdministrator")}}}\n'
    'mine = {"Effect": "Allow", "Principal": me, "Action": "kms:*", "Resource": "*"}\n'
    f'told = json.dumps({{"Version": "2012-10-17", "Statement": [mine, {CLERK}]}})\n'
    "kms.put_key_policy(KeyId=ledger, Policy=told)\n"
)
FOR_NOBODY = """
asks = {"StringEquals": {"sts:ExternalId": "backup-7"}}
lab.role("Backup", trust=[vendor_may | {"Condition": asks}]).session(by=collector.session(), ExternalId="backup-7")
"""
SAML = '{"Federated": "arn:aws:iam::444455556666:saml-provider/x"}'
FAMILY = (
    'share(minutes, {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", '
    '"Condition": {"StringEquals": {"aws:PrincipalOrgID": org.id}}})\n'
    'org.management.client("kms").decrypt(CiphertextBlob=minute, KeyId=minutes)\n'
)
BARELY_OWN = """
import json
told = json.loads(kms.get_key_policy(KeyId=minutes)["Policy"])
told["Statement"][0]["Action"] = ["kms:GetKeyPolicy", "kms:PutKeyPolicy"]
kms.put_key_policy(KeyId=minutes, Policy=json.dumps(told))
"""
SEVEN: dict[str, Rows] = {
    "one-role-one-action": (
        (ONLY_ME + VISIT, NO, "lost your own account's statement"),
        (
            (
                'share(ledger, {"Effect": "Allow", "NotPrincipal": {"AWS": clerk.arn}, "Action": "kms:Decrypt", '
                '"Resource": "*"})'
            ),
            NO,
            "lets more than the role Clerk in",
        ),
        (
            f"share(ledger, {CLERK})\n"
            + VISIT
            + statement_more(
                "ledger", CLERK.replace('{"AWS": clerk.arn}', '{"Federated": "cognito-identity.amazonaws.com"}')
            ),
            NO,
            "those who sign in by cognito",
        ),
        (
            f"share(ledger, {CLERK[:-1]}, "
            '"Condition": {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}})\n' + VISIT,
            "solved",
            "One role of one account",
        ),
    ),
    "name-your-customer": (
        (
            FOR_NOBODY + trusts("Backup", SAML, '"Action": "sts:AssumeRoleWithSAML"'),
            NO,
            "those who sign in by arn:aws:iam::444455556666:saml",
        ),
    ),
    "family-only": (
        (FAMILY, "solved", "An account that leaves is out."),
        (FAMILY + BARELY_OWN, "solved", "has lost your own account's statement"),
        (FAMILY + "kms.disable_key(KeyId=minutes)", NO, "`minutes` is Disabled"),
    ),
}

FOR_DB = '{"StringEquals": {"kms:EncryptionContext:SecretARN": db["ARN"]}}'
DIRECT = '{"Null": {"kms:ViaService": "true"}}'
READ_DB = 'accountant.client("secretsmanager").get_secret_value(SecretId="shop/db")\n'


def _accountant(*more: str) -> str:
    return policy("Accountant", may("kms:Decrypt", "key", FOR_DB), *more) + READ_DB


_IN_LISTS = """
iam = boto3.client("iam")
for each in iam.list_role_policies(RoleName="Accountant")["PolicyNames"]:
    found = iam.get_role_policy(RoleName="Accountant", PolicyName=each)["PolicyDocument"]
    for one in found["Statement"]:
        one["Action"] = [one["Action"]]
    iam.put_role_policy(RoleName="Accountant", PolicyName=each, PolicyDocument=json.dumps(found))
"""


THIRTEEN: dict[str, Rows] = {
    "one-secret-of-two": (
        (_accountant(may("kms:Decrypt", "key", DIRECT)), NO, "can read shop/mail as well"),
        (_accountant(may("kms:CreateGrant", "key")), NO, "can still get at shop/mail: kms:CreateGrant"),
        (_accountant(may("kms:PutKeyPolicy", "key")), NO, "can still get at shop/mail: kms:PutKeyPolicy"),
        (_accountant(may("kms:ReEncrypt*", '"*"')), NO, "can still get at shop/mail: kms:ReEncryptFrom"),
        (_accountant() + trusts("LabAdministrator", '{"AWS": accountant.arn}'), NO, "sts:AssumeRole on the role"),
        (_accountant(may("kms:GenerateDataKey", "key", FOR_DB)), "solved", "reads one of them"),
        (
            _accountant() + _IN_LISTS,
            "solved",
            "reads one of them",
        ),
    )
}


def _in_use(more: str) -> str:
    return statement_more(
        "wages",
        '{"Effect": "Deny", "Principal": "*", "Resource": "*", "Action": ["kms:DisableKey", '
        '"kms:ScheduleKeyDeletion"], '
        f'"Condition": {{"NumericLessThan": {{"kms:TrailingDaysWithoutKeyUsage": "90"}}, {more}}}}}',
    )


SIXTEEN: dict[str, Rows] = {
    "in-use": (
        (_in_use('"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}'), NO, "can still be"),
        (_in_use('"BoolIfExists": {"aws:ViaAWSService": "false"}'), NO, "through s3"),
        (_in_use('"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}'), NO, "with aws:SourceIp 10.0.0.0"),
        (_in_use('"DateLessThan": {"aws:CurrentTime": "2098-01-01"}'), NO, "with aws:CurrentTime 2098"),
        (_in_use('"StringNotEquals": {"aws:PrincipalTag/team": "night"}'), NO, "once tagged team=night"),
        (_in_use('"StringNotLike": {"aws:PrincipalTag/team": "night*"}'), NO, "once tagged team=nightx"),
        (_in_use('"Null": {"aws:PrincipalTag/glass": "true"}'), NO, "once tagged glass=something-else"),
        (_in_use('"StringNotLike": {"aws:userid": "*:glass"}'), NO, "in a session named glass"),
        (_in_use('"StringNotEquals": {"aws:username": "Glass"}'), NO, "the user Glass"),
        (_in_use('"StringNotEquals": {"aws:PrincipalType": "User"}'), NO, "by the user lab-admin"),
        (_in_use('"StringNotLike": {"aws:PrincipalArn": "*glass*"}'), NO, "xglassx"),
        (_in_use('"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Glass"}'), NO, "the role Glass"),
        (_in_use('"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}'), NO, "organization o-a1b2c3d4e5"),
    )
}


def _logs(condition: str, more: str = "") -> str:
    """Code that lets CloudWatch Logs in with the key `till` under a condition, and puts the log group under it."""
    return (
        'arn = visitors.replace("visitors", "till")\n'
        f'let = service("logs.us-east-1.amazonaws.com", *use, **{condition})\n'
        f"kms.put_key_policy(KeyId=till, Policy=document(own, let{more}))\n"
        'logs.associate_kms_key(logGroupName="till", kmsKeyId=till)'
    )


_EXACT = '{"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": arn}}'
_ELSE = "lets others in as well"
_SEALED = '"StringEquals": {"kms:EncryptionContext:aws:cloudtrail:arn": trail}'


def _glasses(allowed: str) -> str:
    """Code that gives the Auditor this, and has a file read."""
    return (
        f"glasses = {allowed}\n"
        'iam.put_role_policy(RoleName="Auditor", PolicyName="glasses", PolicyDocument=document(glasses))\n'
        'auditor.client("s3").get_object(Bucket="museum-trail", Key=file)'
    )


def _bell(*statements: str) -> str:
    """Code that writes the key policy of `bell`, and rings."""
    return f'kms.put_key_policy(KeyId=bell, Policy=document({", ".join(statements)}))\nring("fire")'


TWENTY_FOUR: dict[str, Rows] = {
    "one-log-group": (
        (_logs('{"StringLike": {"kms:EncryptionContext:aws:logs:arn": arn + "*"}}'), NO, "more than the log group"),
        (_logs('{"StringNotEquals": {"kms:EncryptionContext:aws:logs:arn": visitors}}'), NO, "more than the log group"),
        (_logs('{"StringEqualsIfExists": {"kms:EncryptionContext:aws:logs:arn": arn}}'), NO, "more than the log group"),
        (_logs(_EXACT, ', service("logs.eu-west-1.amazonaws.com", "kms:Decrypt")'), NO, _ELSE),
        (_logs(_EXACT, ', own | {"Principal": {"AWS": clerk.arn}, "Action": "kms:Decrypt"}'), NO, _ELSE),
        (_logs(_EXACT, ', service("logs.us-east-1.amazonaws.com", "kms:CreateGrant")'), NO, "kms:CreateGrant"),
        (_logs(_EXACT, ', own | {"Principal": "*", "Action": "kms:Decrypt"}'), NO, "more than the log group"),
        (
            _logs(_EXACT).replace("document(own", 'document(own | {"Action": ["kms:Put*", "kms:Get*"]}'),
            NO,
            "lost your own account",
        ),
        (_logs(_EXACT).replace("*use", '"kms:GenerateDataKey*"'), NO, "kms:Encrypt is missing"),
    ),
    "reading-glasses": (
        (
            _glasses('{"Effect": "Allow", "Action": "kms:*", "Resource": key, "Condition": {' + _SEALED + "}}"),
            NO,
            "The Auditor may do more",
        ),
        (
            _glasses('{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": {' + _SEALED + "}}"),
            NO,
            "The Auditor may do more",
        ),
        (
            _glasses(
                '{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key, "Condition": {"StringLike": '
                '{"kms:EncryptionContext:aws:cloudtrail:arn": trail.replace("main", "*")}}}'
            ),
            NO,
            "The Auditor may do more",
        ),
        (
            _glasses(
                '{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key, "Condition": {"StringEqualsIfExists": '
                '{"kms:EncryptionContext:aws:cloudtrail:arn": trail}}}'
            ),
            NO,
            "The Auditor may do more",
        ),
        (
            (
                'kms.create_grant(KeyId=key, GranteePrincipal=auditor.arn, Operations=["Decrypt"])\n'
                'auditor.client("s3").get_object(Bucket="museum-trail", Key=file)'
            ),
            NO,
            "The Auditor may do more",
        ),
    ),
    "fire-bell": (
        (_bell("own", "let_alarms", 'service("events.amazonaws.com", "kms:Decrypt")'), NO, _ELSE),
        (_bell("own", "let_alarms", 'service("cloudwatch.amazonaws.com", "kms:Sign")'), NO, "more than it needs"),
        (_bell("own", 'service("cloudwatch.amazonaws.com", "kms:GenerateDataKey*")'), NO, "kms:Decrypt is missing"),
        (
            _bell("own", 'own | {"Principal": "*", "Action": ["kms:Decrypt", "kms:GenerateDataKey*"]}'),
            NO,
            "does not let CloudWatch",
        ),
        (_bell("own", "let_alarms", 'own | {"Principal": {"AWS": clerk.arn}, "Action": "kms:Encrypt"}'), NO, _ELSE),
        (
            _bell(
                'service("cloudwatch.amazonaws.com", "kms:Decrypt", "kms:GenerateDataKey*")',
                'own | {"Action": ["kms:Put*", "kms:Get*"]}',
            ),
            NO,
            "lost your own account",
        ),
    ),
}


def _cellar(*statements: str) -> str:
    """Code that writes the key policy of `cellar`, and launches."""
    return f'kms.put_key_policy(KeyId=cellar, Policy=document({", ".join(statements)}))\nlaunch("night")'


_USE, _GRANTS = 'may | {"Action": operate}', "may | hand_on"
TWENTY_FIVE: dict[str, Rows] = {
    "night-shift": (
        (
            _cellar("own", _USE, "may | hand_on | {'Condition': {'Null': {'kms:GrantIsForAWSResource': 'false'}}}"),
            NO,
            "more than the guide asks for",
        ),
        (_cellar("own", _USE, _GRANTS, 'may | {"Action": "kms:RevokeGrant"}'), NO, "more than the guide asks for"),
        (_cellar("own", _USE), NO, "kms:CreateGrant is missing"),
        (_cellar("own", _GRANTS), NO, "kms:Encrypt is missing"),
        (_cellar("own", _USE, _GRANTS, 'own | {"Principal": {"Service": "autoscaling.amazonaws.com"}}'), NO, _ELSE),
        (_cellar("own", _USE, _GRANTS, 'own | {"Principal": {"AWS": restorers}, "Action": "kms:Decrypt"}'), NO, _ELSE),
        (_cellar('own | {"Action": ["kms:Put*", "kms:Get*"]}', _USE, _GRANTS), NO, "lost your own account"),
    ),
}

_ADA = '{"StringEquals": {"kms:EncryptionContext:customer": "ada"}}'
_BOTH = '["kms:Decrypt", "kms:GenerateDataKey"]'


def _own(role: str, name: str, *statements: str) -> str:
    """Code that writes the inline policy of that name."""
    document = DOCUMENT.replace("{{", "{").replace("}}", "}").replace("{statements}", ", ".join(statements))
    return f'iam.put_role_policy(RoleName="{role}", PolicyName="{name}", PolicyDocument={document})\n'


def _report(*statements: str) -> str:
    return _own("Report", "own", *statements)


def _archive(*statements: str) -> str:
    return _own("Archive", "inline", *statements)


def _two(action: str = _BOTH, on: str = "key", condition: str = _ADA) -> str:
    return f'{{"Effect": "Allow", "Action": {action}, "Resource": {on}, "Condition": {condition}}}'


_OUT, _INTO = may("kms:ReEncryptFrom", "key", _ADA), may("kms:ReEncryptTo", "shelf", _ADA)
_ATTEMPTS = """ada, bob = {"customer": "ada"}, {"customer": "bob"}
any_customer = ("decrypt", {"KeyId": key, "CiphertextBlob": bobs, "EncryptionContext": bob})
any_key = ("decrypt", {"KeyId": shelf, "CiphertextBlob": hers, "EncryptionContext": ada})
any_action = ("encrypt", {"KeyId": key, "Plaintext": b"1", "EncryptionContext": ada})
"""
TWENTY_SIX: dict[str, Rows] = {
    "every-path": (
        (_report(_two(condition=_ADA.replace("ada", "a*").replace("Equals", "Like"))), NO, "more than that"),
        (_report(_two(condition=_ADA.replace("Equals", "EqualsIfExists"))), NO, "more than that"),
        (_report(_two(action='["kms:Decrypt", "kms:GenerateDataKey*"]')), NO, "more than that"),
        (_report(_two(action='"kms:*"')), NO, "more than that"),
        (_report(_two(), may("kms:DescribeKey", "key")), NO, "more than that"),
        (_report(_two(condition=_ADA.replace("ada", "bob"))), NO, "not all that"),
        (_report(_two()) + 'kms.disable_key(KeyId=key)', NO, "Disabled"),
        (_report(_two()) + grant("key", "Report"), NO, "more than that"),
        (_report(_two(on='key[:-3] + "*"')), NO, "whose id fits your pattern"),
        (_report(_two(on='key[:-36] + "?" * 36')), NO, "more than that"),
        (_report(_two(condition=_ADA.replace('"StringEquals', '"ForAllValues:StringEquals'))), NO, "more than that"),
        (_report(_two(condition=_ADA[:-1] + ', "Bool": {"aws:MultiFactorAuthPresent": "true"}}')), NO, "not all that"),
        (_report(may("kms:Decrypt", "key"), _two('"kms:GenerateDataKey"')), NO, "more than that"),
        (_report(_two()) + grant("key", "Report", "Decrypt"), NO, "more than that"),
        (_report(_two(condition=_ADA[:-1]
                             + ', "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["customer"]}}')),
         "solved", ""),
        (('iam.delete_role_policy(RoleName="Report", PolicyName="own")\n'
         'kms.create_grant(KeyId=key, GranteePrincipal=job.arn, Operations=["Decrypt", "GenerateDataKey"],\n'
         '                 Constraints={"EncryptionContextEquals": {"customer": "ada"}})'), "solved", ""),
        (_report(may("kms:Decrypt", "key"), may("kms:GenerateDataKey", "key"),
                 '{"Effect": "Deny", "Action": "kms:*", "Resource": "*", "Condition": '
                 + _ADA.replace("Equals", "NotEquals") + "}"), "solved", ""),
    ),
    "worth-an-allow": (
        ('answer = ["kms:DescribeKey", "kms:ListGrants", "kms:EnableKey", "kms:CancelKeyDeletion", "kms:Encrypt"]', NO,
         "never asked for"),
        ('answer = ["kms:*"]', NO, "never asked for"),
        ('answer = [""]', NO, "begin with their service"),
        ("answer = []", "not attempted", "empty"),
    ),
    "from-the-trail": (
        (_archive(_OUT, may("kms:ReEncryptTo", '"*"', _ADA)), NO, "more than that"),
        (_archive(_OUT, may("kms:ReEncryptTo", "shelf")), NO, "more than that"),
        (_archive(may("kms:ReEncryptFrom", "key"), _INTO), NO, "more than that"),
        (_archive(_OUT, may("kms:ReEncryptTo", "shelf", _ADA.replace("ada", "a*").replace("Equals", "Like"))), NO,
         "more than that"),
        (_archive(_two('"kms:ReEncrypt*"', "[key, shelf]")), NO, "more than that"),
        (_archive(_two('"kms:ReEncrypt*"', "[key, shelf]",
                       _ADA[:-1] + ', "Bool": {"kms:ReEncryptOnSameKey": "true"}}')), NO, "last night's work"),
        (_archive(*(each.replace('}}}', '}, "Bool": {"kms:ReEncryptOnSameKey": "false"}}}') for each in (_OUT, _INTO))),
         "solved", ""),
        (_archive(_two('["kms:ReEncryptFrom", "kms:ReEncryptTo"]', "[key, shelf]"),
                  '{"Effect": "Deny", "Action": "kms:ReEncryptFrom", "Resource": shelf}',
                  '{"Effect": "Deny", "Action": "kms:ReEncryptTo", "Resource": key}'), "solved", ""),
        (_archive(may("kms:ReEncryptFrom", "shelf"), may("kms:ReEncryptTo", "key")), NO, "last night's work"),
        (_archive(_OUT, _INTO, may("kms:Decrypt", "key")), NO, "more than that"),
        (_archive(_OUT, _INTO) + grant("key", "Archive", "Encrypt"), NO, "more than that"),
        (_archive(_OUT, _INTO) + "kms.disable_key(KeyId=shelf)", NO, "Disabled"),
        ('iam.delete_role_policy(RoleName="Archive", PolicyName="inline")', NO, "last night's work"),
    ),
    "must-not": (
        (_ATTEMPTS + "answer = [any_customer, any_key]", NO, "*any action*"),
        (_ATTEMPTS + "answer = [any_customer, any_action]", NO, "*any key*"),
        (_ATTEMPTS + "answer = [any_key, any_action]", NO, "*any customer*"),
        (_ATTEMPTS + 'answer = [any_customer, any_key, ("schedule_key_deletion", {"KeyId": key})]', NO, "*any action*"),
        (_ATTEMPTS + 'answer = [any_customer, any_key, ("encrypt", {"KeyId": key, "Plaintext": b"1"})]', NO, "*any a"),
        (_ATTEMPTS + "answer = [any_customer, any_key, any_action, any_key[1]]", NO, "Entry 4 of the list is no pair"),
        (_ATTEMPTS + 'answer = [("decypt", {"KeyId": key})]', NO, "has no method `decypt`"),
        (_ATTEMPTS + 'answer = [("encrypt", {"KeyId": key})]', NO, "boto3 would not send it"),
        (_ATTEMPTS + 'answer = [("decrypt", {"KeyId": key})]', NO, "no `CiphertextBlob`"),
        (_ATTEMPTS + 'answer = [("encrypt", {"KeyId": key, "Plaintext": b"1" * 5000})]', NO, "refuse its form"),
        (_ATTEMPTS + 'kms.create_alias(AliasName="alias/k", TargetKeyId=key)\n'
         'answer = [("get_key_policy", {"KeyId": "alias/k"})]', NO, "takes no alias"),
        (_ATTEMPTS + 'answer = [("describe_key", {"KeyId": "alias/none"})]', NO, "has no key `alias/none`"),
        (_ATTEMPTS + 'answer = [any_customer, ("decrypt", {"KeyId": key, "CiphertextBlob": hers, '
         '"EncryptionContext": ada | {"more": "1"}})]', NO, "Call 2 is allowed"),
        (_ATTEMPTS + "answer = [any_customer, any_key, any_action]", "solved", ""),
        (_ATTEMPTS + 'answer = [any_customer, any_key, ("encrypt", any_action[1] | {"GrantTokens": ["x"]})]', NO,
         "token"),
        (_ATTEMPTS + 'answer = [any_customer, any_key, any_action, ("delete_alias", {"AliasName": "alias/q"})]', NO,
         "about an alias"),
        (_ATTEMPTS + 'answer = [any_customer, any_key, ("encrypt", any_action[1] | {"EncryptionContext": bob})]', NO,
         "*any action*"),
        (_ATTEMPTS + 'answer = [any_customer, any_action, ("decrypt", any_key[1] | {"KeyId": vault})]', NO,
         "*any key*"),
        (_ATTEMPTS + 'kms.create_grant(KeyId=key, GranteePrincipal=job.arn.replace("Report", "Clerk"), '
         'Operations=["Decrypt"])\n'
         "answer = [any_customer, any_key, any_action]", NO, "Call 1 is allowed"),
        (_ATTEMPTS + 'answer = [any_customer, any_key, ("create_grant", {"KeyId": key, "GranteePrincipal": job.arn, '
         '"Operations": ["Decrypt"], "Constraints": {"EncryptionContextSubset": ada}})]', "solved", ""),
    ),
}  # fmt: skip

ANSWERS: dict[str, dict[str, Rows]] = {
    "04-key-policies-and-iam": FOUR,
    "05-conditions": FIVE,
    "06-grants": SIX,
    "07-other-accounts": SEVEN,
    "13-secrets-manager": THIRTEEN,
    "16-disable-and-delete": SIXTEEN,
    "24-services-that-call-kms": TWENTY_FOUR,
    "25-encrypt-later": TWENTY_FIVE,
    "26-test-your-own-code": TWENTY_SIX,
}
