"""The boto3 clients of an identity: what a widget calls with."""

from __future__ import annotations

from typing import Any

import boto3

SERVICES = ("kms", "iam", "sts")


def clients_of(identity: Any = None, region: str | None = None) -> dict[str, Any]:
    """Make the clients of anything with `.client(service)`: boto3 itself, a session, a role of the lab.

    A boto3 KMS client is taken as it is; then nobody can be asked for IAM users and roles.
    """
    if identity is None:
        return {service: boto3.client(service, region_name=region) for service in SERVICES}
    if hasattr(identity, "describe_key"):
        return {"kms": identity}
    if not hasattr(identity, "client"):
        raise TypeError("Give a boto3 session, a boto3 KMS client, or a role, user or account of the lab.")
    if hasattr(identity, "session"):  # one session for all: each `client` of a role would assume it anew
        identity = identity.session()
    return {service: identity.client(service) for service in SERVICES}
