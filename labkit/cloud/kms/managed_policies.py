"""The key policies of AWS managed keys: who may use alias/aws/<service>, and only through that service.

Pure. Sources: policies that real accounts published (S3, EBS, Lambda, RDS, Secrets Manager, SNS and SSM in 2024,
DynamoDB in 2025), the Secrets Manager User Guide ("Key policy of the AWS managed key"), the DynamoDB Developer Guide
("Authorizing use of the AWS managed key"). SQS's was published as a copy; Redshift's is of the common shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from .documents import layout

_USE = ("Encrypt", "Decrypt", "ReEncrypt*", "GenerateDataKey*")
_WITH_GRANTS = (*_USE, "CreateGrant", "DescribeKey")
_LOOK = ("Describe*", "Get*", "List*")
_DEFAULT_DESCRIPTION = "Default key that protects my {} data when no other key is defined"


@dataclass(frozen=True, slots=True)
class ManagedKey:
    """What is particular to the key of one service."""

    id: str  # of the policy
    via: str  # the service's part of kms:ViaService
    named: str  # the service in the statements' names, and at their end, where it is called otherwise, `short`
    description: str
    use: tuple[str, ...] = _WITH_GRANTS
    account: tuple[str, ...] = (*_LOOK, "RevokeGrant")
    use_everywhere: tuple[str, ...] = ()  # through the service in any Region
    short: str = ""
    service_itself: str = ""  # may look at the key as itself, by a statement of this name

    def use_statements(self, account: str, region: str) -> list[dict[str, Any]]:
        """Everybody, through the service: in the key's Region, and where the service asks for it in every one."""
        caller = {"kms:CallerAccount": account}
        here = {"StringEquals": caller | {"kms:ViaService": f"{self.via}.{region}.amazonaws.com"}}
        everywhere = {"StringEquals": caller, "StringLike": {"kms:ViaService": f"{self.via}.*.amazonaws.com"}}
        return [
            self._through(actions, condition)
            for actions, condition in ((self.use, here), (self.use_everywhere, everywhere))
            if actions
        ]

    def _through(self, actions: tuple[str, ...], condition: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "Sid": f"Allow access through {self.named} for all principals in the account that are authorized to use "
            f"{self.short or self.named}",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": _actions(actions),
            "Resource": "*",
            "Condition": dict(condition),
        }


MANAGED: Mapping[str, ManagedKey] = MappingProxyType(
    {
        "dynamodb": ManagedKey(
            "auto-dynamodb-3", "dynamodb", "Amazon DynamoDB", _DEFAULT_DESCRIPTION.format("DynamoDB"),
            use=(), use_everywhere=_WITH_GRANTS, service_itself="Allow DynamoDB to directly describe the key",
        ),
        "ebs": ManagedKey(
            "auto-ebs-2", "ec2", "EBS", "Default key that protects my EBS volumes when no other key is defined",
        ),
        "lambda": ManagedKey(
            "auto-awslambda", "lambda", "AWS Lambda",
            "Default key that protects my Lambda functions when no other key is defined",
        ),
        "rds": ManagedKey(
            "auto-rds-2", "rds", "RDS",
            "Default key that protects my RDS database volumes when no other key is defined",
            use=(*_USE, "CreateGrant", "ListGrants", "DescribeKey"),
        ),
        "redshift": ManagedKey("auto-redshift-1", "redshift", "Redshift", _DEFAULT_DESCRIPTION.format("Redshift")),
        "s3": ManagedKey(
            "auto-s3-2", "s3", "S3", "Default key that protects my S3 objects when no other key is defined",
            use=(*_USE, "DescribeKey"), account=_LOOK,
        ),
        "secretsmanager": ManagedKey(
            "auto-secretsmanager-2", "secretsmanager", "AWS Secrets Manager",
            _DEFAULT_DESCRIPTION.format("Secrets Manager"),
            use=("Encrypt", "Decrypt", "ReEncrypt*", "CreateGrant", "DescribeKey"),
            use_everywhere=("GenerateDataKey*",),
        ),
        "sns": ManagedKey(
            "auto-sns-1", "sns", "SNS", _DEFAULT_DESCRIPTION.format("SNS"),
            use=("Decrypt", "GenerateDataKey*", "CreateGrant", "ListGrants", "DescribeKey"),
        ),
        "sqs": ManagedKey(
            "auto-sqs-1", "sqs", "Simple Queue Service (SQS)", _DEFAULT_DESCRIPTION.format("SQS"), short="SQS",
        ),
        "ssm": ManagedKey(
            "auto-ssm-1", "ssm", "SSM", "Default key that protects my SSM parameters when no other key is defined",
            use=(*_USE, "DescribeKey"), account=_LOOK,
        ),
    }
)  # fmt: skip
"""By the last part of the alias."""


def policy_text(account: str, region: str, service: str) -> str:
    """Return the key policy of an AWS managed key."""
    managed = MANAGED[service]
    statements = managed.use_statements(account, region)
    metadata = {
        "Sid": "Allow direct access to key metadata to the account",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": _actions(managed.account),
        "Resource": "*",
    }
    statements.append(metadata)
    if managed.service_itself:
        itself = {"Principal": {"Service": f"{managed.via}.amazonaws.com"}, "Action": _actions(_LOOK)}
        statements.append(metadata | {"Sid": managed.service_itself} | itself)
    return layout({"Version": "2012-10-17", "Id": managed.id, "Statement": statements})


def _actions(names: tuple[str, ...]) -> list[str] | str:
    actions = [f"kms:{name}" for name in names]
    return actions if len(actions) > 1 else actions[0]
