"""A key's material over time, with the lab's clock to move: `lab.rotation_view(key)`.

Drawn by `labkit.pictures.rotation` from what KMS answers. The clock is the lab's: it goes forward only, for everything
in the lab, and the view says so before it moves. A real account has no such clock, and the view nothing to move.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ...errors import LabError
from ...pictures.rotation import Lane, Mark, Timeline, timeline
from ..calls import Call, Caller, Explain, Outcome
from ..frame import Widget
from ..twin import Facts, Heading, Part, Table, Twin, Words
from .drawn import drawn

if TYPE_CHECKING:
    from .rotation_view import RotationView

Ciphertext = tuple[datetime, bytes]
"""When a ciphertext was made, and the ciphertext: a CiphertextBlob."""

LONGEST = 2560  # days: the longest rotation period (EnableKeyRotation, RotationPeriodInDays)
_YEAR = 365
_DAY = "%Y-%m-%d"


class RotationWidget(Widget):
    """The live timeline of one key. `value` is the id of the material that encrypts now; `picture` is the timeline.

    `now` tells the time; `advance` moves the clock by so many days, and is None where nobody can.
    """

    def __init__(
        self,
        clients: Mapping[str, Any],
        key: str,
        now: Callable[[], datetime],
        advance: Callable[[int], object] | None = None,
        ciphertexts: Sequence[Ciphertext] = (),
        context: Mapping[str, str] | None = None,
        explain: Explain | None = None,
    ) -> None:
        self._caller = Caller(clients, explain)
        self._key = key
        self._now = now
        self._advance = advance
        self._ciphertexts = tuple(ciphertexts)
        self._context = {"EncryptionContext": dict(context)} if context else {}
        self._marks: tuple[tuple[Mark, ...], int] | None = None
        self.refused: Outcome | None = None
        self._look()
        self._days = self.first_days

    def _look(self) -> None:
        """Read the key, its rotation and its materials: three calls, and a Decrypt for each ciphertext, once."""
        self.refused = None
        self.metadata: Mapping[str, Any] = self._ask("DescribeKey", KeyId=self._key).get("KeyMetadata", {})
        self._key = self.metadata.get("Arn", self._key)
        self.status = self._ask("GetKeyRotationStatus", KeyId=self._key)
        self._rotations: list[Mapping[str, Any]] = []
        if self.refused is None:
            call = Call("ListKeyRotations", {"KeyId": self._key, "IncludeKeyMaterial": "ALL_KEY_MATERIAL"})
            found, last = self._caller.pages(call, "Rotations")
            self._rotations, self.refused = found, None if last.done else last
        self.time = self._now()

    def _ask(self, operation: str, **parameters: Any) -> Mapping[str, Any]:
        if self.refused is not None:
            return {}
        outcome = self._caller.make(Call(operation, parameters))
        self.refused = None if outcome.done else outcome
        return outcome.answer or {}

    @property
    def marks(self) -> tuple[tuple[Mark, ...], int]:
        """When each ciphertext was made and under which material, as Decrypt says; and how many it did not open."""
        if self._marks is None:
            found, closed = [], 0
            for when, blob in self._ciphertexts:
                given = {"CiphertextBlob": blob, "KeyId": self._key, **self._context}
                material = (self._caller.make(Call("Decrypt", given)).answer or {}).get("KeyMaterialId")
                if material is None:
                    closed += 1
                else:
                    found.append((when, str(material)))
            self._marks = tuple(found), closed
        return self._marks

    # --- what is chosen -------------------------------------------------------------------------------------------

    @property
    def value(self) -> str:
        """The id of the material that encrypts now; "" where it can't be told."""
        return str(self.metadata.get("CurrentKeyMaterialId", ""))

    @property
    def days(self) -> int:
        """How many days are set."""
        return self._days

    @days.setter
    def days(self, days: int) -> None:
        """Set the days; the clock does not move yet."""
        self._days = min(max(1, days), LONGEST)

    @property
    def first_days(self) -> int:
        """The days that are set first: up to the day after the next rotation, else a year."""
        due = self.status.get("NextRotationDate")
        return min(max(1, (due - self.time).days + 1), LONGEST) if due else _YEAR

    @property
    def can_move(self) -> bool:
        """Whether there is a clock to move: a lab's, not a real account's."""
        return self._advance is not None

    @property
    def picture(self) -> Timeline | None:
        """The timeline alone, which any page shows; None where KMS did not tell."""
        if self.refused is not None or not self._rotations:
            return None
        return timeline(self.metadata["CreationDate"], self._rotations, self.marks[0], self.time)

    # --- what is done ---------------------------------------------------------------------------------------------

    def forward(self, days: int | None = None) -> RotationWidget:
        """Move the lab's clock forward by so many days (none: as many as are set), and look again.

        LabError on a real account.
        """
        if self._advance is None:
            raise LabError("A real account's clock moves by itself. Only a simulated account can go to a later day.")
        self._advance(self.days if days is None else days)
        return self.refresh()

    def refresh(self) -> RotationWidget:
        """Look again."""
        self._look()
        self.days = self.first_days
        return self.redraw()

    # --- what is shown --------------------------------------------------------------------------------------------

    def would(self) -> str:
        """Say what happens if the clock moves by as many days as are set."""
        to = self.time + timedelta(days=self.days)
        said = f"The lab's clock would go forward by {_days(self.days)}, from {self.time:{_DAY}} to {to:{_DAY}}."
        return f"{said} It never goes back. What falls due on the way happens, to every key. {self._due(to)}"

    def _due(self, to: datetime) -> str:
        due, state = self.status.get("NextRotationDate"), self.metadata.get("KeyState", "")
        if not self.status.get("KeyRotationEnabled") or due is None:
            return "This key does not rotate by itself."
        if state != "Enabled":
            return f"This key is in the state {state}, and does not rotate until it is enabled again."
        on = "That is on the way." if due <= to else "That is later."
        return f"This key's next automatic rotation is due on {due:{_DAY}}. {on}"

    def parts(self) -> list[Part]:
        """Make the timeline, and the same as a table."""
        if self.refused is not None:
            return [Words(self.refused.says, "refused")]
        picture = self.picture
        rotates, period = self.status.get("KeyRotationEnabled"), self.status.get("RotationPeriodInDays")
        on = f"on, every {_days(period)}" if period else "on"
        pairs = [("Time", f"{self.time:%Y-%m-%d %H:%M} UTC"), ("Automatic rotation", on if rotates else "off")]
        if rotates and (due := self.status.get("NextRotationDate")):
            pairs.append(("Next automatic rotation", f"{due:{_DAY}}"))
        parts: list[Part] = [Facts(pairs)]
        if picture is not None:
            parts.append(
                drawn(picture, "The materials of a KMS key over time, and ciphertexts. The table says the same.")
            )
            rows = [_row(number, lane) for number, lane in enumerate(picture.lanes, 1)]
            names = ("Number", "Material", "How it came", "Encrypts from", "Until", "Ciphertexts under it")
            parts.append(Table("Key material", names, rows))
        if closed := self.marks[1]:
            parts.append(Words(f"Not drawn: {closed} of the ciphertexts, which this key did not open for you.", "note"))
        return parts

    def twin(self) -> Twin:
        """Show the timeline; where there is a clock to move, say what that would do."""
        note = [Words(self.would(), "note")] if self.can_move else []
        return Twin((Heading("A key's material over time"), *self.parts(), *note))

    def make_view(self) -> RotationView:
        """Make the live timeline."""
        from .rotation_view import RotationView

        return RotationView(self)


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _row(number: int, lane: Lane) -> tuple[str, ...]:
    until = f"{lane.end:{_DAY}}, only decrypts since" if lane.end else "today: the current one"
    return str(number), lane.material[:8] + "…", lane.how, f"{lane.start:{_DAY}}", until, str(len(lane.ciphertexts))
