"""What the projects' tests share: a fresh simulated account for each test file, and no trace of it afterwards.

With LABKIT_ENDPOINT and LABKIT_CONTROL_TOKEN set, the account is that of a running `labkit serve`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

import labkit


@pytest.fixture(scope="module")
def lab(request: pytest.FixtureRequest) -> Iterator[labkit.Lab]:
    """An account that the tests of one file share; boto3 is pointed at it meanwhile."""
    before = dict(os.environ)
    yield labkit.start(f"tests-of-{request.path.parents[1].name}-{request.path.stem}")
    os.environ.clear()
    os.environ.update(before)
