"""The policies of the application, as documents: what the roles may do, and what the bucket refuses. Pure."""

from __future__ import annotations

from typing import Any

Statement = dict[str, Any]


def shipper_may(app: str, bucket: str, key: str) -> list[Statement]:
    """Make data keys for this application, put its objects, and ask for their checksums. No Decrypt."""
    return [
        _allow("kms:GenerateDataKey", key, _about(app)),
        _allow(["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{bucket}/{app}/*"),
    ]


def auditor_may(app: str, bucket: str, key: str) -> list[Statement]:
    """List the bucket, get this application's objects, and open their data keys. No writing."""
    return [
        _allow("kms:Decrypt", key, _about(app)),
        _allow("s3:GetObject", f"arn:aws:s3:::{bucket}/{app}/*"),
        _allow("s3:ListBucket", f"arn:aws:s3:::{bucket}"),
    ]


def bucket_policy(bucket: str, shippers: dict[str, str]) -> dict[str, Any]:
    """Refuse every upload, but new objects `APP/*.sealed` of that application's shipper; refuse every deletion.

    `shippers` has the ARN of the role of each application. A Deny counts for administrators, too.
    """
    every = f"arn:aws:s3:::{bucket}/*"
    places = {f"arn:aws:s3:::{bucket}/{app}/*.sealed": role for app, role in shippers.items()}
    new_only = {"Null": {"s3:if-none-match": "true"}}
    statements = [
        {**_deny("OtherPlaces", "s3:PutObject"), "NotResource": list(places)},
        {**_deny("NotNew", "s3:PutObject"), "Resource": every, "Condition": new_only},
        {**_deny("Deletions", ["s3:DeleteObject", "s3:DeleteObjectVersion"]), "Resource": every},
    ]
    for number, (place, role) in enumerate(places.items(), 1):
        somebody_else = {"ArnNotEquals": {"aws:PrincipalArn": role}}
        statements.append({**_deny(f"Others{number}", "s3:PutObject"), "Resource": place, "Condition": somebody_else})
    return {"Version": "2012-10-17", "Statement": statements}


def _about(app: str) -> dict[str, Any]:
    return {"StringEquals": {"kms:EncryptionContext:app": app}}


def _allow(actions: str | list[str], resource: str, condition: dict[str, Any] | None = None) -> Statement:
    more = {"Condition": condition} if condition else {}
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def _deny(sid: str, actions: str | list[str]) -> Statement:
    return {"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": actions}
