"""Related multi-Region keys side by side, a box a Region: what they share, and what each has for itself.

`look` asks KMS in each Region and draws; `drawing` is pure: the same answers give the same picture, to the letter.
Source: "Multi-Region keys in AWS KMS", shared properties, AWS KMS Developer Guide; the states: ScheduleKeyDeletion,
ReplicateKey and UpdatePrimaryRegion, AWS KMS API Reference.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from typing import Any

from ..svg import PAGE, page

HOLDS: Mapping[str, str] = MappingProxyType(
    {
        "Enabled": "can be used",
        "Updating": "can be used, not managed",
        "Creating": "can't be used yet",
        "Disabled": "can't be used",
        "PendingImport": "has no material yet",
        "PendingDeletion": "waits for its end",
        "PendingReplicaDeletion": "waits until all replicas are gone",
    }
)
"""What a state means, in a few words."""
NO_KEY = "no such key here"

_INK, _EDGE, _PALE, _BAND, _GREY = "#1a1a1a", "#0072b2", "#eef5fb", "#cfe3f2", "#555555"
_SHUT, _SHUT_EDGE = "#fff6ec", "#a24a00"
_WIDTH, _STEP, _LEFT, _TOP, _HEIGHT = 260, 290, 30, 60, 320  # of a box, and from one to the next
_OWN = _TOP + 170  # where what a key has for itself begins
_SHOWN, _LONGEST = 8, 24  # characters of an id, and of a line in a box


@dataclass(frozen=True)
class Place:
    """One Region: the key that is there, as KMS answers it. Without metadata there is none."""

    region: str
    metadata: Mapping[str, Any] | None = None
    aliases: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    policy: tuple[str, ...] = ()  # the Effect of each statement of the key policy
    grants: int = 0

    @property
    def state(self) -> str:
        """KeyState, or "" for no key."""
        return str(self.metadata["KeyState"]) if self.metadata else ""

    @property
    def kind(self) -> str:
        """PRIMARY or REPLICA, or "" for no key."""
        return str(self.metadata["MultiRegionConfiguration"]["MultiRegionKeyType"]) if self.metadata else ""

    @property
    def holds(self) -> str:
        """What the key's state means, with the date of its end."""
        date = self.metadata.get("DeletionDate") if self.metadata else None
        return f"will be deleted on {date:%Y-%m-%d}" if date else HOLDS.get(self.state, "")

    @property
    def own(self) -> tuple[tuple[str, str], ...]:
        """What no related key has to share: names and values."""
        statements = f"{len(self.policy)} statement{'s' if len(self.policy) != 1 else ''}"
        denying = self.policy.count("Deny")
        return (
            ("description", str((self.metadata or {}).get("Description") or "none")),
            ("aliases", ", ".join(self.aliases) or "none"),
            ("tags", ", ".join(f"{name}={value}" for name, value in self.tags) or "none"),
            ("key policy", statements + (f", {denying} Deny" if denying else "")),
            ("grants", str(self.grants or "none")),
        )


def look(clients: Iterable[Any], key_id: str) -> RelatedKeys:
    """Draw the key of that id in each client's Region, as it is now. A Region that finds none is drawn empty.

    DescribeKey in every Region first, so that the states belong together; then four reading calls for each key, more
    if lists are long. Other refusals (AccessDeniedException, ...) are raised as they come.
    """
    found = [(client, _described(client, key_id)) for client in clients]
    return drawing(key_id, [_place(client, metadata, key_id) for client, metadata in found])


def drawing(key_id: str, places: Iterable[Place]) -> RelatedKeys:
    """Draw the picture of these Regions, in their order. ValueError for a key that is no multi-Region key."""
    found = tuple(places)
    for place in found:
        if place.metadata and not place.metadata.get("MultiRegion"):
            raise ValueError(f"{place.metadata['Arn']} is a single-Region key: it has no relatives.")
    return RelatedKeys(key_id, found)


def _described(client: Any, key_id: str) -> dict[str, Any] | None:
    try:
        metadata: dict[str, Any] = client.describe_key(KeyId=key_id)["KeyMetadata"]
    except client.exceptions.NotFoundException:
        return None
    return metadata


def _place(client: Any, metadata: dict[str, Any] | None, key_id: str) -> Place:
    region = client.meta.region_name
    if metadata is None or not metadata.get("MultiRegion"):
        return Place(region, metadata)
    policy = json.loads(client.get_key_policy(KeyId=key_id)["Policy"])["Statement"]
    return Place(
        region,
        metadata,
        aliases=tuple(each["AliasName"] for each in _all(client, "list_aliases", "Aliases", key_id)),
        tags=tuple((each["TagKey"], each["TagValue"]) for each in client.list_resource_tags(KeyId=key_id)["Tags"]),
        policy=tuple(each["Effect"] for each in (policy if isinstance(policy, list) else [policy])),
        grants=len(_all(client, "list_grants", "Grants", key_id)),
    )


