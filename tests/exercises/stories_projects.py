"""Stories of the projects' exercises: work that is undone or half done, and evidence that was made by hand."""

from __future__ import annotations

from .telling import SOLUTION, Step

NO = "not yet"
ADMIT = """
from sealed_config.rules import admit
right = admit(json.loads(kms.get_key_policy(KeyId=key)["Policy"]), "invoice", invoice_role.arn)
def put(*statements):
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    kms.put_key_policy(KeyId=key, Policy=text, BypassPolicyLockoutSafetyCheck=True)
def trust(*more):
    text = json.dumps({"Version": "2012-10-17", "Statement": [*function_trust(), *more]})
    boto3.client("iam").update_assume_role_policy(RoleName="InvoiceRole", PolicyDocument=text)
manage = right["Statement"][0]
less = manage | {"Action": [each for each in manage["Action"] if each != "kms:Get*"]}
put(less, *right["Statement"][1:])
"""
ENTER = 'trust({"Effect": "Allow", "Principal": {"AWS": deployer_role.arn}, "Action": "sts:AssumeRole"})'
BESIDE = """
made = seal_config(deployer.client("kms"), key, "report", "2026-03", settings | {"password": "clear"})
variables = {"CONFIG": made, "RELEASE": "2026-03", "KEY_ID": key, "PASSWORD": "clear"}
brings = deployer.client("lambda")
def bring(by, variables):
    more = {"Environment": {"Variables": variables}, "Description": "2026-03"}
    by.update_function_configuration(FunctionName="report", **more)
    version = by.publish_version(FunctionName="report")["Version"]
    brings.update_alias(FunctionName="report", Name="live", FunctionVersion=version)
    run()
    return version
def away(version):
    brings.update_alias(FunctionName="report", Name="live", FunctionVersion=report.versions()["2026-02"])
    functions.delete_function(FunctionName="report", Qualifier=version)
version = bring(brings, variables)
"""
PLAIN = """
import base64
away(version)
plain = base64.b64encode(json.dumps(settings).encode()).decode()
version = bring(brings, variables | {"CONFIG": plain, "PASSWORD": ""} )
"""
NOBODY_SEALS = """
present = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
fewer = [each for each in present["Statement"] if each.get("Sid") != "Seal"]
kms.put_key_policy(KeyId=key, Policy=json.dumps(present | {"Statement": fewer}))
"""
GARBAGE = """
import base64
report.deploy_sealed("2026-09", base64.b64encode(b"garbage" * 30).decode())
run()
report.deploy("2026-10", settings)
answer = "InvalidCiphertextException"
"""
CONFIG: dict[str, list[list[Step]]] = {
    "invoice-opens-its-own": [
        [
            (ADMIT, NO, "Nobody manages the key"),
            ('put(*right["Statement"])', "solved", ""),
            (ENTER, NO, "Deployer may assume the role InvoiceRole"),
            ("trust()", "solved", ""),
        ]
    ],
    "password-of-march": [
        [
            (BESIDE, NO, "everybody can read"),
            (PLAIN, NO, "everybody can read"),
            (
                'away(version)\ndel variables["PASSWORD"]\nversion = bring(functions, variables)',
                NO,
                "that published it",
            ),
            (SOLUTION, "solved", ""),
        ]
    ],
    "february-has-leaked": [
        [
            (SOLUTION, "solved", ""),
            ('report.roll_back("2026-02")', NO, "leads to 2026-02, which does not start"),
            ('report.roll_back("2026-04")', "solved", ""),
            (NOBODY_SEALS, NO, "can't seal for `report`"),
            ("kms.put_key_policy(KeyId=key, Policy=json.dumps(present))", "solved", ""),
        ]
    ],
    "a-forged-release": [
        [
            (GARBAGE, NO, "another text than `sealed`"),
            (SOLUTION, "solved", ""),
            ('report.roll_back("2026-01")', NO, "leads to 2026-01, which does not start"),
            ('report.deploy_sealed("2026-11", sealed)', NO, "leads to 2026-11, which does not start"),
            ('report.roll_back("2026-10")', "solved", ""),
        ]
    ],
}

