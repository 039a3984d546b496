"""Run the service where the hub says, until the hub ends it."""

from __future__ import annotations

import asyncio
import os
import signal
from urllib.parse import urlsplit

from tornado.httpserver import HTTPServer
from tornado.ioloop import PeriodicCallback

from .handlers import HOUR, application, keeper_of, sweep


async def main() -> None:
    """Listen on the address of JUPYTERHUB_SERVICE_URL."""
    address = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    listen = os.environ.get("LABKIT_CLASS_LISTEN") or address.hostname or "127.0.0.1"
    if api := os.environ.get("LABKIT_CLASS_API"):
        os.environ["JUPYTERHUB_API_URL"] = api
    keeper = keeper_of(os.environ)
    made = application(keeper)
    HTTPServer(made, max_body_size=65_536).listen(address.port or 80, listen)
    PeriodicCallback(lambda: sweep(made), HOUR * 1000).start()
    PeriodicCallback(keeper.flush, 1000).start()
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    await over.wait()
    keeper.flush()


if __name__ == "__main__":
    asyncio.run(main())
