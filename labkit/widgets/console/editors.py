"""Where one writes on a key's page: the description, tags, an alias, the rotation period. Each with Save and Cancel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as w

from ..calls import Outcome, outcomes
from ..parts import button, choice, html, row, shown, text
from ..twin import Heading, Words
from .edits import LONGEST_PERIOD, PERIOD, SHORTEST_PERIOD
from .form import alias_problems, tag_problems
from .key_page import KeyPage
from .tag_rows import TagRows

Save = Callable[..., None]
"""Makes the calls of an edit, and shows what came of them."""
Leave = Callable[[], None]
SAVE = "Save changes"


class Editor:
    """An edit that is begun: its fields, what keeps it from being saved, Save and Cancel. `first` has the focus."""

    def __init__(
        self,
        title: str,
        fields: Sequence[Any],
        save: Callable[[], None],
        leave: Leave,
        problems: Callable[[], Sequence[str]] = tuple,
        words: str = SAVE,
    ) -> None:
        self.first = fields[0]
        self._save, self._problems = save, problems
        self._told = w.HTML()
        buttons = row(button(words, self._try, "primary"), button("Cancel", leave))
        self.box = w.VBox([shown([Heading(title, 2)]), *fields, self._told, buttons])

    def _try(self) -> None:
        found = [Words(each, "refused") for each in self._problems()]
        self._told.value = html(found, "alert") if found else ""
        if found:
            self.first.focus()
        else:
            self._save()

    def refused(self, made: Sequence[Outcome]) -> None:
        """Show what AWS said; what was written stays."""
        self._told.value = html(outcomes(made), "alert")
        self.first.focus()


def edit_description(page: KeyPage, save: Save, leave: Leave) -> Editor:
    """Write another description."""
    field = text("Description", page.key.get("Description", ""), lambda _: None)
    field.layout.width, field.layout.max_width = "52em", "100%"
    return Editor("Edit description", [field], lambda: save(field.value), leave)


def edit_tags(page: KeyPage, save: Save, leave: Leave) -> Editor:
    """Write, add and take away tags."""
    before = (page.listed_tags.answer or {}).get("Tags", [])
    rows = TagRows([(tag["TagKey"], tag["TagValue"]) for tag in before], lambda _: None)
    editor = Editor(
        "Edit tags",
        [rows.box],
        lambda: save([tag for tag in rows.tags if tag[0]]),
        leave,
        lambda: tag_problems(rows.tags),
    )
    editor.first = rows.add
    return editor


def create_alias(_page: KeyPage, save: Save, leave: Leave) -> Editor:
    """Write the name of another alias."""
    field = text("Alias name", "", lambda _: None, "orders")

    def name() -> str:
        return str(field.value).strip().removeprefix("alias/")

    return Editor("Create alias", [field], lambda: save(name()), leave, lambda: alias_problems(name()), "Save alias")


def edit_rotation(page: KeyPage, save: Save, leave: Leave) -> Editor:
    """Switch automatic rotation on or off, and choose its period."""
    on, off = "Enable", "Disable"
    now = on if page.rotation.get("KeyRotationEnabled") else off
    wanted = choice(w.RadioButtons, "Automatic key rotation", (on, off), now, lambda _: sync())
    days = text("Rotation period (in days)", str(page.rotation.get("RotationPeriodInDays", PERIOD)), lambda _: None)

    def sync() -> None:
        days.disabled = wanted.value == off

    def period() -> int:
        written = days.value.strip()
        return int(written) if written.isdecimal() else 0

    def problems() -> Sequence[str]:
        fits = wanted.value == off or SHORTEST_PERIOD <= period() <= LONGEST_PERIOD
        return () if fits else (f"The rotation period is {SHORTEST_PERIOD} to {LONGEST_PERIOD} days.",)

    sync()
    return Editor(
        "Edit automatic key rotation",
        [wanted, days],
        lambda: save(period() if wanted.value == on else None),
        leave,
        problems,
    )
