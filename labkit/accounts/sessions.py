"""boto3 sessions that share what they read of botocore's data: service models, endpoints, retry rules.

A session of its own reads and parses these files again, which is most of the time that a lab takes to start.
"""

from __future__ import annotations

from functools import cache

import boto3
import botocore.session
from botocore.loaders import Loader, create_loader


def new_session() -> boto3.Session:
    """Make a fresh session: settings and credentials are read anew, models are not."""
    session = botocore.session.get_session()
    session.register_component("data_loader", _loader(session.get_config_variable("data_path")))
    return boto3.Session(botocore_session=session)


@cache
def _loader(data_path: str | None) -> Loader:
    return create_loader(data_path)
