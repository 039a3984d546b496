"""The trainer's page in a browser, with a made class of forty in all labs: readable, and steady while it changes."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "workshop"), str(Path(__file__).parent)]

import browsing  # noqa: E402  it stands beside this file
from class_service.course import course  # noqa: E402  a service of the hub, beside its configuration
from class_service.handlers import POLICY  # noqa: E402
from class_service.page import page  # noqa: E402
from class_service.room import Room  # noqa: E402
from class_service.tables import View, tables  # noqa: E402
from made_class import LEARNERS, made_class  # noqa: E402

NOW = 1_800_000_000.0
COURSE = course()
SERVICE = ROOT / "workshop" / "class_service"
WIDER = "() => document.documentElement.scrollWidth > innerWidth"
QUICK = "const EVERY = 100;"


@dataclass
class Class:
    """A class that is shown: its page's address, and what the page shows."""

    address: str
    room: Room
    answers: bool = True


@pytest.fixture(scope="module")
def shown() -> Iterator[Class]:
    """The pages without a hub, with the service's own policy of content; the script asks ten times a second."""
    made = Class("", made_class(COURSE, NOW))

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            view = View.of(**({"lab": "", "sort": ""} | dict(parse_qsl(asked.query))))
            text, kind = "", "text/html"
            if asked.path == "/tables":
                text = tables(made.room, COURSE, view, NOW)
            elif asked.path == "/":
                text = page(made.room, COURSE, view, NOW, "token", ["It is kept here."])
            else:
                text = (SERVICE / asked.path[1:]).read_text("utf-8").replace("const EVERY = 5000;", QUICK)
                kind = "text/javascript" if asked.path.endswith("js") else "text/css"
            self.send_response(200 if made.answers else 503)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            with suppress(BrokenPipeError):  # the tab was closed meanwhile
                self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    made.address = f"http://127.0.0.1:{server.server_port}/"
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """One Chromium for this file."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])


@pytest.fixture
def open_tab(browser: Any, shown: Class) -> Iterator[Callable[..., Any]]:
    """Opens the page; told is what the browser finds wrong with it."""
    contexts: list[Any] = []
    said: list[str] = []

    def opened(query: str = "", **options: Any) -> Any:
        contexts.append(browser.new_context(**options))
        tab = contexts[-1].new_page()
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.goto(f"{shown.address}{query}")
        return tab

    shown.answers = True
    yield opened
    for each in contexts:
        each.close()
    assert [text for text in said if "503" not in text] == []


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1280), ("dark", 390)], ids=["light on a desk", "dark on a phone"]
)
def test_forty_learners_in_all_labs_are_readable(open_tab: Callable[..., Any], scheme: str, width: int) -> None:
    """Nothing is wider than the page, axe-core finds nothing, and those that need help stand first."""
    tab = open_tab(color_scheme=scheme, viewport={"width": width, "height": 900})
    assert not tab.evaluate(WIDER)
    assert browsing.serious(tab) == []
    titles = tab.locator("#tables h2").all_inner_texts()
    assert [each.split()[0] for each in titles] == ["Stuck", "Learners", "Who", "Questions", "Errors"]
    assert tab.locator("#learners ~ div tbody tr").count() == LEARNERS
    stuck = [text.strip() != "" for text in tab.locator("#learners ~ div tbody td:nth-child(3)").all_inner_texts()]
    assert any(stuck) and stuck == sorted(stuck, reverse=True)


def test_one_lab_is_chosen_with_the_keyboard(open_tab: Callable[..., Any]) -> None:
    """Its learners, its exercises and its questions are left; the choice stays in the address."""
    tab = open_tab()
    tab.focus("form[method=get] select[name=lab]")
    tab.keyboard.type("03-")
    tab.keyboard.press("Tab")
    tab.keyboard.type("by name")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/?lab=03-encrypt-and-decrypt&sort=name")
    assert tab.locator("#labs").inner_text() == "Exercises in 03-encrypt-and-decrypt"
    labs = set(tab.locator("#tables a").all_inner_texts())
    assert labs == {"03-encrypt-and-decrypt"}


def test_focus_scroll_and_what_is_open_stay_while_the_page_changes(open_tab: Callable[..., Any], shown: Class) -> None:
    """Another learner comes in above; what one looks at stays where it is."""
    tab = open_tab(viewport={"width": 390, "height": 600})
    question = tab.locator("#questions ~ div summary").nth(2)
    question.focus()
    tab.keyboard.press("Enter")
    tab.evaluate("scrollBy({ top: 90, behavior: 'instant' })")
    tab.evaluate("document.querySelector('#questions-t').scrollLeft = 30")
    look = "() => [document.activeElement.id, document.querySelectorAll('details[open]').length,"
    look += " document.querySelector('#questions-t').scrollLeft,"
    look += " Math.round(document.activeElement.getBoundingClientRect().top)]"
    before = tab.evaluate(look)
    height = tab.evaluate("document.getElementById('questions').offsetTop")
    fuller = deepcopy(shown.room)
    for number in range(9):
        told = {"kind": "check", "lab": "00-start-here", "item": "hello-key", "status": "not yet"}
        fuller.report(f"zoe-{number % 3}", told, NOW)
    before_that, shown.room = shown.room, fuller
    tab.wait_for_function(f"() => document.getElementById('headline').textContent.startsWith('{LEARNERS + 3} ')")
    assert tab.evaluate("document.getElementById('questions').offsetTop") > height + 60
    *same, top = tab.evaluate(look)
    assert same == before[:-1]
    assert abs(top - before[-1]) <= 2  # pixels
    shown.room = before_that


def test_text_that_is_selected_is_not_taken_away(open_tab: Callable[..., Any], shown: Class) -> None:
    """Somebody copies a hint; the page goes on afterwards."""
    tab = open_tab()
    tab.evaluate("getSelection().selectAllChildren(document.getElementById('headline'))")
    shown.room.paused = True
    tab.wait_for_timeout(400)
    assert "paused" not in tab.inner_text("#headline")
    tab.evaluate("getSelection().removeAllRanges()")
    tab.wait_for_selector("#headline:has-text('The class is paused.')")
    shown.room.paused = False


def test_a_page_that_can_not_be_renewed_says_so(open_tab: Callable[..., Any], shown: Class) -> None:
    """Old figures do not pass for new ones; when the hub answers again, the note goes."""
    tab = open_tab()
    shown.answers = False
    tab.wait_for_selector("#live:has-text('the hub does not answer. Reload the page.')")
    shown.answers = True
    tab.wait_for_function("() => document.getElementById('live').textContent === ''")
