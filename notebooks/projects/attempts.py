"""What must not work, as a list that a notebook shows and a test runs: the same attempts in both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import ClientError


@dataclass(frozen=True)
class Attempt:
    """Something that must not work: in words, the error it has to end with, and the deed."""

    what: str
    error: str
    act: Callable[[], object]

    def outcome(self) -> str:
        """Try it; answer the error's name: AWS's code, or the class of an exception of ours. "" if it worked."""
        try:
            self.act()
        except ClientError as refused:
            return str(refused.response["Error"]["Code"])
        except Exception as refused:  # whatever the application raises
            return type(refused).__name__
        return ""
