"""Long SQL texts in a notebook: their names and sizes, and on a click the texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True, repr=False)
class Folded:
    """Texts by their names; a notebook draws a line for each, which opens."""

    texts: Mapping[str, str]

    def _repr_html_(self) -> str:
        parts = [
            f"<details><summary>{escape(title)}</summary><pre>{escape(text)}</pre></details>"
            for title, text in zip(self._titles(), self.texts.values(), strict=True)
        ]
        return "".join(parts)

    def __repr__(self) -> str:
        return "\n".join(self._titles())

    def _titles(self) -> list[str]:
        return [f"{name}: {_size(text)}, {_begin(text)} …" for name, text in self.texts.items()]


def folded(texts: Mapping[str, str]) -> Folded:
    """Fold texts by their names, such as `costs.sql`: `print(texts[name])` shows one where there is nothing to open."""
    return Folded(dict(texts))


def _size(text: str) -> str:
    """How many lines a text has."""
    lines = len(text.splitlines())
    return f"{lines} line{'s' * (lines != 1)}"


def _begin(text: str) -> str:
    """The first words of a text."""
    return " ".join(text.split()[:3])
