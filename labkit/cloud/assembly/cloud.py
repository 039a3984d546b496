"""A whole simulated cloud: its accounts, clock and services, put together. One a process (moto is global)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from moto.iam.models import iam_backends

from ..authorization.authorize import Authority
from ..authorization.policy_documents import KeyPolicies, exists
from ..cloudtrail import service as cloudtrail
from ..cloudtrail.history import History
from ..cloudtrail.keeping import Recorder
from ..cloudtrail.kms_service_events import KeyTime
from ..core.clock import Clock
from ..core.entropy import RANDOM, Entropy
from ..gateway.disturb import disturbance
from ..gateway.gateway import Gateway
from ..identity.credentials import Credentials
from ..kms.custom_stores.store import ProxyConfiguration
from ..kms.operations import HANDLERS
from ..kms.request_quotas import RequestQuotas
from ..kms.service import Kms
from ..moto import backends
from ..nitro.hypervisor import Hypervisor
from ..services.iam.wrap import give_unique_id
from ..services.lambda_.wrap import Lambda
from ..services.s3.wrap import S3
from ..services.sts import Sts
from ..services.xks.names import Names
from . import late
from .services import SERVICES, Account, permissions, records
from .tables import require_whole_tables

ADMINISTRATOR_USER = "lab-administrator"
ADMINISTRATOR_ROLE = "LabAdministrator"
ADMINISTRATOR_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"
FIRST_ACCOUNTS = ("111122223333", "444455556666", "777788889999")  # AWS's own example account ids

LONGEST_DELAY = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class AccountKeys:
    """An account and its administrator's access key; the secret is not in the repr."""

    account_id: str
    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)


