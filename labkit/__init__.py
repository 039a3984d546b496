"""A training and lab kit for AWS Key Management Service: an account that behaves like AWS, and labs on it."""

from . import policy as policy  # `labkit.policy.simulate`
from .diagnose import diagnose
from .errors import LabError
from .expect import ExpectedError, expect_error
from .lab import Lab
from .start_lab import start

__version__ = "0.1.0"

__all__ = ["ExpectedError", "Lab", "LabError", "diagnose", "expect_error", "start"]