SET = """
def put(name, field, value):
    dynamodb.update_item(TableName="api-keys", Key={"id": {"S": f"key#{name}"}}, UpdateExpression="SET #f = :v",
                         ExpressionAttributeNames={"#f": field}, ExpressionAttributeValues={":v": value})
def sealed_of(name):
    return store.item(f"key#{name}")["sealed"]
"""
STORE: dict[str, list[list[Step]]] = {
    "a-key-for-carla": [
        [
            ('carla = issuer.issue("carla")\nverifier.item("key#" + carla.name)', NO, "not a pointer that led"),
            ("verifier.verify(carla.text)", "solved", ""),
        ]
    ],
    "doras-key": [
        [
            (SET + "put(ben.name, 'state', {'S': 'active'})", NO, "ben's API key is taken again"),
            ("support.revoke(ben.name)", "not attempted", ""),
            (SOLUTION, "solved", ""),
            ("support.revoke(carla.name)", NO, "carla's API key is refused"),
            ("put(carla.name, 'state', {'S': 'active'})", "solved", ""),
            ("was = sealed_of(dora.name)\nput(dora.name, 'sealed', {'S': ''})", NO, "`sealed` is gone"),
            ("put(dora.name, 'sealed', was)", "solved", ""),
            (
                (
                    'place = {"id": store.pointer(first, "", anna.text)["id"]}\n'
                    'dynamodb.delete_item(TableName="api-keys", Key=place)'
                ),
                NO,
                "no pointer leads to it",
            ),
            (
                'dynamodb.put_item(TableName="api-keys", Item=store.pointer(first, anna.name, anna.text))',
                "solved",
                "",
            ),
        ]
    ],
    "third-generation": [
        [
            (SOLUTION, "solved", ""),
            ("kms.disable_key(KeyId=third.seal)", NO, "Disabled"),
            ("kms.enable_key(KeyId=third.seal)", "solved", ""),
            ("kms.schedule_key_deletion(KeyId=third.mac)", NO, "PendingDeletion"),
            ("kms.cancel_key_deletion(KeyId=third.mac)\nkms.enable_key(KeyId=third.mac)", "solved", ""),
            (SET + "put(ben.name, 'state', {'S': 'active'})", NO, "leaves each state as it is"),
            ("put(ben.name, 'state', {'S': 'revoked'})", "solved", ""),
            (
                (
                    'every = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}\n'
                    'text = json.dumps({"Version": "2012-10-17", "Statement": [every]})\n'
                    'iam.put_role_policy(RoleName="Verifier", PolicyName="more", PolicyDocument=text)'
                ),
                NO,
                "Verifier may open API keys",
            ),
            ('iam.delete_role_policy(RoleName="Verifier", PolicyName="more")', "solved", ""),
            (
                (
                    'places = [f"key#{anna.name}", store.pointer(third, "", anna.text)["id"]["S"]]\n'
                    'for place in places:\n    dynamodb.delete_item(TableName="api-keys", Key={"id": {"S": place}})'
                ),
                NO,
                "anna is gone",
            ),
        ]
    ],
}

