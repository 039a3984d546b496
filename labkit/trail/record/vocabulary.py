"""Words that all ways of asking share, in pandas, on dask and in SQL: what is a refusal, and who `AWS Internal` is."""

from __future__ import annotations

from collections.abc import Iterable

DENIALS = (
    *("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Client.UnauthorizedOperation"),
    "VpceAccessDenied",
)

INTERNAL = "AWS Internal"
UNKNOWN_SERVICE = "(AWS)"
# The names that a service puts into its encryption contexts -> the service. Where several are there, the first of these
# counts: S3 asks for what CloudTrail has stored in it, RDS for its volumes. Sources: "How AWS services use AWS KMS" in
# the KMS Developer Guide and the services' own guides; records of real accounts (S3, SSM, EC2).
SERVICES_BY_CONTEXT = {
    "aws:s3:arn": "s3",
    "PARAMETER_ARN": "ssm",
    "SecretARN": "secretsmanager",
    "aws:lambda:FunctionArn": "lambda",
    "aws:dynamodb:tableName": "dynamodb",
    "aws:rds:db-id": "rds",
    "aws:workspaces:sid-directoryid": "workspaces",
    "aws:cloudtrail:arn": "cloudtrail",
    "aws:logs:arn": "logs",
    "aws:sqs:arn": "sqs",
    "aws:sns:topicArn": "sns",
    "aws:ebs:id": "ec2",
}


def inferred(names: Iterable[str]) -> str:
    """Find the service that puts these names into an encryption context, marked as inferred; else UNKNOWN_SERVICE."""
    given = frozenset(names)
    return next((marked(service) for name, service in SERVICES_BY_CONTEXT.items() if name in given), UNKNOWN_SERVICE)


def marked(service: str) -> str:
    """Mark a service's name that no record gives."""
    return f"{service} (inferred)"
