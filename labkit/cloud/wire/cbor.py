"""CBOR bodies by botocore's models (Smithy RPC v2 CBOR): the protocol that newer SDKs speak with some services.

botocore reads and writes them; here are the ways in and out. Source: smithy.io, "Smithy RPC v2 CBOR protocol".
"""

from __future__ import annotations

from typing import Any

from botocore.model import Shape, ShapeResolver
from botocore.parsers import RpcV2CBORParser
from botocore.serialize import RpcV2CBORSerializer

from ..core.errors import AwsError

PROTOCOL = "smithy-rpc-v2-cbor"
HEADERS = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
_ERROR = ShapeResolver(
    {
        "Error": {"type": "structure", "members": {"__type": {"shape": "Text"}, "message": {"shape": "Text"}}},
        "Text": {"type": "string"},
    }
).get_shape_by_name("Error")


def read_cbor(body: bytes, shape: Shape | None) -> dict[str, Any]:
    """Read an operation's parameters by member names; AwsError("SerializationException") where they don't parse."""
    if not body or shape is None:
        return {}
    parser = RpcV2CBORParser()
    try:
        params: dict[str, Any] = parser._parse_shape(
            shape, parser.parse_data_item(parser.get_peekable_stream_from_bytes(body))
        )
    except Exception:  # whatever the reader trips over is the request's fault
        raise AwsError("SerializationException", None) from None
    return params


def write_cbor(result: dict[str, Any], shape: Shape | None) -> bytes:
    """Return an answer by member names as the body of this protocol."""
    if shape is None:
        return b"\xa0"  # an empty map
    body: bytes = RpcV2CBORSerializer()._serialize_body_params(result, shape)
    return body


def write_cbor_error(code: str, message: str | None) -> bytes:
    """Return an error as the body of this protocol."""
    return write_cbor({"__type": code, "message": message}, _ERROR)
