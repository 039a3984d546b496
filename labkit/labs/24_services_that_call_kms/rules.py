"""Would a rule of EventBridge send a call? Asked of moto's reading of patterns, which the account uses too."""

from __future__ import annotations

from typing import Any

from moto.events.models import EventPattern

# Whatever else a record tells of the call: somebody else's call for another key is one of the same kind.
_OF_SOMEBODY_ELSE: dict[str, Any] = {
    "userIdentity": {"type": "IAMUser", "userName": "somebody", "arn": "arn:aws:iam::111122223333:user/somebody"},
    "requestParameters": {"keyId": "00000000-0000-0000-0000-000000000000"},
    "resources": [],
    "sourceIPAddress": "198.51.100.7",
    "userAgent": "another",
}


def sends(pattern: str, record: dict[str, Any], name: str) -> bool:
    """Tell whether the pattern matches calls of this name, in the account and the Region of the record."""
    detail = record | _OF_SOMEBODY_ELSE | {"eventName": name}
    message = {
        "version": "0",
        "id": record["eventID"],
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.kms",
        "account": record["recipientAccountId"],
        "time": record["eventTime"],
        "region": record["awsRegion"],
        "resources": [],
        "detail": detail,
    }
    return bool(pattern) and bool(EventPattern.load(pattern).matches_event(message))  # type: ignore[arg-type]
