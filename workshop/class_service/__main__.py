"""Run the service where the hub says, until the hub ends it."""

from __future__ import annotations

import asyncio
import os
import signal
from urllib.parse import urlsplit

from tornado.httpserver import HTTPServer

from .handlers import application


async def main() -> None:
    """Listen on the address of JUPYTERHUB_SERVICE_URL."""
    address = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    listen = os.environ.get("LABKIT_CLASS_LISTEN") or address.hostname or "127.0.0.1"
    HTTPServer(application(), max_body_size=65_536).listen(address.port or 80, listen)
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    await over.wait()


if __name__ == "__main__":
    asyncio.run(main())
