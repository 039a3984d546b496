"""moto's backends: made at the first use of a service in a Region, and let go with the account.

What moto draws for a new backend (EC2's default VPCs and images, IAM's policies) comes from draws of its own. So a
first look into a Region changes none of the ids that come later.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from moto.core.base_backend import AccountSpecificBackend, BackendDict, BaseBackend, backend_lock
from moto.moto_api._internal import mock_random

_SUBNETS = "moto.ec2.models.subnets"  # loaded when EC2 is first used
_MOTOS_GETITEM = AccountSpecificBackend.__getitem__


def at_first_use(seed: str) -> Callable[[Any, str], Any]:
    """Make what takes the place of `AccountSpecificBackend.__getitem__`: its draws depend on what is made alone."""

    def backend_of(services: Any, region: str) -> Any:
        if region in services.keys():  # noqa: SIM118  `in services` asks for Regions that there could be
            return dict.__getitem__(services, region)
        with backend_lock:
            state = mock_random.getstate()
            mock_random.seed(f"{seed}/{services.service_name}/{services.account_id}/{region}")
            try:
                return _MOTOS_GETITEM(services, region)
            finally:
                mock_random.setstate(state)

    return backend_of


def regions_of(services: Any, service: str) -> list[str]:
    """Give the Regions of a service, all partitions'. moto's own cache would keep every account that ever asked."""
    return list(_regions(service))


@cache
def _regions(service: str) -> tuple[str, ...]:
    session = AccountSpecificBackend.get_session()
    partitions = session.get_available_partitions()
    return tuple(each for partition in partitions for each in session.get_available_regions(service, partition))


def let_go() -> None:
    """Drop all backends, but not as moto's `BackendDict.reset`, which fills each one anew first.

    Those that hold files close them.
    """
    with backend_lock:
        for backends in list(BackendDict._instances):  # type: ignore[misc]
            for services in list(backends.values()):
                for backend in list(services.values()):
                    if type(backend).reset is not BaseBackend.reset:
                        backend.reset()
                services.clear()
            backends.clear()
        BackendDict._instances.clear()  # type: ignore[misc]
    if subnets := sys.modules.get(_SUBNETS):
        subnets.Subnet._base_avail_ip_iterator.cache_clear()  # it would keep each subnet, and through it all of EC2
