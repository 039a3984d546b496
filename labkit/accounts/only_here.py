"""A simulated lab never calls the real AWS, not even where somebody has taken AWS_ENDPOINT_URL away.

While that variable stands, stay_in_lab.py sees to it, which also lets VPC endpoints' names in.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import botocore.handlers

from ..errors import LabError
from .addresses import is_aws

EVENT = "before-send"


def refuse_aws(request: Any, **_: Any) -> None:
    """Refuse a request to one of AWS's addresses. botocore calls it before it sends."""
    if is_aws(request.url.replace("http://", "https://", 1), ""):
        raise LabError(
            f"This lab is simulated, and the call would go to {urlsplit(request.url).hostname}, the real AWS. Nothing "
            "was sent. Make the client without endpoint_url; for a real account, see docs/real-account.md."
        )


def stay_here() -> None:
    """Put that before the calls of every session that is made from now on."""
    if not stays_here():
        botocore.handlers.BUILTIN_HANDLERS.append((EVENT, refuse_aws))


def stays_here() -> bool:
    """Tell whether new sessions are kept here."""
    return (EVENT, refuse_aws) in botocore.handlers.BUILTIN_HANDLERS


def go_out() -> None:
    """Take it away again, for a real run."""
    handlers = botocore.handlers.BUILTIN_HANDLERS
    handlers[:] = [each for each in handlers if each != (EVENT, refuse_aws)]
