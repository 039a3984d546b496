"""The `resources` of a record: what a call was about, and which other accounts own it.

Pure. Sources: KMS Developer Guide, "Logging AWS KMS API calls" (alias events have two, ReEncrypt has two);
IAM User Guide and CloudTrail User Guide, sample events of STS and S3; records that real accounts published.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..core import kms_operations
from ..core.call import Call
from ..core.service_records import Records


def resources_of(call: Call, records: Records) -> list[dict[str, str]]:
    """Return the items of `resources`, members in CloudTrail's order."""
    if call.service == "kms":
        return [{"accountId": _account(arn), "type": "AWS::KMS::Key", "ARN": arn} for arn in _kms(call)]
    return records.resources(call)


def other_owners(call: Call, resources: Iterable[Mapping[str, str]], records: Records) -> list[str]:
    """Return the accounts, other than the caller's, that own what the call used; each gets its own record."""
    shared = call.service == "kms" or records.owners_get_records
    if not shared or call.principal is None or call.principal.kind == "Anonymous":
        return []
    owners = dict.fromkeys(resource["accountId"] for resource in resources)
    return [owner for owner in owners if owner and owner != call.account]


def _kms(call: Call) -> list[str]:
    """Key ARNs first, then the alias's, which CloudTrail types as a key too."""
    if not kms_operations.table()[call.operation].has_resources:
        return []
    arns = [target.arn for target in call.targets if not target.arn.endswith("*")]  # key/*: a key to be born with tags
    if call.operation == "CreateKey" and call.result:
        arns.append(call.result["KeyMetadata"]["Arn"])
    if call.operation == "UpdatePrimaryRegion":
        arns = arns[:1]  # a record in each Region, each with its own key
    if call.operation == "UpdateAlias":
        arns = arns[:1] + arns[2:]  # the alias and the key that it goes to; the one that it leaves is not shown
    return sorted(dict.fromkeys(arns), key=lambda arn: ":alias/" in arn)


def _account(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 4 else ""
