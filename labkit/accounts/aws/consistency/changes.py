"""What this run has changed a short while ago: the reason why an answer of AWS may still be of before.

Kept in a file of the run's folder, because the run's `aws` commands are processes of their own. It holds names, ids and
times; no values, no credentials.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....cloud.core import kms_operations

FILE = "changes.jsonl"
_READS = re.compile(r"(Get|List|Describe|Lookup|Head|Simulate|Generate|Query|Scan|Search|Select|BatchGet)")
_POLICIES = re.compile(r"(Put|Delete)\w*Policy|(Add|Remove)Permission|Set(Queue|Topic)Attributes|PutPublicAccessBlock")
_NAMING = re.compile(r"\w*(Id|Arn|ARN|Name)")
_OPENING = frozenset(
    {"CreateKey", "EnableKey", "CancelKeyDeletion", "ImportKeyMaterial", "ReplicateKey", "UpdatePrimaryRegion"}
)
"""After these a key works soon, if not yet; after KMS's other changes it may be meant that it doesn't."""
_SECRET = re.compile(r"(?i)password|secret(access|string|binary)|authenticationc|privatekey|seed|^token|^accesskey$")
"""Members of calls and answers that are never written down."""
_LONGEST_NAME = 300
_COMMON = re.compile(r"\d{12}|[a-z]{2}(?:-[a-z]+)+-\d|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|labkit:\w+|default")
"""What names no one thing: accounts, Regions, specs and usages, the run's tags, a key policy's only name."""
_SURELY = 8
"""Signs of a name that are enough to find it inside another one: a key's id in its ARN."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change: when (seconds since 1970), of what kind, and the names and ids that were in the call and its answer."""

    at: float
    kind: str
    names: frozenset[str]

    def concerns(self, names: frozenset[str]) -> bool:
        """Tell whether one of these names is of the thing that was changed."""
        return any(_same(one, other) for one in names for other in self.names)


def kind_of(service: str, operation: str) -> str:
    """Tell what a call changes, in the words of waits.tsv; "" for a call that only reads, or that nothing waits for."""
    if service == "kms":
        return _kind_in_kms(operation)
    if service == "iam":
        return "" if _READS.match(operation) else "iam"
    return "policies" if _POLICIES.fullmatch(operation) else ""


def names_in(params: Any, naming: bool = False) -> Iterator[str]:
    """Find the names and ids in a call's parameters, or, of an answer, in its members that are called so."""
    if isinstance(params, str):
        if 0 < len(params) <= _LONGEST_NAME and not params.lstrip().startswith(("{", "[")):
            yield params
    elif isinstance(params, Mapping):
        for name, value in params.items():
            if isinstance(name, str) and _SECRET.search(name):
                continue
            if not naming or not isinstance(value, str) or _NAMING.fullmatch(name):
                yield from names_in(value, naming)
    elif isinstance(params, (list, tuple)):
        for each in params:
            yield from names_in(each, naming)


class Changes:
    """The changes of a run, read from its folder each time: commands of the run write there, too."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self._file = folder / FILE
        self._run = folder.name  # a tag's value, and part of every name of the run
        self.now = now

    def add(self, kind: str, params: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """Write down a change that AWS has confirmed. Where it can't be written, nothing will be waited for."""
        told = {name: value for name, value in answer.items() if name not in ("ResponseMetadata", "Credentials")}
        secret = {name: value for name, value in told.items() if name != "AccessKey"}
        names = sorted(self._telling({*names_in(params), *names_in(secret, naming=True)}))
        line = json.dumps({"at": self.now(), "kind": kind, "names": names})
        with suppress(OSError), self._file.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def last(self, kinds: frozenset[str], names: frozenset[str] | None, since: float) -> Change | None:
        """Return the last change of these kinds (and that concerns one of these names), if it came after `since`."""
        names = None if names is None else self._telling(names)
        try:
            lines = self._file.read_text(encoding="utf-8").splitlines()
        except OSError:
            return None
        for line in reversed(lines):
            try:
                told = json.loads(line)
                change = Change(float(told["at"]), str(told["kind"]), frozenset(told["names"]))
            except (ValueError, KeyError, TypeError):  # half a line: a process has been ended while it wrote
                continue
            if change.at < since:
                return None
            if change.kind in kinds and (names is None or change.concerns(names)):
                return change
        return None

    def _telling(self, names: AbstractSet[str]) -> frozenset[str]:
        """Leave out what all calls of a run may have in common: a change is not about that."""
        return frozenset(each for each in names if each != self._run and not _COMMON.fullmatch(each))


def _kind_in_kms(operation: str) -> str:
    facts = kms_operations.table().get(operation)
    if facts is None or facts.read_only or facts.cryptographic:
        return ""
    if operation in _OPENING:
        return "opened"
    return "aliases" if operation.endswith("Alias") else "grants" if operation.endswith("Grant") else "keys"


def _same(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return one == other or (len(shorter) >= _SURELY and shorter in longer) or longer.endswith(f"/{shorter}")
