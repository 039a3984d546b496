"""Where an account's keys are kept and found: by ARN, by alias, by the material that a ciphertext names.

Each account and Region has keys of its own, as in AWS. No rules of any operation in here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509

from ..core.call import Call
from ..core.clock import Clock
from ..core.entropy import Entropy
from ..core.forgetting import forget
from .agenda import Agenda
from .custom_stores.store import CustomKeyStore
from .custom_stores.stores import CustomStores
from .material import Material
from .model import Alias, ImportParameters, Key

PolicyChecker = Callable[[Call, str, Key], None]
PrincipalFinder = Callable[[str], bool]


@dataclass
class RegionKeys:
    """The keys and aliases of one account in one Region, in the order in which they were made."""

    keys: dict[str, Key] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)


class Store:
    """All KMS keys of the simulated world, with what every operation needs: clock, entropy, agenda."""

    def __init__(self, clock: Clock, entropy: Entropy) -> None:
        self.clock = clock
        self.entropy = entropy
        self.agenda = Agenda()
        self.custom_stores = CustomStores(entropy.seed, self.agenda.add)
        self.policy_checker: PolicyChecker | None = None
        self.principal_finder: PrincipalFinder | None = None
        self.grant_delay = timedelta(0)
        self.attestation_roots: list[x509.Certificate] = []  # whose documents are believed
        self.grant_tokens: dict[str, tuple[Key, str]] = {}  # every token ever given out: its key and grant id
        self.import_tokens: dict[bytes, ImportParameters] = {}
        self._regions: dict[tuple[str, str], RegionKeys] = {}
        self._by_material: dict[tuple[str, str], Key] = {}

    def in_region(self, account: str, region: str) -> RegionKeys:
        """Return the keys of this account in this Region."""
        return self._regions.setdefault((account, region), RegionKeys())

    def key(self, account: str, region: str, key_id: str) -> Key | None:
        """Return the key of this id."""
        return self.in_region(account, region).keys.get(key_id)

    def alias(self, account: str, region: str, name: str) -> Alias | None:
        """Return the alias of this name (with alias/)."""
        return self.in_region(account, region).aliases.get(name)

    def key_of_material(self, region: str, material_id: str) -> Key | None:
        """Return the key in this Region, of whichever account, that has (had) this material."""
        return self._by_material.get((region, material_id))

    def add(self, key: Key) -> None:
        """Put a new key into its Region, and its materials into the index."""
        self.in_region(key.account, key.region).keys[key.id] = key
        for material in key.materials:
            self.index(key, material)

    def index(self, key: Key, material: Material) -> None:
        """Let ciphertexts under this material find the key."""
        self._by_material[key.region, material.id] = key

    def places(self) -> list[RegionKeys]:
        """Return what each account has in each Region."""
        return list(self._regions.values())

    def keys(self) -> list[Key]:
        """Return all keys of every account and Region."""
        return [key for there in self._regions.values() for key in there.keys.values()]

    def keys_in(self, custom_store: CustomKeyStore) -> list[Key]:
        """Return the keys in a custom key store, those that wait for their deletion too."""
        return [key for key in self.keys() if key.custom_store is custom_store]

    def keys_of_region(self, region: str) -> list[Key]:
        """Return all keys in this Region, of whichever account."""
        return [key for (_, where), there in self._regions.items() if where == region for key in there.keys.values()]

    def bind(self, name: str, key: Key, now: datetime) -> Alias:
        """Make an alias of this name (with alias/) for the key."""
        alias = Alias(name, alias_arn(key.account, key.region, name), now, now, None)
        self.in_region(key.account, key.region).aliases[name] = alias
        self.point(alias, key)
        return alias

    def point(self, alias: Alias, key: Key) -> None:
        """Let the alias stand for this key, and no longer for another."""
        if alias.key is not None:
            del alias.key.alias_index[alias.name]
        alias.key = key
        key.alias_index[alias.name] = alias

    def unbind(self, alias: Alias) -> None:
        """Take the alias away."""
        _, _, _, region, account, _ = alias.arn.split(":", 5)
        del self.in_region(account, region).aliases[alias.name]
        if alias.key is not None:
            del alias.key.alias_index[alias.name]

    def forget(self, account: str) -> None:
        """Let go of all that is the account's. Ids and tokens that it had are not given out a second time."""
        for key in [key for key in self.keys() if key.account == account]:
            self.remove(key)
        forget(self._regions, account)
        self.grant_tokens = {token: held for token, held in self.grant_tokens.items() if held[0].account != account}
        self.import_tokens = {token: held for token, held in self.import_tokens.items() if held.key.account != account}
        self.custom_stores.forget(account)

    def remove(self, key: Key) -> None:
        """Delete a key for good: its aliases, its grants, and the way from its ciphertexts to it."""
        for alias in list(key.alias_index.values()):
            self.unbind(alias)
        key.grant_index.clear()
        del self.in_region(key.account, key.region).keys[key.id]
        for material in key.materials:
            self._by_material.pop((key.region, material.id), None)


def key_arn(account: str, region: str, key_id: str) -> str:
    """Return the ARN of a KMS key."""
    return f"arn:aws:kms:{region}:{account}:key/{key_id}"


def alias_arn(account: str, region: str, name: str) -> str:
    """Return the ARN of an alias; `name` has its alias/ prefix."""
    return f"arn:aws:kms:{region}:{account}:{name}"