def _all(client: Any, operation: str, member: str, key_id: str) -> list[dict[str, Any]]:
    """What the operation lists for the key, all pages."""
    return [each for page in client.get_paginator(operation).paginate(KeyId=key_id) for each in page[member]]


@dataclass(frozen=True, repr=False)
class RelatedKeys:
    """The picture in a notebook; its repr says the same in words."""

    key_id: str
    places: tuple[Place, ...]

    @property
    def elsewhere(self) -> list[str]:
        """Regions that KMS lists a related key in, and that nobody has looked into."""
        listed: set[str] = set()
        for place in self.places:
            if place.metadata:
                related = place.metadata["MultiRegionConfiguration"]
                listed |= {each["Region"] for each in (related["PrimaryKey"], *related["ReplicaKeys"])}
        return sorted(listed - {place.region for place in self.places})

    def __repr__(self) -> str:
        lines = [self.key_id]
        for place in self.places:
            if place.metadata is None:
                lines.append(f"{place.region}: {NO_KEY}")
                continue
            lines.append(f"{place.region}: {place.kind}, {place.state} ({place.holds})")
            lines.append(f"    shared: {', '.join(_shared(place.metadata))}")
            lines.append("    its own: " + "; ".join(f"{name}: {value}" for name, value in place.own))
        return "\n".join([*lines, *([f"also in {', '.join(self.elsewhere)}"] if self.elsewhere else [])])

    def _repr_svg_(self) -> str:
        width = max(PAGE, 2 * _LEFT + _STEP * len(self.places) - (_STEP - _WIDTH))
        height = _TOP + _HEIGHT + (48 if self.elsewhere else 24)
        parts = [
            _text(_LEFT, 30, escape(self.key_id), 18, "bold"),
            f'<rect x="8" y="{_TOP + 82}" width="{width - 16}" height="78" rx="10" fill="{_BAND}"/>',
            *(part for number, place in enumerate(self.places) for part in _box(_LEFT + _STEP * number, place)),
        ]
        if self.elsewhere:
            more = f"KMS lists related keys in {', '.join(self.elsewhere)}, too"
            parts.append(_text(_LEFT, _TOP + _HEIGHT + 30, more, 14))
        title = "Related multi-Region keys: what they share, and what each has for itself"
        return page(width, height, title, repr(self), parts)


def _shared(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """What KMS keeps alike, as far as DescribeKey tells it. Asymmetric and HMAC keys tell no id of their material."""
    material = metadata.get("CurrentKeyMaterialId")
    return (
        f"id {_short(metadata['KeyId'], 4 + _SHOWN)}",
        *((f"material {_short(material, _SHOWN)}",) if material else ()),
        f"{metadata['KeySpec']}",
    )


def _box(x: int, place: Place) -> list[str]:
    """A Region. Its state is said in words; a thick edge is the primary's, dashes mean that there is no key."""
    middle = x + _WIDTH // 2
    usable = place.state in ("Enabled", "Updating")
    fill, edge = (_PALE, _EDGE) if usable else (_SHUT, _SHUT_EDGE)
    size = f'x="{x}" y="{_TOP}" width="{_WIDTH}" height="{_HEIGHT}" rx="10"'
    if place.metadata is None:
        return [
            f'<rect {size} fill="#ffffff" stroke="{_GREY}" stroke-width="2" stroke-dasharray="6 4"/>',
            _text(middle, _TOP + 28, place.region, 17, "bold", "middle"),
            _text(middle, _TOP + 54, NO_KEY, 14, anchor="middle"),
        ]
    parts = [
        (
            f'<rect {size} fill="{fill}" fill-opacity="0.7" stroke="{edge}" '
            f'stroke-width="{4 if place.kind == "PRIMARY" else 2}"/>'
        ),
        _text(middle, _TOP + 28, f"{place.region}: {place.kind}", 17, "bold", "middle"),
        _text(middle, _TOP + 51, place.state, 15, "bold", "middle"),
        _text(middle, _TOP + 71, place.holds, 14, anchor="middle"),
        _text(x + 14, _TOP + 100, "shared", 12, colour=_GREY),
        *(_text(x + 84, _TOP + 100 + 22 * row, escape(line), 14) for row, line in enumerate(_shared(place.metadata))),
        _text(x + 14, _OWN + 10, "its own", 12, colour=_GREY),
    ]
    for row, (name, value) in enumerate(place.own):
        y = _OWN + 34 + 24 * row
        parts.append(_text(x + 14, y, name, 14, colour=_GREY))
        parts.append(_text(x + 98, y, escape(_short(value, _LONGEST - 2)), 14))
    return parts


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length] + "…"


def _text(
    x: int, y: int, words: str, size: int, weight: str = "normal", anchor: str = "start", colour: str = _INK
) -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{colour}">{words}</text>'
    )
