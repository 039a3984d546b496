"""The policies of the application, as documents: of the two roles, the bucket and the keys. Pure."""

from __future__ import annotations

from typing import Any

Statement = dict[str, Any]
OWN = "${aws:PrincipalTag/tenant}"
"""The tag of the session that asks. A session without the tag matches nothing."""


def tenant_may(bucket: str) -> list[Statement]:
    """Put, get and list what is the tenant's own, under keys and in an encryption context of the same name."""
    own = {"kms:EncryptionContext:tenant": OWN, "aws:ResourceTag/tenant": OWN}
    through_s3 = {"StringEquals": own, "StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}
    return [
        _allow(["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{bucket}/{OWN}/*"),
        _allow("s3:ListBucket", f"arn:aws:s3:::{bucket}", {"StringEquals": {"s3:prefix": f"{OWN}/"}}),
        _allow(["kms:GenerateDataKey", "kms:Decrypt"], "*", through_s3),
    ]


def tenant_trust(service: str) -> list[Statement]:
    """Let the service's role begin sessions, and each has to be tagged with a tenant, and with nothing else."""
    tagged = {
        "StringLike": {"aws:RequestTag/tenant": "?*"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["tenant"]},
    }
    allow = _allow(["sts:AssumeRole", "sts:TagSession"], "", tagged)
    del allow["Resource"]
    return [{**allow, "Principal": {"AWS": service}}]


def service_may(role: str) -> list[Statement]:
    """Begin sessions of the tenants' role. Nothing else: no S3, no KMS."""
    return [_allow(["sts:AssumeRole", "sts:TagSession"], role)]


def key_policy(account: str, tenant: str) -> dict[str, Any]:
    """Leave it to IAM who uses the key, but never without the tenant in the encryption context."""
    uses = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    other = {"StringNotEquals": {"kms:EncryptionContext:tenant": tenant}}
    statements = [
        {"Sid": "Account", **_allow("kms:*", "*"), "Principal": {"AWS": f"arn:aws:iam::{account}:root"}},
        {**_deny("OtherContext", uses, "*"), "Condition": other},
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def bucket_policy(bucket: str, keys: dict[str, str]) -> dict[str, Any]:
    """Refuse uploads that aren't under the key of the tenant; refuse everybody else a tenant's objects.

    `keys` has the ARN of each tenant's key. A Deny counts for administrators, too.
    """
    places = {tenant: f"arn:aws:s3:::{bucket}/{tenant}/*" for tenant in keys}
    plain = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}
    statements = [
        {**_deny("NotUnderKms", "s3:PutObject", f"arn:aws:s3:::{bucket}/*"), "Condition": plain},
        {"Sid": "OtherPlaces", "Effect": "Deny", "Principal": "*"}
        | {"Action": "s3:PutObject", "NotResource": list(places.values())},
    ]
    for number, (tenant, place) in enumerate(places.items(), 1):
        other_key = {"StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": keys[tenant]}}
        stranger = {"StringNotEquals": {"aws:PrincipalTag/tenant": tenant}}
        statements += [
            {**_deny(f"OtherKey{number}", "s3:PutObject", place), "Condition": other_key},
            {**_deny(f"Strangers{number}", ["s3:PutObject", "s3:GetObject"], place), "Condition": stranger},
        ]
    return {"Version": "2012-10-17", "Statement": statements}


def cors(*origins: str) -> dict[str, Any]:
    """Let pages of these origins put files, with the headers that `Files.upload` signs."""
    headers = ["content-type", "content-disposition", "if-none-match", "x-amz-checksum-sha256"]
    headers.append("x-amz-server-side-encryption*")
    rule = {"AllowedOrigins": list(origins), "AllowedMethods": ["PUT"], "AllowedHeaders": headers}
    return {"CORSRules": [{**rule, "MaxAgeSeconds": 300}]}


def _allow(actions: str | list[str], resource: str, condition: dict[str, Any] | None = None) -> Statement:
    more = {"Condition": condition} if condition else {}
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def _deny(sid: str, actions: str | list[str], resource: str) -> Statement:
    return {"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": actions, "Resource": resource}
