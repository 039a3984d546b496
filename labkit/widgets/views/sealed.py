"""A sealed file: whose bytes are which, and what each reader gets: `lab.envelope_view(file, key, context)`.

Change a byte, cut the end off, expect another context, or take the key away, and see which check fails, in its own
words. The file on disk is never written: changes are made to a copy in memory. Taking the key away is DisableKey, a
real call. What opens is counted and thrown away.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...envelope import EnvelopeError, decrypt
from ...envelope.errors import KeyRefused
from ..calls import Call, Caller, Explain, Outcome, outcomes
from ..frame import Widget
from ..key_actions import ACTIONS, DISABLE, ENABLE
from ..twin import Heading, Part, Table, Twin, Words
from .drawn import drawn
from .sealed_parts import PLAIN, Field, fields
from .sealed_picture import Reading, SealedPicture

if TYPE_CHECKING:
    from .sealed_view import SealedView

LARGEST = 64 * 1024 * 1024  # bytes: the whole file is in memory, and is opened at each change
OPENED = "opened"
YOU = "You"
_HOLDERS = (
    ("the file alone", f"the bytes marked [{PLAIN}]: sizes and the context, and no contents"),
    ("the file, the context, and kms:Decrypt on the key", "everything, and CloudTrail records each opening"),
    ("the file, and its data key in plaintext", "everything, and KMS neither knows nor can stop it"),
    ("kms:Decrypt on the key, and no file", "nothing"),
)


class SealedWidget(Widget):
    """The viewer of one sealed file. `value` is what the first reader got: "opened", or the name of the error.

    `readers` are names with boto3 KMS clients. `kms` is yours: it disables and enables the key.
    """

    def __init__(
        self,
        sealed: str | Path | bytes,
        kms: Any,
        key: str,
        context: Mapping[str, str],
        readers: Mapping[str, Any] | None = None,
        explain: Explain | None = None,
    ) -> None:
        self._original = sealed if isinstance(sealed, bytes) else _read(Path(sealed))
        self.fields = fields(self._original)
        self._kms, self._key, self._context = kms, key, dict(context)
        self._caller = Caller({"kms": kms}, explain)
        self._readers = dict(readers or {YOU: kms})
        self._readings: tuple[Reading, ...] | None = None
        self.changed_byte: int | None = None
        self.cut_bytes = 0
        self.expected = dict(context)
        self.made: tuple[Outcome, ...] = ()

    # --- what is chosen -------------------------------------------------------------------------------------------

    @property
    def value(self) -> str:
        """What the first reader got: "opened", or the name of the error."""
        return self.readings[0].error or OPENED

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What each reader gets from the file as it is now: one Decrypt each, asked once for each change."""
        if self._readings is None:
            data = self._data()
            self._readings = tuple(self._opened(name, kms, data) for name, kms in self._readers.items())
        return self._readings

    def _data(self) -> bytes:
        """The copy with its changes."""
        data = bytearray(self._original)
        if self.changed_byte is not None:
            data[self.changed_byte] ^= 1
        return bytes(data[: len(data) - self.cut_bytes])

    def _opened(self, reader: str, kms: Any, data: bytes) -> Reading:
        target = _Counter()
        try:
            decrypt(BytesIO(data), target, kms, self._key, self.expected)
        except KeyRefused as refused:
            return Reading(reader, "KeyRefused", str(refused))
        except EnvelopeError as wrong:
            some = f" Before that, {target.count} bytes were verified." if target.count else ""
            return Reading(reader, type(wrong).__name__, f"{wrong}{some}")
        return Reading(reader, "", f"opened, {target.count} bytes of contents")

    @property
    def picture(self) -> SealedPicture:
        """The picture alone, which any page shows."""
        return SealedPicture(self.fields, self.readings, self.changed_byte, self.cut_bytes)

    # --- what can be tried ----------------------------------------------------------------------------------------

    def flip(self, field: str | int, byte: int = 0) -> SealedWidget:
        """Change one bit of a byte of a field ("Commitment", "Frame 0"), or of the byte at this place in the file."""
        place = field if isinstance(field, int) else self._field(field).start + byte
        end = len(self._original) if isinstance(field, int) else self._field(field).start + self._field(field).length
        if not (place >= 0 and byte >= 0 and place < end):
            raise ValueError(f"There is no byte {place} there.")
        self.changed_byte = place
        return self._again()

    def cut(self, count: int) -> SealedWidget:
        """Leave out so many bytes at the end."""
        if not 0 <= count <= len(self._original):
            raise ValueError(f"The file has {len(self._original)} bytes.")
        self.cut_bytes = count
        return self._again()

    def expect(self, context: Mapping[str, str]) -> SealedWidget:
        """Let the readers expect this encryption context, whatever the file says."""
        self.expected = dict(context)
        return self._again()

    def take_key_away(self) -> SealedWidget:
        """Disable the KMS key, by a real call; nobody opens anything under it then."""
        return self._switch(DISABLE)

    def give_key_back(self) -> SealedWidget:
        """Enable the KMS key again."""
        return self._switch(ENABLE)

    def restore(self) -> SealedWidget:
        """Take every change of the copy back, and expect the right context. The KMS key stays as it is."""
        self.changed_byte, self.cut_bytes, self.expected = None, 0, dict(self._context)
        return self._again()

    def _switch(self, action: str) -> SealedWidget:
        found = self._caller.make(Call("DescribeKey", {"KeyId": self._key}))
        key = found.answer["KeyMetadata"]["Arn"] if found.answer is not None else self._key  # no alias is taken here
        made = tuple(self._caller.change(ACTIONS[action].call(key)))
        self._again(made)
        return self

    def _again(self, made: tuple[Outcome, ...] = ()) -> SealedWidget:
        self._readings, self.made = None, made
        return self.redraw()

    def _field(self, name: str) -> Field:
        for each in self.fields:
            if each.name == name:
                return each
        raise ValueError(f"There is no field {name!r}; there are {', '.join(each.name for each in self.fields)}.")

    # --- what is shown --------------------------------------------------------------------------------------------

    @property
    def says(self) -> list[Words]:
        """What was changed, and what each reader got."""
        changes = []
        if self.changed_byte is not None:
            name = next(each.name for each in self.fields if each.start <= self.changed_byte < each.start + each.length)
            changes.append(f"one bit of byte {self.changed_byte} is changed ({name})")
        if self.cut_bytes:
            changes.append(f"the last {self.cut_bytes} bytes are cut off")
        if self.expected != self._context:
            changes.append(f"the readers expect the context {self.expected}")
        head = "The file as it was sealed." if not changes else f"In a copy of the file: {', '.join(changes)}."
        return [Words(head), *(Words(each.line, "refused" if each.error else "done") for each in self.readings)]

    def parts(self) -> list[Part]:
        """Make the picture, and the same as tables."""
        rows = [(each.name, each.place, str(each.length), each.whose, each.says) for each in self.fields]
        return [
            drawn(self.picture, "A sealed file, field by field. The tables say the same."),
            Table("Whose bytes are which", ("Field", "Place", "Bytes", "Opened by", "Says"), rows),
            Table("What one needs to open it", ("With this", "one gets"), _HOLDERS),
        ]

    def twin(self) -> Twin:
        """Show the file, and what each reader got."""
        return Twin((Heading("A sealed file"), *self.says, *outcomes(self.made), *self.parts()))

    def make_view(self) -> SealedView:
        """Make the live viewer."""
        from .sealed_view import SealedView

        return SealedView(self)


class _Counter:
    """A target that counts what it gets, and keeps none of it."""

    count = 0

    def write(self, data: Any, /) -> int:
        """Count."""
        self.count += len(data)
        return len(data)


def _read(path: Path) -> bytes:
    if (size := path.stat().st_size) > LARGEST:
        raise ValueError(
            f"{path.name} has {size} bytes. The viewer holds a file in memory, and takes {LARGEST} at most."
        )
    return path.read_bytes()
