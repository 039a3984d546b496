"""From bytes to a call and back: reads requests and writes answers in each service's own protocol.

By botocore's service models: JSON in `jsonwire.py`, the other protocols through moto's `core` (router,
parsers, serializers). Errors are written here: four short forms.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape as escape_xml

from botocore.awsrequest import HeadersDict
from botocore.exceptions import UnknownServiceError
from botocore.parsers import ResponseParserError, create_parser
from botocore.serialize import create_serializer
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
from . import cbor
from .forms import Form
from .json_protocol import read_json, write_json

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
    form: Form | None = field(default=None, repr=False)  # that a browser posted, of which this is the PutObject

    def to_moto(self, url_base: str) -> Request:
        """Return the same request as the type moto works on, addressed to `url_base`."""
        url = f"{url_base}{self.path}" + (f"?{self.query}" if self.query else "")
        request = Request.from_primitives(self.method, url, self.headers, self.body)
        request.environ.pop("werkzeug.request", None)  # itself: a circle, which would keep the body for a while
        request._cached_data = self.body  # else werkzeug would copy it twice to read it
        return request


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer as a door sends it."""

    status: int
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


Send = Callable[[HttpResponse], None]


def protocol_of(model: ServiceModel, request: HttpRequest) -> str:
    """Return the protocol that this request speaks: json, rest-json, query, ec2, rest-xml, …"""
    if request.headers.get("smithy-protocol") == cbor.HEADERS["smithy-protocol"]:
        return cbor.PROTOCOL
    return _protocol(model, request.headers.get("content-type"))


@lru_cache(maxsize=256)
def _protocol(model: ServiceModel, content_type: str | None) -> str:
    try:
        protocol = determine_request_protocol(model, content_type)
    except NotImplementedError:
        protocol = str(model.protocol)
    if protocol != cbor.PROTOCOL:
        return protocol
    others = [each for each in model.metadata.get("protocols", ()) if each != cbor.PROTOCOL]  # it has no CBOR's mark
    return others[0] if others else "json"


def read_operation(model: ServiceModel, request: HttpRequest, protocol: str) -> tuple[OperationModel, dict[str, Any]]:
    """Return the operation that a request asks for, and the parameters found in its path."""
    name: str | None = None
    path_params: dict[str, Any] = {}
    if protocol == "json":
        prefix, _, name = request.headers.get("x-amz-target", "").rpartition(".")
        known = model.metadata.get("targetPrefix", "")
        if prefix.rpartition(".")[2] != known.rpartition(".")[2]:  # some SDKs leave out the package of CloudTrail's
            name = None
    elif protocol == cbor.PROTOCOL:
        service, _, name = request.path.rpartition("/operation/")
        if service != f"/service/{model.metadata.get('targetPrefix', '')}":
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
    """Return the call's parameters by botocore's member names; SerializationException where they don't parse."""
    if protocol == "json":
        return read_json(request.body, operation.input_shape)
    if protocol == cbor.PROTOCOL:
        return cbor.read_cbor(request.body, operation.input_shape)
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
    """Return an answer of one of our own services on the wire."""
    if protocol == "json":
        version = operation.service_model.metadata.get("jsonVersion", "1.0")
        headers = {"Content-Type": f"application/x-amz-json-{version}"}
        return HttpResponse(200, headers | id_headers("", request_id), write_json(result, operation.output_shape))
    service = operation.service_model.service_name
    serializer = get_serializer_class(service, protocol)
    written = serializer(operation, context=SerializationContext(request_id)).serialize(result)
    body = written["body"]
    headers = {str(name): str(value) for name, value in written["headers"].items()}
    return HttpResponse(
        written["status_code"],
        headers | id_headers(service, request_id),
        body.encode() if isinstance(body, str) else body,
    )


def in_json(request: HttpRequest, operation: OperationModel, params: dict[str, Any]) -> HttpRequest:
    """Return a CBOR request as the same one in the JSON protocol, which every such service of moto's speaks too."""
    sent = create_serializer("json", include_validation=False).serialize_to_request(params, operation)
    ours = {name.lower(): str(value) for name, value in sent["headers"].items()}
    kept = {name: value for name, value in request.headers.items() if name not in ("smithy-protocol", "accept")}
    return replace(request, path="/", headers=kept | ours, body=sent["body"])


def in_cbor(response: HttpResponse, operation: OperationModel) -> HttpResponse:
    """Return the answer to a request that came in CBOR."""
    parsed: dict[str, Any] = create_parser("json").parse(
        {"status_code": response.status, "headers": HeadersDict(response.headers), "body": response.body},
        operation.output_shape if response.status < 300 else None,
    )
    parsed.pop("ResponseMetadata", None)
    status = response.status
    if status >= 300:
        body = cbor.write_cbor_error(parsed["Error"]["Code"], parsed["Error"].get("Message"))
    else:
        try:
            body = cbor.write_cbor(parsed, operation.output_shape)
        except (TypeError, ValueError, LookupError, AttributeError):  # moto's answer is none of the model
            status, said = 501, f"The simulated account can't answer {operation.name} in CBOR."
            body = cbor.write_cbor_error("NotImplemented", said)
    kept = {name: value for name, value in response.headers.items() if name.lower().startswith("x-amzn")}
    return HttpResponse(status, kept | cbor.HEADERS, body)


