"""What RDS says of itself: on what its permissions are asked. (Without moto's RDS, which is slow to load.)"""

from __future__ import annotations

from ...authorization.service_permissions import Permissions
from ...core.call import Call, Target
from ...gateway.interfaces import ServiceFacts

# Parameters that name a resource, and the resource's type (Service Authorization Reference, Amazon RDS).
_NAMED = {
    "DBInstanceIdentifier": "db",
    "SourceDBSnapshotIdentifier": "snapshot",
    "TargetDBSnapshotIdentifier": "snapshot",
    "DBSnapshotIdentifier": "snapshot",
    "DBClusterIdentifier": "cluster",
}


def _targets(call: Call, name: str) -> tuple[Target, ...]:
    """Each database and snapshot that is named; else "*"."""
    found = [_arn(call, kind, str(call.params[each])) for each, kind in _NAMED.items() if call.params.get(each)]
    return tuple(Target(f"rds:{name}", arn) for arn in found or ["*"])


def _arn(call: Call, kind: str, name: str) -> str:
    return name if name.startswith("arn:") else f"arn:aws:rds:{call.region}:{call.account}:{kind}:{name}"


FACTS = ServiceFacts("rds", Permissions(targets=_targets))
