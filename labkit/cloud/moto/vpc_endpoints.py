"""VPC endpoints as moto's EC2 keeps them: found by the name under which a request came.

Sources: KMS Developer Guide, "Connecting to AWS KMS through a VPC endpoint" (the form of the name); VPC User Guide,
"Subnet sizing" (the addresses that AWS keeps for itself).
"""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Any

from ..core.call import VpcEndpoint

_NAME = re.compile(
    r"(?P<id>vpce-[0-9a-f]+)-[0-9a-z]+(?:-[a-z0-9-]+)?\.(?P<service>[a-z0-9-]+)\.(?P<region>[a-z0-9-]+)"
    r"\.vpce\.amazonaws\.com(?::\d+)?"
)
_HOST = 10  # which address of the VPC the lab's callers have: AWS keeps the first four


def named(host: str) -> bool:
    """Tell whether a Host header is the name of a VPC endpoint, S3's (`bucket.vpce-...`) among them."""
    return host.partition(":")[0].endswith(".vpce.amazonaws.com")


def service_of(host: str) -> str:
    """Read the service off a VPC endpoint's name: "kms"."""
    asked = _NAME.fullmatch(host)
    return asked["service"] if asked else ""


def find(host: str) -> VpcEndpoint | None:
    """Return the VPC endpoint of that name; None where no account has one (any more)."""
    from moto.ec2.models import ec2_backends  # slow to load, and there once somebody has made an endpoint

    asked = _NAME.fullmatch(host)
    if asked is None:
        return None
    for account, regions in list(ec2_backends.items()):
        found = regions[asked["region"]].vpc_end_points.get(asked["id"]) if asked["region"] in regions else None
        if found is not None and found.state == "available" and _is_for(found, asked["service"]):
            return VpcEndpoint(found.id, found.vpc_id, account, found.policy_document, host, _address(found))
    return None


def dns_name(endpoint: Any) -> str:
    """Return the name that AWS gives an interface endpoint: id, a few letters of its own, service, Region."""
    *_, region, service = endpoint.service_name.split(".", 3)
    suffix = endpoint.dns_entries[0]["dns_name"].removeprefix(endpoint.id + "-").partition(".")[0]
    return f"{endpoint.id}-{suffix}.{service}.{region}.vpce.amazonaws.com"


def _is_for(endpoint: Any, service: str) -> bool:
    return bool(endpoint.service_name.split(".", 3)[-1] == service)


def _address(endpoint: Any) -> str:
    """The private address from which a lab's callers come: one of the VPC's."""
    block = endpoint.ec2_backend.vpcs[endpoint.vpc_id].cidr_block
    return str(ip_network(block)[_HOST])
