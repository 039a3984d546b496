"""A stand-in for AWS: `labkit serve` by the machine's clock, which sees changes late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tools.standin_run import standin


@pytest.fixture(scope="session")
def late_standin() -> Iterator[Mapping[str, Any]]:
    """What `labkit serve --json --wall-clock --late 1 --accounts 2 --seed random` has printed."""
    with standin("--late", "1") as served:
        yield served