IN_IRELAND = """
kms_there, events_there = (boto3.client(name, "eu-west-1") for name in ("kms", "events"))
here = f"arn:aws:sns:eu-west-1:{lab.account_id}"
"""
PLAIN_TOPIC = """
plain = boto3.client("sns", "eu-west-1").create_topic(Name="plain")["TopicArn"]
events_there.put_targets(Rule="key-trouble", Targets=[{"Id": "2", "Arn": plain}])
"""
ALL_OF_KMS = """
events_there.put_rule(Name="noisy", EventPattern=json.dumps({"source": ["aws.kms"]}))
"""
PENDING = """
watch.count("PendingKeysUsed", "calls", PENDING)
def alarm(**more):
    watch.alarm("pending", more.pop("to", topic), NAMESPACE, "PendingKeysUsed", **({"Threshold": 1} | more))
def use():
    with labkit.expect_error("KMSInvalidStateException"):
        kms.encrypt(KeyId=old, Plaintext=b"still here")
    lab.clock.advance(minutes=30)
old = kms.create_key(Description="old")["KeyMetadata"]["KeyId"]
kms.schedule_key_deletion(KeyId=old)
"""
BY_HAND = """
alarm()
data = [{"MetricName": "PendingKeysUsed", "Value": 1}]
boto3.client("cloudwatch").put_metric_data(Namespace=NAMESPACE, MetricData=data)
lab.clock.advance(minutes=30)
"""
DECRYPT_ONLY = """
watch.count("PendingKeysUsed", "calls", '{ ($.eventName = "Decrypt") && ($.errorMessage = "*is pending deletion*") }')
"""
EXPIRY = """
def expiry(dimension="KeyId", **more):
    usual = {"Statistic": "Minimum", "Threshold": 21 * 86400, "ComparisonOperator": "LessThanThreshold"}
    usual |= {"Dimensions": [{"Name": dimension, "Value": partner}]}
    watch.alarm("soon", topic, "AWS/KMS", "SecondsUntilKeyMaterialExpiration", **(usual | more))
"""
SESSIONS = """
sessions = kms.create_key(Description="sessions", Tags=[TAG])["KeyMetadata"]["KeyId"]
kms.create_alias(AliasName="alias/watch/sessions", TargetKeyId=sessions)
robot.client("kms").rotate_key_on_demand(KeyId=sessions)
"""
WATCH: dict[str, list[list[Step]]] = {
    "tell-ireland": [
        [
            (SOLUTION, "solved", ""),
            (IN_IRELAND + "kms_there.disable_key(KeyId=alerts_there)", NO, "`alerts` is Disabled"),
            ("kms_there.enable_key(KeyId=alerts_there)", "solved", ""),
            (PLAIN_TOPIC, NO, "The topic plain is not encrypted"),
            ('boto3.client("sns", "eu-west-1").delete_topic(TopicArn=plain)', NO, "topic plain is not there"),
            ('events_there.remove_targets(Rule="key-trouble", Ids=["2"])', "solved", ""),
            (ALL_OF_KMS, NO, "matches everyday calls"),
            ('events_there.delete_rule(Name="noisy")', "solved", ""),
        ]
    ],
    "still-in-use": [
        [
            (PENDING + BY_HAND, NO, "has not rung"),
            ("alarm(Threshold=2)", NO, "its threshold is 2"),
            ('alarm(ComparisonOperator="LessThanThreshold")', NO, "the wrong way round"),
            ('alarm(TreatMissingData="breaching")', NO, "takes missing data for a call"),
            ("alarm(EvaluationPeriods=2)", NO, "more than one period"),
            ('alarm(Statistic="Average")', NO, "does not tell one call from none"),
            ('alarm(to=topic.replace("us-east-1", "eu-west-1"))', "not attempted", ""),
            ("alarm()\nuse()" + DECRYPT_ONLY, "not attempted", ""),
            ('watch.count("PendingKeysUsed", "calls", PENDING)', "solved", ""),
            ("kms.disable_key(KeyId=alerts)", NO, "can't tell anybody"),
            ("kms.enable_key(KeyId=alerts)", "solved", ""),
        ]
    ],
    "three-weeks-notice": [
        [
            (EXPIRY + 'expiry("Key")', NO, "another key"),
            ('expiry(Unit="Count")', NO, "looks for Count"),
            ('expiry(Unit="Seconds")', "solved", ""),
            ("kms.schedule_key_deletion(KeyId=partner)", NO, "PendingDeletion"),
            ("kms.cancel_key_deletion(KeyId=partner)\nkms.enable_key(KeyId=partner)", "solved", ""),
            ("kms.delete_imported_key_material(KeyId=partner)", NO, "PendingImport"),
        ]
    ],
    "under-watch": [
        [
            (SESSIONS, NO, "not the function"),
            ("lab.clock.advance(days=180)", "solved", ""),
            ('boto3.client("events").disable_rule(Name="key-rotator")', NO, "does not run it"),
            ('boto3.client("events").enable_rule(Name="key-rotator")', "solved", ""),
            ('boto3.client("lambda").delete_function(FunctionName="key-rotator")', NO, "is not there"),
        ]
    ],
}
STORIES: dict[str, dict[str, list[list[Step]]]] = {
    "2-lambda-decrypts-config": CONFIG,
    "3-api-keys-in-dynamodb": STORE,
    "5-automate-rotation-with-alarms": WATCH,
}
