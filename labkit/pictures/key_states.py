"""The states of a KMS key as a diagram, with the one that a key is in marked: drawn from DescribeKey's answer.

`diagram` is pure: the same answer gives the same picture, to the letter. `look` asks KMS and draws.
Source: "Key states of AWS KMS keys", AWS KMS Developer Guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from typing import Any

from ..svg import PAGE, page

DELETED = "deleted"
"""No state of the API's: DescribeKey finds no key any more."""

_INK, _HERE, _PALE = "#1a1a1a", "#0072b2", "#eef5fb"
_GONE, _GONE_EDGE = "#fff6ec", "#a24a00"
_WIDTH, _HEIGHT = 210, 104  # of a box


@dataclass(frozen=True)
class State:
    """A box: where its upper left corner is, what holds in the state, and which calls lead on, to where."""

    x: int
    y: int
    holds: tuple[str, str]
    leads: tuple[tuple[str, str], ...] = ()


_STATES: Mapping[str, State] = MappingProxyType(
    {
        "Enabled": State(
            40, 70, ("everything works", ""), (("DisableKey", "Disabled"), ("ScheduleKeyDeletion", "PendingDeletion"))
        ),
        "Disabled": State(
            40, 270, ("no cryptography:", "DisabledException"),
            (("EnableKey", "Enabled"), ("ScheduleKeyDeletion", "PendingDeletion")),
        ),
        "PendingDeletion": State(
            380, 170, ("no cryptography:", "KMSInvalidStateException"),
            (("CancelKeyDeletion", "Disabled"), ("the end of the waiting period", DELETED)),
        ),
        DELETED: State(680, 170, ("no key, no way back:", "NotFoundException")),
        "PendingImport": State(
            40, 440, ("no cryptography:", "KMSInvalidStateException"),
            (("ImportKeyMaterial", "Enabled"), ("ScheduleKeyDeletion", "PendingDeletion")),
        ),
    }
)  # fmt: skip
_WAITING = State(380, 170, ("no cryptography: waits until", "its last replica is deleted"))
_PASSING = State(380, 420, ("passes by itself, or with", "the key store behind it"))
# What is written at an arrow, where (x, y, anchor), and the arrow itself.
_ARROWS = (
    ("DisableKey", 112, 226, "end", "M120 174V266"),
    ("EnableKey", 178, 226, "start", "M170 270V178"),
    ("ScheduleKeyDeletion", 368, 102, "middle", "M250 110H485V166"),
    ("ScheduleKeyDeletion", 350, 322, "middle", "M250 330H450V278"),
    ("CancelKeyDeletion", 386, 371, "middle", "M520 274V352H254"),
    ("7–30 days", 635, 212, "middle", "M590 222H676"),
)
_IMPORT_ARROWS = (
    ("DeleteImportedKeyMaterial, or the material expires", 28, 412, "start", "M40 122H18V492H36"),
    ("ImportKeyMaterial, the same material: Enabled again", 296, 497, "start", "M250 492H286"),
)


def look(kms: Any, key_id: str) -> KeyStates:
    """Draw the diagram of this key as it is now, by one DescribeKey. A key that is not found counts as deleted.

    Other refusals (AccessDeniedException, ...) are raised as they come.
    """
    try:
        return diagram(kms.describe_key(KeyId=key_id)["KeyMetadata"])
    except kms.exceptions.NotFoundException:
        return diagram(None)


def diagram(metadata: Mapping[str, Any] | None) -> KeyStates:
    """Draw the diagram for KeyMetadata of DescribeKey; None for a key that is not there any more."""
    if metadata is None:
        return KeyStates(DELETED)
    date = metadata.get("DeletionDate")
    return KeyStates(
        state=metadata["KeyState"],
        name=metadata.get("Description") or metadata["KeyId"],
        until=f"{date:%Y-%m-%d %H:%M} UTC" if date else "",
        imported=metadata.get("Origin") == "EXTERNAL",
    )


