"""What all widgets share: how one is shown, its twin, and the style that follows the page's theme.

A widget puts two outputs under its cell: its twin, and the live view. While the view lives, its style hides the twin.
When the kernel is gone, the twin is there again, in the last state. Saved notebooks keep the twin; see docs/widgets.md.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any, Protocol, Self

from .twin import Twin, framed

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

# The output that holds a twin, and after it the one with the view, which alone has no MIME type there (JupyterLab).
_TWIN, _AFTER = ".jp-OutputArea-child:has(.labkit-twin)", ".jp-OutputArea-child"
_LIVE = ".labkit-widget:not(.jupyter-widgets-disconnected)"
_NO_VIEW = f"""<style>
{_TWIN} + {_AFTER}:has(> .jp-OutputArea-output:not([data-mime-type])):not(:has({_LIVE})) {{ display: none }}
</style>"""
_INK = "var(--jp-ui-font-color1, var(--vscode-foreground, inherit))"
_LINE = "var(--jp-border-color1, var(--vscode-panel-border, currentColor))"
# JupyterLab and Notebook 7 take a letter that is typed on a button, a menu or a box for a shortcut of the notebook: "b"
# makes a cell, "x" and "d d" take one away, and with it the learner's work. They pass over a control with this
# attribute. ipywidgets can't give it, so the style sees to it when it is loaded. For keys with Ctrl, Alt or Cmd it is
# not there: Ctrl+S still saves. The listener is at the window, and so asked before the page's own one at the document.
_KEEP_KEYS = (
    "window.labkitKeepsKeys || (window.labkitKeepsKeys = true, window.addEventListener('keydown', event =>"
    " event.target.closest?.('.labkit-widget') ? event.target.toggleAttribute('data-lm-suppress-shortcuts',"
    " !(event.ctrlKey || event.altKey || event.metaKey)) : null, true))"
)
STYLE = f"""<style onload="{_KEEP_KEYS}">
{_TWIN}:has(+ {_AFTER} {_LIVE}) {{ display: none }}
.labkit-widget {{ color: {_INK}; overflow: hidden; padding: 4px 8px }}
.labkit-widget .widget-label, .labkit-widget .widget-html-content {{ color: {_INK} }}
.labkit-widget .widget-html-content {{ font-size: var(--jp-ui-font-size1, 13px); line-height: 1.5 }}
.labkit-widget p {{ margin: .3em 0 }}
.labkit-widget :is(.labkit-h1, .labkit-h2) {{ margin: .6em 0 .3em }}
.labkit-widget .labkit-h1 {{ font-size: 1.2em }}
.labkit-widget table {{ border-collapse: collapse; margin: .4em 0; color: {_INK} }}
.labkit-widget caption {{ text-align: left; padding: .2em 0; color: {_INK} }}
.labkit-widget th, .labkit-widget td {{ text-align: left; padding: .2em .8em .2em 0; border-bottom: 1px solid {_LINE} }}
.labkit-widget pre {{ white-space: pre-wrap; word-break: normal; overflow-wrap: anywhere; padding: .5em;
  margin: .3em 0; color: {_INK}; background: var(--jp-layout-color2, transparent); border: 1px solid {_LINE};
  max-height: 22em; overflow: auto }}
.labkit-widget select:not([multiple]) {{ appearance: auto; background-image: none }}
.labkit-widget .widget-checkbox {{ margin-right: 1em }}
.labkit-widget .labkit-refused {{ border-left: 4px solid var(--jp-error-color1, currentColor); padding-left: .6em }}
.labkit-widget .labkit-done {{ border-left: 4px solid var(--jp-success-color1, currentColor); padding-left: .6em }}
.labkit-widget .labkit-note {{ border-left: 4px solid {_LINE}; padding-left: .6em }}
.labkit-widget .jupyter-button {{ color: {_INK}; background: var(--jp-layout-color2, transparent);
  border: 1px solid {_LINE} }}
.labkit-widget .jupyter-button.mod-active {{ font-weight: bold; text-decoration: underline; box-shadow: none }}
.labkit-widget .labkit-primary.jupyter-button {{ font-weight: bold; border: 2px solid var(--jp-brand-color1, {_LINE}) }}
.labkit-widget .jupyter-button:disabled {{ opacity: 1; color: var(--jp-ui-font-color2, {_INK}); border-style: dashed }}
.labkit-widget :is(button, input, select, textarea, pre):focus-visible {{
  outline: 3px solid var(--jp-brand-color1, Highlight) !important; outline-offset: 1px }}
.labkit-widget .labkit-link.jupyter-button {{ padding: 0; margin-top: 0; height: auto; line-height: 1.5;
  text-align: left; white-space: normal; background: none; border: none;
  text-decoration: underline; color: var(--jp-content-link-color, {_INK}) }}
</style>"""
"""Colours are the page's own (JupyterLab's variables, then Visual Studio Code's), in either theme."""


class View(Protocol):
    """The live view of a widget: `box` is an ipywidgets box, and `draw` brings it up to date."""

    box: Any

    def draw(self) -> None:
        """Show the state as it is now."""


class Widget(ABC):
    """A widget with a value and a twin. Its view is made when it is shown, and never without a notebook."""

    @property
    @abstractmethod
    def value(self) -> Any:
        """What is chosen now; there is a valid choice from the start."""

    @abstractmethod
    def twin(self) -> Twin:
        """Say in text and HTML what the widget shows now."""

    @abstractmethod
    def make_view(self) -> View:
        """Make the view. Called once; later changes are the view's own business, and `redraw`'s."""

    @cached_property
    def view(self) -> Any:
        """The live view with the style of all widgets."""
        from ipywidgets import HTML, VBox

        self._drawn = self.make_view()
        view = VBox([HTML(STYLE), self._drawn.box])
        view.add_class("labkit-widget")
        return view

    @cached_property
    def _shown(self) -> list[Any]:
        """The handles of the twins that are on the page."""
        return []

    _drawn: View | None = None

    def redraw(self) -> Self:
        """Show the state as it is now: in the live view, if there is one, and in the twins on the page."""
        if self._drawn is not None:
            self._drawn.draw()
        self.changed()
        return self

    def changed(self) -> None:
        """Bring the twins on the page up to date; a view calls it after each change of the state."""
        for handle in self._shown:
            handle.update(self._bundle(), raw=True)

    def _bundle(self) -> dict[str, str]:
        twin = self.twin()
        return {"text/plain": twin.text, "text/html": _NO_VIEW + framed(twin.html)}

    def __repr__(self) -> str:
        return self.twin().text

    def _repr_html_(self) -> str:
        """The twin, for pages that are made without a notebook."""
        return framed(self.twin().html)

    def _ipython_display_(self) -> None:
        """Show the twin, and under it the live view; in a terminal, the twin's text alone."""
        self._shown.append(_display(self._bundle(), display_id=True))
        try:
            view = self.view
        except ImportError:  # labkit without its notebooks: the twin alone
            return
        _display({WIDGET_VIEW: {"version_major": 2, "version_minor": 0, "model_id": view.model_id}})


def _display(bundle: dict[str, Any], **options: Any) -> Any:
    from IPython import display  # has no types

    show: Any = display.display
    return show(bundle, raw=True, **options)
