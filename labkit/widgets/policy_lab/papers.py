"""The documents on the table: a text each, with its kind; read together as the policies of a decision. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ...cloud.policy.documents import DocumentKind, parse_document
from ...cloud.policy.grammar import FULL_ACCESS
from ...cloud.policy.question import NamedPolicy, Policies
from .grant_list import as_text, grant_marks, grants_of
from .marks import Mark, problems
from .notes import notes

PaperKind = Literal["key", "identity", "boundary", "session", "scp", "rcp", "grants"]
TITLES: dict[PaperKind, str] = {
    "key": "Key policy",
    "identity": "IAM policy",
    "boundary": "Permissions boundary",
    "session": "Session policy",
    "scp": "Service control policy",
    "rcp": "Resource control policy",
    "grants": "Grants",
}
"""The kinds of documents; a paper of each is there, if only an empty one."""
KINDS = tuple(TITLES)
_NAMES: dict[PaperKind, str] = {kind: f"the {name[0].lower()}{name[1:]}" for kind, name in TITLES.items()} | {
    "identity": "the IAM policy"
}
RCP_FULL = "RCPFullAWSAccess"


@dataclass(frozen=True, slots=True)
class Paper:
    """One document. An empty text stands for one that is not there. `level` counts an organization's levels from 1."""

    kind: PaperKind
    text: str = ""
    name: str = ""
    arn: str = ""
    level: int = 1

    @property
    def title(self) -> str:
        """What it is, and which: "IAM policy `open-payroll`"."""
        return f"{TITLES[self.kind]} {self.name}".strip()

    @property
    def is_there(self) -> bool:
        """Whether anything is written."""
        return bool(self.text.strip())

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What AWS would refuse, and what does not do what it looks like."""
        if self.kind == "grants":
            return grant_marks(self.text)
        if not self.is_there:
            said = "Every key has a key policy."
            return (Mark(1, 1, said),) if self.kind == "key" else ()
        return problems(self.text, self.kind) or notes(self.text, self.kind)

    @property
    def is_sound(self) -> bool:
        """Whether AWS would keep it."""
        return not any(mark.problem for mark in self.marks)

    @property
    def policy(self) -> NamedPolicy:
        """The policy that it is."""
        kind: DocumentKind = "identity" if self.kind == "grants" else self.kind
        return NamedPolicy(self.name or _NAMES[self.kind], parse_document(self.text, kind), self.arn)


Papers = tuple[Paper, ...]


def complete(papers: Iterable[Paper]) -> Papers:
    """Order papers by kind, with an empty one for each kind that is not there."""
    given = list(papers)
    return tuple(paper for kind in KINDS for paper in ([each for each in given if each.kind == kind] or [Paper(kind)]))


def _there(papers: Papers, kind: PaperKind) -> list[Paper]:
    return [each for each in papers if each.kind == kind and each.is_there]


def levels(papers: Papers, kind: PaperKind) -> list[list[Paper]]:
    """Return the papers of an organization, level by level."""
    there = _there(papers, kind)
    return [[each for each in there if each.level == level] for level in sorted({each.level for each in there})]


def policies(papers: Papers) -> Policies:
    """Read all papers for the decision. AwsError where one can't be read."""
    grants = next(iter(_there(papers, "grants")), Paper("grants"))
    full = Paper("rcp", json.dumps({"Version": "2012-10-17", "Statement": [FULL_ACCESS]}), RCP_FULL)
    rcps = []
    for level in levels(papers, "rcp"):
        everything = () if any(each.name == RCP_FULL for each in level) else (full.policy,)
        rcps.append((*(each.policy for each in level), *everything))
    return Policies(
        identity=tuple(each.policy for each in _there(papers, "identity")),
        boundary=_only(papers, "boundary"),
        session=tuple(each.policy for each in _there(papers, "session")),
        scps=tuple(tuple(each.policy for each in level) for level in levels(papers, "scp")),
        resource=_only(papers, "key"),
        grants=grants_of(grants.text),
        rcps=tuple(rcps),
    )


def _only(papers: Papers, kind: PaperKind) -> NamedPolicy | None:
    return next((each.policy for each in _there(papers, kind)), None)


def written_back(papers: Papers, before: Policies, after: Policies) -> Papers:
    """Write policies that were changed back into the papers they came from; new ones become new papers."""
    made = [each for each in papers if not each.is_there and each.kind in ("scp", "rcp")]
    for kind, now in (("identity", after.identity), ("session", after.session)):
        made += _back(_there(papers, kind), now, kind)  # type: ignore[arg-type]
    made += _back(_there(papers, "boundary"), [after.boundary] if after.boundary else [], "boundary")
    made += _back(_there(papers, "key"), [after.resource] if after.resource else [], "key")
    for level, now in zip(levels(papers, "scp"), after.scps, strict=True):
        made += _back(level, now, "scp")
    for level, now in zip(levels(papers, "rcp"), after.rcps, strict=True):
        made += _back(level, [each for each in now if each.name != RCP_FULL or level[0].name == RCP_FULL], "rcp")
    same = after.grants == before.grants
    made += [each for each in papers if each.kind == "grants"] if same else [Paper("grants", as_text(after.grants))]
    return complete(made)


def _back(papers: Sequence[Paper], now: Sequence[NamedPolicy], kind: PaperKind) -> list[Paper]:
    level = papers[0].level if papers else 1
    made = [replace(paper, text=_text(paper, policy)) for paper, policy in zip(papers, now, strict=False)]
    return made + [Paper(kind, pretty(each.document.text), "", "", level) for each in now[len(papers) :]]


def _text(paper: Paper, policy: NamedPolicy) -> str:
    if not policy.document.statements:
        return ""  # a policy that says nothing is none
    return paper.text if policy.document.text == paper.text else pretty(policy.document.text)


def pretty(text: str) -> str:
    """Write a JSON text with one element a line; what is no JSON stays as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
