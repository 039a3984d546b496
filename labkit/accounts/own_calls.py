"""The kit's own calls in a real account: explanations, the trail, checks of exercises, tags. They are marked as such.

They stand in the account's trail like any other call; what a lab shows of its events leaves them out by this mark.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.config import Config

from .sessions import new_session

MARK = "labkit-own"
"""What the user agent of such a call has at its end."""
OWN = Config(user_agent_extra=MARK)


def own_client(service: str, region: str, standin: str, **keys: Any) -> Any:
    """Make a client for a call of the kit's own; `keys` are credentials, where they are not the caller's."""
    options: dict[str, Any] = {"endpoint_url": standin} if standin else {}
    return new_session().client(service, region_name=region, config=OWN, **options, **keys)


def is_own_call(context: Mapping[str, Any]) -> bool:
    """Tell the same of a call that is being made, by botocore's context of it."""
    return MARK in str(getattr(context.get("client_config"), "user_agent_extra", "") or "")


def is_own(event: Mapping[str, Any]) -> bool:
    """Tell whether a record of CloudTrail is of such a call."""
    return MARK in str(event.get("userAgent", ""))
