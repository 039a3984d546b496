"""The one list of services: what each says of itself, and how it is put into an account.

A new service is a line here. Order matters where one stands on another: those below may ask the account for what those
above have put there. moto's EC2 takes a second or more to load, and Systems Manager brings it along: they, DynamoDB and
CloudFormation (with YAML) are loaded when they are first called, so that labs that never call them start at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..authorization.service_permissions import Permissions, ServicePermissions
from ..cloudtrail.trails import Trails
from ..core.call import Call, Target
from ..core.clock import Clock
from ..core.service_records import Records, ServiceRecords
from ..gateway.interfaces import Service, ServiceFacts, Wrap
from ..kms.service import Kms
from ..services import organizations, sts
from ..services.autoscaling import facts as autoscaling
from ..services.cloudhsm import facts as cloudhsm
from ..services.cloudhsm.wrap import CloudHsm
from ..services.cloudwatch import facts as cloudwatch
from ..services.dynamodb import facts as dynamodb
from ..services.ebs import facts as ebs
from ..services.events.facts import FACTS as EVENTS
from ..services.events.follower import Events
from ..services.events.scheduled_rules import ScheduledRules
from ..services.events.wrap import EventBridge
from ..services.iam import facts as iam
from ..services.iam.wrap import Iam
from ..services.lambda_ import facts as lambda_
from ..services.lambda_.wrap import Lambda
from ..services.rds import facts as rds
from ..services.s3 import facts as s3
from ..services.s3.cors import preflight
from ..services.s3.wrap import S3
from ..services.secretsmanager import facts as secretsmanager
from ..services.secretsmanager.rotation import Rotation
from ..services.secretsmanager.wrap import SecretsManager
from ..services.sns import facts as sns
from ..services.sns.encryption import TopicKeys
from ..services.sns.topics import Topics
from ..services.sns.wrap import Sns
from ..services.sqs import facts as sqs
from ..services.sqs.encryption import MessageKeys
from ..services.sqs.queues import Queues
from ..services.sqs.wrap import Sqs
from ..services.ssm import facts as ssm
from ..services.tagging import Tagging
from ..wire.protocols import HttpRequest, HttpResponse
from . import monitoring

if TYPE_CHECKING:
    from ..gateway.gateway import Gateway


@dataclass(frozen=True, slots=True)
class Account:
    """What services are put into, and what they stand on."""

    gateway: Gateway
    kms: Kms
    clock: Clock
    s3: S3
    trails: Trails
    functions: Lambda
    queues: Queues
    topics: Topics

    @classmethod
    def of(cls, gateway: Gateway, kms: Kms, clock: Clock, s3: S3, trails: Trails, functions: Lambda) -> Account:
        """Return the account, with the queues and topics that services write to as themselves."""
        queues, topics = Queues(gateway, MessageKeys(gateway, kms)), Topics(gateway, TopicKeys(gateway, kms))
        return cls(gateway, kms, clock, s3, trails, functions, queues, topics)

    def wrap(self, service: str, wrap: Wrap) -> None:
        """Let `wrap` stand round moto's service."""
        self.gateway.wraps[service] = wrap


def _nothing(_: Account) -> None:
    """The service is moto's, or stands in the account already."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A line of the list."""

    facts: ServiceFacts
    install: Callable[[Account], None] = _nothing


def _dynamodb(account: Account) -> Wrap:
    from ..services.dynamodb.wrap import DynamoDb

    return DynamoDb(account.gateway, account.kms, account.clock)


def _ec2(account: Account) -> Wrap:
    from ..services.ebs.wrap import Ebs

    return Ebs(account.gateway, account.kms)


def _ssm(account: Account) -> Wrap:
    from ..services.ssm.wrap import Ssm

    return Ssm(account.gateway, account.kms)


def _autoscaling(account: Account, ec2: OnFirstUse) -> Wrap:
    from ..services.autoscaling.wrap import AutoScaling
    from ..services.ebs.wrap import Ebs

    ebs = ec2.made
    assert isinstance(ebs, Ebs)
    return AutoScaling(account.gateway, ebs)


def _ec2_and_autoscaling(account: Account) -> None:
    """Auto Scaling launches with EC2's keys: the same state of volumes."""
    ec2 = OnFirstUse(lambda: _ec2(account))
    account.wrap("ec2", ec2)
    account.wrap("autoscaling", OnFirstUse(lambda: _autoscaling(account, ec2)))


