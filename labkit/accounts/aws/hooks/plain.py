"""Clients of the run's own identity, past the hooks: for tags, settings and clean-up.

Credentials and Region come from the standard chain, as for the learner's own clients.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config

from ....errors import LabError
from ...sessions import new_session

STANDIN = "LABKIT_STANDIN_ENDPOINT"


class Plain(threading.local):
    """Whether this thread's calls go past the hooks just now."""

    past = False

    @contextmanager
    def calls(self) -> Iterator[None]:
        """Let this thread's calls go past the hooks."""
        before, self.past = self.past, True
        try:
            yield
        finally:
            self.past = before


def standin() -> str:
    """Read the address that is taken for AWS in tests; "" for AWS itself. LabError unless it is this machine's."""
    given = os.environ.get(STANDIN, "")
    if given and (urlsplit(given).scheme, urlsplit(given).hostname) not in (
        ("http", "127.0.0.1"),
        ("http", "localhost"),
    ):
        raise LabError(f"{STANDIN} names {given!r}. It names a program on this machine, as http://127.0.0.1:4566 does.")
    return given.rstrip("/")


def session() -> botocore.session.Session:
    """Make a session of the standard chain. Handlers that are registered for every session are on it too."""
    made: botocore.session.Session = new_session()._session
    return made


def client(own: botocore.session.Session, service: str, region: str, attempts: int = 5) -> Any:
    """Make a client of it: at the stand-in where one is set, with retries that last through throttling."""
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    config = Config(retries=retries, connect_timeout=10, read_timeout=60, parameter_validation=True)
    endpoint = standin() or None
    if endpoint:
        config = config.merge(Config(s3={"addressing_style": "path"}, proxies={}))
    return own.create_client(service, region_name=region, endpoint_url=endpoint, config=config)
