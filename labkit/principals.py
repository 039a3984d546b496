"""Other principals than the learner, made with plain IAM and STS calls in the lab's account."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from .lab import Lab

POLICY_NAME = "inline"


class Role:
    """An IAM role of the lab's account; `client` assumes it anew and answers a boto3 client."""

    def __init__(self, name: str, arn: str, region: str) -> None:
        self.name = name
        self.arn = arn
        self._region = region

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client that calls as this role (session name: the role's name in lower case)."""
        session = boto3.client("sts").assume_role(RoleArn=self.arn, RoleSessionName=self.name.lower())
        keys = session["Credentials"]
        return boto3.client(
            service,
            region_name=region or self._region,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    def __repr__(self) -> str:
        return f"Role {self.arn}"


def make_role(lab: Lab, name: str, statements: list[dict[str, Any]]) -> Role:
    """Create the role, trusted by the whole account, with `statements` as its inline policy."""
    iam = boto3.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{lab.account_id}:root"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document([trust]))["Role"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName=POLICY_NAME, PolicyDocument=_document(statements))
    return Role(name, role["Arn"], lab.region)


def _document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
