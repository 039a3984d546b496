"""Records in CloudTrail's form, made by hand for tests."""

from __future__ import annotations

import gzip
import json
from typing import Any

Record = dict[str, Any]
ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OTHER_KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0987dcba-09fe-87dc-65ba-ab0987654321"
SESSION = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLE:ann",
    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Clerk/ann",
    "accountId": ACCOUNT,
    "accessKeyId": "ASIAEXAMPLE",
    "sessionContext": {
        "sessionIssuer": {
            "type": "Role",
            "principalId": "AROAEXAMPLE",
            "arn": f"arn:aws:iam::{ACCOUNT}:role/office/Clerk",
            "accountId": ACCOUNT,
            "userName": "Clerk",
        },
        "attributes": {"creationDate": "2026-01-05T08:00:00Z", "mfaAuthenticated": "false"},
    },
}


def record(number: int = 0, **members: Any) -> Record:
    """A Decrypt by a role session; `number` makes its id and time; None leaves a member out."""
    made = {
        "eventVersion": "1.11",
        "userIdentity": SESSION,
        "eventTime": f"2026-01-05T09:{number // 60 % 60:02}:{number % 60:02}Z",
        "eventSource": "kms.amazonaws.com",
        "eventName": "Decrypt",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.10",
        "userAgent": "Boto3/1.44",
        "requestParameters": {"encryptionAlgorithm": "SYMMETRIC_DEFAULT", "encryptionContext": {"case": str(number)}},
        "responseElements": None,
        "requestID": f"00000000-0000-4000-8000-{number:012}",
        "eventID": f"00000000-0000-4000-9000-{number:012}",
        "readOnly": True,
        "resources": [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": KEY}],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        **members,
    }
    nulls = ("requestParameters", "responseElements")
    return {name: value for name, value in made.items() if value is not None or name in nulls}


def minified(content: Any) -> bytes:
    """JSON without spaces, as CloudTrail writes it."""
    return json.dumps(content, separators=(",", ":")).encode()


def log_file(*records: Record) -> bytes:
    """A delivered file."""
    return gzip.compress(minified({"Records": list(records)}), mtime=0)
