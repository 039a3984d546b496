"""What botocore's data files say, read once in a process: service models, endpoints. Nobody changes what it hands out.

A botocore session of one's own would list 490 services, and parse and register everything, again.
"""

from __future__ import annotations

from functools import cache

from botocore.loaders import Loader, create_loader
from botocore.model import ServiceModel
from botocore.regions import EndpointResolver


@cache
def loader(data_path: str | None = None) -> Loader:
    """Return botocore's loader of its data, and of what is in these folders, which remembers what it has read."""
    return create_loader(data_path)


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
