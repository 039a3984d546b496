"""Small ipywidgets that the views are made of. No logic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import ipywidgets as w

from .twin import Part, one_line, part_html

WIDE = {"description_width": "14em"}


def html(parts: Iterable[Part], role: str = "") -> str:
    """Write parts of a twin as HTML, for a live view too."""
    body = "\n".join(map(part_html, parts))
    return f'<div role="{role}">{body}</div>' if role else body


def shown(parts: Iterable[Part], role: str = "") -> Any:
    """Make a widget that shows parts of a twin."""
    return w.HTML(html(parts, role))


def button(words: str, act: Callable[[], None], style: str = "", tooltip: str = "", layout: Any = None) -> Any:
    """Make a button; `style` is "primary" for the one that goes on, "link" for one that looks like a link.

    A click on one that has been disabled meanwhile does nothing: what was written just before may have done that.
    """
    layout = layout or {"width": "auto"}
    made = w.Button(description=one_line(words, 80), tooltip=one_line(tooltip or words), layout=layout)
    made.on_click(lambda _: None if made.disabled else act())
    if style == "link":
        made.add_class("labkit-link")
    if style == "primary":
        made.add_class("labkit-primary")
    return made


def text(label: str, value: str, changed: Callable[[str], None], placeholder: str = "") -> Any:
    """Make a line to type in. It tells what is written when one leaves it, or presses Enter.

    Told with each key, the last keys would come to the kernel after a click that follows them: ipywidgets holds back a
    change while an earlier one is under way, and never a click.
    """
    made = w.Text(value, description=label, placeholder=placeholder, style=WIDE, layout={"width": "36em"})
    made.continuous_update = False
    made.observe(lambda change: changed(change["new"]), "value")
    return made


def lines(label: str, value: str, changed: Callable[[str], None], layout: Any, placeholder: str = "") -> Any:
    """Make lines to type in; they tell what is written when one leaves them."""
    made = w.Textarea(value, description=label, placeholder=placeholder, style=WIDE, layout=layout)
    made.continuous_update = False
    made.observe(lambda change: changed(change["new"]), "value")
    return made


def choice(kind: Any, label: str, options: Sequence[Any], value: Any, changed: Callable[[Any], None]) -> Any:
    """Make radio buttons, a menu or a list of `options`."""
    made = kind(options=options, value=value, description=label, style=WIDE)
    made.observe(lambda change: changed(change["new"]), "value")
    return made


def checkbox(label: str, value: bool, changed: Callable[[bool], None]) -> Any:
    """Make a box to tick."""
    made = w.Checkbox(value, description=label, indent=False, layout={"width": "auto"})
    made.observe(lambda change: changed(change["new"]), "value")
    return made


def row(*children: Any) -> Any:
    """Set widgets side by side; they wrap on a narrow page."""
    return w.HBox(list(children), layout={"flex_flow": "row wrap", "align_items": "center"})
