"""Runs the site over HTTP on 127.0.0.1, in a thread. For the world outside, take a WSGI server that is made for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

HOST = "127.0.0.1"


class _Quiet(WSGIRequestHandler):
    """A request's line may hold nothing secret, and is still nobody's business here."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing."""


def bound(app: Flask, port: int = 0) -> BaseWSGIServer:
    """Bind the server to a port of 127.0.0.1 (0: any free one)."""
    return make_server(HOST, port, app, threaded=True, request_handler=_Quiet)


@contextmanager
def serving(app: Flask, port: int = 0) -> Iterator[str]:
    """Serve meanwhile; yields the site's origin."""
    server = bound(app, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def storage_of(bucket: str, s3: Any) -> str:
    """Find the origin that the bucket's links lead to."""
    parts = urlsplit(s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a"}))
    return f"{parts.scheme}://{parts.netloc}"
