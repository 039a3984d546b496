"""CloudTrail as the gateway sees it: LookupEvents over the history, trails, the public keys of digests."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..core.call import Call, Target
from ..core.entropy import Entropy
from ..core.errors import AwsError
from ..kms.service import Kms
from ..moto.parameters import check_parameters
from ..services.s3.wrap import S3
from .delivery import Delivery
from .history import History
from .trails import Trails

if TYPE_CHECKING:
    from ..gateway.gateway import Gateway


class CloudTrail:
    """The simulated AWS CloudTrail."""

    def __init__(self, history: History, trails: Trails, delivery: Delivery) -> None:
        self._history = history
        self._trails = trails
        self._delivery = delivery

    def plan(self, call: Call) -> tuple[Target, ...]:
        """Return the permission that the call needs."""
        check_parameters(call)
        if call.operation in self._trails.operations:
            return self._trails.plan(call)
        if call.operation == "ListPublicKeys":
            return (Target("cloudtrail:ListPublicKeys", "*"),)
        return self._history.plan(call)

    def perform(self, call: Call) -> dict[str, Any]:
        """Return the answer, by botocore's member names."""
        operation = self._trails.operations.get(call.operation)
        if operation is not None:
            return operation(call)
        return self._public_keys(call) if call.operation == "ListPublicKeys" else self._history.perform(call)

    def _public_keys(self, call: Call) -> dict[str, Any]:
        """The Region's one key, good for as long as the lab runs."""
        start, end = (call.params.get(name) for name in ("StartTime", "EndTime"))
        if start and end and start > end:
            raise AwsError("InvalidTimeRangeException", "StartTime must be earlier than EndTime.")
        keys = self._delivery.keys
        key = {
            "Value": keys.public(call.region),
            "ValidityStartTime": datetime(2026, 1, 1, tzinfo=UTC),
            "ValidityEndTime": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=3650),
            "Fingerprint": keys.fingerprint(call.region),
        }
        return {"PublicKeyList": [key]}


def install(
    gateway: Gateway, history: History, kms: Kms, s3: S3, entropy: Entropy, data_types: Collection[str]
) -> Trails:
    """Put CloudTrail behind the gateway: it answers calls, follows events and delivers as time passes."""
    trails = Trails(kms, data_types)
    delivery = Delivery(gateway, trails, s3, entropy)
    gateway.add_service("cloudtrail", CloudTrail(history, trails, delivery))
    gateway.followers.append(delivery.follow)
    gateway.timed.append(delivery)
    gateway.forgets += [history.forget, trails.forget]
    return trails
