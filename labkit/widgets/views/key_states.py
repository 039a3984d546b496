"""The states of a key, where it is, and which operations move it from there: `lab.key_states(key)`.

What a state refuses is KMS's own table ("Key states of AWS KMS keys", AWS KMS Developer Guide), which the simulated KMS
follows too. The calls are real ones of the caller's; AWS answers them, not the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...cloud.kms.states import refusal
from ...pictures.key_states import DELETED, KeyStates, diagram
from ..calls import Call, Caller, Explain, Outcome, outcomes
from ..frame import Widget
from ..key_actions import ACTIONS, CANCEL, DAYS, DISABLE, ENABLE, LONGEST, SCHEDULE, SHORTEST
from ..twin import Heading, Part, Table, Twin, Words, one_line
from .drawn import drawn

if TYPE_CHECKING:
    from .key_states_view import KeyStatesView

OFFERED = (ENABLE, DISABLE, SCHEDULE, CANCEL)
"""The actions that the view has buttons for: all of them in every state, so that AWS itself says what it refuses."""
_MOVES: Mapping[str, Mapping[str, str]] = {
    "EnableKey": {"Disabled": "Enabled"},
    "DisableKey": {"Enabled": "Disabled"},
    "ScheduleKeyDeletion": dict.fromkeys(("Enabled", "Disabled", "PendingImport", "Unavailable"), "PendingDeletion"),
    "CancelKeyDeletion": {"PendingDeletion": "Disabled", "PendingReplicaDeletion": "Disabled"},
    "ImportKeyMaterial": {"PendingImport": "Enabled"},
    "DeleteImportedKeyMaterial": {"Enabled": "PendingImport", "Disabled": "PendingImport"},
}
_LONGEST = 60  # characters of a description in the picture


@dataclass(frozen=True, slots=True)
class Move:
    """An operation in the key's state: the state that it leads to, or why KMS refuses it."""

    operation: str
    to: str = ""
    code: str = ""
    message: str = ""

    @property
    def says(self) -> str:
        """One cell of a table."""
        return f"refused: {self.code}: {self.message}" if self.code else self.to


@dataclass(frozen=True, slots=True)
class _Origin:
    origin: str


def moves(metadata: Mapping[str, Any] | None) -> tuple[Move, ...]:
    """Say for each operation what it does in the state of this KeyMetadata; None: the key is gone. Pure."""
    if metadata is None:
        gone = "no such key any more"
        return tuple(Move(ACTIONS[each].operation, code="NotFoundException", message=gone) for each in OFFERED)
    imported = metadata["Origin"] == "EXTERNAL"
    return tuple(_move(operation, metadata) for operation in _MOVES if imported or "Import" not in operation)


def _move(operation: str, metadata: Mapping[str, Any]) -> Move:
    state, about = metadata["KeyState"], _Origin(metadata["Origin"])
    if (refused := refusal(operation, state, about)) is not None:
        pending = "pending replica deletion" if state == "PendingReplicaDeletion" else "pending deletion"
        message = refused.message.format(arn=metadata["Arn"], origin=about.origin, pending=pending)
        return Move(operation, code=refused.code, message=message)
    to = _MOVES[operation].get(state, "")
    regions = metadata.get("MultiRegionConfiguration") or {}
    if to == "PendingDeletion" and regions.get("MultiRegionKeyType") == "PRIMARY" and regions.get("ReplicaKeys"):
        to = "PendingReplicaDeletion"
    return Move(operation, to or f"{state}, as before")


