"""S3 by requests that are signed by hand and sent over the socket, and its refusals in full."""

from __future__ import annotations

import re
from http.client import HTTPConnection
from urllib.parse import urlsplit

import boto3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest

import labkit

SSE = "x-amz-server-side-encryption"


def send(
    lab: labkit.Lab, method: str, target: str, headers: dict[str, str], body: bytes = b"", region: str = "us-east-1"
) -> tuple[int, dict[str, str], str]:
    """Sign and send over the socket; status, headers and answer. Header "unsigned-x" goes unsigned as "x"."""
    named = {name: value for name, value in headers.items() if not name.startswith("unsigned-")}
    request = AWSRequest(method, lab.endpoint + target, named, body)
    signer = S3SigV4Auth(boto3.Session().get_credentials().get_frozen_credentials(), "s3", region)
    if (declared := headers.get("x-amz-content-sha256")) is not None:  # of chunks, which botocore does not send here
        signer.payload = lambda _: declared
    signer.add_auth(request)
    late = {name.removeprefix("unsigned-"): value for name, value in headers.items() if name.startswith("unsigned-")}
    connection = HTTPConnection(urlsplit(lab.endpoint).netloc, timeout=30)
    try:
        connection.request(method, target, body or None, dict(request.headers) | late)
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, told, answer.read().decode()
    finally:
        connection.close()


def members(answer: str) -> dict[str, str]:
    """The elements of an S3 error but for the request's two ids."""
    found = dict(re.findall(r"<(\w[\w-]*)>([^<]*)</\1>", answer))
    for each in ("RequestId", "HostId"):
        assert found.pop(each, "") or "Code" not in found
    return found


def invalid(message: str, value: str | None, name: str = SSE, code: str = "InvalidArgument") -> dict[str, str]:
    """An error that names an argument."""
    return {"Code": code, "Message": message, "ArgumentName": name} | (
        {} if value is None else {"ArgumentValue": value}
    )
