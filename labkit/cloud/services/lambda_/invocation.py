"""One invocation of a Lambda function, and what came of it: what `runtime` is handed, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invocation:
    """What Lambda hands to a function; `environment` holds credentials, so the repr leaves it out."""

    request_id: str
    function_arn: str
    handler: str
    code: bytes  # the deployment package, a .zip
    payload: bytes
    timeout: int  # seconds
    environment: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Invocation({self.function_arn}, {self.request_id})"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went: the payload to answer, whether it is an error, and what the function printed."""

    payload: bytes
    failed: bool
    output: str
    timed_out: bool = False
