"""What AWS answers of a key, as tables of its page: materials, public key, related keys, grants. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from ..twin import Code, Part, Table
from . import words


def materials(rotations: Sequence[Mapping[str, Any]]) -> Part:
    """Show the entries of ListKeyRotations."""
    rows = [
        (
            each.get("KeyMaterialId", words.NOTHING),
            words.state(each.get("KeyMaterialState", words.NOTHING).replace("_", " ").capitalize()),
            words.moment(each.get("RotationDate")),
            each.get("RotationType", words.NOTHING).replace("_", " ").capitalize(),
        )
        for each in rotations
    ]
    return Table("Key materials", ("Key material ID", "State", "Rotation date", "Rotation type"), rows)


def public_key(der: bytes) -> Part:
    """Show a public key as PEM."""
    body = base64.encodebytes(der).decode().replace("\n", "")
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return Code("\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----"]))


def related(several: Mapping[str, Any]) -> Part:
    """Show the primary key and its replicas, of a MultiRegionConfiguration."""
    keys = [several.get("PrimaryKey", {}), *several.get("ReplicaKeys", [])]
    rows = [
        (each.get("Region", ""), "Primary" if number == 0 else "Replica", each.get("Arn", ""))
        for number, each in enumerate(keys)
    ]
    return Table("Related multi-Region keys", ("Region", "Part", "Key ARN"), rows)


def grants(listed: Sequence[Mapping[str, Any]], number: int) -> Part:
    """Show a page of ListGrants."""
    rows = [
        (
            short_grant(each["GrantId"]),
            each.get("Name") or words.NOTHING,
            each.get("GranteePrincipal") or each.get("GranteeServicePrincipal") or words.NOTHING,
            ", ".join(each["Operations"]),
            words.moment(each["CreationDate"]),
        )
        for each in listed
    ]
    columns = ("Grant ID", "Name", "Grantee principal", "Operations", "Creation date")
    return Table(f"Grants, page {number}", columns, rows)


def short_grant(grant_id: str) -> str:
    """Write a grant's ID so that a table has room for it."""
    return f"{grant_id[:12]}…"
