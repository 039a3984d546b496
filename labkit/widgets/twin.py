"""The twin of a widget: what it shows, as text and as HTML for pages without a kernel. Pure.

Both forms are made of the same parts, so that they say the same. All text is escaped here, and in no other place.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

LONGEST = 1000  # characters of a text in one line: the middle of a longer one is left out


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: level 1 for the widget's own."""

    words: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text. `kind` is "note", "done" or "refused" where it is more than that; the text itself says so too."""

    words: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values, one pair a line."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with the names of its columns; `none` stands for it when it has no rows."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    none: str = "None"


@dataclass(frozen=True, slots=True)
class Code:
    """Lines to copy: a command, a call, a policy. `label` says what they are."""

    text: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture that is ready: an SVG of the kit's own making, and the words that say the same."""

    svg: str
    words: str


Part: TypeAlias = Heading | Words | Facts | Table | Code | Drawn


@dataclass(frozen=True, slots=True)
class Twin:
    """The parts in order."""

    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The twin for a terminal, and for who compares."""
        return "\n".join(line for part in self.parts for line in _text(part))

    @property
    def html(self) -> str:
        """The twin for a page, escaped."""
        return "\n".join(map(part_html, self.parts))

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return framed(self.html)


def framed(html: str) -> str:
    """Put a twin's HTML into the element by which a live widget finds and hides it."""
    return f'<div class="labkit-twin">\n{html}\n</div>'


def one_line(text: object, longest: int = LONGEST) -> str:
    """Put a text on one line: characters that are not visible, or turn the writing round, are shown as �."""
    whole = str(text)
    half = (longest - 1) // 2
    short = whole if len(whole) <= longest else f"{whole[:half]}…{whole[-half:]}"
    return "".join(_visible(each) for each in short)


def lines(text: str) -> str:
    """Make a text of several lines harmless, line by line."""
    return "\n".join("".join(_visible(each) for each in line) for line in str(text).split("\n"))


def _visible(each: str) -> str:
    return "\N{REPLACEMENT CHARACTER}" if each != " " and unicodedata.category(each)[0] in "CZ" else each


def _say(words: object) -> str:
    """Escape a text; it may be written from right to left, and must not turn what stands beside it."""
    return f"<bdi>{escape(one_line(words))}</bdi>"


def part_html(part: Part) -> str:
    """Write one part as HTML."""
    match part:
        case Heading(words, level):
            return f"<h{level + 2}>{_say(words)}</h{level + 2}>"
        case Words(words, kind):
            return f'<p class="labkit-{kind or "words"}">{_say(words)}</p>'
        case Facts(pairs):
            cells = "".join(f"<tr>{_cell('th', name, 'row')}{_cell('td', value)}</tr>" for name, value in pairs)
            return f'<table class="labkit-facts"><tbody>{cells}</tbody></table>'
        case Table(caption, columns, rows, none):
            return _table_html(caption, columns, rows, none)
        case Code(text, label):
            named = f"<p>{_say(label)}</p>" if label else ""
            return f'{named}<pre class="labkit-code" tabindex="0">{escape(lines(text))}</pre>'
        case Drawn(svg, _):
            return svg


def _table_html(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]], none: str) -> str:
    rows = list(rows)
    if not rows:
        return f"<p>{_say(caption)}: {_say(none)}</p>"
    head = "".join(_cell("th", name, "col") for name in columns)
    body = "".join("<tr>" + "".join(_cell("td", each) for each in row) + "</tr>" for row in rows)
    return f"<table><caption>{_say(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(tag: str, words: str, scope: str = "") -> str:
    of = f' scope="{scope}"' if scope else ""
    return f'<{tag}{of} style="text-align:left">{_say(words)}</{tag}>'


def _text(part: Part) -> list[str]:
    match part:
        case Heading(words, level):
            return [one_line(words), ("=" if level == 1 else "-") * min(len(one_line(words)), 60)]
        case Words(words, _):
            return [one_line(words)]
        case Facts(pairs):
            return [f"{one_line(name)}: {one_line(value)}" for name, value in pairs]
        case Table(caption, columns, rows, none):
            return _table_text(caption, columns, rows, none)
        case Code(text, label):
            return [
                *([one_line(label)] if label else []),
                *(f"    {line}".rstrip() for line in lines(text).split("\n")),
            ]
        case Drawn(_, words):
            return lines(words).split("\n")


def _table_text(caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]], none: str) -> list[str]:
    if not rows:
        return [f"{one_line(caption)}: {one_line(none)}"]
    cells = [[one_line(each) for each in row] for row in [columns, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        one_line(caption),
        *("  ".join(each.ljust(width) for each, width in zip(row, widths, strict=True)).rstrip() for row in cells),
    ]
