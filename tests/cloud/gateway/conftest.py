"""A lab in this process, and clients on both of its doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config

import labkit


@pytest.fixture
def lab() -> labkit.Lab:
    """A fresh lab."""
    return labkit.start("gateway-tests")


@pytest.fixture(params=["in-process", "http"])
def client(request: pytest.FixtureRequest, lab: labkit.Lab) -> Callable[..., Any]:
    """`client("kms", **keys)`: a boto3 client through one of the two doors."""

    def make(service: str, **options: Any) -> Any:
        # The in-process door answers to the very endpoint of the lab; by its other name a call takes the socket.
        endpoint = lab.endpoint if request.param == "in-process" else lab.endpoint.replace("127.0.0.1", "localhost")
        return boto3.client(service, endpoint_url=endpoint, config=Config(retries={"max_attempts": 0}), **options)

    return make
