"""A widget's twin: text and HTML say the same, and nothing that stands in them can break out."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from labkit.widgets.twin import Code, Drawn, Facts, Heading, Part, Table, Twin, Words, lines, one_line

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"'><b>",
    "&lt;script&gt;",
    "name\u202egnp.exe",  # turns the writing round
    "מפתח",
    "two\nlines\r\x1b[31m",
    "$(rm -rf ~) `id` ; '",
    "x" * 100_000,
)


def parts(text: str) -> tuple[Part, ...]:
    """Each kind of part with the text in each of its places."""
    return (
        Heading(text), Words(text, "note"), Facts([(text, text)]), Table(text, (text,), [(text,)]),
        Table(text, (text,), [], text), Code(text, text), Drawn("<svg></svg>", text),
    )  # fmt: skip


class Tags(HTMLParser):
    """Which elements a page has, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Note the element."""
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        """Note the text."""
        self.text += data


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_no_text_becomes_an_element(text: str) -> None:
    """The page has the twin's own elements alone, and shows the text as it is."""
    harmless, page = Tags(), Tags()
    harmless.feed(Twin(parts("a")).html)
    page.feed(Twin(parts(text)).html)
    assert page.tags == harmless.tags
    assert one_line(text) in page.text


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_text_stays_in_its_lines(text: str) -> None:
    """No control character, nothing that turns the writing round, and no line that never ends."""
    shown = Twin(tuple(part for part in parts(text) if not isinstance(part, Code | Drawn))).text
    assert not {"\u202e", "\r", "\x1b"} & set(shown)
    assert max(map(len, shown.split("\n"))) <= 2 * 1000 + 2
    assert "\x1b" not in lines(text)


def test_both_forms_say_the_same() -> None:
    """Every word of the text is in the HTML."""
    twin = Twin((Heading("Keys"), Words("Two of them"), Table("All", ("Name", "State"), [("a", "on"), ("b", "off")])))
    page = Tags()
    page.feed(twin.html)
    assert [word for word in twin.text.split() if word.strip("=-") and word not in page.text] == []
