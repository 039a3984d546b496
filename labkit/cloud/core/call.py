"""What travels through the gateway: one `Call`, made by one `Principal`, on some `Target`s.

Plain facts, no behaviour and no I/O. Steps fill in a call's fields in the gateway's order; none of
them invents a field of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from .errors import AwsError

PrincipalKind = Literal["IAMUser", "AssumedRole", "Root", "AWSService", "Anonymous"]


@dataclass(frozen=True, slots=True)
class Session:
    """What is particular to temporary credentials (STS)."""

    issuer_arn: str  # arn:aws:iam::111122223333:role/Clerk
    issuer_id: str  # AROA…
    issuer_name: str  # Clerk
    created: datetime
    expires: datetime
    mfa: bool = False
    tags: tuple[tuple[str, str], ...] = ()
    policy: str | None = None  # session policy, JSON text
    policy_arns: tuple[str, ...] = ()
    source_identity: str | None = None
    instance: str = ""  # the ARN of the EC2 instance that AWS gave the credentials to


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a call, as IAM sees it.

    `arn` is what GetCallerIdentity answers; `principal_id` is AIDA…, AROA…:session, or the account
    id for root; `name` is the user's name or the role session's name.
    """

    kind: PrincipalKind
    account: str
    arn: str
    principal_id: str
    name: str = ""
    access_key_id: str = ""
    session: Session | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """One permission that a call needs: an action on a resource (`entity` is the service's own object)."""

    action: str  # "kms:Decrypt"
    arn: str  # the ARN that the permission is asked on; "*" where there is none
    entity: Any = None


@dataclass(frozen=True, slots=True)
class VpcEndpoint:
    """The VPC endpoint that a request came by: its id, its VPC, the account that owns it, its policy's JSON text.

    `host` is its name as the request had it, `caller` the private address that the request came from.
    """

    id: str
    vpc: str
    account: str
    policy: str
    host: str = ""
    caller: str = ""


@dataclass(slots=True)
class Call:
    """One API call, from the moment its operation is known to the moment it is recorded."""

    service: str  # botocore's service name: "kms"
    operation: str  # "Decrypt"
    region: str
    params: dict[str, Any] = field(repr=False)  # parsed by botocore's model; blobs are bytes, and may be plaintext
    time: datetime  # the lab's clock, UTC
    request_id: str
    principal: Principal | None = None
    source_ip: str = "127.0.0.1"
    user_agent: str = ""
    via: tuple[str, ...] = ()  # services that call on the principal's behalf, first caller first
    source_arn: str = ""  # the resource for which a service calls as itself (aws:SourceArn)
    vpc_endpoint: VpcEndpoint | None = None  # None: the request came by the public endpoint
    stopped_by_endpoint: bool = False  # its policy alone refused: set by authorize
    targets: tuple[Target, ...] = ()  # set by the service's `plan`, read by authorize and record
    attestation: Any = None  # what KMS's `plan` made of the request's attestation document, if it has one
    decision: Any = None  # why authorize allowed or refused
    result: dict[str, Any] | None = field(default=None, repr=False)  # may hold data keys and credentials
    error: AwsError | None = None
    notes: dict[str, Any] = field(default_factory=dict)  # CloudTrail's additionalEventData
    http: Any = field(default=None, repr=False)  # the request as it came; only doors, parse, identify and moto look

    @property
    def account(self) -> str:
        """The caller's account id."""
        assert self.principal is not None, "a call has an account once it is identified"
        return self.principal.account
