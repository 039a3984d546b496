"""What moto is handed of a request: the call that was authorized, in the one form that moto can't read otherwise.

moto takes parameters, and even the operation, from wherever it finds them first: query string, form, headers,
the text of a JSON body. The gateway authorized what the protocol says, so only that is left. Pure.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote_plus, urlencode

from moto.core.model import OperationModel
from moto.core.utils import get_service_model

from ..core.call import Call
from ..wire.protocols import HttpRequest, fields_of, protocol_of

_FORM = "application/x-www-form-urlencoded; charset=utf-8"
_KEPT_HEADERS = frozenset({"accept", "authorization", "content-md5", "content-type", "date", "expect"})


def unambiguous(call: Call, request: HttpRequest) -> HttpRequest:
    """Return the request as moto may see it, for the caller's account."""
    model = get_service_model(call.service)
    operation = model.operation_model(call.operation)
    protocol = protocol_of(model, request)
    headers = {"x-moto-account-id": call.account}
    if call.service == "s3":  # an object's own headers have any name, and S3's side of moto reads them by name
        headers = {name: value for name, value in request.headers.items() if name != "host"} | headers
        if has_document(operation):  # moto would look for the fields of a form
            headers["content-type"] = "application/xml"
        return replace(request, headers=headers, query=_modelled_query(request.query, operation))
    headers = {name: value for name, value in request.headers.items() if _is_kept(name, protocol)} | headers
    if protocol in ("query", "ec2"):
        form = urlencode(fields_of(request)).encode()
        return HttpRequest("POST", request.path, "", headers | {"content-type": _FORM}, form, request.source_ip)
    if protocol == "json":
        headers["content-type"] = f"application/x-amz-json-{model.metadata.get('jsonVersion', '1.1')}"
        return replace(request, query="", headers=headers, body=_unlike_a_form(request.body or b"{}"))
    if not _has_raw_payload(operation):
        return replace(
            request,
            query=_modelled_query(request.query, operation),
            headers=headers | {"content-type": "application/json"},
            body=_unlike_a_form(request.body),
        )
    return replace(request, query=_modelled_query(request.query, operation), headers=headers)


def _is_kept(name: str, protocol: str) -> bool:
    """moto reads a header of any name as a parameter; those of AWS begin with x-. The target names the operation."""
    return name in _KEPT_HEADERS or (name.startswith("x-") and (name != "x-amz-target" or protocol == "json"))


def _unlike_a_form(body: bytes) -> bytes:
    """The same JSON, written so that nothing in it can be taken for the fields of a form: & and = stand in strings."""
    return body.replace(b"&", b"\\u0026").replace(b"=", b"\\u003d")


def _has_raw_payload(operation: OperationModel) -> bool:
    shape = operation.input_shape
    payload = shape.serialization.get("payload") if shape is not None else None
    return bool(payload) and shape.members[payload].type_name in ("blob", "string")


def has_document(operation: OperationModel) -> bool:
    """Tell whether the body is XML or a policy, and no object's bytes with a type of their own."""
    shape = operation.input_shape
    payload = shape.serialization.get("payload") if shape is not None else None
    return bool(payload) and shape.members[payload].type_name in ("structure", "string")


def _modelled_query(query: str, operation: OperationModel) -> str:
    """The query string with what this operation knows alone: its own marks (?acl) and its modelled parameters."""
    if not query:
        return ""
    members = operation.input_shape.members.values() if operation.input_shape is not None else ()
    placed = [member for member in members if member.serialization.get("location") == "querystring"]
    if any(member.type_name == "map" for member in placed):  # parameters of any name
        return query
    known = set(operation.http_trait.query_args) | {member.serialization["name"] for member in placed}
    return "&".join(part for part in query.split("&") if unquote_plus(part.partition("=")[0]) in known)
