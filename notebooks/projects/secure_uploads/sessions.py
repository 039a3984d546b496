"""The AWS session in which the site works for a tenant. Touches STS.

The session has the tag `tenant`, and the role's policy speaks of that tag alone. So a mistake in this program can't
reach across tenants: AWS would refuse it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

SHORTEST = 900
"""Seconds: no session of a role can be shorter (AssumeRole). Links that it has signed end with it at the latest."""

Clients = Callable[[str], Any]


def tenant_session(role: str, tenant: str, sts: Any) -> Clients:
    """Begin a session of the role that is tagged with the tenant; answer what makes its boto3 clients."""
    begun = sts.assume_role(
        RoleArn=role,
        RoleSessionName=tenant,
        DurationSeconds=SHORTEST,
        Tags=[{"Key": "tenant", "Value": tenant}],
    )["Credentials"]

    def client(service: str) -> Any:
        return boto3.client(
            service,
            region_name=sts.meta.region_name,
            aws_access_key_id=begun["AccessKeyId"],
            aws_secret_access_key=begun["SecretAccessKey"],
            aws_session_token=begun["SessionToken"],
            config=Config(signature_version="s3v4") if service == "s3" else None,  # KMS takes no older signature
        )

    return client
