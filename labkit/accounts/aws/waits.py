"""Where waiting for AWS to become consistent comes in: one name, so that callers need not know the table of waits."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

_TABLE = "labkit.accounts.aws.consistency"


def patiently(call: Any, *arguments: Any, **parameters: Any) -> Any:
    """Make a call of a boto3 client, trying again where AWS is late by its nature, as the table of waits says."""
    if find_spec(_TABLE) is None:
        return call(*arguments, **parameters)
    return import_module(_TABLE).patiently(call, *arguments, **parameters)
