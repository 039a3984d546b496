"""A problem of a lab: the file, what is wrong in it, and the mend."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a lab, in sentences: `what` ends with a full stop, `mend` says what to do."""

    file: Path
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what} {self.mend}"
