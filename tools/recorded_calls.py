"""The calls that a tool makes of an account, as data: what differs from run to run has a placeholder.

A line is a call: service, operation, Region, parameters, what was answered, which permissions were asked for, and how
many times running it came (a wait asks the same again and again). Ids, times and bytes that the account draws are
`«id 1»`, `«blob 2»`, `«time»`, so that a recording can be made again through an account that draws otherwise. What the
tool has sent first stays as it is; bytes are base64.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from labkit.cloud.core.call import Call

_DRAWN = re.compile(
    r"mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{64}\b|\b[0-9a-f]{32}\b"
    r"|\bA(?:ROA|IDA|KIA|SIA|NPA)[A-Z0-9]{16,17}\b"
    r"|\b20\d{24}\b|\bcks-[0-9a-f]{17}\b|\b2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d[.\dZ:+]*"
)
_TOKEN = re.compile(r"[A-Za-z0-9_+/=-]{64,}")
TIME = "«time»"
BYTES = "base64:"

Json = dict[str, Any]
Name = Callable[[str, "str | bytes"], str]


@dataclass(slots=True)
class Recorded:
    """One call, or the same call so many times running."""

    step: str
    service: str
    operation: str
    region: str
    params: Json
    answer: Json | None
    error: str
    needs: list[str]
    times: int = 1

    def as_json(self) -> str:
        """Write it on one line."""
        members = {name: getattr(self, name) for name in self.__slots__}
        said = {name: value for name, value in members.items() if value not in ("", None)}
        return json.dumps(said, ensure_ascii=False)

    def same(self, other: Recorded) -> bool:
        """Tell whether the other is the same call with the same answer."""
        names = ("step", "service", "operation", "region", "params", "answer", "error")
        return all(getattr(self, name) == getattr(other, name) for name in names)


@dataclass(slots=True)
class Recorder:
    """Keeps the calls that come in from outside: append `note` to a gateway's `noted`.

    `inner` is what services asked of others on the caller's behalf: the caller needs these permissions, too.
    """

    step: str = ""
    inner: set[str] = field(default_factory=set)
    calls: list[Recorded] = field(default_factory=list)
    _names: dict[str | bytes, str] = field(default_factory=dict)
    _sent: set[str | bytes] = field(default_factory=set)  # by the tool, before the account had named it

    def note(self, call: Call, _event: str) -> None:
        """Keep one call, unless a service made it."""
        if not self.step or call.principal is None or call.principal.kind == "AWSService":
            return
        needs = {decision.question.action for decision in call.decision or ()}
        if call.via:
            self.inner |= needs if call.principal.kind == "AssumedRole" else set()
            return
        kept = Recorded(
            self.step,
            call.service,
            call.operation,
            call.region,
            self._plain(_dated(call.params), self._as_sent),
            self._plain(call.result, self._as_drawn) if call.error is None else None,
            f"{call.error.code}: {call.error.message}" if call.error else "",
            sorted(needs),
        )
        if call.error:
            kept.error = self._plain(kept.error, self._as_drawn)
        if self.calls and self.calls[-1].same(kept):
            self.calls[-1].times += 1
        else:
            self.calls.append(kept)

    def _plain(self, value: Any, name: Name) -> Any:
        if isinstance(value, dict):
            return {str(key): self._plain(item, name) for key, item in value.items() if key != "ResponseMetadata"}
        if isinstance(value, list | tuple):
            return [self._plain(item, name) for item in value]
        if isinstance(value, datetime):
            return TIME
        if isinstance(value, bytes | bytearray):
            return name("blob", bytes(value))
        if isinstance(value, str):
            if _TOKEN.fullmatch(value):
                return name("blob", value)
            return value if value.startswith("at 2") else _DRAWN.sub(lambda found: name("id", found[0]), value)
        return value if isinstance(value, int | float | bool) or value is None else str(value)

    def _as_sent(self, _kind: str, value: str | bytes) -> str:
        if value not in self._names:
            self._sent.add(value)
            return value if isinstance(value, str) else BYTES + base64.b64encode(value).decode()
        return self._names[value]

    def _as_drawn(self, kind: str, value: str | bytes) -> str:
        if value in self._sent:
            return self._as_sent(kind, value)
        if isinstance(value, str) and re.match(r"2\d{3}-\d\d-\d\dT", value):
            return TIME
        return self._names.setdefault(value, f"«{kind} {len(self._names) + 1}»")


def _dated(value: Any) -> Any:
    """Give times as text, as SDKs take them; in an answer they are the account's own."""
    if isinstance(value, dict):
        return {name: _dated(item) for name, item in value.items() if item is not None}
    return value.strftime("at %Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value


def write(file: Path, about: Json, calls: Iterable[Recorded]) -> None:
    """Write a recording: what it is about on the first line, then a call a line."""
    lines = [json.dumps(about, ensure_ascii=False), *(each.as_json() for each in calls)]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read(file: Path) -> tuple[Json, list[Recorded]]:
    """Read what `write` has written."""
    first, *others = file.read_text(encoding="utf-8").splitlines()
    blank: Json = {"answer": None, "error": ""}
    return json.loads(first), [Recorded(**{**blank, **json.loads(each)}) for each in others]
