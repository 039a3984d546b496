"""What a custom key store stands on outside KMS: CloudHSM clusters, and VPC endpoint services before a proxy.

A lab makes them by a hook (the real ones take an hour and cost money), and breaks them by the same hook.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

LOCK_AFTER = 5
"""Wrong passwords after which CloudHSM locks a user (KMS Developer Guide, "How to fix invalid kmsuser credentials")."""


@dataclass
class Hsm:
    """One hardware security module of a cluster."""

    id: str
    zone: str
    active: bool = True


@dataclass(eq=False)
class Cluster:
    """A CloudHSM cluster, with its crypto user `kmsuser`."""

    id: str
    account: str
    region: str
    certificate: str = field(repr=False)  # the trust anchor, customerCA.crt
    hsms: list[Hsm]
    password: str | None = field(repr=False)  # of kmsuser; None where there is no such user
    state: str = "ACTIVE"
    deleted: bool = False
    wrong_passwords: int = 0
    user_logged_in: bool = False  # somebody has logged in as kmsuser
    subnets: bool = True  # all of its subnets are there
    free_addresses: bool = True  # each subnet has a free address
    private: bool = True  # two private subnets, and the security group's rules on ports 2223-2225
    network: bool = True  # KMS reaches it
    material: dict[str, bytes] = field(default_factory=dict, repr=False)  # of KMS keys, by their ids

    @property
    def active_hsms(self) -> list[Hsm]:
        """The modules that work."""
        return [hsm for hsm in self.hsms if hsm.active]

    @property
    def zones(self) -> set[str]:
        """The Availability Zones in which a module works."""
        return {hsm.zone for hsm in self.active_hsms}

    @property
    def locked(self) -> bool:
        """Whether kmsuser is locked out."""
        return self.wrong_passwords >= LOCK_AFTER

    def set_password(self, password: str | None) -> None:
        """Change kmsuser's password as an HSM's officer does, which unlocks it; None deletes the user."""
        self.password, self.wrong_passwords = password, 0

    def log_in(self, password: str) -> str:
        """Log in as kmsuser; answers the ConnectionErrorCode, or "" if it went well."""
        if self.password is None:
            return "USER_NOT_FOUND"
        if self.locked:
            return "USER_LOCKED_OUT"
        if self.user_logged_in:
            return "USER_LOGGED_IN"
        if password != self.password:
            self.wrong_passwords += 1
            return "USER_LOCKED_OUT" if self.locked else "INVALID_CREDENTIALS"
        self.wrong_passwords = 0
        return ""

    def described(self) -> dict[str, Any]:
        """Return the cluster as DescribeClusters of CloudHSM has it, as far as the lab knows."""
        return {
            "ClusterId": self.id,
            "State": self.state,
            "HsmType": "hsm1.medium",
            "Hsms": [
                {
                    "AvailabilityZone": hsm.zone,
                    "ClusterId": self.id,
                    "HsmId": hsm.id,
                    "State": "ACTIVE" if hsm.active else "DEGRADED",
                }
                for hsm in self.hsms
            ],
            "Certificates": {"ClusterCertificate": self.certificate},
        }


@dataclass(eq=False)
class EndpointService:
    """A VPC endpoint service in front of a proxy."""

    name: str  # com.amazonaws.vpce.REGION.vpce-svc-…
    owner: str
    region: str
    private_dns_name: str
    allowed: set[str]  # principals: cks.kms.REGION.amazonaws.com, and for other accounts the store's owner
    acceptance_required: bool = False
    verified: bool = True  # the domain of the private DNS name
    zones: int = 2  # in which the network load balancer has subnets

    def fault(self, owner_of_store: str, endpoint: str) -> str:
        """Return "not found" or "invalid" where KMS can't use it for this store; "" where it can.

        Sources: XksProxyVpcEndpointService…Exception in botocore's KMS model; KMS Developer Guide, "VPC endpoint
        service connectivity configuration errors": without the permission KMS does not find the service.
        """
        needed = {f"cks.kms.{self.region}.amazonaws.com"}
        if self.owner != owner_of_store:
            needed.add(f"arn:aws:iam::{owner_of_store}:root")
        if not needed <= self.allowed:
            return "not found"
        fits = endpoint == f"https://{self.private_dns_name}" and self.verified and self.zones >= 2
        return "" if fits and not self.acceptance_required else "invalid"
