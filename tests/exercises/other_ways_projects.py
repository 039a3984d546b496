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
}
