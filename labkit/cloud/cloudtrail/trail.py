"""One trail: where it delivers, what it logs, what it has yet to deliver. Facts, and no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from . import selectors
from .digest import Chain

SERVICE = "cloudtrail.amazonaws.com"


@dataclass
class Trail:
    """One trail, with what it has yet to deliver."""

    name: str
    account: str
    region: str  # its home Region
    bucket: str
    prefix: str = ""
    key_arn: str = ""
    log_group: str = ""  # ARN of a CloudWatch Logs log group, and of the role that writes there
    log_role: str = ""
    log_delivered: datetime | None = None
    log_error: str = ""
    validation: bool = False
    multi_region: bool = False
    global_services: bool = True
    recursive: bool = True
    basic: list[dict[str, Any]] = field(default_factory=lambda: list(selectors.DEFAULT))
    advanced: list[dict[str, Any]] = field(default_factory=list)
    tags: dict[str, str | None] = field(default_factory=dict)
    logging: bool = False
    started: datetime | None = None
    stopped: datetime | None = None
    pending: list[dict[str, Any]] = field(default_factory=list)
    due: datetime | None = None
    delivered: datetime | None = None
    error: str = ""
    digests: dict[str, Chain] = field(default_factory=dict)  # by Region
    digest_start: datetime | None = None  # where the present hour of digests began
    digest_delivered: datetime | None = None

    @property
    def arn(self) -> str:
        """The trail's ARN."""
        return f"arn:aws:cloudtrail:{self.region}:{self.account}:trail/{self.name}"

    def folder(self, kind: str) -> str:
        """Tell where files of a kind ("CloudTrail", "CloudTrail-Digest") go in the bucket."""
        return f"{self.prefix}/AWSLogs/{self.account}/{kind}" if self.prefix else f"AWSLogs/{self.account}/{kind}"

    def takes(self, event: dict[str, Any]) -> bool:
        """Tell whether the trail logs this event."""
        if not self.logging or event["recipientAccountId"] != self.account:
            return False
        if not self.multi_region and event["awsRegion"] != self.region:
            return False
        if not self.recursive and is_own(event):
            return False
        if self.advanced:
            return selectors.wants_advanced(self.advanced, event)
        return selectors.wants(self.basic, event)

    def described(self) -> dict[str, Any]:
        """Return what Create, Update, Get and Describe have in common."""
        answer = {
            "Name": self.name,
            "S3BucketName": self.bucket,
            "S3KeyPrefix": self.prefix or None,
            "IncludeGlobalServiceEvents": self.global_services,
            "IsMultiRegionTrail": self.multi_region,
            "TrailARN": self.arn,
            "LogFileValidationEnabled": self.validation,
            "CloudWatchLogsLogGroupArn": self.log_group or None,
            "CloudWatchLogsRoleArn": self.log_role or None,
            "KmsKeyId": self.key_arn or None,
            "IsOrganizationTrail": False,
        }
        return {name: value for name, value in answer.items() if value is not None}


def is_own(event: dict[str, Any]) -> bool:
    """Tell whether CloudTrail itself made the call, delivering files."""
    return bool(event["userIdentity"].get("invokedBy") == SERVICE)
