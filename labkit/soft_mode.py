"""`lab.soft_mode()`: what would have been denied, told without stopping the program that asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from types import TracebackType
from typing import overload

from .accounts.behind import Behind
from .errors import LabError
from .principals import Statement

NO_IDENTITY_ALLOW = "NO_IDENTITY_ALLOW"  # the reason's name: see cloud/policy/outcome.py


@dataclass(frozen=True, slots=True)
class Denied:
    """A call that went through, and that AWS would have refused: by whom, for what, and in which words."""

    principal: str
    action: str
    resource: str
    code: str
    message: str
    request_id: str
    reason: str

    @property
    def an_allow_helps(self) -> bool:
        """Tell whether the caller's own policies lack an Allow. It is no help against a Deny, a boundary, an SCP."""
        return self.reason == NO_IDENTITY_ALLOW

    @property
    def caller(self) -> str:
        """The caller's name: of a session, that of its role."""
        return self.principal.split("/")[1 if ":assumed-role/" in self.principal else -1]

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class SoftMode(Sequence[Denied]):
    """Those calls, oldest first. Refusals count again when the `with` block ends; the list stays."""

    def __init__(self, remote: Behind) -> None:
        self._remote = remote
        self._told: list[Denied] = []
        self._before = 0
        self._open = False

    def __enter__(self) -> SoftMode:
        self._before = len(self._remote.post("soft-mode", on=True)["let_through"])
        self._open = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._told, self._open = self._read(self._remote.post("soft-mode", on=False)), False

    @property
    def denied(self) -> list[Denied]:
        """List what would have been denied in the block so far."""
        if self._open:
            self._told = self._read(self._remote.get("soft-mode"))
        return list(self._told)

    def statements(self, caller: str = "") -> list[Statement]:
        """Make the Allow statements that the caller lacks, one for each resource, for what has run in the block.

        What no Allow of the caller's mends is left out: `an_allow_helps`. The statements have no conditions. `caller`
        is a role's or a user's name; LabError where several were let through and none is named.
        """
        lacking = [each for each in self.denied if each.an_allow_helps]
        callers = sorted({each.caller for each in lacking})
        if not caller and len(callers) > 1:
            raise LabError(f"Several callers were let through: name one of {', '.join(callers)}.")
        actions: dict[str, set[str]] = {}
        for each in lacking:
            if caller in ("", each.caller):
                actions.setdefault(each.resource, set()).add(each.action)
        return [{"Effect": "Allow", "Action": sorted(said), "Resource": on} for on, said in actions.items()]

    def _read(self, answer: dict[str, list[dict[str, str]]]) -> list[Denied]:
        return [Denied(**each) for each in answer["let_through"][self._before :]]

    @overload
    def __getitem__(self, place: int) -> Denied: ...
    @overload
    def __getitem__(self, place: slice) -> list[Denied]: ...
    def __getitem__(self, place: int | slice) -> Denied | list[Denied]:
        return self.denied[place]

    def __len__(self) -> int:
        return len(self.denied)

    def __iter__(self) -> Iterator[Denied]:
        return iter(self.denied)

    def __repr__(self) -> str:
        lines = [f"- {each}" for each in self.denied]
        return "\n".join(["Would have been denied:", *lines]) if lines else "Nothing would have been denied."

    def _repr_html_(self) -> str:
        lines = "".join(f"<li>{escape(str(each))}</li>" for each in self.denied)
        return f"<p>Would have been denied:</p><ul>{lines}</ul>" if lines else "<p>Nothing would have been denied.</p>"
