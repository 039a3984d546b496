"""The account behind another HTTP server, in this process: prints its port and an administrator's keys, and serves.

    python tests/bench/serve_with.py ours | uvicorn | hypercorn | cheroot

The servers are not among labkit's packages: install those that you want to measure beside.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from labkit.cloud.assembly.cloud import Cloud
from labkit.cloud.doors.http_server import HttpServer
from labkit.cloud.wire.protocols import HttpRequest, HttpResponse

CLOUD = Cloud("bench")
# A Lambda function calls the account while its caller waits: a request must never wait for another one's thread.
THREADS = ThreadPoolExecutor(max_workers=64)


def announce(port: int) -> None:
    """Say where it is, and whose keys it takes."""
    keys = CLOUD.accounts[0]
    print(json.dumps({"port": port, "id": keys.access_key_id, "secret": keys.secret_access_key}), flush=True)


def free_port() -> int:
    """Find a port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


async def asgi(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    """Answer one request, in a thread of the pool."""
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    path, query = scope.get("raw_path", b"").decode() or scope["path"], scope["query_string"].decode()
    request = HttpRequest(scope["method"], path, query, headers, body, "127.0.0.1")
    answer = await asyncio.get_running_loop().run_in_executor(THREADS, CLOUD.gateway.handle, request)
    lines = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": lines})
    await send({"type": "http.response.body", "body": answer.body})


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one request, in the server's thread."""
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
    answer = CLOUD.gateway.handle(HttpRequest(environ["REQUEST_METHOD"], path, query, headers, body, "127.0.0.1"))
    start_response(f"{answer.status} Answer", list(answer.headers.items()))
    return [answer.body]


def ours() -> None:
    """Serve with labkit's own door."""

    def handle(request: HttpRequest, ahead: Callable[[HttpResponse], None]) -> HttpResponse:
        return CLOUD.gateway.handle(request, ahead)

    server = HttpServer(0, handle)
    announce(server.server_address[1])
    server.serve_forever()


def uvicorn() -> None:
    """Serve with uvicorn, its parser httptools, its loop asyncio's."""
    import uvicorn as server

    port = free_port()
    announce(port)
    server.run(asgi, host="127.0.0.1", port=port, http="httptools", log_level="error", access_log=False)  # type: ignore[arg-type]


def hypercorn() -> None:
    """Serve with hypercorn."""
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    port = free_port()
    config.bind, config.accesslog, config.errorlog = [f"127.0.0.1:{port}"], None, None
    announce(port)
    asyncio.run(serve(asgi, config))  # type: ignore[arg-type]


def cheroot() -> None:
    """Serve with cheroot."""
    from cheroot.wsgi import Server

    server = Server(("127.0.0.1", 0), wsgi, numthreads=16)
    server.prepare()
    announce(server.bind_addr[1])
    server.serve()


if __name__ == "__main__":
    {"ours": ours, "uvicorn": uvicorn, "hypercorn": hypercorn, "cheroot": cheroot}[sys.argv[1]]()
