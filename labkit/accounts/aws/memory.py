"""What a run remembers of its own calls, so that one can ask afterwards why AWS allowed or refused them.

By request id, in this process's memory alone: names of keys, contexts and conditions; no plaintext, no ciphertext, no
credentials.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KEPT = 2000  # calls; the oldest are forgotten first
_NOTE = "labkit"
# Parameters that policies can ask about, or that name the key. Whatever is secret is not among them.
_HARMLESS = frozenset({
    "KeyId", "SourceKeyId", "DestinationKeyId", "EncryptionContext", "SourceEncryptionContext",
    "DestinationEncryptionContext", "EncryptionAlgorithm", "SigningAlgorithm", "MacAlgorithm", "MessageType", "KeySpec",
    "KeyUsage", "Origin", "MultiRegion", "KeyPairSpec", "GranteePrincipal", "RetiringPrincipal", "Operations",
    "Constraints", "PendingWindowInDays", "RotationPeriodInDays", "AliasName", "TargetKeyId", "Tags", "TagKeys",
    "BypassPolicyLockoutSafetyCheck", "PolicyName", "ReplicaRegion", "PrimaryRegion", "ValidTo", "ExpirationModel",
    "RoleArn", "Bucket", "SecretId", "FunctionName", "TableName",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Remembered:
    """One call that AWS answered: what was asked, in which Region, by which access key, and the error, if it was "
    "one."""

    service: str
    operation: str
    region: str
    params: Mapping[str, Any]
    access_key: str
    error: str
    message: str
    key: str  # the key that the answer names, "" if none


@dataclass(frozen=True, slots=True)
class SessionPolicies:
    """What a session that this process began was limited by: a policy's text, ARNs of policies, and its tags."""

    policy: str = ""
    arns: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    arn: str = ""


@dataclass(slots=True)
class Memory:
    """The calls by request id, and the sessions by access key id."""

    calls: dict[str, Remembered] = field(default_factory=dict)
    sessions: dict[str, SessionPolicies] = field(default_factory=dict)

    def before(self, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        """Note what a call asks. botocore's before-parameter-build."""
        note = {name: value for name, value in params.items() if name in _HARMLESS}
        limits = SessionPolicies(
            str(params.get("Policy", "")),
            tuple(each.get("arn", "") for each in params.get("PolicyArns", ()) if isinstance(each, Mapping)),
            tuple((tag["Key"], tag["Value"]) for tag in params.get("Tags", ()) if "RoleArn" in params),
        )
        context[_NOTE] = {"params": note, "limits": limits if "RoleArn" in params else None}

    def signed(self, request: Any, access_key: str, region: str) -> None:
        """Note who signs."""
        note = request.context.get(_NOTE)
        if note is not None:
            note |= {"access_key": access_key, "region": region}

    def after(self, parsed: Mapping[str, Any], model: Any, context: Mapping[str, Any], **_: Any) -> None:
        """Keep the call under its request id. botocore's after-call."""
        note = context.get(_NOTE)
        request_id = str(parsed.get("ResponseMetadata", {}).get("RequestId", ""))
        if note is None or not request_id:
            return
        error = parsed.get("Error", {})
        self.calls[request_id] = Remembered(
            model.service_model.signing_name, model.name, note.get("region", ""), note["params"],
            note.get("access_key", ""), str(error.get("Code", "")), str(error.get("Message", "")),
            str(parsed.get("KeyId", "")),
        )  # fmt: skip
        if len(self.calls) > KEPT:
            del self.calls[next(iter(self.calls))]
        made = parsed.get("Credentials")
        if note["limits"] and isinstance(made, Mapping):
            limits = note["limits"]
            arn = str(parsed.get("AssumedRoleUser", {}).get("Arn", ""))
            self.sessions[made["AccessKeyId"]] = SessionPolicies(limits.policy, limits.arns, limits.tags, arn)
