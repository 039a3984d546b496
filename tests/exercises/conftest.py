"""What tests that walk through notebooks share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def back_again() -> Iterator[None]:
    """Notebooks may change the directory; tests go back."""
    before = Path.cwd()
    yield
    os.chdir(before)
