"""The boto3 clients of an identity: what a widget calls with. Each is made when it is first needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3

SERVICES = ("kms", "iam", "sts", "organizations")


class Clients(Mapping[str, Any]):
    """Clients by service, made by `make`."""

    def __init__(self, make: Callable[[str], Any]) -> None:
        self._make = make
        self._made: dict[str, Any] = {}

    def __getitem__(self, service: str) -> Any:
        if service not in SERVICES:
            raise KeyError(service)
        if service not in self._made:
            self._made[service] = self._make(service)
        return self._made[service]

    def __contains__(self, service: object) -> bool:
        return service in SERVICES

    def __iter__(self) -> Iterator[str]:
        return iter(SERVICES)

    def __len__(self) -> int:
        return len(SERVICES)


def clients_of(identity: Any = None, region: str | None = None) -> Mapping[str, Any]:
    """Return the clients of anything with `.client(service)`: boto3 itself, a session, a role of the lab.

    A boto3 KMS client is taken as it is; then nobody can be asked for IAM users and roles.
    """
    if identity is None:
        return Clients(lambda service: boto3.client(service, region_name=region))
    if hasattr(identity, "describe_key"):
        return {"kms": identity}
    if not hasattr(identity, "client"):
        raise TypeError("Give a boto3 session, a boto3 KMS client, or a role, user or account of the lab.")
    if hasattr(identity, "session"):  # one session for all: each `client` of a role would assume it anew
        identity = identity.session()
    return Clients(identity.client)
