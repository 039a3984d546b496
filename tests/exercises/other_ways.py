"""Right answers that go another way than the shipped solutions: by notebook, then by exercise."""

WAYS = {
    "03-encrypt-and-decrypt": {
        "change-the-lock": """
renamed = {"table": "clients", "customer": "alice"}
half = kms.re_encrypt(CiphertextBlob=phone, SourceEncryptionContext=alice, DestinationKeyId=drawers[0])
kms.re_encrypt(CiphertextBlob=half["CiphertextBlob"], DestinationKeyId=app, DestinationEncryptionContext=renamed)
"""
    },
    "04-key-policies-and-iam": {
        "two-pairs-of-hands": """
contracts = kms.create_key(Description="contracts")["KeyMetadata"]["Arn"]
switch = {"Effect": "Allow", "Action": ["kms:DisableKey", "kms:EnableKey"], "Resource": contracts}
iam.put_role_policy(RoleName="DevOps", PolicyName="switch", PolicyDocument=document(switch))
kms.create_grant(KeyId=contracts, GranteePrincipal=app.arn, Operations=["Encrypt", "Decrypt"])
"""
    },
    "07-other-accounts": {
        "one-role-one-action": """
only = {"ArnEquals": {"aws:PrincipalArn": clerk.arn}}
share(ledger, {"Effect": "Allow", "Principal": them, "Action": "kms:Decrypt", "Resource": "*", "Condition": only})
clerk.client("kms").decrypt(CiphertextBlob=entry)
""",
        "name-your-customer": """
asks = {"StringLike": {"sts:externalid": "backup-7"}}
lab.role("Backup", trust=[vendor_may | {"Condition": asks}]).session(by=collector.session(), ExternalId="backup-7")
""",
        "family-only": """
family = {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{org.id}/*"}}
share(minutes, {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": family})
org.management.client("kms").decrypt(CiphertextBlob=minute)
""",
    },
    "08-envelope-encryption": {
        "open-the-parcel": """
opened = kms.decrypt(CiphertextBlob=parcel["wrapped"], EncryptionContext=parcel["context"])["Plaintext"]
answer = AESGCM(opened).decrypt(parcel["nonce"], parcel["body"], None).decode()
""",
        "change-the-wrapper": """
blob, context = parcel["wrapped"], parcel["context"]
half = kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext=context, DestinationKeyId=vault)
kms.re_encrypt(CiphertextBlob=half["CiphertextBlob"], DestinationKeyId=vault, DestinationEncryptionContext=context)
""",
        "into-the-archive": """
import io
sealed, opened, about = io.BytesIO(), io.BytesIO(), {"file": "report.csv"}
with open("report.csv", "rb") as file:
    envelope.encrypt(file, sealed, kms, app, about, frame_bytes=1000)
s3.create_bucket(Bucket=bucket)
s3.put_object(Bucket=bucket, Key="report.env", Body=sealed.getvalue())
envelope.decrypt(s3.get_object(Bucket=bucket, Key="report.env")["Body"], opened, kms, app, about)
""",
    },
    "09-sign-and-verify": {
        "big-release": """
digest = hashlib.sha256(s3.get_object(Bucket=bucket, Key="3.0.bin")["Body"].read()).digest()
same = {"KeyId": key, "Message": digest, "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}
s3.put_object(Bucket=bucket, Key="3.0.sig", Body=kms.sign(**same)["Signature"])
""",
        "gate-pass": """
start = b64(b'{"kid":"7","alg":"ES256"}') + b"." + b64(b'{"aud":"gate","sub":"visitor"}')
digest = hashlib.sha256(start).digest()
signed = kms.sign(KeyId=key, Message=digest, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256")["Signature"]
answer = start + b"." + b64(b"".join(number.to_bytes(32) for number in utils.decode_dss_signature(signed)))
""",
        "pss-only": """
policy = json.loads(kms.get_key_policy(KeyId=tokens)["Policy"])
who = {"Principal": {"AWS": cashier.arn}, "Action": "kms:Sign", "Resource": "*"}
other = {"StringNotEquals": {"kms:SigningAlgorithm": "RSASSA_PSS_SHA_256"}}
policy["Statement"] += [{"Effect": "Allow", **who}, {"Effect": "Deny", **who, "Condition": other}]
kms.put_key_policy(KeyId=tokens, Policy=json.dumps(policy))
cashier.client("kms").sign(KeyId=tokens, Message=b"receipt", SigningAlgorithm="RSASSA_PSS_SHA_256")
""",
        "until-2046": """
made = kms.create_key(KeySpec="ML_DSA_87", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
half = serialization.load_der_public_key(kms.get_public_key(KeyId=made)["PublicKey"]).public_bytes_raw()
mu = hashlib.shake_256(hashlib.shake_256(half).digest(64) + b"\\0\\0" + firmware).digest(64)
kms.sign(KeyId=made, Message=mu, MessageType="EXTERNAL_MU", SigningAlgorithm="ML_DSA_SHAKE_256")
kms.create_alias(AliasName="alias/next-model", TargetKeyId=made)
""",
    },
    "10-bring-your-own-key": {
        "ninety-days": """
made, land = kms.create_key(Origin="EXTERNAL", MultiRegion=True)["KeyMetadata"]["KeyId"], os.urandom(32)
kms.import_key_material(**wrapped(made, land), **never)
kms.create_alias(AliasName="alias/land-register", TargetKeyId=made)
kms.import_key_material(**wrapped(made, land), ValidTo=lab.clock.now() + timedelta(days=90))
kms.generate_data_key(KeyId="alias/land-register", KeySpec="AES_256")
""",
        "lost-material": """
for material in found[::-1]:
    short = {"WrappingAlgorithm": "RSAES_OAEP_SHA_1", "WrappingKeySpec": "RSA_2048"}
    papers = kms.get_parameters_for_import(KeyId=deaths, **short)
    sha = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    blob = serialization.load_der_public_key(papers["PublicKey"]).encrypt(material, sha)
    try:
        month = {"ValidTo": lab.clock.now() + timedelta(days=30)}
        kms.import_key_material(KeyId=deaths, ImportToken=papers["ImportToken"], EncryptedKeyMaterial=blob, **month)
        break
    except kms.exceptions.IncorrectKeyMaterialException:
        continue
kms.decrypt(KeyId=deaths, CiphertextBlob=entry)
""",
        "turn-the-year": """
fresh, new = secrets.token_bytes(32), {"ImportType": "NEW_KEY_MATERIAL"}
kms.import_key_material(**wrapped(marriages, fresh), **never, **new)
kms.rotate_key_on_demand(KeyId=marriages)
lab.clock.advance(minutes=1)
kms.import_key_material(**wrapped(marriages, fresh), **never, KeyMaterialDescription="2027")
""",
        "old-stamps": """
made = kms.create_key(Origin="EXTERNAL", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]
kms.import_key_material(**wrapped(made, ink), **never)
same = {"KeyId": made, "MacAlgorithm": "HMAC_SHA_256"}
answer = next(n for n in stamps if kms.generate_mac(**same, Message=b"certificate %d" % n)["Mac"] != stamps[n])
kms.verify_mac(**same, Message=b"certificate %d" % (answer % 5 + 1), Mac=stamps[answer % 5 + 1])
""",
    },
    "13-secrets-manager": {
        "one-secret-of-two": """
only = {"EncryptionContextSubset": {"SecretARN": db["ARN"]}}
kms.create_grant(KeyId=key, GranteePrincipal=accountant.arn, Operations=["Decrypt"], Constraints=only)
accountant.client("secretsmanager").get_secret_value(SecretId="shop/db")
"""
    },
    "15-rotate-keys": {
        "half-a-year": """
beyond = {"NumericGreaterThan": {"kms:RotationPeriodInDays": "180"}}
rule = {"Action": "kms:EnableKeyRotation", "Resource": wages}
both = [rule | {"Effect": "Allow"}, rule | {"Effect": "Deny", "Condition": beyond}]
document = json.dumps({"Version": "2012-10-17", "Statement": both})
made = iam.create_policy(PolicyName="rotation", PolicyDocument=document)["Policy"]["Arn"]
iam.attach_role_policy(RoleName="Custodian", PolicyArn=made)
custodian.client("kms").enable_key_rotation(KeyId=wages, RotationPeriodInDays=180)
""",
        "by-hand": """
token = kms.create_grant(KeyId=second, GranteePrincipal=postman.arn, Operations=["Encrypt"])["GrantToken"]
postman.client("kms").encrypt(KeyId="alias/letters", Plaintext=b"Dear aunt,", GrantTokens=[token])
postman.client("kms").decrypt(KeyId=first, CiphertextBlob=letter)
""",
        "without-seeing": """
for page, blob in pages.items():
    both = {"SourceEncryptionContext": {"page": page}, "DestinationEncryptionContext": {"page": page}}
    away = kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key, **both)["CiphertextBlob"]
    pages[page] = kms.re_encrypt(CiphertextBlob=away, DestinationKeyId=diary, SourceKeyId=key, **both)["CiphertextBlob"]
    kms.decrypt(CiphertextBlob=pages[page], EncryptionContext={"page": page})
""",
    },
    "16-disable-and-delete": {
        "dust": """
used = {event["resources"][0]["ARN"] for event in lab.events() if event["eventName"] in ("Encrypt", "GenerateDataKey")}
kms.disable_key(KeyId=next(arn for arn in boxes.values() if arn not in used))
""",
        "in-use": """
may = {"Effect": "Allow", "Principal": {"AWS": lab.account_id}, "Resource": "*"}
idle = {"NumericGreaterThan": {"kms:TrailingDaysWithoutKeyUsage": "90"}}
long = {"NumericEquals": {"kms:ScheduleKeyDeletionPendingWindowInDays": "30"}}
rest = may | {"NotAction": ["kms:DisableKey", "kms:ScheduleKeyDeletion"]}
disable = may | {"Action": "kms:DisableKey", "Condition": idle}
schedule = may | {"Action": "kms:ScheduleKeyDeletion", "Condition": idle | long}
kms.put_key_policy(KeyId=wages, Policy=document(rest, disable, schedule))
""",
        "forget-lindgren": """
kms.disable_key(KeyId=customers["Lindgren"])
kms.schedule_key_deletion(KeyId=customers["Lindgren"])
lab.clock.advance(days=31)
""",
    },
    "17-multi-region-keys": {
        "complete-replica": """
virginia.replicate_key(KeyId=mrk, ReplicaRegion="ap-southeast-2")
lab.clock.advance(minutes=1)
sydney.update_key_description(KeyId=mrk, Description="backups")
sydney.tag_resource(KeyId=mrk, Tags=[{"TagKey": "team", "TagValue": "archive"}, {"TagKey": "more", "TagValue": "x"}])
sydney.create_alias(AliasName="alias/backups", TargetKeyId=mrk)
""",
        "close-everywhere": """
iam.delete_role_policy(RoleName="Trainee", PolicyName="inline")
""",
        "only-frankfurt": """
both = {"Effect": "Allow", "Action": ["kms:ReplicateKey", "kms:CreateKey"], "Resource": "*"}
here = {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-central-1"]}}
elsewhere = {"Effect": "Deny", "Action": "kms:CreateKey", "Resource": "*", "Condition": here}
document = json.dumps({"Version": "2012-10-17", "Statement": [both, elsewhere]})
made = iam.create_policy(PolicyName="frankfurt", PolicyDocument=document)["Policy"]["Arn"]
iam.attach_role_policy(RoleName="Operator", PolicyArn=made)
operator.client("kms").replicate_key(KeyId=mrk, ReplicaRegion="eu-central-1")
""",
        "leave-virginia": """
virginia.update_primary_region(KeyId=photos, PrimaryRegion="eu-west-1")
lab.clock.advance(minutes=1)
virginia.schedule_key_deletion(KeyId=photos)
lab.clock.advance(days=31)
""",
    },
    "5-automate-rotation-with-alarms": {
        "tell-ireland": """
sns_there, events_there, kms_there = (boto3.client(name, "eu-west-1") for name in ("sns", "events", "kms"))
services = {"Service": ["events.amazonaws.com"]}
root = {"AWS": f"arn:aws:iam::{lab.account_id}:root"}
own = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
use = {"Effect": "Allow", "Principal": services, "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*"}
policy = json.dumps({"Version": "2012-10-17", "Statement": [own, use]})
mine = kms_there.create_key(Policy=policy)["KeyMetadata"]["Arn"]
arn = sns_there.create_topic(Name="trouble", Attributes={"KmsMasterKeyId": mine})["TopicArn"]
tell = {"Effect": "Allow", "Principal": services, "Action": "sns:Publish", "Resource": arn}
document = json.dumps({"Version": "2012-10-17", "Statement": [tell]})
sns_there.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=document)
pattern = {"source": ["aws.kms"], "detail": {"eventName": [{"prefix": "Disable"}, {"prefix": "Schedule"}]}}
events_there.put_rule(Name="all", EventPattern=json.dumps(pattern))
events_there.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": arn}])
kms_there.schedule_key_deletion(KeyId=kms_there.create_key()["KeyMetadata"]["KeyId"])
""",
        "three-weeks-notice": """
boto3.client("cloudwatch").put_metric_alarm(
    AlarmName="soon", Namespace="AWS/KMS", MetricName="SecondsUntilKeyMaterialExpiration", Statistic="Average",
    Dimensions=[{"Name": "KeyId", "Value": partner}], Period=3600, EvaluationPeriods=2, Threshold=21 * 86400 + 3600,
    ComparisonOperator="LessThanThreshold", AlarmActions=[topic])
""",
        "under-watch": """
late = kms.create_key(Description="sessions")["KeyMetadata"]["KeyId"]
kms.tag_resource(KeyId=late, Tags=[{"TagKey": "watch", "TagValue": "yes"}, {"TagKey": "team", "TagValue": "shop"}])
kms.create_alias(AliasName="alias/watch/of-the-shop", TargetKeyId=late)
lab.clock.advance(days=200)
""",
    },
    "18-cloudtrail-in-pandas": {
        "night-order": "answer = orders[1]",
        "speak": """
every = {"Name": "all", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
cloudtrail.put_event_selectors(TrailName="shop", AdvancedEventSelectors=[every])
kms.generate_data_key(KeyId=key, KeySpec="AES_256")
lab.clock.advance(minutes=20)
""",
        "on-purpose": """
refused = questions.denied(trail.load(lab))
answer = refused.loc[refused["reason"].str.contains("explicit deny", na=False), "principal"].iloc[-1]
""",
    },
    "19-investigate-an-incident": {
        "may-go": 'answer = __import__("pandas").Timestamp("2026-02-07 14:44", tz="Europe/Berlin")',
        "outsider": "answer = 555566667777",
        "first-sign": 'answer = events[events["source_ip"] == "192.0.2.66"]["time"].to_numpy()[0]',
        "time-left": """
ends = events[events["event"].isin(["ScheduleKeyDeletion", "CancelKeyDeletion"])]["time"].iloc[-2:]
answer = __import__("numpy").timedelta64(7, "D") - (ends.iloc[1] - ends.iloc[0]).to_numpy()
""",
        "still-open": """
undone = {"CreateGrant", "PutKeyPolicy", "DisableKey", "ScheduleKeyDeletion"}
answer = changes[~changes["event"].isin(undone)]["event"]
""",
        "untouched": 'answer = [key.arn for key in company.KEYS if key.name in ("old-reports", "reports", "trail")]',
        "shut-out": """
old = iam.list_access_keys(UserName="backup-agent")["AccessKeyMetadata"][0]["AccessKeyId"]
iam.delete_access_key(UserName="backup-agent", AccessKeyId=old)
older = {"DateLessThan": {"aws:TokenIssueTime": lab.clock.now().isoformat()}}
deny = {"Effect": "Deny", "NotAction": "sts:GetCallerIdentity", "Resource": "*", "Condition": older}
text = json.dumps({"Version": "2012-10-17", "Statement": deny})
revoke = iam.create_policy(PolicyName="Revoke", PolicyDocument=text)["Policy"]["Arn"]
iam.attach_role_policy(RoleName="SupportTools", PolicyArn=revoke)
""",
        "lights-on": """
kms.cancel_key_deletion(KeyId=disks)
kms.enable_key(KeyId=disks)
every = {"Name": "all", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
watch.put_event_selectors(TrailName="company-trail-2", AdvancedEventSelectors=[every])
ec2.enable_ebs_encryption_by_default()
""",
    },
    "24-services-that-call-kms": {
        "one-log-group": """
arn = visitors.replace("visitors", "till")
pair = {"StringEquals": {"kms:EncryptionContext:aws:logs:arn": arn}}
exact = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey")
look = service("logs.us-east-1.amazonaws.com", "kms:DescribeKey")
kms.put_key_policy(KeyId=till, Policy=document(own, look, service("logs.us-east-1.amazonaws.com", *exact, **pair)))
logs.associate_kms_key(resourceIdentifier=arn, kmsKeyId=till)
""",
        "reading-glasses": """
pairs = {"aws:cloudtrail:arn": trail}
kms.create_grant(
    KeyId=key, GranteePrincipal=auditor.arn, Operations=["Decrypt"], Constraints={"EncryptionContextSubset": pairs}
)
auditor.client("s3").get_object(Bucket="museum-trail", Key=file)
""",
        "fire-bell": """
alarm = cloudwatch.describe_alarms(AlarmNames=["fire"])["MetricAlarms"][0]["AlarmArn"]
only = {"ArnEquals": {"aws:SourceArn": alarm}}
exact = service("cloudwatch.amazonaws.com", "kms:Decrypt", "kms:GenerateDataKey", **only)
kms.put_key_policy(KeyId=bell, Policy=document(own, exact))
for state in ("OK", "ALARM"):
    cloudwatch.set_alarm_state(AlarmName="fire", StateValue=state, StateReason="smoke")
""",
        "frankfurt-too": """
rules = boto3.client("events", "eu-central-1")
for name in ("DisableKey", "ScheduleKeyDeletion"):
    one = {"source": ["aws.kms"], "detail": {"eventSource": ["kms.amazonaws.com"], "eventName": [name]}}
    rules.put_rule(Name=name, EventPattern=json.dumps(one))
    rules.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": watch}])
frankfurt.put_key_policy(KeyId=watch_key, Policy=document(own, let_rules))
frankfurt.schedule_key_deletion(KeyId=other)
""",
    },
    "25-encrypt-later": {
        "another-key": """
snapshot = rds.create_db_snapshot(DBInstanceIdentifier="archive", DBSnapshotIdentifier="A1")["DBSnapshot"]
kms.create_alias(AliasName="alias/museum", TargetKeyId=key)
copy = {"SourceDBSnapshotIdentifier": snapshot["DBSnapshotArn"], "TargetDBSnapshotIdentifier": "A2"}
copied = rds.copy_db_snapshot(**copy, KmsKeyId="alias/museum")["DBSnapshot"]["DBSnapshotArn"]
rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="vault", DBSnapshotIdentifier=copied)
""",
        "on-loan": """
rds.create_db_snapshot(DBInstanceIdentifier="archive", DBSnapshotIdentifier="L1")
rds.copy_db_snapshot(SourceDBSnapshotIdentifier="L1", TargetDBSnapshotIdentifier="L2", KmsKeyId=loan)
rds.modify_db_snapshot_attribute(DBSnapshotIdentifier="L2", AttributeName="restore", ValuesToAdd=[restorers])
them = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{restorers}:root"}, "Resource": "*"}
by_rds = {"StringEquals": {"kms:ViaService": "rds.us-east-1.amazonaws.com"}}
safe = by_rds | {"Bool": {"kms:GrantIsForAWSResource": "true"}}
grants = them | {"Action": "kms:CreateGrant", "Condition": safe}
kms.put_key_policy(KeyId=loan, Policy=document(own, them | {"Action": "kms:DescribeKey"}, grants))
""",
        "night-shift": """
exact = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:DescribeKey"]
exact += ["kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"]
for_aws = {"Action": "kms:CreateGrant", "Condition": {"BoolIfExists": {"kms:GrantIsForAWSResource": True}}}
kms.put_key_policy(KeyId=cellar, Policy=document(own, may | {"Action": exact}, may | for_aws))
scaling.update_auto_scaling_group(AutoScalingGroupName="night", DesiredCapacity=1)
""",
    },
    "26-test-your-own-code": {
        "every-path": """
iam.delete_role_policy(RoleName="Report", PolicyName="own")
for name in ("Decrypt", "GenerateDataKey"):
    context = {"EncryptionContextSubset": {"customer": "ada"}}
    kms.create_grant(KeyId=key, GranteePrincipal=job.arn, Operations=[name], Constraints=context)
""",
        "worth-an-allow": """
answer = {"kms:enablekey", "KMS:DescribeKey", "kms:ListGrants", "kms:CancelKeyDeletion"}
""",
        "from-the-trail": """
only = {"StringEquals": {"kms:EncryptionContext:customer": "ada"}}
out = {"Effect": "Allow", "Action": "kms:ReEncryptF*", "Resource": key, "Condition": only}
into = {"Effect": "Allow", "Action": "kms:ReEncryptTo", "Resource": shelf, "Condition": only}
both = json.dumps({"Version": "2012-10-17", "Statement": [out, into]})
made = iam.create_policy(PolicyName="move", PolicyDocument=both)
iam.delete_role_policy(RoleName="Archive", PolicyName="inline")
iam.attach_role_policy(RoleName="Archive", PolicyArn=made["Policy"]["Arn"])
""",
        "must-not": """
kms.create_alias(AliasName="alias/shelf", TargetKeyId=shelf)
ada = {"customer": "ada"}
answer = [
    ["decrypt", {"KeyId": key.rpartition("/")[2], "CiphertextBlob": hers}],
    ["decrypt", {"KeyId": "alias/shelf", "CiphertextBlob": hers, "EncryptionContext": ada}],
    ["re_encrypt", {"SourceKeyId": key, "CiphertextBlob": hers, "SourceEncryptionContext": ada,
                    "DestinationKeyId": key, "DestinationEncryptionContext": ada}],
    ["list_keys", {}],
]
""",
    },
    "21-best-practices-audit": {
        "bring-back-wages": """
wages = next(each.resource for each in lab.audit("pending-deletion") if "wages" in each.why)
kms.cancel_key_deletion(KeyId=wages)
kms.enable_key(KeyId=wages.rpartition("/")[2])
""",
        "who-fails-alone": """
import numpy
answer = numpy.int64(len([name for name in ("guest", "partner") if name in shop.keys]))
""",
        "close-the-newsletter": """
only = {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{lab.account_id}:role/Reader"}}
policy = document(shop.root, allow("kms:Decrypt", Principal="*", Condition=only))
kms.put_key_policy(KeyId=shop.keys["newsletter"], Policy=policy)
""",
        "photos-through-s3": """
use = allow(("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"), shop.keys["photos"])
beside = {"StringNotEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
deny = allow("kms:*", shop.keys["photos"], Condition=beside) | {"Effect": "Deny"}
policy = document(use, deny, allow("s3:PutObject", "arn:aws:s3:::shop-photos/*"))
iam.put_role_policy(RoleName="Photographer", PolicyName="inline", PolicyDocument=policy)
""",
        "nothing-left": """
kms.put_key_policy(KeyId=shop.keys["till"], Policy=document(shop.root))
use = allow(("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"), shop.keys["till"])
iam.put_role_policy(RoleName="Cashier", PolicyName="till", PolicyDocument=document(use))
topic = {"TopicArn": shop.arn("sns", "offers"), "AttributeName": "KmsMasterKeyId"}
sns.set_topic_attributes(**topic, AttributeValue="alias/records")
logs.delete_log_stream(logGroupName="/shop/debug", logStreamName="main")
""",
    },
    "20-troubleshoot": {
        "clerk-and-alias": """
iam.delete_role_policy(RoleName="Clerk", PolicyName="inline")
reads = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": ledger}
document = json.dumps({"Version": "2012-10-17", "Statement": reads})
made = iam.create_policy(PolicyName="ReadTheLedger", PolicyDocument=document)["Policy"]["Arn"]
iam.attach_role_policy(RoleName="Clerk", PolicyArn=made)
""",
        "tellers-door": 'kms.create_grant(KeyId=safe, GranteePrincipal=teller.arn, Operations=["Encrypt", "Decrypt"])',
        "contractors-fence": """
iam.put_role_policy(RoleName="Contractor", PolicyName="inline", PolicyDocument=json.dumps({"Version": "2012-10-17",
    "Statement": [{**fence[0], "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]}]}))
wider = iam.create_policy(PolicyName="KeysOnly", PolicyDocument=json.dumps({"Version": "2012-10-17",
    "Statement": [fence[0], {**fence[0], "Action": ["kms:GenerateDataKey"]}]}))["Policy"]["Arn"]
iam.put_role_permissions_boundary(RoleName="Contractor", PermissionsBoundary=wider)
""",
        "whose-refusal": """
told = [event for event in lab.events() if event["eventName"] == "GetObject" and "errorCode" in event]
mine = [event for event in told if "/Courier/" in event["userIdentity"]["arn"]]
answer = [event["requestParameters"]["key"] for event in mine if "kms:Decrypt" in event["errorMessage"]]
""",
        "bring-it-back": """
kms.cancel_key_deletion(KeyId=archive)
boto3.client("kms").enable_key(KeyId=archive.rpartition("/")[2])
""",
        "calm-the-thumbs": """
kms.create_alias(AliasName="alias/reports", TargetKeyId=reports)
by_name = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/reports"}
calm = {"Rules": [{"ApplyServerSideEncryptionByDefault": by_name, "BucketKeyEnabled": True}]}
s3.put_bucket_encryption(Bucket=thumbs, ServerSideEncryptionConfiguration=calm)
""",
    },
}
