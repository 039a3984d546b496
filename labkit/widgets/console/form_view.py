"""The six steps of Create key, one at a time, with Previous and Next; what is typed goes into the console's form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ..parts import button, checkbox, choice, html, lines, row, shown, text
from ..twin import Code, Heading, Words
from . import pages
from .form import CONFIRMATIONS, KEY_TYPES, STEPS
from .key_page import pretty
from .tag_rows import TagRows

if TYPE_CHECKING:
    from .console import Console
    from .view import ConsoleView

_CHOOSE = [("Choose one", "")]


class FormView:
    """The step that the console is at. `first` has the focus when the step begins."""

    def __init__(self, console: Console, above: ConsoleView) -> None:
        self._console = console
        self._above = above
        self._busy = False
        self.first: Any = None
        self._problems = w.HTML()
        steps = [self._configure, self._labels, self._administrators, self._users, self._policy, self._review]
        step = console.step
        fields = steps[step - 1]()
        last = step == len(STEPS)
        back = [button("Previous", self._previous)] if step > 1 else []
        on = button("Finish", self._finish, "primary") if last else button("Next", self._next, "primary")
        self.first = self.first or on
        title = shown([pages.step_way(step), pages.step_title(step)])
        footer = row(button("Cancel", self._cancel), *back, on)
        self.box = w.VBox([title, *fields, self._problems, footer])

    # --- going on -------------------------------------------------------------------------------------------------

    def _cancel(self) -> None:
        self._console.go(pages.CUSTOMER_MANAGED)
        self._above.arrive()

    def _previous(self) -> None:
        self._console.previous()
        self._above.arrive()

    def _next(self) -> None:
        problems = self._console.form.problems(self._console.step)
        if problems:
            self._problems.value = html([Words(each, "refused") for each in problems], "alert")
            self.first.focus()
            return
        self._console.next()
        self._above.arrive()

    def _finish(self) -> None:
        problems = self._console.form.problems(6)
        if problems:
            self._problems.value = html([Words(each, "refused") for each in problems], "alert")
            return
        self._console.finish()
        self._above.arrive()

    def _choose(self, **changes: Any) -> None:
        self._console.form = self._console.form.choose(**changes)
        self._problems.value = ""
        self._console.changed()

    # --- step 1 ---------------------------------------------------------------------------------------------------

    def _configure(self) -> list[Any]:
        form = self._console.form
        offers = {
            "key_type": ("Key type", w.RadioButtons, KEY_TYPES),
            "key_usage": ("Key usage", w.RadioButtons, form.usages),
            "key_spec": ("Key spec", w.Dropdown, form.specs),
            "origin": ("Key material origin", w.RadioButtons, form.origins),
            "regionality": ("Regionality", w.RadioButtons, form.regionalities),
        }
        self._fields = {
            name: choice(kind, label, options, getattr(form, name), self._configured(name))
            for name, (label, kind, options) in offers.items()
        }
        self._store = choice(w.Dropdown, "Custom key store", _CHOOSE, "",
                             lambda value: None if self._busy else self._choose(custom_key_store_id=value))  # fmt: skip
        self._external = text("External key ID", form.xks_key_id, lambda value: self._choose(xks_key_id=value))
        self._confirm = checkbox("", form.confirmed, lambda value: self._choose(confirmed=value))
        self._sync()
        self.first = self._fields["key_type"]
        kept = list(self._fields.values())
        advanced = shown([Heading("Advanced options", 2)])
        note = shown([Words(pages.FOR_GOOD, "note")])
        return [*kept[:3], advanced, *kept[3:], self._store, self._external, self._confirm, note]

    def _configured(self, name: str) -> Callable[[Any], None]:
        def change(value: Any) -> None:
            if not self._busy:
                self._choose(**{name: value})
                self._sync()

        return change

    def _sync(self) -> None:
        """Offer what fits what was chosen."""
        form = self._console.form
        self._busy = True
        for name, offered in (("key_usage", form.usages), ("key_spec", form.specs), ("origin", form.origins),
                              ("regionality", form.regionalities)):  # fmt: skip
            if tuple(self._fields[name].options) != offered:
                self._fields[name].options = offered
            self._fields[name].value = getattr(form, name)
        self._store.options = [*_CHOOSE, *(self._console.stores_for(form.origin) if form.in_store else [])]
        ids = {each for _, each in self._store.options}
        self._store.value = form.custom_key_store_id if form.custom_key_store_id in ids else ""
        self._busy = False
        _show(self._fields["key_spec"], len(form.specs) > 1)
        _show(self._store, form.in_store)
        _show(self._confirm, form.origin in CONFIRMATIONS)
        self._confirm.description = CONFIRMATIONS.get(form.origin, "")
        _show(self._external, form.origin == "External key store")

    # --- step 2 ---------------------------------------------------------------------------------------------------

    def _labels(self) -> list[Any]:
        form = self._console.form
        alias = text("Alias", form.alias, lambda value: self._choose(alias=value))
        about = text("Description - optional", form.description, lambda value: self._choose(description=value))
        self.first = alias
        tags = TagRows(form.tags, lambda tags: self._choose(tags=tags))
        return [alias, about, shown([Words("Tags - optional")]), tags.box]

    # --- steps 3 and 4 --------------------------------------------------------------------------------------------

    def _people(self, label: str, name: str) -> list[Any]:
        """Let IAM users and roles be chosen, or written down where they may not be listed."""
        chosen = getattr(self._console.form, name)
        offered = tuple(dict.fromkeys((*self._console.principals, *chosen)))
        if offered:
            size = {"height": "10em", "width": "52em"}
            people = w.SelectMultiple(options=offered, value=chosen, description=label,
                                      style={"description_width": "14em"}, layout=size)  # fmt: skip
            people.observe(lambda change: self._choose(**{name: change["new"]}), "value")
            self.first = people
            return [people, shown([Words("Choose with the arrow keys; hold Ctrl or Shift to choose several.")])]
        people = lines(
            label, "\n".join(chosen), lambda written: self._choose(**{name: tuple(written.split())}),
            {"width": "52em"}, "ARNs, one a line",
        )  # fmt: skip
        self.first = people
        return [people]

    def _administrators(self) -> list[Any]:
        deletion = checkbox("Allow key administrators to delete this key", self._console.form.deletion,
                            lambda value: self._choose(deletion=value))  # fmt: skip
        return [*self._people("Key administrators", "administrators"), shown([Heading("Key deletion", 2)]), deletion]

    def _users(self) -> list[Any]:
        people = self._people("Key users", "users")
        self._others = w.VBox()
        self._draw_others()
        add = button("Add another AWS account", self._add_other)
        return [*people, shown([Heading("Other AWS accounts", 2)]), self._others, row(add)]

    def _draw_others(self) -> None:
        self._others.children = [self._other(at, each) for at, each in enumerate(self._console.form.other_accounts)]

    def _other(self, at: int, account: str) -> Any:
        def change(written: str) -> None:
            others = list(self._console.form.other_accounts)
            others[at] = written.strip()
            self._choose(other_accounts=others)

        def remove() -> None:
            others = self._console.form.other_accounts
            self._choose(other_accounts=others[:at] + others[at + 1 :])
            self._draw_others()
            self.first.focus()

        return row(text(f"Account ID {at + 1}", account, change), button(f"Remove account {at + 1}", remove))

    def _add_other(self) -> None:
        self._choose(other_accounts=(*self._console.form.other_accounts, ""))
        self._draw_others()
        self._others.children[-1].children[0].focus()

    # --- steps 5 and 6 --------------------------------------------------------------------------------------------

    def _policy(self) -> list[Any]:
        size = {"width": "52em", "height": "24em"}
        editor = lines("Key policy", "", lambda written: self._choose(policy=written), size)
        place = w.VBox()

        def document() -> str:
            return pretty(self._console.form.document(*self._console.account))

        def edit() -> None:
            editor.value = document()
            place.children = [editor]
            editor.focus()

        def reset() -> None:
            self._choose(policy="")
            place.children = [shown([Code(document(), "Key policy (preview)")])]

        if self._console.form.policy:
            editor.value = document()
            place.children = [editor]
        else:
            reset()
        return [place, row(button("Edit", edit), button("As the console writes it", reset))]

    def _review(self) -> list[Any]:
        return [shown(pages.review_page(self._console.form, *self._console.account))]


def _show(field: Any, wanted: bool) -> None:
    field.layout.display = "" if wanted else "none"
