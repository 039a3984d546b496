"""From bytes to a call and back: reads requests and writes answers in each service's own protocol.

By botocore's service models: JSON in `jsonwire.py`, the other protocols through moto's `core` (router,
parsers, serializers). Errors are written here: four short forms.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import SerializationContext, get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException

from ..core.call import Call
from ..core.errors import MALFORMED_XML, AwsError
from .json_protocol import read_json, write_json

# Signing names that differ from botocore's service names. Source: `signingName` in botocore's models.
SERVICE_BY_SIGNING_NAME = {
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
    "states": "stepfunctions",
    "email": "ses",
}
# How each protocol words "no such operation". Source: recorded answers of JSON and query services.
_UNKNOWN_OPERATION = {"json": "UnknownOperationException", "query": "InvalidAction", "ec2": "InvalidAction"}


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as a door hands it over; header names are in lower case, `path` is as sent (percent-encoded)."""

    method: str
    path: str
    query: str = field(repr=False)  # may hold a link's signature and token
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    source_ip: str = "127.0.0.1"

    def to_moto(self, url_base: str) -> Request:
        """The same request as the type moto works on, addressed to `url_base`."""
        url = f"{url_base}{self.path}" + (f"?{self.query}" if self.query else "")
        return Request.from_primitives(self.method, url, self.headers, self.body)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer as a door sends it."""

    status: int
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


Send = Callable[[HttpResponse], None]


def service_model_of(signing_name: str) -> ServiceModel:
    """The botocore model of the service that a signature names; AwsError where there is none."""
    try:
        return get_service_model(SERVICE_BY_SIGNING_NAME.get(signing_name, signing_name))
    except Exception:
        raise AwsError(
            "UnknownServiceException", f"No service is known by the signing name {signing_name!r}.", 404
        ) from None


def protocol_of(model: ServiceModel, request: HttpRequest) -> str:
    """The protocol that this request speaks: json, rest-json, query, ec2, rest-xml, …"""
    return _protocol(model, request.headers.get("content-type"))


@lru_cache(maxsize=256)
def _protocol(model: ServiceModel, content_type: str | None) -> str:
    try:
        return determine_request_protocol(model, content_type)
    except NotImplementedError:
        return str(model.protocol)


def read_operation(model: ServiceModel, request: HttpRequest, protocol: str) -> tuple[OperationModel, dict[str, Any]]:
    """The operation that a request asks for, and the parameters found in its path."""
    name: str | None = None
    path_params: dict[str, Any] = {}
    if protocol == "json":
        prefix, _, name = request.headers.get("x-amz-target", "").rpartition(".")
        known = model.metadata.get("targetPrefix", "")
        if prefix.rpartition(".")[2] != known.rpartition(".")[2]:  # some SDKs leave out the package of CloudTrail's
            name = None
    elif protocol in ("query", "ec2"):
        name = fields_of(request).get("Action", "")
    else:
        try:
            operation, path_params = get_service_router(model.service_name).match(request.to_moto("http://localhost"))
            name = operation.name
        except (HTTPException, NotImplementedError, ValueError):  # no such path, no such protocol
            name = None
    if name not in model.operation_names:
        code = _UNKNOWN_OPERATION.get(protocol, "UnknownOperationException")
        text = f"Could not find operation {name} for version {model.api_version}"
        raise AwsError(code, text if code == "InvalidAction" else None, 400)
    return model.operation_model(name), path_params


def read_parameters(
    operation: OperationModel, request: HttpRequest, protocol: str, path_params: dict[str, Any]
) -> dict[str, Any]:
    """The call's parameters by botocore's member names; SerializationException where they don't parse."""
    if protocol == "json":
        return read_json(request.body, operation.input_shape)
    values: Any = fields_of(request) if protocol in ("query", "ec2") else request.to_moto("http://localhost").values
    try:
        parsed = PROTOCOL_PARSERS[protocol](operation).parse(
            {
                "method": request.method,
                "values": values,
                "headers": Headers(request.headers),  # found whatever the model's casing: X-Amz-Log-Type
                "body": request.body,
                "url_path": request.path,
                "url_params": path_params,
            }
        )
    except Exception:  # whatever a parser trips over is the request's fault
        if operation.service_model.service_name == "s3":
            code, text = ("MalformedXML", MALFORMED_XML) if request.body else ("InvalidArgument", None)
            raise AwsError(code, text) from None
        raise AwsError("SerializationException", None) from None
    return {name: value for name, value in (parsed or {}).items() if value is not None}


def write_result(operation: OperationModel, protocol: str, result: dict[str, Any], request_id: str) -> HttpResponse:
    """An answer of one of our own services on the wire."""
    if protocol == "json":
        version = operation.service_model.metadata.get("jsonVersion", "1.0")
        headers = {"Content-Type": f"application/x-amz-json-{version}"}
        return HttpResponse(200, _with_id(headers, request_id), write_json(result, operation.output_shape))
    serializer = get_serializer_class(operation.service_model.service_name, protocol)
    written = serializer(operation, context=SerializationContext(request_id)).serialize(result)
    body = written["body"]
    headers = {str(name): str(value) for name, value in written["headers"].items()}
    return HttpResponse(
        written["status_code"], _with_id(headers, request_id), body.encode() if isinstance(body, str) else body
    )


def write_error(error: AwsError, protocol: str, request_id: str, service: str = "") -> HttpResponse:
    """An error in the form of the protocol (S3 has its own)."""
    code, text = error.code, error.message or ""
    if protocol in ("json", "rest-json") or not protocol:
        content = {"__type": code} | ({"message": error.message} if error.message is not None else {}) | error.members
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": code}
        return HttpResponse(error.status, _with_id(headers, request_id), json.dumps(content, default=str).encode())
    if service == "s3":
        xml = f"<Error><Code>{code}</Code><Message>{escape(text)}</Message><RequestId>{request_id}</RequestId></Error>"
    elif protocol == "ec2":
        xml = (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{escape(text)}</Message></Error></Errors>"
            f"<RequestID>{request_id}</RequestID></Response>"
        )
    else:
        kind = "Sender" if error.status < 500 else "Receiver"
        xml = (
            f"<ErrorResponse><Error><Type>{kind}</Type><Code>{code}</Code><Message>{escape(text)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{xml}'.encode()
    return HttpResponse(error.status, _with_id({"Content-Type": "text/xml"}, request_id), body)


def _with_id(headers: dict[str, str], request_id: str) -> dict[str, str]:
    return headers | {"x-amzn-RequestId": request_id}


def fields_of(request: HttpRequest) -> dict[str, str]:
    """The fields of a query-protocol request, from its body or, for GET, its query string; the last of each name."""
    try:
        form = parse_qs((request.body or request.query.encode()).decode(), keep_blank_values=True)
    except (UnicodeDecodeError, ValueError):
        return {}
    return {name: values[-1] for name, values in form.items()}


def read_outcome(call: Call, operation: OperationModel, protocol: str, response: HttpResponse) -> None:
    """Put what moto answered on the call: its result by member names, or its error."""
    if operation.has_streaming_output and response.status < 300:
        call.result = {}
        return
    shape = operation.output_shape if response.status < 300 else None
    parsed = create_parser(protocol).parse(
        {"status_code": response.status, "headers": HeadersDict(response.headers), "body": response.body}, shape
    )
    parsed.pop("ResponseMetadata", None)
    if response.status < 300:
        call.result = parsed
    else:
        error = parsed.get("Error", {})
        call.error = AwsError(error.get("Code") or "InternalFailure", error.get("Message") or None, response.status)
