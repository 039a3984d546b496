"""Tags to write: a row for each, a button that adds one, and one that takes it away. Each change is told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets as w

from ..parts import button, row, text

Tags = tuple[tuple[str, str], ...]


class TagRows:
    """`box` is the rows with their button `add`; `tags` is what is written."""

    def __init__(self, tags: Iterable[tuple[str, str]], changed: Callable[[Tags], None]) -> None:
        self.tags: Tags = tuple(tags)
        self._changed = changed
        self._rows = w.VBox()
        self.add = button("Add tag", self._add)
        self.box = w.VBox([self._rows, row(self.add)])
        self._draw()

    def _draw(self) -> None:
        self._rows.children = [self._row(at, *tag) for at, tag in enumerate(self.tags)]

    def _tell(self, tags: Tags) -> None:
        self.tags = tags
        self._changed(tags)

    def _row(self, at: int, key: str, value: str) -> Any:
        def put(part: int) -> Callable[[str], None]:
            def change(written: str) -> None:
                tags = [list(tag) for tag in self.tags]
                tags[at][part] = written
                self._tell(tuple((key, value) for key, value in tags))

            return change

        def remove() -> None:
            self._tell(self.tags[:at] + self.tags[at + 1 :])
            self._draw()
            self.add.focus()

        number = at + 1
        fields = text(f"Tag key {number}", key, put(0)), text(f"Tag value {number}", value, put(1))
        for field in fields:
            field.layout.width, field.style.description_width = "22em", "7em"
        return row(*fields, button(f"Remove tag {number}", remove))

    def _add(self) -> None:
        self._tell((*self.tags, ("", "")))
        self._draw()
        self._rows.children[-1].children[0].focus()
