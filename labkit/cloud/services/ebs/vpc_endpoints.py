"""VPC endpoints: interface endpoints with names as AWS gives them, and policies that can be put back.

Sources: EC2 API Reference, CreateVpcEndpoint, ModifyVpcEndpoint; AWS PrivateLink Guide, "Control access to VPC
endpoints using endpoint policies"; KMS Developer Guide, "Connecting to AWS KMS through a VPC endpoint".
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from moto.ec2.models.vpcs import VPCEndPoint

from ...core.call import Call
from ...moto.vpc_endpoints import dns_name
from ...wire.protocols import HttpRequest, HttpResponse
from .state import ec2_of

Onward = Callable[[HttpRequest], HttpResponse]


def create(call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
    """Make the endpoint; moto's name for it is none that AWS gives."""
    endpoints = ec2_of(call).vpc_end_points
    before = set(endpoints)
    response = onward(request)
    for made in (endpoints[each] for each in list(endpoints) if each not in before):
        for entry in made.dns_entries:
            given, entry["dns_name"] = entry["dns_name"], dns_name(made)
            response = replace(response, body=response.body.replace(given.encode(), entry["dns_name"].encode()))
    return response


def modify(call: Call, request: HttpRequest, onward: Onward) -> HttpResponse:
    """ResetPolicy puts the default policy back, which allows full access."""
    endpoint = ec2_of(call).vpc_end_points.get(call.params.get("VpcEndpointId", ""))
    response = onward(request)
    if endpoint is not None and call.params.get("ResetPolicy"):
        endpoint.policy_document = json.dumps(VPCEndPoint.DEFAULT_POLICY)
    return response
