"""A training and lab kit for AWS Key Management Service: an account that behaves like AWS, and labs on it."""

from . import policy as policy  # `labkit.policy.simulate`
from .accounts.start import start
from .errors import LabError
from .expect import ExpectedError, expect_error
from .lab import Lab

__version__ = "0.1.0"

__all__ = ["ExpectedError", "Lab", "LabError", "expect_error", "start"]