_NOT_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


def escape(text: str) -> str:
    """Return a text as XML can hold it; a character that XML 1.0 has no way to write becomes U+FFFD."""
    return escape_xml(_NOT_XML.sub("\ufffd", text))


def write_error(error: AwsError, protocol: str, request_id: str, service: str = "") -> HttpResponse:
    """Return an error in the form of the protocol (S3 has its own)."""
    code = error.code
    if protocol == cbor.PROTOCOL:
        headers = cbor.HEADERS | id_headers(service, request_id)
        return HttpResponse(error.status, headers, cbor.write_cbor_error(code, error.message))
    if protocol in ("json", "rest-json") or not protocol:
        said = {_message_member(service, code): error.message} if error.message is not None else {}
        content = {"__type": code} | said
        headers = {"Content-Type": _json_type(protocol, service), "x-amzn-ErrorType": code} | error.headers
        body = json.dumps(content | error.members, default=str).encode()
        return HttpResponse(error.status, headers | id_headers(service, request_id), body)
    members = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in error.members.items())
    told = f"<Code>{code}</Code><Message>{escape(error.message or '')}</Message>{members}"
    if service == "s3":
        xml = f"<Error>{told}<RequestId>{request_id}</RequestId><HostId>{host_id(request_id)}</HostId></Error>"
    elif protocol == "ec2":
        xml = f"<Response><Errors><Error>{told}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    else:
        kind = "Sender" if error.status < 500 else "Receiver"
        xml = (
            f"<ErrorResponse><Error><Type>{kind}</Type>{told}</Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{xml}'.encode()
    headers = {"Content-Type": "text/xml"} | error.headers | id_headers(service, request_id)
    return HttpResponse(error.status, headers, body)


@lru_cache(maxsize=512)
def _message_member(service: str, code: str) -> str:
    """Where an error of a JSON service has its message: "Message" if the service's model calls it so."""
    try:
        shapes = get_service_model(service).error_shapes if service else []
    except UnknownServiceError:
        shapes = []
    members = [shape.members for shape in shapes if code in (shape.name, shape.metadata.get("error", {}).get("code"))]
    return "Message" if members and "Message" in members[0] else "message"


def id_headers(service: str, request_id: str) -> dict[str, str]:
    """Return the headers in which a service tells a request's id; S3 tells its host's, too."""
    if service == "s3":
        return {"x-amz-request-id": request_id, "x-amz-id-2": host_id(request_id)}
    return {"x-amzn-RequestId": request_id}


def host_id(request_id: str) -> str:
    """S3's second id of a request (x-amz-id-2, HostId): opaque, 76 characters of base64; here it follows the first."""
    return base64.b64encode(hashlib.shake_256(f"labkit/host/{request_id}".encode()).digest(56)).decode()


@lru_cache(maxsize=512)
def _json_type(protocol: str, service: str) -> str:
    if protocol == "rest-json":
        return "application/json"
    try:
        version = get_service_model(service).metadata.get("jsonVersion", "1.1")
    except Exception:  # no such service
        version = "1.1"
    return f"application/x-amz-json-{version}"


def fields_of(request: HttpRequest) -> dict[str, str]:
    """Read the fields of a query-protocol request, from its body or, for GET, its query; the last of each name."""
    try:
        form = parse_qs((request.body or request.query.encode()).decode(), keep_blank_values=True)
    except (UnicodeDecodeError, ValueError):
        return {}
    return {name: values[-1] for name, values in form.items()}


_LONG = 100_000  # bytes: longer answers take longer to read than to give
_READS = ("Get", "List", "Describe")


def read_outcome(call: Call, operation: OperationModel, protocol: str, response: HttpResponse) -> None:
    """Put what moto answered on the call: its result by member names, or its error.

    AwsError("NotImplemented") where moto's answer has not the model's form: no SDK could read it.
    """
    done = response.status < 300 or response.status == 303  # a browser is sent on once its form has been stored
    unread = operation.has_streaming_output or (len(response.body) > _LONG and operation.name.startswith(_READS))
    if unread and done:  # no record shows what was read
        call.result = {}
        return
    shape = operation.output_shape if done else None
    try:
        parsed = create_parser(protocol).parse(
            {"status_code": response.status, "headers": HeadersDict(response.headers), "body": response.body}, shape
        )
    except (ResponseParserError, ValueError, TypeError, LookupError, AttributeError):
        said = f"The simulated account's answer to {call.service}:{call.operation} has not the form of its model."
        raise AwsError("NotImplemented", said, 501) from None
    parsed.pop("ResponseMetadata", None)
    if done:
        call.result = parsed
    else:
        error = parsed.get("Error", {})
        call.error = AwsError(error.get("Code") or "InternalFailure", error.get("Message") or None, response.status)


def with_headers(response: HttpResponse, told: Mapping[str, str]) -> HttpResponse:
    """Return the response with these headers, in place of those of the same names."""
    replaced = {name.lower() for name in told}
    kept = {name: value for name, value in response.headers.items() if name.lower() not in replaced}
    return replace(response, headers=kept | dict(told))
