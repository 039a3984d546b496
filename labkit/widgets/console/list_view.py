"""The lists of keys and of custom key stores: filter, rows, paging, preferences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ..parts import button, checkbox, choice, html, row, shown, text
from ..twin import Part, Words, one_line
from . import pages
from .keys import COLUMNS, MORE_COLUMNS, SORTS, Entry, Filter
from .pages import AWS_COLUMNS, AWS_MANAGED

if TYPE_CHECKING:
    from .console import Console
    from .view import ConsoleView

_ALL = ("Any", "")
_NAME, _ID = "8em", "23em"
_LINE = {"align_items": "baseline"}
_SEAM = re.compile("(?<=[a-z])(?=[A-Z])")
_SHARES = {"Status": 8, "Key type": 9, "Key spec": 18, "Key usage": 10, "Custom key store ID": 13, "Creation date": 13}


class StoresView:
    """The custom key stores."""

    first = None

    def __init__(self, console: Console) -> None:
        self.box = shown(console.parts())


class ListView:
    """A list of keys. `first` has the focus after the list was opened."""

    def __init__(self, console: Console, above: ConsoleView) -> None:
        self._console = console
        self._above = above
        self._by = console.by
        aws_managed = console.place == AWS_MANAGED
        self._more = {each: each in console.columns for each in MORE_COLUMNS}
        self._rows = w.VBox()
        self._name, self._id = (w.Layout(**_column(each)) for each in (_NAME, _ID))  # of all rows
        self._caption = w.HTML()
        self._previous = button("Previous page", lambda: self._turn(-1))
        self._next = button("Next page", lambda: self._turn(1))
        create = button("Create key", self._create, "primary")
        self.first = create
        pager = row(self._previous, self._next)
        parts = [self._filters(aws_managed=aws_managed), self._caption, self._rows, pager]
        if not aws_managed:
            boxes = [checkbox(each, self._more[each], self._prefer(each)) for each in MORE_COLUMNS]
            parts = [row(create), *parts, shown([Words("Preferences: further columns")]), row(*boxes)]
        else:
            self.first = self._search
        self.box = w.VBox(parts)
        self._draw()

    def _filters(self, *, aws_managed: bool) -> Any:
        self._search = button("Search", self._look)
        fields = [text("Alias or key ID", self._by.text, self._set("text"))]
        if not aws_managed:
            kinds = [_ALL, ("Symmetric", "Symmetric"), ("Asymmetric", "Asymmetric")]
            regions = [_ALL, ("Single-Region", "Single-Region"), ("Multi-Region", "Multi-Region")]
            fields += [
                choice(w.Dropdown, "Key type", kinds, self._by.key_type, self._set("key_type")),
                choice(w.Dropdown, "Regionality", regions, self._by.regionality, self._set("regionality")),
                text("Tag key", self._by.tag_key, self._set("tag_key")),
                text("Tag value", self._by.tag_value, self._set("tag_value")),
            ]
        sorts = SORTS[:2] if aws_managed else SORTS
        fields.append(choice(w.Dropdown, "Sort by", sorts, self._by.sort, self._set("sort")))
        for field in fields:
            field.style.description_width, field.layout.width = "9em", "24em"
        return row(*fields, self._search)

    def _set(self, name: str) -> Any:
        def change(value: Any) -> None:
            self._by = replace(self._by, **{name: value})

        return change

    def _prefer(self, column: str) -> Any:
        def change(value: bool) -> None:
            self._more[column] = value
            self._console.columns = (*COLUMNS, *(each for each, wanted in self._more.items() if wanted))
            self._draw()

        return change

    def _look(self) -> None:
        self._console.by, self._console.number = self._by, 1
        self._draw()

    def _turn(self, by: int) -> None:
        self._console.number += by
        self._draw()

    def _create(self) -> None:
        self._console.create_key()
        self._above.arrive()

    def _open(self, key_id: str) -> Any:
        def act() -> None:
            self._console.open(key_id)
            self._above.arrive()

        return act

    def _draw(self) -> None:
        console = self._console
        aws_managed = console.place == AWS_MANAGED
        by = replace(console.by) if not aws_managed else Filter(console.by.text, sort=_sort(console.by.sort))
        page = console.keys.page(by, console.number, aws_managed=aws_managed)
        console.number = page.number
        columns = AWS_COLUMNS if aws_managed else console.columns
        words = pages.count(console.place, page.found, page.number, page.complete)
        told: list[Part] = [Words(each.says, "refused") for each in console.keys.refused]
        told += [Words(words if page.entries else f"{words}: No keys")]
        self._caption.value = html([*told, *([Words(page.note, "note")] if page.note else [])], "status")
        rows = [self._row(entry, columns) for entry in page.entries]
        self._rows.children = [_header(columns), *rows] if rows else []
        self._previous.disabled, self._next.disabled = page.number == 1, page.number * 10 >= page.found
        console.changed()

    def _row(self, entry: Entry, columns: Sequence[str]) -> Any:
        alias, key_id, *more = self._console.keys.row(entry, columns)
        names = button(alias, self._open(entry.key_id), "link", f"Open the key {entry.named}", self._name)
        names.disabled = not entry.aliases
        ids = button(key_id, self._open(entry.key_id), "link", f"Open the key {key_id}", self._id)
        return w.HBox([names, ids, _rest(_cells(more, columns[2:]))], layout=_LINE)


def _column(width: str) -> dict[str, str]:
    """Lay out a column that gives way, on a narrow page, to those that can't."""
    return {"width": width, "min_width": "5em", "flex": "0 1 auto"}


def _sort(wanted: str) -> str:
    return wanted if wanted in SORTS[:2] else SORTS[0]


def _header(columns: Sequence[str]) -> Any:
    widths = {"Aliases": _NAME, "Key ID": _ID}
    named = [w.HTML(f"<b>{escape(each)}</b>", layout=_column(widths[each])) for each in columns[:2]]
    return w.HBox([*named, _rest(_cells(columns[2:], columns[2:], "b"))], layout=_LINE)


def _cells(values: Sequence[str], columns: Sequence[str], tag: str = "span") -> str:
    """Set cells side by side; each row shares out the same room, so that they stand below each other."""
    shares = " ".join(f"{_SHARES.get(column, 10)}fr" for column in columns)
    cells = "".join(
        f'<{tag} title="{escape(column)}" style="overflow-wrap:anywhere"><bdi>{_breakable(value)}</bdi></{tag}>'
        for value, column in zip(values, columns, strict=True)
    )
    return f'<div style="display:grid;grid-template-columns:{shares};column-gap:.5em">{cells}</div>'


def _breakable(value: str) -> str:
    """Escape a value; one such as AccessDeniedException breaks between its words, if it must."""
    return _SEAM.sub("<wbr>", escape(one_line(value)))


def _rest(words: str) -> Any:
    return w.HTML(words, layout={"flex": "1 1 0", "min_width": "30em"})
