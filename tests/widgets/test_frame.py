"""How a widget is shown: the twin first, then the live view; and what a saved notebook keeps of the two."""

from __future__ import annotations

import sys
from typing import Any

import nbformat
import pytest

from labkit.authoring.executing import tidy
from labkit.widgets import frame
from labkit.widgets.twin import Twin, Words


class CounterView:
    """A label with the number."""

    def __init__(self, counter: Counter) -> None:
        from ipywidgets import Label

        self._counter = counter
        self.box = Label()
        self.draw()

    def draw(self) -> None:
        """Show the number."""
        self.box.value = str(self._counter.number)


class Counter(frame.Widget):
    """A widget with one number."""

    number = 1

    @property
    def value(self) -> int:
        """The number."""
        return self.number

    def twin(self) -> Twin:
        """Say the number."""
        return Twin((Words(f"The number is {self.number}."),))

    def make_view(self) -> CounterView:
        """Make a label of it."""
        return CounterView(self)


class Shown:
    """Notes what is put on the page, and what becomes of it."""

    def __init__(self) -> None:
        self.bundles: list[dict[str, Any]] = []

    def __call__(self, bundle: dict[str, Any], **_options: Any) -> Shown:
        self.bundles.append(bundle)
        return self

    def update(self, bundle: dict[str, Any], **_options: Any) -> None:
        """Put another state in the first one's place."""
        self.bundles[0] = bundle


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """A page."""
    page = Shown()
    monkeypatch.setattr(frame, "_display", page)
    return page


def test_the_twin_comes_first_and_follows_the_state(shown: Shown) -> None:
    """Text and HTML in one output, the view alone in the next."""
    widget = Counter()
    widget._ipython_display_()
    twin, view = shown.bundles
    assert set(twin) == {"text/plain", "text/html"} and set(view) == {frame.WIDGET_VIEW}
    assert twin["text/plain"] == repr(widget) == "The number is 1."
    widget.number = 2
    widget.changed()
    assert "The number is 2." in shown.bundles[0]["text/html"]


def test_a_saved_notebook_keeps_the_twin_alone(shown: Shown) -> None:
    """No id of a model that is gone, no empty output."""
    Counter()._ipython_display_()
    outputs = [nbformat.v4.new_output("display_data", data=bundle) for bundle in shown.bundles]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=outputs)])
    tidy(notebook)
    assert [set(each.data) for each in notebook.cells[0].outputs] == [{"text/plain", "text/html"}]


def test_without_ipywidgets_there_is_the_twin(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    """labkit can be installed without its notebooks."""
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    Counter()._ipython_display_()
    assert len(shown.bundles) == 1


def test_a_page_made_without_a_notebook_has_the_twin() -> None:
    """Sphinx and others ask for HTML."""
    assert "The number is 1." in Counter()._repr_html_()
