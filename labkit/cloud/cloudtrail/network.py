"""What CloudTrail tells of VPC endpoints: in a call's own record, and in the network activity events of their owner.

Pure. Sources: CloudTrail User Guide, "CloudTrail record contents" and "Network activity events" (two events of KMS);
KMS Developer Guide, "Logging AWS KMS requests that use a VPC endpoint".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.call import Call
from ..core.clock import iso
from ..core.service_records import Records
from .identity import identity_abroad, identity_of
from .shapes import event_source

CATEGORY = "NetworkActivity"
# Services whose network activity is logged (AWS's announcement of February 2025; the list has grown since).
_LOGGED = frozenset({"cloudtrail", "ec2", "kms", "s3", "secretsmanager"})
_VERSION = "1.11"


def by_endpoint(call: Call) -> dict[str, str]:
    """Return the members that name the VPC endpoint in the record of a call that came by one."""
    endpoint = call.vpc_endpoint
    return {"vpcEndpointId": endpoint.id, "vpcEndpointAccountId": endpoint.account} if endpoint else {}


def network_events(call: Call, new_id: Callable[[], str], records: Records) -> list[dict[str, Any]]:
    """Return the event of the endpoint's owner; an error stands in it only where the endpoint's policy refused."""
    endpoint = call.vpc_endpoint
    if endpoint is None or call.principal is None or call.service not in _LOGGED:
        return []
    own = call.principal.account == endpoint.account
    stopped = {
        "errorCode": "VpceAccessDenied",
        "errorMessage": "The request was denied due to a VPC endpoint policy",
    }
    event = {
        "eventVersion": _VERSION,
        "userIdentity": identity_of(call.principal, call.via) if own else identity_abroad(call.principal),
        "eventTime": iso(call.time),
        "eventSource": event_source(call.service, records),
        "eventName": records.event_name(call.operation),
        "awsRegion": call.region,
        "sourceIPAddress": call.source_ip,
        **(stopped if call.stopped_by_endpoint else {}),
        "requestID": call.request_id,
        "eventID": new_id(),
        "eventType": "AwsVpceEvent",
        "recipientAccountId": endpoint.account,
        "sharedEventID": new_id(),
        **by_endpoint(call),
        "eventCategory": CATEGORY,
    }
    return [event]
