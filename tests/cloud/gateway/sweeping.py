"""Raw requests for any operation of any service, made from botocore's models: what the sweep sends, and how it reads.

A request is signed as an SDK signs it and goes through the gateway in this process. What stands in it is decided by
the kind: empty, dummy, unknown ids, hostile words, wrong types.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

import botocore.session
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest, HeadersDict
from botocore.credentials import Credentials
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from moto.backends import list_of_moto_modules

from labkit.cloud.wire.protocols import HttpRequest, HttpResponse

KINDS = ("empty", "dummy", "unknown", "control", "huge", "token", "types", "all")
HUGE = "x" * 20_000
CONTROL = "a\x0bb"
DEEPEST = 4
_SESSION = botocore.session.get_session()
_MODULES = {"lambda": "awslambda"}
_SUPPORTED = ("json", "rest-json", "rest-xml", "query", "ec2", "smithy-rpc-v2-cbor")


@lru_cache(maxsize=512)
def model_of(service: str) -> ServiceModel:
    """botocore's model of a service."""
    return _SESSION.get_service_model(service)


def served() -> list[str]:
    """The services that the account answers for with more than a refusal."""
    modules = set(list_of_moto_modules())
    return [name for name in _SESSION.get_available_services() if _MODULES.get(name, name.replace("-", "")) in modules]


def all_services() -> list[str]:
    """Every service that botocore knows."""
    return list(_SESSION.get_available_services())


# --- What stands in a request ----------------------------------------------------------------------------------------


def parameters(operation: OperationModel, kind: str) -> dict[str, Any]:
    """The parameters of a request of this kind, by member names."""
    shape = operation.input_shape
    if shape is None or kind in ("empty", "types"):
        return {}
    return _structure(shape, kind, 0)


def _structure(shape: StructureShape, kind: str, depth: int) -> dict[str, Any]:
    required = set(shape.required_members)
    made = {}
    for name, member in shape.members.items():
        wanted = name in required or kind == "all" or (depth == 0 and kind in ("unknown", "control", "huge"))
        if kind == "token" and depth == 0 and _is_token(name):
            wanted = True
        if wanted and depth < DEEPEST:
            made[name] = _value(member, kind, name, depth + 1)
    return made


def _is_token(name: str) -> bool:
    return name.lower().endswith(("token", "marker", "startkey")) or "starting" in name.lower()


def _value(shape: Shape, kind: str, name: str, depth: int) -> Any:
    if isinstance(shape, StructureShape):
        return _structure(shape, kind, depth)
    if isinstance(shape, ListShape):
        few = 1 if kind != "huge" else 3
        return [] if depth >= DEEPEST else [_value(shape.member, kind, name, depth + 1)] * few
    if isinstance(shape, MapShape):
        return {} if depth >= DEEPEST else {_text(shape.key, kind, name): _value(shape.value, kind, name, depth + 1)}
    if shape.type_name in ("string", "character"):
        return _text(shape, kind, name)
    if shape.type_name == "blob":
        return HUGE.encode() if kind == "huge" else b"\x00\xff{" if kind == "control" else b"{}"
    if shape.type_name == "boolean":
        return True
    if shape.type_name == "timestamp":
        return datetime(2026, 1, 5, 10, tzinfo=UTC)
    low = shape.metadata.get("min", 0) or 1
    number = 2**31 - 1 if kind == "huge" else -1 if kind == "control" else max(low, 1)
    return float(number) if shape.type_name in ("float", "double") else int(number)


def _text(shape: Shape, kind: str, name: str) -> str:
    if kind == "token" and _is_token(name):
        return "%%% junk token"
    if kind == "control":
        return CONTROL
    if kind == "huge":
        return HUGE
    enum = getattr(shape, "enum", None)
    if enum:
        return str(enum[0])
    lowered = name.lower()
    if lowered.endswith(("arn", "arns")):
        return "arn:aws:iam::111122223333:role/unknown" if kind != "unknown" else "arn:aws:x:us-east-1:111122223333:y/z"
    if kind == "unknown" and lowered.endswith(("id", "ids")):
        return "11111111-2222-4333-8444-555555555555"
    if "policy" in lowered and "document" in lowered:
        return "{}"
    low, high = int(shape.metadata.get("min", 0) or 0), int(shape.metadata.get("max", 60) or 60)
    made = "unknown" if kind == "unknown" else "dummy"
    return (made + "0" * max(0, low - len(made)))[: max(high, 1)]


# --- The request -----------------------------------------------------------------------------------------------------


def protocols(model: ServiceModel) -> list[str]:
    """The protocols of a service that SDKs of today speak."""
    known = model.metadata.get("protocols") or [model.metadata["protocol"]]
    return [each for each in known if each in _SUPPORTED]


