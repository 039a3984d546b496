"""A receipt: what a learner says that they have done, in a form that a trainer can hold against the exercises.

It is the learner's own account. The signature is made by a key on the learner's machine, so it proves one thing: that
nobody has changed the receipt since. It does not prove who solved the exercises, or how.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .course import Row
from .store import Kept

STATEMENT = (
    "This is the learner's own account of what they have done. The signature shows that nobody has changed it since it "
    "was signed, by a key on the learner's machine. It does not show who solved the exercises, or how."
)
FORMAT = "labkit receipt 1"
KEY_FILE = "receipt.key"
_LONGEST = 10_000_000  # characters: a receipt of the whole course is a hundredth of that

Receipt = dict[str, Any]


def make_receipt(kept: Iterable[Kept], folder: Path, name: str, version: str) -> Receipt:
    """Make a signed receipt of what is kept. OSError if the signing key can't be read or made."""
    key = _signing_key(folder)
    receipt: Receipt = {
        "format": FORMAT,
        "statement": STATEMENT,
        "name": name,
        "labkit": version,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "outcomes": [asdict(each) for each in kept],
        "key": base64.b64encode(key.public_key().public_bytes_raw()).decode(),
    }
    return receipt | {"signature": base64.b64encode(key.sign(_signed(receipt))).decode()}


@dataclass(frozen=True, slots=True)
class Verified:
    """What a receipt is worth: whether it is unchanged, and each lab's row against the exercises here."""

    is_unchanged: bool
    name: str
    made: str
    key: str
    rows: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        told = (
            "unchanged since it was signed" if self.is_unchanged else "CHANGED after it was signed: do not rely on it"
        )
        head = [f"Receipt of {self.name or 'a learner without a name'}, made {self.made}: {told}."]
        head += [f"Signed by the key {self.key}. The same key on two receipts means the same machine."]
        lines = [f"{lab}: {words}" for lab, words in self.rows] or ["Nothing has been solved."]
        return "\n".join([*head, *lines, STATEMENT])


def verify(text: str, course: Mapping[str, Row]) -> Verified:
    """Hold a receipt against the course as it is here. ValueError if it is no receipt."""
    receipt = _read(text)
    kept = [Kept(**each) for each in receipt["outcomes"]]
    labs = sorted({each.lab for each in kept if each.is_done})
    rows = tuple((lab, _against(course.get(lab), [each for each in kept if each.lab == lab])) for lab in labs)
    return Verified(_is_unchanged(receipt), receipt["name"], receipt["made"], receipt["key"][:12], rows)


def _against(row: Row | None, kept: list[Kept]) -> str:
    done = [each for each in kept if each.is_done]
    if row is None:
        return f"{len(done)} done, and this labkit has no such lab"
    same = {(each.kind, each.item) for each in done if row.has(each.kind).get(each.item) == each.version}
    others = {(each.kind, each.item) for each in done} - same
    solved, right = (sum(kind == wanted for kind, _ in same) for wanted in ("exercise", "question"))
    told = f"{solved} of {len(row.exercises)} exercises solved, {right} of {len(row.questions)} questions right"
    return f"{told}; {len(others)} more in another version than here" if others else told


def _read(text: str) -> Receipt:
    try:
        found = json.loads(text) if len(text) <= _LONGEST else None
    except (ValueError, RecursionError):
        found = None
    texts = ("format", "statement", "name", "labkit", "made", "key", "signature")
    if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in texts):
        raise ValueError("this is no receipt of labkit")
    if found["format"] != FORMAT:
        raise ValueError(f"this receipt has another form ({found['format'][:40]!r}), and not {FORMAT!r}")
    fields = set(Kept.__dataclass_fields__)
    outcomes = found.get("outcomes")
    if not isinstance(outcomes, list) or not all(_is_outcome(each, fields) for each in outcomes):
        raise ValueError("its outcomes are not what a receipt has")
    return found


def _is_outcome(each: Any, fields: set[str]) -> bool:
    return isinstance(each, dict) and each.keys() == fields and all(isinstance(part, str) for part in each.values())


def _is_unchanged(receipt: Receipt) -> bool:
    rest = {name: value for name, value in receipt.items() if name != "signature"}
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(receipt["key"], validate=True))
        key.verify(base64.b64decode(receipt["signature"], validate=True), _signed(rest))
    except (ValueError, InvalidSignature):
        return False
    return receipt["statement"] == STATEMENT


def _signed(receipt: Receipt) -> bytes:
    return json.dumps(receipt, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()


def _signing_key(folder: Path) -> Ed25519PrivateKey:
    """Read the key of this machine, or make it: whole or not at all, and for this user alone."""
    path = folder / KEY_FILE
    if not path.is_file():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = folder / f"{KEY_FILE}.{os.getpid()}"
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(Ed25519PrivateKey.generate().private_bytes_raw())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was quicker: its key is taken
            os.link(new, path)
        new.unlink()
    try:
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    except ValueError:
        raise OSError(f"{path} is damaged. Move it away: a new key is made the next time") from None
