"""A training and lab kit for AWS Key Management Service: an account that behaves like AWS, and labs on it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .diagnose import diagnose
from .errors import LabError
from .expect import ExpectedError, expect_error

if TYPE_CHECKING:
    from . import policy as policy  # `labkit.policy.simulate`
    from .lab import Lab
    from .start_lab import start

__version__ = "0.1.0"

__all__ = ["ExpectedError", "Lab", "LabError", "diagnose", "expect_error", "start"]

# The account is large, and is loaded when it is asked for: whoever has labkit installed has it in each run of pytest.
_HOMES = {"Lab": "lab", "start": "start_lab"}


def __getattr__(name: str) -> Any:
    """Load what the account is needed for, and policies."""
    if name == "policy":
        return import_module(".policy", __name__)
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "policy"]
