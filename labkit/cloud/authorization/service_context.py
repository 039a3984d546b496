"""The condition keys of the services that use KMS keys: what a bucket policy, say, can ask about a request.

Pure. Source: Service Authorization Reference, the condition keys of each service. Only keys that concern encryption
and the reading of secrets are here; others are absent from the request, as the fidelity tables say.
"""

from __future__ import annotations

from collections.abc import Callable

from ..core.call import Call

Context = dict[str, str]

_S3 = {
    "ServerSideEncryption": "s3:x-amz-server-side-encryption",
    "SSEKMSKeyId": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "SSECustomerAlgorithm": "s3:x-amz-server-side-encryption-customer-algorithm",
}


def service_context(call: Call) -> Context:
    """The service's own condition keys of this request."""
    find = _SERVICES.get(call.service)
    return find(call) if find else {}


def _s3(call: Call) -> Context:
    """The headers as they were sent: the bucket's default encryption does not fill them in."""
    context = {key: str(call.params[name]) for name, key in _S3.items() if name in call.params}
    if "VersionId" in call.params:
        context["s3:VersionId"] = str(call.params["VersionId"])
    return context


_SECRETS = {
    "Description": "secretsmanager:Description",
    "KmsKeyId": "secretsmanager:KmsKeyId",
    "Name": "secretsmanager:Name",
    "SecretId": "secretsmanager:SecretId",
    "VersionId": "secretsmanager:VersionId",
    "VersionStage": "secretsmanager:VersionStage",
}


def _secretsmanager(call: Call) -> Context:
    """As the request has them; GetSecretValue without a stage means AWSCURRENT."""
    context = {key: str(call.params[name]) for name, key in _SECRETS.items() if name in call.params}
    if call.operation == "GetSecretValue" and "VersionId" not in call.params:
        context.setdefault("secretsmanager:VersionStage", "AWSCURRENT")
    return context


_SERVICES: dict[str, Callable[[Call], Context]] = {"s3": _s3, "secretsmanager": _secretsmanager}
