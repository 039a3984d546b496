"""CloudTrail's events for every call, refused ones too, in the form of the real service (eventVersion 1.11).

Pure: a call in, records out. Absent is absent, never null, save requestParameters and responseElements,
which are always there. Sources: CloudTrail User Guide, "CloudTrail record contents"; KMS Developer Guide,
"Logging AWS KMS API calls" (a page an operation); records that real accounts published.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from moto.core.utils import get_service_model

from ..core import kms_operations
from ..core.call import Call
from ..core.clock import iso
from ..core.invoking_services import invoker
from ..core.service_records import USUAL, Records
from .identity import identity_abroad, identity_of
from .network import by_endpoint, network_events
from .resources import other_owners, resources_of
from .shapes import event_source, is_read_only, kms_service_events, renamed, shown

VERSION = "1.11"
_INTERNAL = "AWS Internal"

# Refusals that come before authorization or at it: CloudTrail then shows neither parameters nor resources (captured).
_BARE = frozenset({"AccessDenied", "NotFoundException"})


def events_of(call: Call, new_id: Callable[[], str], records: Records = USUAL) -> list[dict[str, Any]]:
    """Return the records of a finished call: the caller's own first, then those of other accounts and Regions.

    A successful call across accounts is recorded in both, under one sharedEventID; a denied one in the
    caller's account alone (KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail"). What a VPC endpoint's
    policy refuses is in no account's records but its owner's network activity events.
    """
    network = network_events(call, new_id, records)
    if call.stopped_by_endpoint:
        return network
    return [*_of_accounts(call, new_id, records), *network]


def _of_accounts(call: Call, new_id: Callable[[], str], records: Records) -> list[dict[str, Any]]:
    event = _event(call, new_id(), records)
    owners = other_owners(call, event.get("resources", ()), records)  # a refusal that shows no resources tells no owner
    if not owners:
        return [event, *_elsewhere(call, event, new_id)]
    shared = {"sharedEventID": new_id()}
    assert call.principal
    copies = [
        event | {"userIdentity": identity_abroad(call.principal), "recipientAccountId": owner} for owner in owners
    ]
    return [_ordered(event | shared), *(_ordered(copy | {"eventID": new_id()} | shared) for copy in copies)]


def to_service_event(
    name: str,
    when: datetime,
    account: str,
    region: str,
    key_arn: str,
    details: dict[str, Any],
    new_id: Callable[[], str],
) -> dict[str, Any]:
    """Return the record of what KMS does of its own accord: RotateKey, DeleteKey, SynchronizeMultiRegionKey, ...

    `details` are serviceEventDetails; of them the event's row in the table names those that are shown.
    """
    shape = kms_service_events()[name]
    details = {member: value for member, value in details.items() if member in shape.details and value is not None}
    event_id = new_id()
    return {
        "eventVersion": VERSION,
        "userIdentity": {"accountId": account, "invokedBy": _INTERNAL},
        "eventTime": iso(when),
        "eventSource": "kms.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": _INTERNAL,
        "userAgent": _INTERNAL,
        "requestParameters": None,
        "responseElements": {"keyId": key_arn} if "keyId" in shape.elements else None,
        **({"requestID": new_id()} if shape.event_type == "AwsApiCall" else {}),
        "eventID": event_id,
        "readOnly": False,
        "resources": [{"accountId": account, "type": "AWS::KMS::Key", "ARN": key_arn}],
        "eventType": shape.event_type,
        "managementEvent": True,
        "recipientAccountId": account,
        **({"serviceEventDetails": details} if details else {}),
        "eventCategory": "Management",
    }


def _event(call: Call, event_id: str, records: Records) -> dict[str, Any]:
    """The caller's record, with CloudTrail's members in CloudTrail's order."""
    assert call.principal
    error_code = _error_code(call, records)
    bare = error_code in _BARE and not records.shows_denied_parameters
    resources = [] if bare else resources_of(call, records)
    additional = {} if bare else _additional(call)
    by_service = _calling_service(call)
    data_event = records.data_event(call.operation, call.params)
    return {
        "eventVersion": VERSION,
        "userIdentity": identity_of(call.principal, call.via),
        "eventTime": iso(call.time),
        "eventSource": event_source(call.service, records),
        "eventName": records.event_name(call.operation),
        "awsRegion": call.region,
        "sourceIPAddress": by_service or call.source_ip,
        "userAgent": by_service or call.user_agent,
        **({"errorCode": error_code} if error_code else {}),
        **({"errorMessage": call.error.message} if call.error and call.error.message else {}),
        "requestParameters": None if bare else _parameters(call, records),
        "responseElements": None if call.error else _elements(call, records),
        **({"additionalEventData": additional} if additional else {}),
        "requestID": call.request_id,
        "eventID": event_id,
        "readOnly": is_read_only(call.service, call.operation, records),
        **({"resources": resources} if resources else {}),
        "eventType": "AwsApiCall",
        "managementEvent": not data_event,
        "recipientAccountId": call.principal.account,
        **by_endpoint(call),
        "eventCategory": "Data" if data_event else "Management",
        **({} if by_service else {"tlsDetails": _tls(call, records)}),
    }


def _calling_service(call: Call) -> str:
    """The service that made the call, for somebody or as itself, as CloudTrail shows it; empty for a direct call."""
    assert call.principal
    if call.via:
        return invoker(call.via[-1]).shown
    return call.principal.name if call.principal.kind == "AWSService" else ""