class KeyStatesWidget(Widget):
    """The live diagram of one key. `value` is its state; `picture` is the diagram by itself."""

    def __init__(self, clients: Mapping[str, Any], key: str, explain: Explain | None = None) -> None:
        self._caller = Caller(clients, explain)
        self._key = key
        self._read: Outcome | None = None
        self.made: tuple[Outcome, ...] = ()

    @property
    def _described(self) -> Outcome:
        """DescribeKey's answer, asked once until `refresh`. Later calls name the key by its ARN, as they have to."""
        if self._read is None:
            self._read = self._caller.make(Call("DescribeKey", {"KeyId": self._key}))
            if self._read.answer is not None:
                self._key = self._read.answer["KeyMetadata"]["Arn"]
        return self._read

    @property
    def metadata(self) -> Mapping[str, Any] | None:
        """DescribeKey's KeyMetadata; None if it was refused."""
        return self._described.answer["KeyMetadata"] if self._described.answer is not None else None

    @property
    def value(self) -> str:
        """The key's state; "deleted" where KMS finds no such key, "" where you may not look."""
        if self.metadata is not None:
            return str(self.metadata["KeyState"])
        return DELETED if self._described.code == "NotFoundException" else ""

    @property
    def picture(self) -> KeyStates | None:
        """The diagram alone, which any page shows; None where you may not look at the key."""
        if not self.value:
            return None
        made = diagram(self.metadata)
        return replace(made, name=one_line(made.name, _LONGEST))

    @property
    def moves(self) -> tuple[Move, ...]:
        """What each operation does in this state. Empty for an AWS managed key, which AWS alone changes."""
        if not self.value or (self.metadata or {}).get("KeyManager") == "AWS":
            return ()
        return moves(self.metadata)

    # --- what changes the key -------------------------------------------------------------------------------------

    def act(self, action: str, days: int = DAYS) -> KeyStatesWidget:
        """Make the call of an action as you, and look again. A refusal is kept in `made`."""
        if action == SCHEDULE and not SHORTEST <= days <= LONGEST:
            raise ValueError(f"The waiting period is {SHORTEST} to {LONGEST} days.")
        _ = self._described  # an alias becomes the key's ARN
        made = tuple(self._caller.change(ACTIONS[action].call(self._key, days)))
        self.refresh()
        self.made = made
        self.redraw()
        return self

    def enable(self) -> KeyStatesWidget:
        """Call EnableKey."""
        return self.act(ENABLE)

    def disable(self) -> KeyStatesWidget:
        """Call DisableKey."""
        return self.act(DISABLE)

    def schedule_key_deletion(self, days: int = DAYS) -> KeyStatesWidget:
        """Call ScheduleKeyDeletion with a waiting period of 7 to 30 days."""
        return self.act(SCHEDULE, days)

    def cancel_key_deletion(self) -> KeyStatesWidget:
        """Call CancelKeyDeletion."""
        return self.act(CANCEL)

    def refresh(self) -> KeyStatesWidget:
        """Look again: time has passed, or somebody else has changed the key."""
        self._read, self.made = None, ()
        self.redraw()
        return self

    # --- what is shown --------------------------------------------------------------------------------------------

    @property
    def says(self) -> str:
        """One line: where the key is."""
        if not self.value:
            return self._described.says
        if self.value == DELETED:
            return "KMS finds no such key. It is deleted, or there never was one."
        return f"The key is in the state {self.value}."

    def parts(self) -> list[Part]:
        """Make the diagram, and what each operation does now."""
        parts: list[Part] = []
        if self.picture is not None:
            parts.append(drawn(self.picture, f"The states of a KMS key. {self.says}"))
        if self.moves:
            rows = [(each.operation, each.says) for each in self.moves]
            parts.append(Table("What moves the key from here", ("Operation", "Leads to"), rows))
            parts.append(Words("The state alone is looked at here. Policies may refuse more.", "note"))
        elif self.value:
            parts.append(Words("This is an AWS managed key. AWS alone changes its state.", "note"))
        return parts

    def twin(self) -> Twin:
        """Show the diagram, the operations, and what came of the last call."""
        state = Words(self.says, "" if self.value else "refused")
        return Twin((Heading("The states of a key"), state, *self.parts(), *outcomes(self.made)))

    def make_view(self) -> KeyStatesView:
        """Make the live diagram."""
        from .key_states_view import KeyStatesView

        return KeyStatesView(self)
