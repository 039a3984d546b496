"""Requests that no SDK would make, signed by botocore's own signer, over the socket."""

from __future__ import annotations

from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest

FORM = "application/x-www-form-urlencoded"


class Raw:
    """Sends what it is told to the lab's second door, signed with a client's credentials."""

    def __init__(self, endpoint: str, client: Any) -> None:
        self._endpoint = endpoint
        self._credentials = client._request_signer._credentials.get_frozen_credentials()

    def signed(
        self,
        service: str,
        body: str = "",
        *,
        method: str = "POST",
        target: str = "/",
        region: str = "us-east-1",
        **headers: str,
    ) -> dict[str, str]:
        """The headers of a signed request (`content_type` stands for content-type)."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = AWSRequest(method, self._endpoint + target, named, body.encode())
        signer = S3SigV4Auth if service == "s3" else SigV4Auth
        signer(self._credentials, service, region).add_auth(request)
        return dict(request.headers)

    def send(
        self, headers: dict[str, str], body: str = "", *, method: str = "POST", target: str = "/"
    ) -> tuple[int, str]:
        """Status and body of the answer."""
        connection = HTTPConnection(urlsplit(self._endpoint).netloc, timeout=30)
        try:
            connection.request(method, target, body.encode() or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def __call__(
        self, service: str, body: str = "", *, method: str = "POST", target: str = "/", **headers: str
    ) -> tuple[int, str]:
        """Sign and send."""
        return self.send(
            self.signed(service, body, method=method, target=target, **headers), body, method=method, target=target
        )
