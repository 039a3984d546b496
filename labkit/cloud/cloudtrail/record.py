"""One CloudTrail event for every call, refused ones too, in the form of the real service (eventVersion 1.11).

Pure: a call in, a record out. Absent is absent, never null, save requestParameters and
responseElements, which are always there. Sources: CloudTrail User Guide, "CloudTrail record contents";
KMS Developer Guide, "Logging AWS KMS API calls"; records that real accounts published.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from moto.core.utils import get_service_model

from ..call import Call, Principal
from .shapes import is_read_only, kms_event_shapes, shown

# Parameters that CloudTrail shows with their default where the caller left them out (seen in published records).
_DEFAULTS: dict[str, dict[str, Any]] = {
    "CreateKey": {
        "bypassPolicyLockoutSafetyCheck": False,
        "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "description": "",
        "keySpec": "SYMMETRIC_DEFAULT",
        "keyUsage": "ENCRYPT_DECRYPT",
        "origin": "AWS_KMS",
        "multiRegion": False,
    },
    "Encrypt": {"encryptionAlgorithm": "SYMMETRIC_DEFAULT"},
    "Decrypt": {"encryptionAlgorithm": "SYMMETRIC_DEFAULT"},
    "ReEncrypt": {
        "sourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "destinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    },
}
# Refusals that come before authorization or at it: CloudTrail then shows neither parameters nor resources.
_BARE = frozenset({"AccessDenied", "NotFoundException"})
# Data events: not in the event history, delivered only by trails that select them.
_DATA_EVENTS = {"s3": "Object", "dynamodb": "Item", "lambda": "Invoke"}


def to_event(call: Call, event_id: str) -> dict[str, Any]:
    """The record of a finished call, with CloudTrail's members in CloudTrail's order."""
    assert call.principal
    error_code = _error_code(call)
    bare = error_code in _BARE
    resources = [] if bare else _resources(call)
    notes = {} if bare else call.notes
    data_event = _is_data_event(call)
    return {
        "eventVersion": "1.11",
        "userIdentity": _identity(call.principal, call.via),
        "eventTime": _iso(call.time),
        "eventSource": f"{_source(call.service)}.amazonaws.com",
        "eventName": call.operation,
        "awsRegion": call.region,
        "sourceIPAddress": call.via[-1] if call.via else call.source_ip,
        "userAgent": call.via[-1] if call.via else call.user_agent,
        **({"errorCode": error_code} if error_code else {}),
        **({"errorMessage": call.error.message} if call.error and call.error.message else {}),
        "requestParameters": None if bare else _parameters(call),
        "responseElements": None if call.error else _elements(call),
        **({"additionalEventData": notes} if notes else {}),
        "requestID": call.request_id,
        "eventID": event_id,
        "readOnly": is_read_only(call.service, call.operation),
        **({"resources": resources} if resources else {}),
        "eventType": "AwsApiCall",
        "managementEvent": not data_event,
        "recipientAccountId": call.principal.account,
        "eventCategory": "Data" if data_event else "Management",
        **({} if call.via else {"tlsDetails": _tls(call)}),
    }


def to_service_event(
    name: str, when: datetime, account: str, region: str, key_arn: str, details: dict[str, Any], event_id: str
) -> dict[str, Any]:
    """The record of what AWS does of its own accord: RotateKey, DeleteKey, DeleteExpiredKeyMaterial."""
    return {
        "eventVersion": "1.11",
        "userIdentity": {"accountId": account, "invokedBy": "AWS Internal"},
        "eventTime": _iso(when),
        "eventSource": "kms.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": "AWS Internal",
        "userAgent": "AWS Internal",
        "requestParameters": None,
        "responseElements": {"keyId": key_arn} if name == "DeleteKey" else None,
        "eventID": event_id,
        "readOnly": False,
        "resources": [{"accountId": account, "type": "AWS::KMS::Key", "ARN": key_arn}],
        "eventType": "AwsServiceEvent",
        "managementEvent": True,
        "recipientAccountId": account,
        **({"serviceEventDetails": details} if details else {}),
        "eventCategory": "Management",
    }


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _source(service: str) -> str:
    return {"cloudwatch": "monitoring", "resourcegroupstaggingapi": "tagging"}.get(service, service)


def _error_code(call: Call) -> str | None:
    """CloudTrail writes AccessDenied where the API answers AccessDeniedException (captured)."""
    if call.error is None:
        return None
    return "AccessDenied" if call.error.code == "AccessDeniedException" else call.error.code


def _resources(call: Call) -> list[dict[str, str]]:
    """Keys first, then aliases, which CloudTrail types as keys too."""
    if call.service != "kms" or not kms_event_shapes()[call.operation].has_resources:
        return []
    arns = [target.arn for target in call.targets if target.arn != "*"]
    if call.operation == "CreateKey" and call.result:
        arns.append(call.result["KeyMetadata"]["Arn"])
    arns = sorted(dict.fromkeys(arns), key=lambda arn: ":alias/" in arn)
    return [{"accountId": arn.split(":")[4], "type": "AWS::KMS::Key", "ARN": arn} for arn in arns]


def _parameters(call: Call) -> dict[str, Any] | None:
    operation = get_service_model(call.service).operation_model(call.operation)
    visible = shown(call.params, operation.input_shape) or {}
    if call.service == "kms":
        allowed = kms_event_shapes()[call.operation].parameters
        visible = _DEFAULTS.get(call.operation, {}) | visible
        visible = {name: value for name, value in visible.items() if name in allowed}
    return visible or None


def _elements(call: Call) -> dict[str, Any] | None:
    if is_read_only(call.service, call.operation) or call.result is None:
        return None
    operation = get_service_model(call.service).operation_model(call.operation)
    visible = shown(call.result, operation.output_shape) or {}
    if call.service == "kms":
        allowed = kms_event_shapes()[call.operation].elements
        visible = {name: value for name, value in visible.items() if name in allowed}
        if "keyId" in allowed and call.targets:  # the key's ARN, although the API may answer nothing
            keys = [target.arn for target in call.targets if ":key/" in target.arn]
            visible = {"keyId": keys[0]} | visible if keys else visible
    visible.pop("ResponseMetadata", None)
    return visible or None


def _is_data_event(call: Call) -> bool:
    mark = _DATA_EVENTS.get(call.service)
    if mark is None:
        return False
    if call.service == "s3":
        return "Key" in call.params or call.operation.startswith(("ListObject", "DeleteObject"))
    return mark in call.operation or call.operation in ("Query", "Scan")


def _identity(principal: Principal, via: tuple[str, ...]) -> dict[str, Any]:
    session = principal.session
    identity: dict[str, Any] = {"type": principal.kind}
    if principal.kind == "AWSService":
        return identity | {"invokedBy": principal.name}
    if principal.kind == "Anonymous":
        return {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}
    identity |= {"principalId": principal.principal_id, "arn": principal.arn, "accountId": principal.account}
    if principal.access_key_id:
        identity["accessKeyId"] = principal.access_key_id
    if principal.kind == "IAMUser":
        identity["userName"] = principal.name
    if session:
        issuer = {
            "type": "Role",
            "principalId": session.issuer_id,
            "arn": session.issuer_arn,
            "accountId": principal.account,
            "userName": session.issuer_name,
        }
        attributes = {"creationDate": _iso(session.created), "mfaAuthenticated": str(session.mfa).lower()}
        identity["sessionContext"] = {"sessionIssuer": issuer if session.issuer_arn else {}, "attributes": attributes}
    return identity | ({"invokedBy": via[-1]} if via else {})


def _tls(call: Call) -> dict[str, str]:
    """What the real service writes for a direct call of today's SDKs (the lab itself speaks plain HTTP on loopback)."""
    host = f"{_source(call.service)}.{call.region}.amazonaws.com"
    return {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_256_GCM_SHA384", "clientProvidedHostHeader": host}
