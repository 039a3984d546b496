"""What Secrets Manager says of itself: its permissions, the policies of secrets, and condition keys."""

from __future__ import annotations

from moto.secretsmanager.models import secretsmanager_backends

from ...authorization.service_permissions import Permissions, ResourcePolicies, Written
from ...core.call import Call, Target
from ...core.service_records import Records
from ...gateway.interfaces import ServiceFacts
from .store import find

_ARN = "arn:aws:secretsmanager:"
# Condition keys that are parameters (Service Authorization Reference, AWS Secrets Manager).
_CONDITION_KEYS = {
    name: f"secretsmanager:{name}" for name in ("Description", "KmsKeyId", "Name", "SecretId", "VersionId")
} | {"VersionStage": "secretsmanager:VersionStage"}


def _targets(call: Call, name: str) -> tuple[Target, ...]:
    """The secret by its full ARN, whatever part of it the caller names; a batch asks for each when it reads it."""
    action = f"secretsmanager:{name}"
    if call.operation == "CreateSecret":
        return (Target(action, _secret(call, call.params.get("Name", ""))),)
    return (Target(action, _secret(call, call.params["SecretId"]) if "SecretId" in call.params else "*"),)


def _secret(call: Call, secret_id: str) -> str:
    found = find(call.account, call.region, secret_id, call.time)
    if found is not None:
        return str(found.arn)
    known = secret_id.startswith("arn:")
    return secret_id if known else f"{_ARN}{call.region}:{call.account}:secret:{secret_id}"


def _context(call: Call) -> dict[str, str]:
    """As the request has them; GetSecretValue without a stage means AWSCURRENT."""
    context = {key: str(call.params[name]) for name, key in _CONDITION_KEYS.items() if name in call.params}
    if call.operation == "GetSecretValue" and "VersionId" not in call.params:
        context.setdefault("secretsmanager:VersionStage", "AWSCURRENT")
    return context


def _policy(arn: str) -> tuple[str, str] | None:
    _, _, _, region, account, _ = arn.split(":", 5)
    secret = secretsmanager_backends[account][region].secrets.get(arn)
    policy = getattr(secret, "policy", None)
    return (f"policy of secret {secret.name}", policy) if secret is not None and policy else None


FACTS = ServiceFacts(
    "secretsmanager",
    Permissions(
        targets=_targets,
        context=_context,
        policies=ResourcePolicies(_ARN, _policy),
        documents={"PutResourcePolicy": Written("ResourcePolicy", "resource", "MalformedPolicyDocumentException")},
    ),
    Records(tells_key_exchange=True),  # records of 2026
)
