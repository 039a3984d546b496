"""What botocore's data files say, read once in a process: service models, endpoints. Nobody changes what it hands out.

A botocore session of one's own would list 490 services, and parse and register everything, again.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader, instance_cache
from botocore.model import ServiceModel
from botocore.regions import EndpointResolver


class _Loader(Loader):  # type: ignore[misc]  # botocore has no types
    """botocore's loader, which looks for the service that is asked for, and not through all 400 folders first."""

    @instance_cache  # type: ignore[untyped-decorator]
    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        """Return a model's data, with its extras. UnknownServiceError if there is none."""
        try:
            version = api_version or self.determine_latest_version(service_name, type_name)
        except DataNotFoundError:
            return super().load_service_model(service_name, type_name, api_version)  # which says so
        model = self.load_data(os.path.join(service_name, version, type_name))
        self._extras_processor.process(model, self._find_extras(service_name, type_name, version))
        return model


@cache
def loader(data_path: str | None = None) -> Loader:
    """Return botocore's loader of its data, and of what is in these folders, which remembers what it has read."""
    paths = data_path.split(os.pathsep) if data_path else []
    return _Loader(extra_search_paths=[os.path.expanduser(os.path.expandvars(each)) for each in paths])


@cache
def service_model(service: str) -> ServiceModel:
    """Return the model of a service by botocore's name. UnknownServiceError if there is none."""
    return ServiceModel(loader().load_service_model(service, "service-2"), service)


def regions_of_kms(partition: str = "aws") -> list[str]:
    """List the Regions of a partition that have KMS."""
    return list(_endpoints().get_available_endpoints("kms", partition))


def partitions() -> list[str]:
    """List the partitions of AWS that botocore knows."""
    return list(_endpoints().get_available_partitions())


@cache
def dns_suffixes(partition: str = "aws") -> tuple[str, ...]:
    """List the domains under which AWS's endpoints of a partition are."""
    found = next(each for each in loader().load_data("endpoints")["partitions"] if each["partition"] == partition)
    variants = [each["dnsSuffix"] for each in found["defaults"].get("variants", ()) if "dnsSuffix" in each]
    return tuple(dict.fromkeys([found["dnsSuffix"], *variants]))


@cache
def _endpoints() -> EndpointResolver:
    return EndpointResolver(loader().load_data("endpoints"))