class Cloud:
    """The accounts of one lab, or of one `labkit serve`."""

    def __init__(
        self,
        seed: str,
        region: str = "us-east-1",
        accounts: int = 1,
        clock: Clock | None = None,
        dice: str = "",
        token: str = "",
    ) -> None:
        """Put it together. `clock` is the lab's unless given; `dice` seeds what falls at random, else `seed` does.

        `token` is the control token of a cloud that this one continues; a new one is random.
        """
        if accounts < 1:
            raise ValueError("A cloud has at least one account.")
        require_whole_tables()
        self.seed = seed
        self.region = region
        self.clock = clock or Clock()
        rooms = ("kms", "sts", "ids", "moto", "cloudtrail", "nitro")
        entropy = {name: Entropy(seed if seed == RANDOM else f"{seed}/{name}") for name in rooms}
        backends.reset(entropy["moto"].token_hex(32), self.clock)
        self.credentials = Credentials(self.clock)
        self.history = History(self.clock)
        self.kms = Kms(self.clock, entropy["kms"], HANDLERS)
        self.xks = Names()
        self.kms.custom_stores.proxies.caller = partial(_call_proxy, self.xks)
        self.hypervisor = Hypervisor(self.clock, entropy["nitro"])
        self.kms.trust_attestation_root(self.hypervisor.root.certificate)  # in place of AWS's own
        judged, shown = permissions(SERVICES), records(SERVICES)
        self.kms.policy_checker = KeyPolicies(judged).check
        self.kms.principal_finder = exists
        self.control_token = token or Entropy(RANDOM).token_hex(32)  # never seeded: nobody can compute it
        self.tokens = Entropy(seed if seed == RANDOM else f"{seed}/tokens")  # for clients in this process
        sts = Sts(self.clock, entropy["sts"], self.credentials)
        authority = Authority(judged)
        self.soft_mode = authority.soft_mode
        self.gateway = Gateway(
            self.clock,
            entropy["ids"],
            self.credentials,
            backends.Moto(),
            Recorder(self.history, shown),
            self.control_token,
            authority,
        )
        lateness = self.gateway.lateness
        lateness.watched, lateness.changes = partial(late.watched, self.kms), late.changes
        lateness.dice = Entropy(f"{dice or seed}/late")
        self.gateway.add_service("kms", self.kms)
        self.gateway.add_service("sts", sts)
        self.gateway.noted.append(self.kms.note_event)  # GetKeyLastUsage answers it
        self.gateway.timed.append(KeyTime(self.kms, self.gateway.new_id, self.gateway.record))
        self.quotas = RequestQuotas()
        self.gateway.throttles.append(self.quotas.check)
        self.gateway.forgets += [self.kms.forget, self.quotas.forget, self.hypervisor.forget]
        s3, functions = S3(self.gateway, self.kms, self.clock), Lambda(self.gateway, sts)
        data_types = [name for each in shown.values() for name in each.data_types]
        trails = cloudtrail.install(self.gateway, self.history, self.kms, s3, entropy["cloudtrail"], data_types)
        account = Account.of(self.gateway, self.kms, self.clock, s3, trails, functions)
        for service in SERVICES:
            service.install(account)
        self.begin_again: Callable[[], None] | None = None  # the doors know how: a fresh cloud takes this one's place
        self.accounts: list[AccountKeys] = []
        self._opened = itertools.count()
        for _ in range(accounts):
            self.open_account()

    def open_account(self) -> AccountKeys:
        """Open a further account with an administrator of its own; one at a time, between two calls."""
        with self.gateway.still():
            return self._open_account(next(self._opened))

    def _open_account(self, number: int) -> AccountKeys:
        known = number < len(FIRST_ACCOUNTS)
        keys = self.make_administrator(FIRST_ACCOUNTS[number] if known else f"{100000000000 + number:012d}")
        self.accounts.append(keys)
        return keys

    def make_administrator(self, account_id: str) -> AccountKeys:
        """Make the user and the role of an account's administrator, in an account that has none."""
        iam = iam_backends[account_id]["aws"]
        user = iam.create_user(self.region, ADMINISTRATOR_USER)
        give_unique_id(user, account_id, "AIDA")
        iam.attach_user_policy(ADMINISTRATOR_POLICY, user.name)
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"},
                    "Action": ["sts:AssumeRole", "sts:TagSession"],
                }
            ],
        }
        iam.create_role(
            role_name=ADMINISTRATOR_ROLE,
            assume_role_policy_document=json.dumps(trust),
            path="/",
            permissions_boundary=None,
            description="Who you are in a lab",
            tags=[],
            max_session_duration="43200",
        )
        iam.attach_role_policy(ADMINISTRATOR_POLICY, ADMINISTRATOR_ROLE)
        key = iam.create_access_key(user.name)
        return AccountKeys(account_id, key.access_key_id, key.secret_access_key)

    def advance(self, by: timedelta) -> datetime:
        """Move the clock; everything due on the way happens and is recorded."""
        with self.gateway.still():  # no call comes in between
            now = self.clock.advance(by)
            self.credentials.renew(ADMINISTRATOR_ROLE, by)
        self.gateway.time_passes()
        return now

    def disturb(self, asked: dict[str, Any]) -> list[str]:
        """Switch on what a lesson asks to go wrong; answers what is on now. ValueError in the reader's words."""
        if asked.get("call"):
            error, times = asked.get("error") or "", int(asked.get("times", 1))
            seconds = float(asked.get("seconds", 0))
            after = int(asked.get("after", 0))
            self.gateway.disturbances.add(disturbance(asked["call"], error, times, seconds, after))
        if asked.get("calls_per_second") is not None:
            self.clock.pace(int(asked["calls_per_second"]))
        if asked.get("quotas") is not None:
            self.quotas.clear()
            self.quotas.on = bool(asked["quotas"])
        if asked.get("late") is not None:
            delays = late.delays(asked["late"])
            self.gateway.lateness.set(delays)
            self.delay_grants(delays[late.GRANTS])
        if asked.get("grants") is not None:
            self.delay_grants(timedelta(seconds=float(asked["grants"])))
        return self.disturbed()

    def undisturb(self) -> list[str]:
        """Switch everything off that `disturb` can switch on."""
        self.gateway.disturbances.clear()
        self.quotas.clear()
        self.clock.pace(1)
        self.delay_grants(timedelta(0))
        self.gateway.lateness.set({})
        return self.disturbed()

    def disturbed(self) -> list[str]:
        """Say what is switched on, a line each; nothing on a good day."""
        lines = ["KMS counts requests against its quotas"] if self.quotas.on else []
        lines += [f"{self.clock.paced} calls fit in a lab second"] if self.clock.paced != 1 else []
        lines += [
            f"changes of {kind} are seen {by.total_seconds():g} seconds late"
            for kind, by in self.gateway.lateness.delays.items()
        ]
        delay = self.kms.grant_delay.total_seconds()
        lines += [f"a new grant needs {delay:g} lab seconds to work without its token"] if delay else []
        return lines + self.gateway.disturbances.active()

    def delay_grants(self, delay: timedelta) -> timedelta:
        """Let a new grant take this long to work without its token."""
        if delay < timedelta(0):
            raise ValueError("A grant takes effect after it was made, not before.")
        if delay > LONGEST_DELAY:
            raise ValueError("A grant takes effect within a year.")
        self.kms.grant_delay = delay
        return delay

    def explanation(self, request_id: str) -> dict[str, Any]:
        """Tell why a call was allowed or refused; ValueError where the call is not known."""
        return self.gateway.explanations.of(request_id)


def _call_proxy(names: Names, proxy: ProxyConfiguration, region: str, path: str, body: bytes) -> tuple[int, bytes]:
    """Call an external key store's proxy. What that takes (sockets, TLS) is loaded when one is called."""
    from ..services.xks.client import XksClient

    return XksClient(names)(proxy, region, path, body)
