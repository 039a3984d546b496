"""Clients of the run's own identity, past the hooks: for tags, settings and clean-up.

Credentials and Region come from the standard chain, as for the learner's own clients.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import botocore.session
from botocore.config import Config

from ...own_calls import MARK
from ...sessions import new_session
from ..standin import standin


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


def session() -> botocore.session.Session:
    """Make a session of the standard chain. Handlers that are registered for every session are on it too."""
    made: botocore.session.Session = new_session()._session
    return made


def session_of(made: Any) -> botocore.session.Session:
    """Make a session with the credentials of that client: of a second account's, the first one's could tag nothing."""
    own, keys = session(), made._get_credentials().get_frozen_credentials()
    own.set_credentials(keys.access_key, keys.secret_key, keys.token)
    return own


def client(own: botocore.session.Session, service: str, region: str, attempts: int = 5) -> Any:
    """Make a client of it: at the stand-in where one is set, with retries that last through throttling."""
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    config = Config(
        retries=retries, connect_timeout=10, read_timeout=60, parameter_validation=True, user_agent_extra=MARK
    )
    endpoint = standin() or None
    if endpoint:
        config = config.merge(Config(s3={"addressing_style": "path"}, proxies={}))
    return own.create_client(service, region_name=region, endpoint_url=endpoint, config=config)
