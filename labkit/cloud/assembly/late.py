"""What is seen late, and how late: late.tsv has the kinds, this file finds the things in KMS and in IAM.

What each kind looks like meanwhile follows from the account as it was: NotFoundException for a new key, "cannot be
assumed by Lambda" for a new role, an old answer where there was one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any

from moto.iam.models import iam_backends

from ..core import kms_operations
from ..core.call import Call
from ..gateway.lateness import Watched
from ..kms.service import Kms
from ..kms.store import RegionKeys

TABLE = "table"
LONGEST = 3600
IAM, KEYS, ALIASES, GRANTS = KINDS = ("iam", "keys", "aliases", "grants")
_COLUMNS = ["kind", "seconds", "what", "source"]
_KEY = frozenset(
    {"enabled", "policy", "tags", "description", "materials", "rotation", "pending_window", "deletion_date"}
)
_MATERIAL = frozenset({"secret", "state", "valid_to", "expiration_model"})
_ENTITY = frozenset(
    {"policies", "managed_policies", "tags", "assume_role_policy_document", "permissions_boundary_arn", "users"}
)
_POLICY = frozenset({"versions", "default_version_id"})
_OF_AWS = "arn:aws:iam::aws:"
_READS = ("Get", "List", "Simulate", "Generate")


@lru_cache(maxsize=1)
def usual() -> Mapping[str, timedelta]:
    """Return how late each kind is by the table. ValueError where it is not in form."""
    head, *lines = (files(__package__) / "late.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    if head.split("\t") != _COLUMNS or tuple(row[0] for row in rows) != KINDS:
        raise ValueError(f"late.tsv has a row for each of {', '.join(KINDS)}.")
    return {kind: timedelta(seconds=float(seconds)) for kind, seconds, _, _ in rows}


def delays(asked: object) -> Mapping[str, timedelta]:
    """Read what was asked for: seconds for all kinds, or "table". ValueError in the reader's words."""
    if asked == TABLE:
        return usual()
    try:
        seconds = float(str(asked))
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= LONGEST:
        raise ValueError(f'Changes are seen late by 0 to {LONGEST} seconds, or as the "{TABLE}" has it, not {asked!r}.')
    return dict.fromkeys(KINDS, timedelta(seconds=seconds))


def changes(call: Call) -> str:
    """Tell what a call changes: "iam", "keys" (whatever of KMS's), or "" for none of both."""
    if call.service == "iam":
        return "" if call.operation.startswith(_READS) else IAM
    if call.service == "kms":
        facts = kms_operations.table().get(call.operation)
        return KEYS if facts and not facts.read_only and not facts.cryptographic else ""
    return ""


def watched(kms: Kms, call: Call) -> Iterator[Watched]:
    """Find all that such a call may change: in the caller's account, and KMS's in every Region of it."""
    if changes(call) == IAM:
        yield from _iam(iam_backends[call.account]["aws"])
    else:
        replica = call.params.get("ReplicaRegion")
        yield from _kms(kms.places(call.account, call.region, *([replica] if isinstance(replica, str) else [])))


def _kms(places: list[RegionKeys]) -> Iterator[Watched]:
    for place in places:
        yield Watched(KEYS, place.keys)
        yield Watched(ALIASES, place.aliases)
        for alias in place.aliases.values():
            yield Watched(ALIASES, vars(alias))
        for key in place.keys.values():
            yield Watched(KEYS, vars(key), _KEY)
            yield Watched(ALIASES, key.alias_index)
            yield Watched(GRANTS, key.grant_index, only_removals=True)
            for material in key.materials:
                yield Watched(KEYS, vars(material), _MATERIAL)


def _iam(iam: Any) -> Iterator[Watched]:
    for entities in (iam.roles, iam.users, iam.groups):
        yield Watched(IAM, entities)
        for entity in entities.values():
            yield Watched(IAM, vars(entity), _ENTITY)
    yield Watched(IAM, iam.managed_policies)
    for arn, policy in iam.managed_policies.items():
        if not arn.startswith(_OF_AWS):
            yield Watched(IAM, vars(policy), _POLICY)
