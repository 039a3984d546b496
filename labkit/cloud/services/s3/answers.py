"""S3's answers in its own words: headers in place of moto's, bodies by botocore's model. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser
from moto.core.utils import get_service_model

from ...core.call import Call
from ...wire.protocols import HttpResponse, with_headers, write_result
from .headers import HEADER

_MOTOS_OWN = (HEADER, "x-amz-checksum-", "x-amz-sdk-checksum-")


def answered(response: HttpResponse, *told: Mapping[str, str]) -> HttpResponse:
    """Return the response with what S3 tells of encryption and checksums in place of what moto tells."""
    headers = {name: value for name, value in response.headers.items() if not name.lower().startswith(_MOTOS_OWN)}
    for each in told:
        response = with_headers(replace(response, headers=headers), each)
        headers = response.headers
    return replace(response, headers=headers)


def with_body(call: Call, response: HttpResponse, result: dict[str, Any]) -> HttpResponse:
    """Return the response with another body: this result of the call's operation."""
    operation = get_service_model("s3").operation_model(call.operation)
    written = write_result(operation, "rest-xml", result, call.request_id)
    answer = answered(response, written.headers, {"Content-Length": str(len(written.body))})
    return replace(answer, body=written.body)


def rewritten(call: Call, response: HttpResponse, change: Callable[[dict[str, Any]], None]) -> HttpResponse:
    """Return the response with its result changed."""
    shape = get_service_model("s3").operation_model(call.operation).output_shape
    answer = {"status_code": response.status, "headers": HeadersDict(response.headers), "body": response.body}
    result = create_parser("rest-xml").parse(answer, shape)
    result.pop("ResponseMetadata", None)
    change(result)
    return with_body(call, response, result)