def _stacks(account: Account) -> Service:
    from ..services.cloudformation.service import CloudFormation

    return CloudFormation(account.gateway)


def _rds(account: Account) -> Wrap:
    from ..services.rds.wrap import Rds

    return Rds(account.gateway, account.kms)


def _secretsmanager(account: Account) -> None:
    secrets = SecretsManager(account.gateway, account.kms)
    account.wrap("secretsmanager", Rotation(account.gateway, account.functions, secrets))


def _events(account: Account) -> None:
    follower = Events(account.gateway, account.trails.logs, account.functions, account.queues, account.topics)
    scheduled = ScheduledRules(account.clock, follower.send)
    account.wrap("events", EventBridge(scheduled))
    account.gateway.followers.append(follower.follow)
    account.gateway.timed.append(scheduled)
    account.gateway.forgets.append(scheduled.forget)


def _monitoring(account: Account) -> None:
    monitoring.install(account.gateway, account.clock, account.kms, account.trails, account.functions, account.topics)


def _s3(account: Account) -> None:
    account.wrap("s3", account.s3)
    account.gateway.preflight = preflight


SERVICES: tuple[Registered, ...] = (
    Registered(sts.FACTS),
    Registered(organizations.FACTS, lambda account: account.wrap("organizations", organizations.Organizations())),
    Registered(iam.FACTS, lambda account: account.wrap("iam", Iam(account.kms))),
    Registered(dynamodb.FACTS, lambda account: account.wrap("dynamodb", OnFirstUse(lambda: _dynamodb(account)))),
    Registered(ebs.FACTS, _ec2_and_autoscaling),
    Registered(autoscaling.FACTS),
    Registered(s3.FACTS, _s3),
    Registered(rds.FACTS, lambda account: account.wrap("rds", OnFirstUse(lambda: _rds(account)))),
    Registered(ssm.FACTS, lambda account: account.wrap("ssm", OnFirstUse(lambda: _ssm(account)))),
    Registered(lambda_.FACTS, lambda account: account.wrap("lambda", account.functions)),
    Registered(secretsmanager.FACTS, _secretsmanager),
    Registered(sqs.FACTS, lambda account: account.wrap("sqs", Sqs(account.queues.keys))),
    Registered(
        sns.FACTS,
        lambda account: account.wrap(
            "sns", Sns(account.gateway, account.functions, account.queues, account.topics.keys)
        ),
    ),
    Registered(
        ServiceFacts("cloudformation"),
        lambda account: account.gateway.add_service("cloudformation", ServiceOnFirstUse(lambda: _stacks(account))),
    ),
    Registered(cloudhsm.FACTS, lambda account: account.wrap("cloudhsmv2", CloudHsm(account.kms))),
    Registered(EVENTS, _events),
    Registered(cloudwatch.LOGS),
    Registered(
        ServiceFacts("resourcegroupstaggingapi", Permissions(prefix="tag"), Records(source="tagging")),
        lambda account: account.wrap("resourcegroupstaggingapi", Tagging(account.kms)),
    ),
    Registered(ServiceFacts("stepfunctions", Permissions(prefix="states"), Records(source="states"))),
    Registered(cloudwatch.METRICS, _monitoring),  # with the logs that metrics are counted in
)


def permissions(services: Iterable[Registered]) -> ServicePermissions:
    """Return what every service says of its permissions, by botocore's name of it."""
    return {each.facts.service: each.facts.permissions for each in services}


def records(services: Iterable[Registered]) -> ServiceRecords:
    """Return what every service says of its CloudTrail records, by botocore's name of it."""
    return {each.facts.service: each.facts.records for each in services}


class OnFirstUse:
    """A wrap that is made when it is first called."""

    def __init__(self, make: Callable[[], Wrap]) -> None:
        self._make = make
        self._made: Wrap | None = None

    @property
    def made(self) -> Wrap:
        """The wrap, made now if it is not there yet."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def serve(self, call: Call, request: HttpRequest, onward: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
        """Answer the call."""
        return self.made.serve(call, request, onward)


class ServiceOnFirstUse:
    """A service of our own that is made when it is first called."""

    def __init__(self, make: Callable[[], Service]) -> None:
        self._make = make
        self._made: Service | None = None

    def plan(self, call: Call) -> tuple[Target, ...]:
        """Return what the call is about."""
        self._made = self._made or self._make()
        return self._made.plan(call)

    def perform(self, call: Call) -> dict[str, Any]:
        """Do it; a call has been planned before."""
        assert self._made is not None
        return self._made.perform(call)
