"""The console in large accounts and with hostile names: how many calls it makes, and how much it shows."""

from __future__ import annotations

import pytest

from labkit.widgets.console import Console
from labkit.widgets.console.key_page import GRANTS, TABS
from labkit.widgets.console.keys import LOOKED_AT, ROWS

from .accounts import ManyKeys
from .test_twins import HOSTILE, Tags


def test_of_10000_keys_ten_are_described() -> None:
    """The lists are read in pages as large as KMS has them; a page of ten keys takes ten more calls."""
    account = ManyKeys(10_000)
    console = Console({"kms": account})
    text = console.twin().text
    assert "Customer managed keys (10000), page 1" in text
    names = [name for name, _ in account.calls]
    assert (names.count("list_keys"), names.count("list_aliases"), names.count("describe_key")) == (10, 100, ROWS)
    assert text.count("SYMMETRIC_DEFAULT") == ROWS
    account.calls.clear()
    console.search(number=1000).twin()
    assert [name for name, _ in account.calls] == ["describe_key"] * ROWS


def test_a_search_by_details_goes_in_steps() -> None:
    """So many keys at a time, and the page says how far it came; each search goes on."""
    account = ManyKeys(3 * LOOKED_AT)
    console = Console({"kms": account}).search(key_type="Asymmetric")
    for looked in (LOOKED_AT, 2 * LOOKED_AT):
        assert f"Looked at {looked} of {3 * LOOKED_AT} keys so far" in console.twin().text
    assert "Looked at" not in console.twin().text
    assert [name for name, _ in account.calls].count("describe_key") == 3 * LOOKED_AT


def test_of_50000_grants_ten_are_read() -> None:
    """Page by page, forward and back."""
    account = ManyKeys(1, grants=50_000)
    console = Console({"kms": account})
    console.open(console.value, GRANTS)
    text = console.twin().text
    assert text.count("Decrypt") == ROWS
    assert [given for name, given in account.calls if name == "list_grants"] == [
        {"KeyId": console.value, "Limit": ROWS}
    ]
    assert console.page
    console.page.grants_turn(1)
    assert "Grants, page 2" in console.twin().text
    console.page.grants_turn(-1)
    assert console.twin().text == text


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_hostile_names_stay_text(text: str) -> None:
    """As alias, description, tag, policy, grant or message: the page has no element of theirs."""
    harmless, hostile = (
        [Console({"kms": ManyKeys(1, 1, each, alias=each.replace("{", "") + "{}")}) for _ in TABS]
        for each in ("a", text)
    )
    for tab, *pair in zip(TABS, harmless, hostile, strict=True):
        tags = []
        for console in pair:
            page = Tags()
            page.feed(console.twin().html)
            page.feed(console.open(console.value, tab if tab in console.open(console.value).page.tabs else GRANTS)  # type: ignore[union-attr]
                      .disable().twin().html)  # fmt: skip
            tags.append(page.tags)
        assert tags[0] == tags[1]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_hostile_names_in_the_live_view(text: str) -> None:
    """HTML widgets hold escaped text alone; the rest are buttons and fields, which take text as text."""
    console = Console({"kms": ManyKeys(1, 1, text, alias=text + "{}")})
    assert "<script>" not in html_of(console.view) and "<img" not in html_of(console.view)
    console.create_key(2, alias=text, description=text, tags=[(text, text)])
    view = console.make_view().box
    assert "<script>" not in html_of(view) and "<img" not in html_of(view)


def html_of(widget: object) -> str:
    """All HTML in a box of widgets."""
    import ipywidgets

    if isinstance(widget, ipywidgets.HTML):
        return str(widget.value)
    return "".join(html_of(child) for child in getattr(widget, "children", ()))
