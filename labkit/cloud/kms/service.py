"""Kms: the service as the gateway sees it, and the order of a call. What each operation does it is handed.

No HTTP, no authorization, no policy evaluation; one Kms holds the keys of all accounts and Regions of a lab.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509

from ..core.call import Call, Target
from ..core.clock import Clock
from ..core.entropy import Entropy
from ..core.errors import AwsError
from ..core.kms_operations import service_model, table
from ..wire.validation import validate
from . import checks, managed
from .agenda import Happening
from .api import corrections
from .attestation import recipients
from .custom_stores.stores import CustomStores
from .grant_lookup import grant_to_retire
from .identifiers import refuse_alias
from .model import Grant, Key
from .operation import Handler, OnKey, Operation, operations, refuse_dry_run
from .store import PolicyChecker, PrincipalFinder, RegionKeys, Store


class Kms:
    """The simulated AWS Key Management Service."""

    def __init__(self, clock: Clock, entropy: Entropy, handlers: Mapping[str, Handler]) -> None:
        self._store = Store(clock, entropy)
        self._model = service_model()
        self._operations = operations(handlers)

    @property
    def policy_checker(self) -> PolicyChecker | None:
        """Called with (call, policy text, key) before a key policy is kept; refuses by AwsError."""
        return self._store.policy_checker

    @policy_checker.setter
    def policy_checker(self, checker: PolicyChecker | None) -> None:
        self._store.policy_checker = checker

    @property
    def principal_finder(self) -> PrincipalFinder | None:
        """Whether somebody has this ARN: asked of the principals that a new grant names."""
        return self._store.principal_finder

    @principal_finder.setter
    def principal_finder(self, finder: PrincipalFinder | None) -> None:
        self._store.principal_finder = finder

    @property
    def grant_delay(self) -> timedelta:
        """How long a new grant needs until it works without its token; none unless a lesson sets it."""
        return self._store.grant_delay

    @grant_delay.setter
    def grant_delay(self, delay: timedelta) -> None:
        self._store.grant_delay = delay

    @property
    def custom_stores(self) -> CustomStores:
        """The custom key stores, and what they stand on."""
        return self._store.custom_stores

    def trust_attestation_root(self, certificate: x509.Certificate) -> None:
        """Believe attestation documents whose chain begins with this certificate, from now on.

        A new Kms believes none. The assembly hands it the lab root; AWS's own G1 root may be added beside it.
        """
        if certificate not in self._store.attestation_roots:
            self._store.attestation_roots.append(certificate)

    def plan(self, call: Call) -> tuple[Target, ...]:
        """Return what the call is about: a Target for each permission that it needs.

        Raises AwsError for all that AWS answers before authorization: validation, NotFoundException,
        InvalidArnException, a ciphertext that names no key.
        """
        operation = self._operation(call)
        if isinstance(operation.plan, OnKey):
            refuse_alias(call, call.params.get("KeyId"), operation.plan.accepted)
        validate(call.params, self._model.operation_model(call.operation).input_shape, corrections())
        self._check_tokens(call)
        recipients.look(self._store.attestation_roots, call)
        return operation.plan(self._store, call)

    def perform(self, call: Call) -> dict[str, Any]:
        """Do what was authorized: the checks, the act, the answer by botocore's member names."""
        operation = self._operation(call)
        checks.check(operation, call)
        answer = operation.act(self._store, call)
        refuse_dry_run(call)
        self._note_usage(call)
        return answer

    def due(self, now: datetime) -> list[Happening]:
        """Everything that time alone makes happen up to `now`, in the order of its time."""
        return self._store.agenda.due(now)

    def next_due(self) -> datetime | None:
        """Tell when something will happen by itself next; None if nothing will."""
        return self._store.agenda.next_due()

    def managed_key(self, account: str, region: str, service: str) -> Key:
        """Return the AWS managed key alias/aws/<service>, made on first use. ValueError for an unknown service."""
        if service not in managed.SERVICES:
            raise ValueError(f"No AWS managed key is known for {service!r}; known: {', '.join(managed.SERVICES)}")
        return managed.key(self._store, account, region, service)

    def key(self, arn: str) -> Key | None:
        """Return the key of this ARN, if it is there."""
        _, _, _, region, account, resource = arn.split(":", 5)
        return self._store.key(account, region, resource.removeprefix("key/"))

    def forget(self, account: str) -> None:
        """Let go of all that is the account's: keys, aliases, grants, key stores; an account that begins again."""
        self._store.forget(account)

    def keys(self) -> list[Key]:
        """Return all keys of every account and Region."""
        return self._store.keys()

    def places(self, account: str, *regions: str) -> list[RegionKeys]:
        """Return the keys and aliases of every account and Region as they are kept; these Regions' are among them."""
        for region in regions:
            self._store.in_region(account, region)
        return self._store.places()

    def note_event(self, call: Call, event_id: str) -> None:
        """Learn which CloudTrail event a call became: GetKeyLastUsage answers it."""
        if call.service != "kms":
            return
        for target in call.targets:
            usage = target.entity.last_usage if isinstance(target.entity, Key) else None
            if usage is not None and usage["KmsRequestId"] == call.request_id:
                usage["CloudTrailEventId"] = event_id

    def grant_to_retire(self, call: Call) -> Grant:
        """Return the grant that a RetireGrant call is about: it says itself who may retire it."""
        return grant_to_retire(self._store, call)[1]

    def _check_tokens(self, call: Call) -> None:
        """Every grant token must be one that this account has given out."""
        for token in call.params.get("GrantTokens") or ():
            if token not in self._store.grant_tokens:
                raise AwsError("InvalidGrantTokenException", None)

    def _note_usage(self, call: Call) -> None:
        """Remember the last successful cryptographic operation with each key (GetKeyLastUsage)."""
        if table()[call.operation].cryptographic:
            for target in call.targets:
                if isinstance(target.entity, Key):
                    target.entity.last_usage = {
                        "Operation": call.operation,
                        "Timestamp": call.time,
                        "KmsRequestId": call.request_id,
                    }

    def _operation(self, call: Call) -> Operation:
        operation = self._operations.get(call.operation)
        if operation is None:
            raise AwsError("UnknownOperationException", None)
        return operation
