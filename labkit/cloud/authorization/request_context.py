"""The condition keys of a call: what its policies can ask about it.

What follows from the principal alone is added by `policy/facts.py`. Sources: KMS Developer Guide, "AWS KMS
condition keys"; IAM User Guide, "AWS global condition context keys".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..core import kms_operations
from ..core.call import Call, Target, VpcEndpoint
from ..core.clock import iso
from ..core.invoking_services import invoker
from ..kms.model import Key
from .organization_membership import membership
from .policy_sources import owner_of, principal_tags
from .service_permissions import PLAIN, ServicePermissions

Context = dict[str, str | Sequence[str]]

# Parameters that are condition keys under the same name, whatever the operation (kms/operations.tsv says for which).
_PARAMETERS = frozenset(
    {
        "BypassPolicyLockoutSafetyCheck",
        "EncryptionAlgorithm",
        "ExpirationModel",
        "GranteePrincipal",
        "GranteeServicePrincipal",
        "KeyAgreementAlgorithm",
        "MacAlgorithm",
        "MessageType",
        "MultiRegion",
        "PolicyName",
        "PrimaryRegion",
        "ReplicaRegion",
        "RetiringPrincipal",
        "RetiringServicePrincipal",
        "RotationPeriodInDays",
        "SigningAlgorithm",
        "ValidTo",
        "WrappingAlgorithm",
        "WrappingKeySpec",
    }
)
_RENAMED = {"DataKeyPairSpec": "KeyPairSpec", "ScheduleKeyDeletionPendingWindowInDays": "PendingWindowInDays"}


def context_of(call: Call, target: Target, services: ServicePermissions) -> Context:
    """Return every condition key of the request for this permission; absent keys are left out."""
    context: Context = {
        "aws:CurrentTime": iso(call.time),
        "aws:EpochTime": str(int(call.time.timestamp())),
        "aws:RequestedRegion": _region(call, target),
        "aws:SecureTransport": "true",  # the lab's loopback stands for AWS's HTTPS endpoints
        "aws:UserAgent": call.user_agent,
    }
    if call.via:
        context["aws:CalledVia"] = list(call.via)
        context["aws:CalledViaFirst"], context["aws:CalledViaLast"] = call.via[0], call.via[-1]
        context["aws:ViaAWSService"] = "true"
    elif call.vpc_endpoint is not None:
        context |= _network(call.vpc_endpoint, call.source_ip)
    elif call.principal is None or call.principal.kind != "AWSService":
        context["aws:SourceIp"] = call.source_ip
    if call.source_arn:
        context |= source_of(call.source_arn)
    if call.principal:
        context |= {f"aws:PrincipalTag/{name}": value for name, value in principal_tags(call.principal).items()}
        context |= _organization(call, target, services)
    if call.service == "kms":
        context |= _kms(call, target)
    if target.action.startswith("sts:"):
        context |= _sts(call, target)
    if target.action == "iam:PassRole":
        context["iam:PassedToService"] = f"{call.service}.amazonaws.com"
    return context | services.get(call.service, PLAIN).context(call)


def _region(call: Call, target: Target) -> str:
    """The call's Region; what ReplicateKey and UpdatePrimaryRegion need beside it is asked in the other Region.

    "kms:CreateKey in an IAM policy in the replica Region", "kms:UpdatePrimaryRegion on the current replica key
    (in the replica key's Region)": required permissions in the operations' documentation.
    """
    if call.operation == "ReplicateKey" and target.entity is None:
        return str(call.params["ReplicaRegion"])
    return target.entity.region if isinstance(target.entity, Key) else call.region


def _organization(call: Call, target: Target, services: ServicePermissions) -> Context:
    """The organizations of caller and resource ("Properties of the principal", "Properties of the resource").

    A service that calls as itself, and nobody, are members of none: aws:PrincipalOrgID is there "only if the principal
    … is a member of an organization", which is why perimeters look at aws:PrincipalIsAWSService as well.
    """
    assert call.principal
    context: Context = {}
    mine = membership(call.principal.account)
    if mine and call.principal.kind not in ("AWSService", "Anonymous"):
        context |= {"aws:PrincipalOrgID": mine.organization, "aws:PrincipalOrgPaths": [mine.path]}
    owner = owner_of(target.arn, services)
    its = membership(owner) if owner else mine
    if its and target.arn != "*" and not target.arn.endswith(":key/*"):
        context |= {"aws:ResourceOrgID": its.organization, "aws:ResourceOrgPaths": [its.path]}
    return context


def _network(endpoint: VpcEndpoint, address: str) -> Context:
    """Where a request that came by a VPC endpoint is from: there is no aws:SourceIp ("Properties of the network")."""
    return {"aws:SourceVpce": endpoint.id, "aws:SourceVpc": endpoint.vpc, "aws:VpcSourceIp": address}


def source_of(arn: str) -> Context:
    """Tell of the resource for which an AWS service calls as itself: its account, and that one's organization."""
    account = arn.split(":")[4]
    context: Context = {"aws:SourceArn": arn, "aws:SourceAccount": account}
    its = membership(account)
    if its:
        context |= {"aws:SourceOrgID": its.organization, "aws:SourceOrgPaths": [its.path]}
    return context


def _sts(call: Call, target: Target) -> Context:
    """Condition keys of AssumeRole (Service Authorization Reference, AWS STS)."""
    params = call.params
    names = {"sts:ExternalId": "ExternalId", "sts:RoleSessionName": "RoleSessionName"}
    context: Context = {key: str(params[name]) for key, name in names.items() if name in params}
    if "SourceIdentity" in params:
        context["sts:SourceIdentity"] = str(params["SourceIdentity"])
    tags = params.get("Tags") or []
    if tags:
        context |= {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in tags}
        context["aws:TagKeys"] = [tag["Key"] for tag in tags]
    if params.get("TransitiveTagKeys"):
        context["sts:TransitiveTagKeys"] = list(params["TransitiveTagKeys"])
    if params.get("TokenCode"):
        context["aws:MultiFactorAuthPresent"], context["aws:MultiFactorAuthAge"] = "true", "0"
    for tag in target.entity.tags if target.entity is not None else ():
        context[f"aws:ResourceTag/{tag['Key']}"] = context[f"iam:ResourceTag/{tag['Key']}"] = tag["Value"]
    return context


def _kms(call: Call, target: Target) -> Context:
    params = dict(kms_operations.table()[call.operation].defaults) | call.params
    context: Context = {f"kms:{name}": _text(value) for name, value in params.items() if name in _PARAMETERS}
    context |= {f"kms:{key}": _text(params[name]) for key, name in _RENAMED.items() if name in params}
    if call.operation == "GetKeyPolicy":  # which says itself that this is the value without the parameter
        context.setdefault("kms:PolicyName", "default")
    if target.action == "kms:CreateKey":
        context.pop("kms:ReplicaRegion", None)  # of ReplicateKey alone (Service Authorization Reference, AWS KMS)
    if "Operations" in params:
        context["kms:GrantOperations"] = list(params["Operations"])
    if call.operation in ("CreateGrant", "ListGrants", "RevokeGrant"):
        context["kms:GrantIsForAWSResource"] = _text(bool(call.via))
    constraints = params.get("Constraints", {}) if call.operation == "CreateGrant" else {}
    kind = next((name for name in ("EncryptionContextEquals", "EncryptionContextSubset") if constraints.get(name)), "")
    if kind:
        context["kms:GrantConstraintType"] = kind
    if constraints.get("SourceArn"):
        context["kms:GrantConstraintSourceArn"] = constraints["SourceArn"]
    if call.via:
        context["kms:ViaService"] = f"{invoker(call.via[-1]).via}.{call.region}.amazonaws.com"
    context |= _encryption_context(call, target, constraints)
    context |= _alias(call, target)
    context |= call.attestation.conditions() if call.attestation is not None else {}
    tags = params.get("Tags", [])
    context |= {f"aws:RequestTag/{tag['TagKey']}": tag["TagValue"] for tag in tags}
    tag_keys = [tag["TagKey"] for tag in tags] + list(params.get("TagKeys", []))
    if tag_keys:
        context["aws:TagKeys"] = tag_keys
    if isinstance(target.entity, Key):
        context |= _key(target.entity)
        if call.operation in ("DisableKey", "ScheduleKeyDeletion"):
            # Whole days since the last use, or since the key was made ("AWS KMS condition keys"; tried on AWS in 2026)
            usage = target.entity.last_usage
            unused = call.time - (usage["Timestamp"] if usage else target.entity.created)
            context["kms:TrailingDaysWithoutKeyUsage"] = str(unused.days)
        if call.operation == "ReEncrypt":
            keys = {item.arn for item in call.targets}
            context["kms:ReEncryptOnSameKey"] = _text(len(keys) == 1)
    elif call.operation == "CreateKey":
        context |= _new_key(params)
    return context


def _encryption_context(call: Call, target: Target, constraints: dict[str, Any]) -> Context:
    if call.operation == "ReEncrypt":
        side = "Source" if target.action.endswith("From") else "Destination"
        pairs = call.params.get(f"{side}EncryptionContext", {})
    elif constraints:
        pairs = constraints.get("EncryptionContextEquals") or constraints.get("EncryptionContextSubset") or {}
    else:
        pairs = call.params.get("EncryptionContext", {})
    found: Context = {f"kms:EncryptionContext:{name}": value for name, value in pairs.items()}
    return found | {"kms:EncryptionContextKeys": list(pairs)} if pairs else found


def _alias(call: Call, target: Target) -> Context:
    """kms:RequestAlias: the alias that the request itself names the key by."""
    name = {"kms:ReEncryptFrom": "SourceKeyId", "kms:ReEncryptTo": "DestinationKeyId"}.get(target.action, "KeyId")
    asked = call.params.get(name, "")
    alias = asked.rpartition(":")[2]
    return {"kms:RequestAlias": alias} if alias.startswith("alias/") else {}


def _key(key: Key) -> Context:
    context: Context = {
        "kms:KeySpec": key.spec.name,
        "kms:KeyUsage": key.usage,
        "kms:KeyOrigin": key.origin,
        "kms:CustomerMasterKeySpec": key.spec.name,
        "kms:CustomerMasterKeyUsage": key.usage,
        "kms:MultiRegion": _text(key.multi_region),
        "aws:ResourceAccount": key.account,
    }
    if key.multi_region:
        context["kms:MultiRegionKeyType"] = "PRIMARY" if key.primary else "REPLICA"
    if key.aliases:
        context["kms:ResourceAliases"] = key.aliases
    return context | {f"aws:ResourceTag/{name}": value for name, value in key.tags.items()}


def _new_key(params: dict[str, Any]) -> Context:
    spec = params.get("KeySpec") or params.get("CustomerMasterKeySpec") or "SYMMETRIC_DEFAULT"
    return {
        "kms:KeySpec": spec,
        "kms:KeyUsage": params.get("KeyUsage", "ENCRYPT_DECRYPT"),
        "kms:KeyOrigin": params.get("Origin", "AWS_KMS"),
        "kms:MultiRegion": _text(params.get("MultiRegion", False)),
    } | ({"kms:MultiRegionKeyType": "PRIMARY"} if params.get("MultiRegion") else {})


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if hasattr(value, "year") else str(value)
