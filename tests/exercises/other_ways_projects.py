"""Right answers to the projects' exercises that go another way than the shipped solutions."""

WAYS = {
    "1-encrypt-logs-before-upload": {
        "billing-may-seal": """
only = {"StringEquals": {"kms:EncryptionContext:app": "billing"}}
mine = {"Effect": "Allow", "Principal": {"AWS": billing_role.arn}, "Resource": "*", "Condition": only}
rules = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
rules["Statement"].append(mine | {"Action": "kms:GenerateDataKey"})
kms.put_key_policy(KeyId=key, Policy=json.dumps(rules))
""",
        "seal-the-first-hour": """
path = Path(tempfile.mkdtemp()) / "sealed"
with path.open("wb") as sealed:
    about_it = {"file": "2026-01-05T00.log", "app": "web"}
    seal(io.BytesIO(first_hour), sealed, web_role.client("kms"), key, about_it, 100)
place = {"Bucket": bucket, "Key": "web/2026-01-05T00.log.sealed"}
web_role.client("s3").put_object(**place, Body=path.read_bytes(), IfNoneMatch="*")
""",
        "a-door-for-billing": """
every, own = f"arn:aws:s3:::{bucket}/*", {"web": web_role.arn, "billing": billing_role.arn}
deny = {"Effect": "Deny", "Principal": "*"}
rules = [deny | {"Action": "s3:Delete*", "Resource": every}]
rules += [deny | {"Action": "s3:Put*", "Resource": every, "Condition": {"Null": {"s3:if-none-match": "true"}}}]
for app, arn in own.items():
    place = f"arn:aws:s3:::{bucket}/{app}/20??-??-??T??.log.sealed"
    other = {"StringEquals": {"aws:PrincipalArn": arn}}
    rules += [deny | {"Action": "s3:PutObject", "NotResource": place, "Condition": other}]
strangers = {"StringNotEquals": {"aws:PrincipalArn": list(own.values())}}
rules += [deny | {"Action": "s3:PutObject", "Resource": every, "Condition": strangers}]
s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": rules}))
""",
        "bring-it-to-its-end": """
for hour in (14, 13):
    stopped.ship_one(f"2026-01-05T{hour}.log")
""",
        "ten-o-clock": """
from sealed_logs import read_back
texts = dict(read_back("web", bucket, key, auditor_role.client("kms"), auditor_role.client("s3")))
answer = str(sum(line.endswith("401") for line in texts["2026-01-05T10.log"].splitlines()))
answer = int(answer)
""",
    },
    "2-lambda-decrypts-config": {
        "invoice-opens-its-own": """
rules = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
name = "kms:EncryptionContext:function"
mine = {"Effect": "Allow", "Resource": "*", "Condition": {"StringEquals": {name: "invoice"}}}
rules["Statement"].append(mine | {"Principal": {"AWS": deployer_role.arn}, "Action": "kms:Encrypt"})
rules["Statement"].append(mine | {"Principal": {"AWS": invoice_role.arn}, "Action": ["kms:Decrypt"]})
kms.put_key_policy(KeyId=key, Policy=json.dumps(rules))
""",
        "password-of-march": """
made = seal_config(deployer_role.client("kms"), key, "report", "2026-03", settings | {"password": "by hand"})
variables = {"CONFIG": made, "RELEASE": "2026-03", "KEY_ID": key}
brings = deployer_role.client("lambda")
brings.update_function_configuration(FunctionName="report", Environment={"Variables": variables})
version = brings.publish_version(FunctionName="report")["Version"]
brings.update_alias(FunctionName="report", Name="live", FunctionVersion=version)
run()
""",
        "february-has-leaked": """
report.deploy("2026-04", settings | {"password": "another one"})
run()
rules = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
only = {"kms:EncryptionContext:function": "report", "kms:EncryptionContext:release": "2026-02"}
deny = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringEquals": only}}
kms.put_key_policy(KeyId=key, Policy=json.dumps(rules | {"Statement": [deny, *rules["Statement"]]}))
""",
        "a-forged-release": """
report.deploy_sealed("2026-09", sealed)
run()
report.roll_back("2026-02")
answer = " InvalidCiphertextException "
""",
    },
    "3-api-keys-in-dynamodb": {
        "second-verifier": """
lab.role("EdgeVerifier")
kms.create_grant(KeyId=mac_key, GranteePrincipal=f"arn:aws:iam::{lab.account_id}:role/EdgeVerifier",
                 Operations=["GenerateMac"])
""",
        "a-key-for-carla": """
for _ in range(2):
    carla = issuer.issue("carla")
assert verifier.verify(carla.text) == "carla"
""",
        "doras-key": """
support.dynamodb.update_item(
    TableName="api-keys", Key={"id": {"S": f"key#{dora.name}"}}, UpdateExpression="SET #s = :r",
    ExpressionAttributeNames={"#s": "state"}, ExpressionAttributeValues={":r": {"S": "revoked"}})
""",
        "third-generation": """
third = generation("3")
every = {"Effect": "Allow", "Action": ["kms:GenerateMac"], "Resource": third.mac}
seal = {"Effect": "Allow", "Action": ["kms:Encrypt"], "Resource": third.seal}
for role, statements in (("Verifier", [every]), ("Issuer", [every, seal])):
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName=role, PolicyName="third", PolicyDocument=document)
for step in Move(store, third).steps():
    break
Move(store, third).run()
""",
    },
    "4-secure-file-uploads": {
        "close-the-key": """
tags = {"since": "2026", "tenant": "globex"}
kms.tag_resource(KeyId=globex_key, Tags=[{"TagKey": name, "TagValue": text} for name, text in tags.items()])
root = {"AWS": f"arn:aws:iam::{lab.account_id}:root"}
only = {"StringEquals": {"kms:EncryptionContext:tenant": "globex"}}
use = ["kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt"]
look_after = [f"kms:{name}" for name in ("Describe*", "Get*", "List*", "Put*", "*Tag*", "Enable*", "Schedule*")]
rules = [
    {"Effect": "Allow", "Principal": root, "Action": use, "Resource": "*", "Condition": only},
    {"Effect": "Allow", "Principal": root, "Action": look_after, "Resource": "*"},
]
kms.put_key_policy(KeyId=globex_key, Policy=json.dumps({"Version": "2012-10-17", "Statement": rules}))
""",
        "a-door-for-globex": """
rules = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
own = "arn:aws:s3:::%s/globex/*" % bucket
rules["Statement"][1]["NotResource"].append(own)
deny = {"Effect": "Deny", "Principal": "*", "Resource": own}
stranger = {"StringNotLike": {"aws:PrincipalTag/tenant": "globex"}}
other = {"ArnNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": globex_key}}
rules["Statement"] += [deny | {"Action": "s3:*Object*", "Condition": stranger}]
rules["Statement"] += [deny | {"Action": "s3:PutObject", "Condition": other}]
s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(rules))
""",
        "a-link-for-initech": """
clients = tenant_session(tenant_role.arn, "initech", service_role.client("sts"))
context = base64.b64encode(json.dumps({"tenant": "initech"}).encode()).decode()
sent = {"Bucket": bucket, "Key": "initech/minutes.txt", "ContentType": "application/octet-stream"}
sent |= {"ContentDisposition": "attachment", "ChecksumSHA256": sum_of(minutes), "ContentLength": len(minutes)}
sent |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": initech_key, "SSEKMSEncryptionContext": context}
url = clients("s3").generate_presigned_url("put_object", Params=sent)
headers = {
    "content-type": sent["ContentType"], "content-disposition": "attachment",
    "x-amz-checksum-sha256": sum_of(minutes), "x-amz-server-side-encryption": "aws:kms",
    "x-amz-server-side-encryption-aws-kms-key-id": initech_key, "x-amz-server-side-encryption-context": context,
}
send("PUT", url, headers, minutes)
""",
        "another-page": """
rule = {"AllowedMethods": ["PUT"], "AllowedHeaders": ["*"]}
rules = [rule | {"AllowedOrigins": [origin]} for origin in ("https://files.example.com", site)]
s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})
""",
        "what-was-opened": """
answer = {"initech/plan.txt", "acme/plan.txt"}
answer = list(answer)
""",
    },
}
