"""A run's events by CloudTrail's event history (LookupEvents): management events, minutes late, Region by Region.

Sources: CloudTrail User Guide, "Viewing recent management events"; API reference, LookupEvents: 50 events a page, two
calls a second for each account and Region. Data events (objects of S3, items of DynamoDB) are in a trail's bucket only.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ....errors import LabError
from ...own_calls import is_own, own_client
from .. import consistency
from ..run import Run
from ..words import in_words

GLOBAL_REGION = "us-east-1"  # where IAM's and other global services' events are
MOST = 2000  # events of a Region that are asked for
PAUSE = 0.5  # seconds: two calls a second
LATE = (
    "CloudTrail's event history is late: a call may take up to about 15 minutes to be in it, and calls on data (S3's "
    "objects, say) never are."
)


def events_since(run: Run, regions: Iterable[str] = (), standin: str = "") -> list[dict[str, Any]]:
    """Read the account's events since the run began, oldest first, each once; the kit's own calls are left out.

    The history is late: this waits until the run's last call is in it, a quarter of an hour at most. LabError where it
    may not be read.
    """
    return consistency.until_told(lambda: _events_since(run, regions, standin))


def _events_since(run: Run, regions: Iterable[str], standin: str) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for region in dict.fromkeys([run.region, GLOBAL_REGION, *regions]):
        client = own_client("cloudtrail", region, standin)
        try:
            for event in _looked_up(client, run.started, 0 if standin else PAUSE):
                if not is_own(event):
                    found.setdefault(str(event.get("eventID", len(found))), event)
        except (BotoCoreError, ClientError) as wrong:
            raise LabError(in_words(wrong)) from None
    return sorted(found.values(), key=lambda event: str(event.get("eventTime", "")))


def _looked_up(client: Any, since: datetime, pause: float) -> Iterable[dict[str, Any]]:
    """Each page's events, in order of time as far as one can tell: the history lists the latest first."""
    listed: list[dict[str, Any]] = []
    for page in client.get_paginator("lookup_events").paginate(StartTime=since, PaginationConfig={"MaxItems": MOST}):
        listed += [
            json.loads(each["CloudTrailEvent"]) for each in page.get("Events", ()) if each.get("CloudTrailEvent")
        ]
        if page.get("NextToken"):
            time.sleep(pause)
    return reversed(listed)