def _elsewhere(call: Call, event: dict[str, Any], new_id: Callable[[], str]) -> list[dict[str, Any]]:
    """The record that a call on multi-Region keys writes in its other Region."""
    if call.service != "kms" or call.error:
        return []
    if call.operation == "UpdatePrimaryRegion" and len(call.targets) > 1:
        # one entry in the Region of each key (its page in the guide)
        arn = call.targets[1].arn
        return [event | {"responseElements": {"keyId": arn}} | _at(arn, call.params["PrimaryRegion"], new_id)]
    if call.operation == "ReplicateKey" and "replicaKeyMetadata" in (event["responseElements"] or {}):
        return [_birth_of_replica(call, event, new_id)]
    return []


def _birth_of_replica(call: Call, event: dict[str, Any], new_id: Callable[[], str]) -> dict[str, Any]:
    """ "A CreateKey operation in the replica key's Region" (ReplicateKey's documentation).

    No page shows its members: these are a CreateKey record's, with the replica's properties. Nobody has
    called that Region's endpoint, so there are no tlsDetails.
    """
    metadata = event["responseElements"]["replicaKeyMetadata"]
    shared = ("origin", "customerMasterKeySpec", "keySpec", "keyUsage", "multiRegion")
    parameters = event["requestParameters"]
    own = {name: parameters[name] for name in ("description", "bypassPolicyLockoutSafetyCheck")}
    record = event | {
        "eventName": "CreateKey",
        "requestParameters": own | {name: metadata[name] for name in shared},
        "responseElements": {"keyMetadata": metadata},
        **_at(metadata["arn"], call.params["ReplicaRegion"], new_id),
    }
    record.pop("tlsDetails", None)
    return record


def _at(arn: str, region: str, new_id: Callable[[], str]) -> dict[str, Any]:
    """The members that differ in the record of another Region."""
    resource = {"accountId": arn.split(":")[4], "type": "AWS::KMS::Key", "ARN": arn}
    return {"awsRegion": region, "eventID": new_id(), "resources": [resource]}


def _ordered(event: dict[str, Any]) -> dict[str, Any]:
    """The event with sharedEventID where CloudTrail has it: right behind recipientAccountId."""
    shared = event.pop("sharedEventID")
    ordered: dict[str, Any] = {}
    for name, value in event.items():
        ordered[name] = value
        if name == "recipientAccountId":
            ordered["sharedEventID"] = shared
    return ordered


def _error_code(call: Call, records: Records) -> str | None:
    """AccessDenied stands for AccessDeniedException (captured)."""
    if call.error is None:
        return None
    return "AccessDenied" if call.error.code == "AccessDeniedException" else records.error_code(call.error)


def _additional(call: Call) -> dict[str, Any]:
    if call.service != "kms":
        return call.notes
    return {
        name: value for name, value in call.notes.items() if name in kms_operations.table()[call.operation].additional
    }


def _parameters(call: Call, records: Records) -> dict[str, Any] | None:
    operation = get_service_model(call.service).operation_model(call.operation)
    visible = shown(call.params, operation.input_shape) or {}
    if call.service == "kms":
        facts = kms_operations.table()[call.operation]
        if "cloudHsmClusterId" in visible:  # custom key stores (KMS Developer Guide, "CreateCustomKeyStore")
            visible["clusterId"] = visible.pop("cloudHsmClusterId")
        visible = {**facts.shown_defaults, **visible}
        visible = {name: value for name, value in visible.items() if name in facts.parameters}
        if call.operation == "CreateKey":
            # Either name of the spec is shown under both (published record).
            given = call.params.get("KeySpec") or call.params.get("CustomerMasterKeySpec") or "SYMMETRIC_DEFAULT"
            visible |= {"customerMasterKeySpec": given, "keySpec": given}
    return renamed(visible, records) or None


def _elements(call: Call, records: Records) -> dict[str, Any] | None:
    if call.result is None or not _answer_is_shown(call, records):
        return None
    operation = get_service_model(call.service).operation_model(call.operation)
    visible = shown(call.result, operation.output_shape) or {}
    if call.service == "kms":
        allowed = kms_operations.table()[call.operation].elements
        visible = {name: value for name, value in visible.items() if name in allowed}
        keys = [target.arn for target in call.targets if ":key/" in target.arn]
        if "keyId" in allowed and keys:  # the key's ARN, although the API may answer nothing
            key = keys[-1] if call.operation == "UpdateAlias" else keys[0]
            visible = {"keyId": key} | {name: value for name, value in visible.items() if name != "keyId"}
    visible.pop("ResponseMetadata", None)
    return renamed(visible, records) or None


def _answer_is_shown(call: Call, records: Records) -> bool:
    """Reads show no answer, save the ones for credentials; an invocation of a function shows none either."""
    if call.operation in records.silent:
        return False
    return call.operation in records.answered_reads or not is_read_only(call.service, call.operation, records)


def _tls(call: Call, records: Records) -> dict[str, str]:
    """What the real service writes for a direct call of today's SDKs (the lab itself speaks plain HTTP on loopback)."""
    host = event_source(call.service, records).replace(".amazonaws.com", f".{call.region}.amazonaws.com")
    host = call.vpc_endpoint.host if call.vpc_endpoint else host
    details = {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_256_GCM_SHA384", "clientProvidedHostHeader": host}
    # KMS: since November 2025 (KMS Developer Guide, document history and "Decrypt"; records of 2026)
    told = call.service == "kms" or records.tells_key_exchange
    return details | ({"keyExchange": "X25519MLKEM768"} if told else {})
