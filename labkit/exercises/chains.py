"""How ciphertexts were carried from key to key and from context to context by ReEncrypt, as the trail has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .account import context_of


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ciphertext is: under this key, for this encryption context."""

    key: str
    context: Mapping[str, str]


def source(event: dict[str, Any]) -> Place:
    """Read where a ReEncrypt took something from."""
    return Place(event["resources"][0]["ARN"], context_of(event, "sourceEncryptionContext"))


def destination(event: dict[str, Any]) -> Place:
    """Read where it brought it."""
    return Place(event["resources"][-1]["ARN"], context_of(event, "destinationEncryptionContext"))


def carried(moves: Iterable[dict[str, Any]], start: Place) -> list[Place]:
    """Work out where a ciphertext that was at `start` can have come by these ReEncrypts, in their order."""
    places = [start]
    for event in moves:
        if source(event) in places:
            places.append(destination(event))
    return places