@dataclass(frozen=True, repr=False)
class KeyStates:
    """The picture in a notebook; its repr says the same in words."""

    state: str
    name: str = ""
    until: str = ""  # when a key that is pending deletion will be deleted
    imported: bool = False  # its material was imported, and can be taken away by itself

    @property
    def boxes(self) -> dict[str, State]:
        """The states that are drawn: those of every key, and what this key has beside them."""
        shown = dict(_STATES)
        if not self.imported:
            del shown["PendingImport"]
        if self.state == "PendingReplicaDeletion":  # a multi-Region primary; PendingDeletion follows
            del shown["PendingDeletion"]
            shown[self.state] = _WAITING
        elif self.state not in shown:  # Creating, Updating, Unavailable
            shown[self.state] = _PASSING
        return shown

    def __repr__(self) -> str:
        head = f"{self.name}: {self.state}" if self.name else self.state
        lines = [head + (f" until {self.until}, then deleted" if self.until else "")]
        for name, box in self.boxes.items():
            mark = "->" if name == self.state else "  "
            lines.append(f"{mark} {name:<16} {' '.join(box.holds).strip()}")
        leads = self.boxes[self.state].leads
        if self.imported and self.state in ("Enabled", "Disabled"):
            leads += (("DeleteImportedKeyMaterial, or expiry,", "PendingImport"),)
        return "\n".join([*lines, *(f"{call} leads to {target}" for call, target in leads)])

    def _repr_svg_(self) -> str:
        height = max(box.y for box in self.boxes.values()) + _HEIGHT + 26
        arrows = _ARROWS + (_IMPORT_ARROWS if self.imported else ())
        parts = [
            (
                '<defs><marker id="a" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
                f'orient="auto"><path d="M0 0L10 5L0 10z" fill="{_INK}"/></marker></defs>'
            ),
            f'<text x="40" y="40" font-size="18" font-weight="bold" fill="{_INK}">{escape(self.name)}</text>',
            *(_arrow(*arrow) for arrow in arrows),
            *(self._box(name, box) for name, box in self.boxes.items()),
            *([f'<text x="530" y="296" font-size="14" fill="{_INK}">until {self.until}</text>'] if self.until else []),
        ]
        title = "The states of a KMS key, and the one that this key is in"
        return page(PAGE, height, title, repr(self), parts)

    def _box(self, name: str, box: State) -> str:
        """One state; the present one is dark, with a thick edge, and says so in words."""
        here = name == self.state
        fill, edge = (_GONE, _GONE_EDGE) if name == DELETED else (_PALE, _HERE)
        if here:
            fill, edge = (edge, _INK)
        ink = "#ffffff" if here else _INK
        dashes = ' stroke-dasharray="6 4"' if name == DELETED else ""
        size = f'x="{box.x}" y="{box.y}" width="{_WIDTH}" height="{_HEIGHT}" rx="10"'
        lines = [(17, "bold", name), (14, "normal", box.holds[0]), (14, "normal", box.holds[1])]
        if here:
            lines.append((14, "bold", "▲ the end" if name == DELETED else "▲ the key is here"))
        middle = box.x + _WIDTH // 2
        return f'<rect {size} fill="{fill}" stroke="{edge}" stroke-width="{4 if here else 2}"{dashes}/>' + "".join(
            f'<text x="{middle}" y="{box.y + 26 + 22 * row}" font-size="{points}" font-weight="{weight}" '
            f'text-anchor="middle" fill="{ink}">{escape(text)}</text>'
            for row, (points, weight, text) in enumerate(lines)
            if text
        )


def _arrow(call: str, x: int, y: int, anchor: str, line: str) -> str:
    return (
        f'<path d="{line}" stroke="{_INK}" stroke-width="2" fill="none" marker-end="url(#a)"/>'
        f'<text x="{x}" y="{y}" font-size="14" text-anchor="{anchor}" fill="{_INK}">{call}</text>'
    )