def request_for(operation: OperationModel, kind: str, protocol: str = "") -> HttpRequest:
    """The unsigned request of this kind for the operation."""
    model = operation.service_model
    spoken = protocol or model.resolved_protocol
    if kind == "types":
        return _wrong_types(operation, spoken)
    given = parameters(operation, kind)
    _fill_in_path(operation, given, kind)
    serializer = create_serializer(spoken, include_validation=False)
    sent = serializer.serialize_to_request(given, operation)
    return _http(sent, spoken)


def _fill_in_path(operation: OperationModel, given: dict[str, Any], kind: str) -> None:
    """A path has all its parts, or it is another operation's."""
    shape = operation.input_shape
    for name, member in (shape.members if shape is not None else {}).items():
        in_host = "{" + name + "}" in (operation.endpoint or {}).get("hostPrefix", "")
        if in_host:
            given[name] = "host"
        elif member.serialization.get("location") == "uri" and given.get(name) in (None, ""):
            given[name] = _value(member, "dummy" if kind in ("empty", "types", "token") else kind, name, 0)


def _http(sent: dict[str, Any], protocol: str) -> HttpRequest:
    body = sent["body"]
    headers = {str(name).lower(): str(value) for name, value in sent["headers"].items()}
    if isinstance(body, dict):
        body = urlencode(body, doseq=True)
    if isinstance(body, str):
        body = body.encode()
    if protocol in ("query", "ec2"):
        headers.setdefault("content-type", "application/x-www-form-urlencoded; charset=utf-8")
    headers = {name: value.replace("\n", " ").replace("\r", " ") for name, value in headers.items()}
    path, _, in_path = sent["url_path"].partition("?")
    query = urlencode(sent["query_string"], doseq=True) if sent["query_string"] else ""
    return HttpRequest(sent["method"], path, "&".join(filter(None, (in_path, query))), headers, bytes(body or b""))


def _wrong_types(operation: OperationModel, protocol: str) -> HttpRequest:
    """A value of another type in the place of each member."""
    empty = request_for(operation, "empty", protocol)
    shape = operation.input_shape
    members = shape.members if shape is not None else {}
    if protocol in ("query", "ec2"):
        wrong = {f"{name}.member.x.1..": "[" for name in members} | dict.fromkeys(members, "{[\x00")
        form = empty.body.decode() + "&" + urlencode(wrong)
        return HttpRequest(empty.method, empty.path, empty.query, empty.headers, form.encode())
    if protocol == "rest-xml":
        body = b"<Wrong><Members>" + quote(str(list(members))).encode() + b"</Members></Wrong>"
        return HttpRequest(empty.method, empty.path, empty.query, empty.headers, b"" if empty.method == "GET" else body)
    if protocol == "smithy-rpc-v2-cbor":
        return HttpRequest(empty.method, empty.path, empty.query, empty.headers, b"\xbf\x61a\x9f\x01\xff\xff")
    wrong = {member.serialization.get("name", name): _wrong(member) for name, member in members.items()}
    body = b"" if empty.method == "GET" else json.dumps(wrong).encode()
    return HttpRequest(empty.method, empty.path, empty.query, empty.headers, body)


def _wrong(shape: Shape) -> Any:
    return {
        "structure": ["x"],
        "list": {"x": 1},
        "map": [1],
        "string": {"x": [1]},
        "boolean": "maybe",
        "blob": 1,
        "timestamp": "never",
    }.get(shape.type_name, "no number")


def signed(request: HttpRequest, model: ServiceModel, keys: Credentials, region: str = "us-east-1") -> HttpRequest:
    """The request with the signature of these keys."""
    host = "127.0.0.1:1"
    url = f"http://{host}{request.path}" + (f"?{request.query}" if request.query else "")
    made = AWSRequest(request.method, url, {**request.headers, "host": host}, request.body)
    signer = S3SigV4Auth if model.service_name in ("s3", "s3control") else SigV4Auth
    signer(keys, model.signing_name, region).add_auth(made)
    headers = {name.lower(): str(value) for name, value in made.headers.items()}
    return HttpRequest(request.method, request.path, request.query, headers, request.body)


# --- The answer ------------------------------------------------------------------------------------------------------


def faults_of(operation: OperationModel, protocol: str, response: HttpResponse) -> Iterator[str]:
    """What is wrong with an answer: a fault of the account, or words of another protocol."""
    if response.status >= 500 and response.status != 501:
        yield f"{response.status}"
    if operation.has_event_stream_output or (operation.has_streaming_output and response.status < 300):
        return
    shape = operation.output_shape if response.status < 300 else None
    try:
        parsed = create_parser(protocol).parse(
            {"status_code": response.status, "headers": HeadersDict(response.headers), "body": response.body}, shape
        )
    except Exception as unread:
        yield f"{response.status}, does not parse: {type(unread).__name__} {str(unread)[:80]}"
        return
    if response.status >= 300 and operation.http.get("method") != "HEAD" and not parsed.get("Error", {}).get("Code"):
        yield f"{response.status}, an error without a code"
