"""The live policy lab: the question, the decision, one document at a time, three buttons. The logic does the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ..parts import WIDE, button, choice, html, lines, row, text
from ..twin import Words, one_line
from . import pages
from .workbench import ACTIONS

if TYPE_CHECKING:
    from .policy_lab import PolicyLab

_MFA = [("not said", ""), ("yes", "yes"), ("no", "no")]
_FACTS: dict[str, bool | None] = {"": None, "yes": True, "no": False}
_STYLE = """<style>
.labkit-widget textarea { font-family: var(--jp-code-font-family, monospace); white-space: pre; overflow: auto;
  color: inherit; background: var(--jp-layout-color1, transparent) }
.labkit-widget .labkit-editor { width: 100% }
.labkit-widget :is(input, select, textarea) { border: 1px solid var(--jp-border-color1, currentColor) }
</style>"""
_FULL = {"width": "99%", "max_width": "60em"}


class PolicyLabView:
    """`box` is the widget."""

    def __init__(self, lab: PolicyLab) -> None:
        self._lab = lab
        self._busy = False
        self._at = 0
        self._decision, self._marks, self._reasons, self._said = w.HTML(), w.HTML(), w.HTML(), w.HTML()
        self._document = w.Dropdown(description="Document", style=WIDE, layout=_FULL)
        self._document.observe(self._turned, "value")
        self._editor = lines("Text of the document", "", self._wrote, {"width": "99%"})
        self._editor.rows = 14
        self._editor.add_class("labkit-editor")
        self._changes = w.Dropdown(description="Smallest changes", style=WIDE, layout=_FULL)
        self._least = button(pages.LEAST, self._pass, "primary")
        buttons = row(
            self._least,
            button(pages.ELSE, self._else),
            button("Back to the present documents", self._back),
            button("Send to the account", self._send),
        )
        self.box = w.VBox(
            [
                w.HTML(_STYLE + html(pages.head())), *self._question(), self._decision,
                self._document, self._editor, self._marks, self._changes, buttons, self._said, self._reasons,
            ],
        )  # fmt: skip
        self.draw()

    def _question(self) -> list[Any]:
        lab = self._lab.logic
        asked, account = lab.asked, lab.account
        mfa = next(word for word, meant in _FACTS.items() if meant is asked.mfa)
        people = list(dict.fromkeys((*account.principals, asked.principal)))
        keys = [(one_line(f"{words} ({arn.rpartition('/')[2]})", 120), arn) for arn, words in account.keys.items()]
        self._who = _typed("Principal", people, asked.principal, self._set("principal"))
        self._key = choice(w.Dropdown, "KMS key", keys, asked.key, self._set("key"))
        self._action = _typed("Action", ACTIONS, asked.action, self._set("action"))
        self._more = [
            text("Encryption context", _pairs(asked.encryption_context), self._set_pairs("encryption_context"), "a=1"),
            text("Source IP address", asked.source_ip, self._set("source_ip")),
            choice(w.Dropdown, "MFA", _MFA, mfa, self._set_mfa),
            text("Tags of the principal", _pairs(asked.tags), self._set_pairs("tags"), "team=red"),
            text("Through the service", asked.via_service, self._set("via_service"), "s3"),
            text("Other condition keys", _pairs(_plain(asked.context)), self._set_pairs("context"), "aws:x=1, kms:y=2"),
        ]
        self._key.layout = _FULL
        for each in self._more:
            each.layout.width = "29em"
        return [self._who, self._key, self._action, row(*self._more)]

    def _set(self, name: str) -> Callable[[Any], None]:
        def change(value: Any) -> None:
            if not self._busy:
                self._choose(**{name: value.strip() if isinstance(value, str) else value})

        return change

    def _set_mfa(self, value: str) -> None:
        if not self._busy:
            self._choose(mfa=_FACTS[value])

    def _set_pairs(self, name: str) -> Callable[[str], None]:
        def change(value: str) -> None:
            if not self._busy:
                pairs = (each.partition("=") for each in value.split(",") if "=" in each)
                self._choose(**{name: {key.strip(): said.strip() for key, _, said in pairs if key.strip()}})

        return change

    def _choose(self, **asked: Any) -> None:
        try:
            self._lab.choose(**asked)
        except ValueError as wrong:
            self._said.value = html([Words(str(wrong), "note")], "status")
            return
        self.draw()

    def draw(self) -> None:
        """Show everything anew; where one writes, nothing is touched."""
        bench = self._lab.logic
        self._busy = True
        titles = [
            (one_line(f"{number}. {each.title}{'' if each.is_there else ' (none)'}", 120), number - 1)
            for number, each in enumerate(bench.papers, 1)
        ]
        self._at = min(self._at, len(titles) - 1) if titles else 0
        if self._document.options != tuple(titles):
            self._document.options = titles
        self._document.value = self._at
        paper = bench.papers[self._at]
        if self._editor.value != paper.text:
            self._editor.value = paper.text
        self._busy = False
        self._tell()

    def _tell(self) -> None:
        bench, decided = self._lab.logic, self._lab.decide()
        paper = bench.papers[self._at]
        self._decision.value = html(pages.decision(bench, decided), "status")
        self._marks.value = html(pages.marked(paper, bench.marks(paper)), "status")
        self._reasons.value = html([*pages.care(decided), *pages.reasons(decided), *pages.unread(bench)])
        said = [*self._lab.said, *(self._lab.found.parts if self._lab.found else ())]
        self._said.value = html(said, "status") if said else ""
        changes = decided.changes if decided else ()
        self._changes.options = [(one_line(f"{n}. {each.text}", 200), n) for n, each in enumerate(changes, 1)]
        self._changes.index = 0 if changes else None
        self._changes.layout.display = "" if changes else "none"
        self._least.disabled = not changes
        self._lab.changed()

    def _turned(self, change: Any) -> None:
        if not self._busy and change["new"] is not None:
            self._at = change["new"]
            self.draw()

    def _wrote(self, written: str) -> None:
        if self._busy:
            return
        paper = self._lab.logic.papers[self._at]
        same = [each for each in self._lab.logic.papers[: self._at] if each.kind == paper.kind]
        self._lab.set_document(paper.kind, written, len(same) + 1)
        self._tell()

    def _pass(self) -> None:
        before = self._lab.logic.papers
        self._lab.make_it_pass(self._changes.value or 1)
        edited = [at for at, each in enumerate(self._lab.logic.papers) if each not in before]
        self._at = edited[0] if edited else self._at
        self.draw()

    def _else(self) -> None:
        self._lab.who_else()
        self._tell()

    def _back(self) -> None:
        self._lab.put_back()
        self.draw()

    def _send(self) -> None:
        self._lab.send()
        self._tell()


def _typed(label: str, options: Sequence[str], value: str, changed: Callable[[str], None]) -> Any:
    """A line to type in that offers what there is; letters in a menu would be JupyterLab's own shortcuts."""
    made = w.Combobox(value=value, options=options, description=label, style=WIDE, layout=_FULL)
    made.continuous_update = False
    made.observe(lambda change: changed(change["new"]), "value")
    return made


def _pairs(given: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in given.items())


def _plain(given: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in given.items() if isinstance(value, str)}
