"""Kms: the service as the gateway sees it. A table from operations to what they do, and the order of a call.

No HTTP, no authorization, no policy evaluation; one Kms holds the keys of all accounts and Regions of a lab.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from ..core.call import Call, Target
from ..core.clock import Clock
from ..core.entropy import Entropy
from ..core.errors import AwsError
from ..wire.validation import validate
from . import checks, managed
from .agenda import Happening
from .api import corrections, service_model
from .identifiers import Takes, refuse_alias
from .model import Grant, Key
from .operation import OnKey, Operation, Use, on_account, refuse_dry_run, with_algorithm
from .operations import (
    agreement,
    aliases,
    creation,
    custom_stores,
    datakeys,
    deletion,
    enabling,
    encryption,
    grants,
    imports,
    mac,
    policies,
    reading,
    regions,
    rotation,
    signing,
    tags,
)
from .specs import AGREE, ENCAPSULATE, ENCRYPT, MAC, SIGN
from .store import PolicyChecker, PrincipalFinder, Store

_OWN, _ANY = OnKey(Takes.KEY), OnKey(Takes.KEY_OF_ANY_ACCOUNT)
_USE = OnKey(Takes.KEY_OR_ALIAS_OF_ANY_ACCOUNT)
_ENCRYPT = (with_algorithm(ENCRYPT, "EncryptionAlgorithm"),)
_RE_ENCRYPT = tuple(with_algorithm(ENCRYPT, f"{side}EncryptionAlgorithm") for side in ("Source", "Destination"))
_DATA_KEY = (Use(ENCRYPT, datakeys.check_spec),)
_SIGN, _MAC = (Use(SIGN, signing.check_spec),), (with_algorithm(MAC, "MacAlgorithm"),)
_AGREE = (with_algorithm(AGREE, "KeyAgreementAlgorithm"),)
_ENCAPSULATE = (with_algorithm(ENCAPSULATE, "EncapsulationAlgorithm"),)

OPERATIONS: MappingProxyType[str, Operation] = MappingProxyType(
    {
        "CancelKeyDeletion": Operation(_OWN, deletion.cancel_key_deletion),
        "ConnectCustomKeyStore": Operation(on_account, custom_stores.on_one),
        "CreateAlias": Operation(aliases.plan_create, aliases.create),
        "CreateCustomKeyStore": Operation(on_account, custom_stores.create),
        "CreateGrant": Operation(_ANY, grants.create),
        "CreateKey": Operation(creation.plan, creation.create),
        "Decapsulate": Operation(_USE, agreement.decapsulate, _ENCAPSULATE),
        "Decrypt": Operation(encryption.plan_decrypt, encryption.decrypt, _ENCRYPT, encryption.check_source),
        "DeleteAlias": Operation(aliases.plan_delete, aliases.delete),
        "DeleteCustomKeyStore": Operation(on_account, custom_stores.on_one),
        "DeleteImportedKeyMaterial": Operation(_OWN, imports.delete_material),
        "DeriveSharedSecret": Operation(_USE, agreement.derive_shared_secret, _AGREE),
        "DescribeCustomKeyStores": Operation(on_account, custom_stores.describe),
        "DescribeKey": Operation(_USE, reading.describe_key),
        "DisableKey": Operation(_OWN, enabling.disable_key),
        "DisableKeyRotation": Operation(_OWN, rotation.disable),
        "DisconnectCustomKeyStore": Operation(on_account, custom_stores.on_one),
        "EnableKey": Operation(_OWN, enabling.enable_key),
        "EnableKeyRotation": Operation(_OWN, rotation.enable),
        "Encapsulate": Operation(_USE, agreement.encapsulate, _ENCAPSULATE),
        "Encrypt": Operation(_USE, encryption.encrypt, _ENCRYPT),
        "GenerateDataKey": Operation(_USE, datakeys.generate_data_key, _DATA_KEY, datakeys.check_size),
        "GenerateDataKeyPair": Operation(_USE, datakeys.generate_data_key_pair, _DATA_KEY),
        "GenerateDataKeyPairWithoutPlaintext": Operation(
            _USE, datakeys.generate_data_key_pair_without_plaintext, _DATA_KEY
        ),
        "GenerateDataKeyWithoutPlaintext": Operation(
            _USE, datakeys.generate_data_key_without_plaintext, _DATA_KEY, datakeys.check_size
        ),
        "GenerateMac": Operation(_USE, mac.generate_mac, _MAC),
        "GenerateRandom": Operation(on_account, datakeys.generate_random),
        "GetKeyLastUsage": Operation(_OWN, reading.get_key_last_usage),
        "GetKeyPolicy": Operation(_OWN, policies.get_key_policy),
        "GetKeyRotationStatus": Operation(_ANY, rotation.status),
        "GetParametersForImport": Operation(_OWN, imports.get_parameters),
        "GetPublicKey": Operation(_USE, reading.get_public_key),
        "ImportKeyMaterial": Operation(_OWN, imports.import_material),
        "ListAliases": Operation(aliases.plan_list, aliases.list_aliases),
        "ListGrants": Operation(_ANY, grants.list_grants),
        "ListKeyPolicies": Operation(_OWN, policies.list_key_policies),
        "ListKeyRotations": Operation(_OWN, rotation.list_rotations),
        "ListKeys": Operation(on_account, reading.list_keys),
        "ListResourceTags": Operation(_OWN, tags.list_resource_tags),
        "ListRetirableGrants": Operation(grants.plan_list_retirable, grants.list_retirable),
        "PutKeyPolicy": Operation(_OWN, policies.put_key_policy),
        "ReEncrypt": Operation(encryption.plan_re_encrypt, encryption.re_encrypt, _RE_ENCRYPT, encryption.check_source),
        "ReplicateKey": Operation(regions.plan_replicate, regions.replicate, first=regions.check_primary),
        "RetireGrant": Operation(grants.plan_retire, grants.retire),
        "RevokeGrant": Operation(_ANY, grants.revoke),
        "RotateKeyOnDemand": Operation(_OWN, rotation.on_demand),
        "ScheduleKeyDeletion": Operation(_OWN, deletion.schedule_key_deletion),
        "Sign": Operation(_USE, signing.sign, _SIGN),
        "TagResource": Operation(_OWN, tags.tag_resource),
        "UntagResource": Operation(_OWN, tags.untag_resource),
        "UpdateAlias": Operation(aliases.plan_update, aliases.update),
        "UpdateCustomKeyStore": Operation(on_account, custom_stores.on_one),
        "UpdateKeyDescription": Operation(_OWN, reading.update_key_description),
        "UpdatePrimaryRegion": Operation(regions.plan_update_primary, regions.update_primary),
        "Verify": Operation(_USE, signing.verify, _SIGN),
        "VerifyMac": Operation(_USE, mac.verify_mac, _MAC),
    }
)
"""Every operation of the API, in the order of its documentation."""


class Kms:
    """The simulated AWS Key Management Service."""

    def __init__(self, clock: Clock, entropy: Entropy) -> None:
        self._store = Store(clock, entropy)
        self._model = service_model()
        self._tracked = frozenset(self._model.shape_for("KeyLastUsageTrackingOperation").enum)

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

    def plan(self, call: Call) -> tuple[Target, ...]:
        """What the call is about: a Target for each permission that it needs.

        Raises AwsError for all that AWS answers before authorization: validation, NotFoundException,
        InvalidArnException, a ciphertext that names no key.
        """
        operation = _operation(call)
        if isinstance(operation.plan, OnKey):
            refuse_alias(call, call.params.get("KeyId"), operation.plan.takes)
        validate(call.params, self._model.operation_model(call.operation).input_shape, corrections())
        self._check_tokens(call)
        return operation.plan(self._store, call)

    def perform(self, call: Call) -> dict[str, Any]:
        """After authorization: the checks, the act, the answer by botocore's member names."""
        operation = _operation(call)
        checks.check(operation, call)
        answer = operation.act(self._store, call)
        refuse_dry_run(call)
        self._note_usage(call)
        return answer

    def due(self, now: datetime) -> list[Happening]:
        """Everything that time alone makes happen up to `now`, in the order of its time."""
        return self._store.agenda.due(now)

    def next_due(self) -> datetime | None:
        """When something will happen by itself next; None if nothing will."""
        return self._store.agenda.next_due()

    def managed_key(self, account: str, region: str, service: str) -> Key:
        """The AWS managed key alias/aws/<service>, made on first use. ValueError for an unknown service."""
        if service not in managed.SERVICES:
            raise ValueError(f"No AWS managed key is known for {service!r}; known: {', '.join(managed.SERVICES)}")
        return managed.key(self._store, account, region, service)

    def key(self, arn: str) -> Key | None:
        """The key of this ARN, if it is there."""
        _, _, _, region, account, resource = arn.split(":", 5)
        return self._store.key(account, region, resource.removeprefix("key/"))

    def keys(self) -> list[Key]:
        """All keys of every account and Region."""
        return self._store.keys()

    def note_event(self, call: Call, event_id: str) -> None:
        """Learn which CloudTrail event a call became: GetKeyLastUsage answers it."""
        if call.service != "kms":
            return
        for target in call.targets:
            usage = target.entity.last_usage if isinstance(target.entity, Key) else None
            if usage is not None and usage["KmsRequestId"] == call.request_id:
                usage["CloudTrailEventId"] = event_id

    def grant_to_retire(self, call: Call) -> Grant:
        """The grant that a RetireGrant call is about: it says itself who may retire it."""
        return grants.to_retire(self._store, call)[1]

    def _check_tokens(self, call: Call) -> None:
        """Every grant token must be one that this account has given out."""
        for token in call.params.get("GrantTokens") or ():
            if token not in self._store.grant_tokens:
                raise AwsError("InvalidGrantTokenException", None)

    def _note_usage(self, call: Call) -> None:
        """Remember the last successful cryptographic operation with each key (GetKeyLastUsage)."""
        if call.operation in self._tracked:
            for target in call.targets:
                if isinstance(target.entity, Key):
                    target.entity.last_usage = {
                        "Operation": call.operation,
                        "Timestamp": call.time,
                        "KmsRequestId": call.request_id,
                    }


def _operation(call: Call) -> Operation:
    operation = OPERATIONS.get(call.operation)
    if operation is None:
        raise AwsError("UnknownOperationException", None)
    return operation
