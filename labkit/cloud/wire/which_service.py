"""Which service and operation a request means: by its signature's service name, its path, its headers and its form.

Several services may have one signing name (DynamoDB and its streams); the operation tells which is meant. Source:
botocore's models (signing_names.tsv is written from them by tools/write_signing_names.py).
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

from moto.core.model import OperationModel, ServiceModel
from moto.core.utils import get_service_model

from ..core.errors import AwsError
from . import cbor
from .protocols import HttpRequest, fields_of, protocol_of, read_operation


@lru_cache(maxsize=1)
def _services_by_signing_name() -> dict[str, list[str]]:
    """Signing names that are not simply their one service's name (botocore's models; tools/write_signing_names.py)."""
    lines = files(__package__).joinpath("signing_names.tsv").read_text(encoding="utf-8").splitlines()
    return {name: services.split() for name, services in (line.split("\t") for line in lines[1:])}


def service_models_of(signing_name: str) -> list[ServiceModel]:
    """Find botocore's models of the services that a signature may mean, the likeliest first; AwsError if there is none.

    DynamoDB and its streams, say, have one signing name.
    """
    try:
        return [get_service_model(name) for name in _services_by_signing_name().get(signing_name, [signing_name])]
    except Exception:
        raise AwsError(
            "UnknownServiceException", f"No service is known by the signing name {signing_name!r}.", 404
        ) from None


def choose_operation(models: list[ServiceModel], request: HttpRequest) -> tuple[str, OperationModel, dict[str, Any]]:
    """Choose protocol, operation and path parameters, by the first of the services that has such an operation."""
    if "x-amz-account-id" in request.headers and request.path.startswith("/v20180820/"):  # S3 Control's own
        models = [model for model in models if model.service_name == "s3control"] or models
    version = fields_of(request).get("Version") if len(models) > 1 and models[0].protocol == "query" else None
    models = [model for model in models if model.api_version == version] or models
    refusals = []
    for model in models:
        protocol = protocol_of(model, request)
        try:
            return protocol, *read_operation(model, request, protocol)
        except AwsError as refused:
            refusals.append(refused)
    raise refusals[0]


def guess_protocol(request: HttpRequest) -> str:
    """Return the protocol of a request to a service that nobody knows: by its headers, as SDKs write them."""
    if request.headers.get("smithy-protocol") == cbor.HEADERS["smithy-protocol"]:
        return cbor.PROTOCOL
    content_type = request.headers.get("content-type", "")
    if request.headers.get("x-amz-target"):
        return "json"
    if content_type.startswith("application/x-www-form-urlencoded"):
        return "query"
    return "rest-xml" if "xml" in content_type else "rest-json"
