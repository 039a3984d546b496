"""The things that KMS keeps: KMS keys, their aliases and their grants. Facts and what follows from them at once.

Operations change these objects; authorization and the recorder only read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import rsa

from .custom_stores.store import CustomKeyStore
from .material import Material
from .specs import KeySpec

KeyState = Literal[
    "Creating",
    "Enabled",
    "Disabled",
    "PendingDeletion",
    "PendingImport",
    "PendingReplicaDeletion",
    "Unavailable",
    "Updating",
]
NO_TOKENS: frozenset[str] = frozenset()


@dataclass(eq=False)
class Alias:
    """A name for a KMS key in one account and Region. A predefined AWS alias has no key until its service asks."""

    name: str  # alias/…
    arn: str
    created: datetime
    updated: datetime
    key: Key | None


@dataclass(frozen=True)
class Grant:
    """A grant on a KMS key. Principals are ARNs, as the caller gave them; the tokens name this grant."""

    id: str
    key_id: str
    issuing_account: str
    created: datetime
    effective_at: datetime  # from here on the grant works without a token
    operations: tuple[str, ...]
    name: str | None = None
    grantee: str | None = None
    retiring: str | None = None
    grantee_service: str | None = None
    retiring_service: str | None = None
    constraints: Mapping[str, Any] = field(default_factory=dict)
    tokens: frozenset[str] = field(default=NO_TOKENS, repr=False)

    def effective(self, now: datetime, tokens: frozenset[str] | set[str] | tuple[str, ...] = NO_TOKENS) -> bool:
        """Tell whether the grant counts at `now` in a call that brings these grant tokens.

        A new grant may take some minutes to be known everywhere; its token makes it count at once
        ("Grant tokens", AWS KMS Developer Guide).
        """
        return now >= self.effective_at or not self.tokens.isdisjoint(tokens)


@dataclass
class Rotation:
    """Automatic rotation: its period and when it is due next."""

    period: timedelta
    next: datetime


@dataclass(eq=False)
class MultiRegion:
    """What related multi-Region keys have in common: which of them is the primary, and who the others are."""

    primary: Key
    replicas: list[Key]

    @property
    def keys(self) -> list[Key]:
        """The primary, then the replicas in the order in which they were made."""
        return [self.primary, *self.replicas]


@dataclass(eq=False)
class Key:
    """A KMS key in one Region. Times are UTC; `materials` is oldest first."""

    id: str
    arn: str
    account: str
    region: str
    created: datetime
    spec: KeySpec
    usage: str
    origin: str
    policy: str
    manager: Literal["CUSTOMER", "AWS"] = "CUSTOMER"
    description: str = ""
    enabled: bool = True
    tags: dict[str, str] = field(default_factory=dict)
    alias_index: dict[str, Alias] = field(default_factory=dict, repr=False)
    grant_index: dict[str, Grant] = field(default_factory=dict, repr=False)
    materials: list[Material] = field(default_factory=list)
    group: MultiRegion | None = field(default=None, repr=False)
    custom_store: CustomKeyStore | None = field(default=None, repr=False)
    xks_key_id: str = ""  # of the external key, in an external key store
    pending_window: timedelta | None = None  # set while the key waits for its deletion
    deletion_date: datetime | None = None  # not set while a multi-Region primary waits for its replicas
    creating_until: datetime | None = None
    updating_until: datetime | None = None
    rotation: Rotation | None = None
    on_demand_started: datetime | None = None
    on_demand_count: int = 0
    last_usage: dict[str, Any] | None = None

    @property
    def aliases(self) -> list[str]:
        """The names of the key's aliases, each with its alias/ prefix."""
        return sorted(self.alias_index)

    @property
    def grants(self) -> list[Grant]:
        """The key's grants, oldest first."""
        return list(self.grant_index.values())

    @property
    def multi_region(self) -> bool:
        """Whether this is a multi-Region key, primary or replica."""
        return self.group is not None

    @property
    def primary(self) -> bool:
        """Whether this is the primary of related multi-Region keys."""
        return self.group is not None and self.group.primary is self

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The algorithms that this key may be used with."""
        return self.spec.algorithms[self.usage]

    @property
    def current(self) -> Material | None:
        """The material that encrypts, signs, … today; None before the first import."""
        return next((material for material in reversed(self.materials) if material.state == "CURRENT"), None)

    @property
    def needs_import(self) -> bool:
        """Whether the key waits for imported material: the first, or any permanent one that was deleted or expired."""
        if self.origin != "EXTERNAL":
            return False
        permanent = [m for m in self.materials if m.state in ("CURRENT", "NON_CURRENT")]
        return not permanent or not all(material.present for material in permanent)

    def material(self, material_id: str) -> Material | None:
        """Return the key's material of this id."""
        return next((material for material in self.materials if material.id == material_id), None)

    def state(self, now: datetime) -> KeyState:
        """Return the key state at `now` ("Key states of AWS KMS keys", AWS KMS Developer Guide)."""
        if self.deletion_date is not None:
            return "PendingDeletion"
        if self.pending_window is not None:
            return "PendingReplicaDeletion"
        if self.creating_until is not None and now < self.creating_until:
            return "Creating"
        if self.updating_until is not None and now < self.updating_until:
            return "Updating"
        if self.needs_import:
            return "PendingImport"
        if self.custom_store is not None and not self.custom_store.connected:
            return "Unavailable"
        return "Enabled" if self.enabled else "Disabled"


@dataclass(frozen=True)
class ImportParameters:
    """What an import token stands for."""

    key: Key
    algorithm: str
    valid_to: datetime
    private_key: rsa.RSAPrivateKey = field(repr=False)
