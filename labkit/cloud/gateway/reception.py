"""The first two steps of a call: parse and identify. A request goes in, a `Call` comes out, or a refusal.

The service is named by the signature, so the signature is read first; who calls is known before the
parameters are read, so that nobody learns from a parser who may not call.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from moto.core.model import OperationModel

from ..core.call import Call, Principal
from ..core.errors import AwsError
from ..identity.credentials import Credentials
from ..identity.refusals import refusal
from ..identity.signature import Signature
from ..identity.sigv4 import read_signature
from ..kms.operations.regions import known_regions
from ..wire import protocols
from ..wire.protocols import HttpRequest

DEFAULT_REGION = "us-east-1"  # of unsigned calls
UNSIGNED = frozenset({"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"})  # calls that STS accepts unsigned


class Unreceived(Exception):
    """A request that never became a call: the error, and in whose words to write it."""

    def __init__(self, error: AwsError, protocol: str, service: str) -> None:
        super().__init__(str(error))
        self.error = error
        self.protocol = protocol
        self.service = service


@dataclass(frozen=True, slots=True)
class Received:
    """A call, and how its answer is to be written."""

    call: Call
    operation: OperationModel
    protocol: str


class Reception:
    """Where requests become calls."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def receive(self, request: HttpRequest, request_id: str, now: datetime) -> Received:
        """The call that a request makes; Unreceived where it makes none."""
        protocol, service = "json", ""
        try:
            signature = read_signature(request)
            if signature is None and request.headers.get("authorization"):
                raise refusal("incomplete", _guess_protocol(request), _guess_service(request))
            service = signature.service if signature else _guess_service(request)
            model = protocols.service_model_of(service)
            protocol = protocols.protocol_of(model, request)
            if signature and signature.region not in known_regions():
                raise refusal("foreign", protocol, service)
            operation, path_params = protocols.read_operation(model, request, protocol)
            principal = self._identify(request, signature, operation, protocol)
            parameters = protocols.read_parameters(operation, request, protocol, path_params)
        except AwsError as refused:
            raise Unreceived(refused, protocol, service) from None
        call = Call(
            service=model.service_name,
            operation=operation.name,
            region=signature.region if signature else DEFAULT_REGION,
            params=parameters,
            time=now,
            request_id=request_id,
            principal=principal,
            source_ip=request.source_ip,
            user_agent=request.headers.get("user-agent", ""),
            http=request,
        )
        return Received(call, operation, protocol)

    def _identify(
        self, request: HttpRequest, signature: Signature | None, operation: OperationModel, protocol: str
    ) -> Principal:
        if signature is not None:
            return self._credentials.principal_of(request, signature, protocol)
        service = operation.service_model.service_name
        if operation.name in UNSIGNED or service == "s3":
            return Principal("Anonymous", "anonymous", "*", "", "anonymous")
        raise refusal("missing", protocol, service)


def _guess_service(request: HttpRequest) -> str:
    """The service of an unsigned request: KMS by its target header, STS by its form, else S3."""
    if request.headers.get("x-amz-target", "").startswith("TrentService."):
        return "kms"
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return "sts"
    return "s3"


def _guess_protocol(request: HttpRequest) -> str:
    return {"kms": "json", "sts": "query"}.get(_guess_service(request), "rest-xml")
