"""A key's page: key actions with what they ask before, tabs, what can be edited there, and the pages of grants."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ..key_actions import ACTIONS, offered
from ..parts import button, html, row
from ..question import Question
from ..twin import Heading
from . import editors
from .key_page import ALIASES, DEFAULT_VIEW, GRANTS, POLICY, POLICY_VIEW, ROTATIONS, TAGS, KeyPage
from .policy_editor import PolicyEditor
from .tables import short_grant

if TYPE_CHECKING:
    from .console import Console

_NO_ALIAS = (
    "The key stays as it is. What names the key by this alias finds no key any more, until the alias is made again."
)
_NO_GRANT = "What the grant allows ends. AWS may take some minutes until this holds everywhere."


class KeyView:
    """The page of the console's open key. `draw` shows it anew, `first` has the focus after it was opened."""

    def __init__(self, console: Console) -> None:
        assert console.page is not None
        self._console = console
        self.page: KeyPage = console.page
        self._question, self._sure = Question(), Question()  # before a key's deletion; before a tab loses something
        self._actions, self._body, self._general = row(), w.HTML(), w.HTML()
        self._writing, self._editing = w.VBox(), w.VBox()  # the description, above; what a tab has, below it
        self._controls = w.VBox()
        self._buttons: dict[str, Any] = {}
        self._tabs = w.ToggleButtons(
            options=self.page.tabs, value=console.tab, tooltips=self.page.tabs, style={"button_width": "auto"}
        )
        self._tabs.observe(self._chose, "value")
        self.first = button("Back to the list", self._back)
        above = [self._actions, self._question.box, self._general, self._writing]
        self.box = w.VBox([*above, self._tabs, self._body, self._controls, self._sure.box, self._editing])
        self.draw()

    # --- what is shown --------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Show the key as it is now, and what can be done with it."""
        page = self.page
        self._buttons = {}
        actions = [self._button(name, self._asked(name)) for name in offered(page.key)]
        about = [self._button("Edit description", self._edit_description)] if page.is_editable else []
        self._actions.children = [self.first, *actions, *about]
        self._general.value = html([Heading("General configuration", 2), *page.general()])
        if self._tabs.value != self._console.tab:
            self._tabs.value = self._console.tab
        self._draw_tab()

    def _draw_tab(self) -> None:
        tab, page = self._console.tab, self.page
        self._body.value = html(page.tab(tab))
        controls = {POLICY: self._of_policy, TAGS: self._of_tags, ROTATIONS: self._of_rotations,
                    ALIASES: self._of_aliases, GRANTS: self._of_grants}.get(tab)  # fmt: skip
        made = controls() if controls else []
        self._controls.children = [row(*made)] if made else []

    def _of_policy(self) -> list[Any]:
        other = POLICY_VIEW if self.page.policy_view == DEFAULT_VIEW else DEFAULT_VIEW
        turn = self._button(f"Switch to {other}", self._switch(other))
        is_there = self.page.is_editable and self.page.policy is not None
        return [turn, self._button("Edit key policy", self._edit_policy)] if is_there else [turn]

    def _of_tags(self) -> list[Any]:
        is_there = self.page.is_editable and self.page.listed_tags.done
        return [self._button("Edit tags", self._edit_tags)] if is_there else []

    def _of_rotations(self) -> list[Any]:
        is_there = self.page.is_editable and self.page.rotation
        return [self._button("Edit automatic rotation", self._edit_rotation)] if is_there else []

    def _of_aliases(self) -> list[Any]:
        if not self.page.is_editable:
            return []
        names = [self._button(f"Delete {name}", self._delete(name)) for name in self.page.aliases]
        return [self._button("Create alias", self._create_alias), *names]

    def _of_grants(self) -> list[Any]:
        page = self.page
        turns = [self._button("Previous grants", self._turn(-1)), self._button("Next grants", self._turn(1))]
        turns[1].disabled = not page.more_grants
        ids = [each["GrantId"] for each in page.grants] if page.is_editable else []
        return [*turns, *(self._button(f"Revoke {short_grant(each)}", self._revoke(each)) for each in ids)]

    def _button(self, words: str, act: Callable[[], None]) -> Any:
        self._buttons[words] = button(words, act)
        return self._buttons[words]

    def _focus(self, words: str) -> None:
        self._buttons.get(words, self.first).focus()

    # --- going places ---------------------------------------------------------------------------------------------

    def _back(self) -> None:
        self._console.back()

    def _chose(self, change: dict[str, str]) -> None:
        self._console.tab = change["new"]
        self._editing.children = []
        self._sure.leave()
        self._draw_tab()
        self._console.changed()

    def _switch(self, view: str) -> Callable[[], None]:
        def act() -> None:
            before, self.page.policy_view = self.page.policy_view, view
            self._draw_tab()
            self._console.changed()
            self._focus(f"Switch to {before}")

        return act

    def _turn(self, pages: int) -> Callable[[], None]:
        def act() -> None:
            self.page.grants_turn(pages)
            self._draw_tab()
            self._console.changed()
            self._focus("Previous grants" if pages < 0 else "Next grants")

        return act

    # --- what changes the key -------------------------------------------------------------------------------------

    def _asked(self, name: str) -> Callable[[], None]:
        def do(days: int) -> None:
            self._question.leave()
            self._console.act(name, days)
            self.first.focus()

        def act() -> None:
            if ACTIONS[name].confirmation:
                self._question.ask_for_deletion(do, lambda: self._focus(name))
            else:
                self._console.act(name)
                self.first.focus()

        return act

    def _delete(self, name: str) -> Callable[[], None]:
        title, sure = f"Delete {name}", f"Confirm you want to delete {name}."

        def do() -> None:
            self._sure.leave()
            self._console.delete_alias(name)
            self._focus("Create alias")

        return lambda: self._sure.ask(title, _NO_ALIAS, sure, "Delete alias", do, lambda: self._focus(title))

    def _revoke(self, grant_id: str) -> Callable[[], None]:
        title, sure = f"Revoke {short_grant(grant_id)}", f"Confirm you want to revoke the grant {grant_id}."

        def do() -> None:
            self._sure.leave()
            self._console.revoke_grant(grant_id)
            self._focus("Previous grants")

        return lambda: self._sure.ask(title, _NO_GRANT, sure, "Revoke grant", do, lambda: self._focus(title))

    # --- what is written ------------------------------------------------------------------------------------------

    def _edit_description(self) -> None:
        self._begin(self._writing, editors.edit_description, self._console.edit_description, "Edit description")

    def _edit_tags(self) -> None:
        self._begin(self._editing, editors.edit_tags, self._console.edit_tags, "Edit tags")

    def _create_alias(self) -> None:
        self._begin(self._editing, editors.create_alias, self._console.create_alias, "Create alias")

    def _edit_rotation(self) -> None:
        def save(days: int | None) -> None:
            _ = self._console.stop_rotation() if days is None else self._console.rotate_every(days)

        self._begin(self._editing, editors.edit_rotation, save, "Edit automatic rotation")

    def _edit_policy(self) -> None:
        def made(page: KeyPage, save: Callable[[str], None], leave: Callable[[], None]) -> PolicyEditor:
            return PolicyEditor(self._console, page, save, leave)

        self._begin(self._editing, made, self._console.edit_policy, "Edit key policy")

    def _begin(self, where: Any, make: Callable[..., Any], edit: Callable[[Any], object], after: str) -> None:
        """Open an editor. When AWS refuses what is saved, it stays open, with what was written and the refusal."""

        def save(written: Any) -> None:
            edit(written)
            if all(each.done for each in self._console.made):
                leave()
            else:
                editor.refused(self._console.made)

        def leave() -> None:
            where.children = []
            self._focus(after)

        editor = make(self.page, save, leave)
        where.children = [editor.box]
        editor.first.focus()
