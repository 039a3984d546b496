"""The first two steps of a call: parse and identify. A request goes in, a `Call` comes out, or a refusal.

The service is named by the signature, so the signature is read first; who calls is known before the
parameters are read, so that nobody learns from a parser who may not call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from urllib.parse import unquote

from moto.core.model import OperationModel

from ..core.call import Call, Principal, VpcEndpoint
from ..core.errors import AwsError
from ..core.regions import known_regions
from ..identity.credentials import Credentials
from ..identity.payload_hash import check_payload_hash
from ..identity.refusals import refusal, wrong_region
from ..identity.signature import Signature
from ..identity.sigv2 import amz_parameters
from ..identity.sigv4 import read_signature
from ..moto import vpc_endpoints
from ..moto.buckets import region_of_bucket
from ..wire import protocols
from ..wire.cbor import PROTOCOL
from ..wire.form_requests import from_browser
from ..wire.protocols import HttpRequest, HttpResponse
from ..wire.which_service import choose_operation, guess_protocol, service_models_of

DEFAULT_REGION = "us-east-1"  # of unsigned calls
UNSIGNED = frozenset({"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"})  # calls that STS accepts unsigned


class Unreceived(Exception):
    """A request that never became a call: the error, in whose words to write it, and who called if that is known."""

    def __init__(self, error: AwsError, protocol: str, service: str, caller: Principal | None) -> None:
        super().__init__(str(error))
        self.error = error
        self.protocol = protocol
        self.service = service
        self.caller = caller


@dataclass(frozen=True, slots=True)
class Received:
    """A call, and how its answer is to be written."""

    call: Call
    operation: OperationModel
    protocol: str  # in which the call is carried out
    request: HttpRequest  # in that protocol
    answered: Callable[[HttpResponse], HttpResponse]  # the answer in the caller's protocol


class Reception:
    """Where requests become calls."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def receive(self, request: HttpRequest, now: datetime) -> Received:
        """Return the call that a request makes, as yet without an id; Unreceived where it makes none."""
        protocol, service = guess_protocol(request), ""
        principal: Principal | None = None
        if _guess_service(request) == "s3":
            request = _opened(request)
        try:
            signature = read_signature(request)
            service = signature.service if signature else _guess_service(request)
            claimed = request.headers.get("authorization") or (request.form is not None and request.form.signed)
            if signature is None and claimed:
                protocol = _guess_protocol(request)
                raise refusal("incomplete", protocol, service)
            models = service_models_of(service)
            protocol = protocols.protocol_of(models[0], request)
            if signature and signature.region not in known_regions():
                raise _foreign(request, signature, protocol, service)
            endpoint = _endpoint(request, service)
            sent = request
            if service == "s3" and signature is not None and signature.presigned:
                request = replace(request, headers=amz_parameters(request) | request.headers)
            protocol, operation, path_params = choose_operation(models, request)
            principal = self._identify(sent, signature, operation, protocol)
            parameters = protocols.read_parameters(operation, request, protocol, path_params)
        except AwsError as refused:
            raise Unreceived(refused, protocol, service, principal) from None
        in_cbor = protocol == PROTOCOL and "json" in operation.service_model.metadata.get("protocols", ())
        if in_cbor:
            request, protocol = protocols.in_json(request, operation, parameters), "json"
        call = Call(
            service=operation.service_model.service_name,
            operation=operation.name,
            region=signature.region if signature else DEFAULT_REGION,
            params=parameters,
            time=now,
            request_id="",
            principal=principal,
            source_ip=endpoint.caller if endpoint else request.source_ip,
            vpc_endpoint=endpoint,
            user_agent=request.headers.get("user-agent", ""),
            http=request,
        )
        answered = partial(protocols.in_cbor, operation=operation) if in_cbor else _as_it_is
        return Received(call, operation, protocol, request, answered)

    def _identify(
        self, request: HttpRequest, signature: Signature | None, operation: OperationModel, protocol: str
    ) -> Principal:
        if signature is not None:
            check_payload_hash(request, signature)
            return self._credentials.principal_of(request, signature, protocol)
        service = operation.service_model.service_name
        if operation.name in UNSIGNED or service == "s3":
            return Principal("Anonymous", "anonymous", "*", "", "anonymous")
        raise refusal("missing", protocol, service)


def _endpoint(request: HttpRequest, service: str) -> VpcEndpoint | None:
    """The VPC endpoint by which the request came, whose name is its Host; AwsError where it does not lead there."""
    host = request.headers.get("host", "").lower()
    if not vpc_endpoints.named(host):
        return None
    found = vpc_endpoints.find(host)
    if found is None:
        raise AwsError("UnknownEndpoint", f"No interface VPC endpoint of this account has the name {host}.")
    if vpc_endpoints.service_of(host) != service:
        told = f"Credential should be scoped to correct service: '{vpc_endpoints.service_of(host)}'."
        raise AwsError("InvalidSignatureException", told)
    return found


def _opened(request: HttpRequest) -> HttpRequest:
    """A browser's form as the PutObject that it stands for."""
    try:
        return from_browser(request)
    except AwsError as refused:
        raise Unreceived(refused, "rest-xml", "s3", None) from None


def _foreign(request: HttpRequest, signature: Signature, protocol: str, service: str) -> AwsError:
    """A scope of no Region that there is."""
    if service != "s3":
        return refusal("foreign", protocol, service)
    region = region_of_bucket(unquote(request.path.lstrip("/").partition("/")[0]))
    expected = region or DEFAULT_REGION
    return wrong_region(signature.region, expected, bucket_known=bool(region), presigned=signature.presigned)


def _guess_service(request: HttpRequest) -> str:
    """The service of an unsigned request: KMS by its target header, STS by its form, else S3."""
    if request.headers.get("x-amz-target", "").startswith("TrentService."):
        return "kms"
    form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    if form and request.path in ("", "/"):
        return "sts"
    return "s3"


def _guess_protocol(request: HttpRequest) -> str:
    return {"kms": "json", "sts": "query"}.get(_guess_service(request), "rest-xml")


def _as_it_is(response: HttpResponse) -> HttpResponse:
    return response
