"""A key policy before it is saved: what AWS would refuse in it, and who gains and who loses by it. Changes nothing.

The answers are the policy lab's. In a lab it reads the account as the kit's checks do; elsewhere by the console's own
clients, and says what it could not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..calls import Call, Caller
from ..policy_lab import Workbench, account_of
from ..policy_lab.marks import Mark
from ..policy_lab.pages import marked
from ..policy_lab.papers import Paper
from ..policy_lab.who_else import WhoElse, who_else, who_loses
from ..twin import Heading, Part, Twin, Words

if TYPE_CHECKING:
    from ...exercises.engine import LabView

_NEEDED = ("iam", "sts", "organizations")
UNTOLD = "Who gains and who loses can't be told: this console has no clients for IAM, STS and Organizations."


@dataclass(frozen=True, slots=True)
class PolicyChanges:
    """What is wrong with a key policy, line by line, and what it would change: `gains` and `losses`."""

    document: str
    marks: tuple[Mark, ...] = ()
    gains: WhoElse | None = None
    losses: WhoElse | None = None
    notes: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        """The problems; else the two tables."""
        found: list[Part] = [*marked(Paper("key", self.document), self.marks)]
        if any(each.problem for each in self.marks):
            found.append(Words("AWS would refuse this key policy. It is saved only if AWS takes it.", "note"))
        for title, told in (("Who gains by it", self.gains), ("Who loses by it", self.losses)):
            found += [Heading(title, 2), *told.parts] if told is not None else []
        return (*found, *(Words(each, "note") for each in self.notes))

    def __repr__(self) -> str:
        return Twin(self.parts).text

    def _repr_html_(self) -> str:
        return Twin(self.parts).html


def changes(view: LabView | None, caller: Caller, key: Mapping[str, Any], document: str) -> PolicyChanges:
    """Hold a document against the key policy as it is now. `key` is the KeyMetadata, `view` a lab, if there is one."""
    if not key:
        return PolicyChanges(document, notes=("The key can't be read, so there is nothing to compare with.",))
    if view is None and not all(map(caller.can, _NEEDED)):
        return PolicyChanges(document, Paper("key", document).marks, notes=(UNTOLD,))
    me = caller.make(Call("GetCallerIdentity", {}, "sts")) if caller.can("sts") else None
    arn = str((me.answer or {}).get("Arn", "")) if me else ""
    bench = Workbench(view or account_of(_Clients(caller, key)), arn)
    bench.choose(key=key["Arn"]).set_document("key", document)
    (paper,) = (each for each in bench.papers if each.kind == "key")
    unread = tuple(f"Not read: {each}." for each in dict.fromkeys(bench.account.unread))
    if bench.unsound:
        return PolicyChanges(document, bench.marks(paper), notes=unread)
    return PolicyChanges(document, bench.marks(paper), who_else(bench), who_loses(bench), unread)


class _Clients:
    """The console's clients, asked as a boto3 session is."""

    def __init__(self, caller: Caller, key: Mapping[str, Any]) -> None:
        self._caller = caller
        self.region_name = str(key["Arn"]).split(":")[3]

    def client(self, service: str, region: str | None = None) -> Any:
        return self._caller.client(service)
