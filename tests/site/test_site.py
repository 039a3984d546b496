"""The site: each internal link leads somewhere, nothing comes from elsewhere, and everybody can read it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, sync_playwright

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js"))
LOOKED_AT = (
    "index.html",
    "notebooks/18-cloudtrail-in-pandas.html",
    "notebooks/projects/4-secure-file-uploads.html",
    "docs/fidelity/rds.html",
    "reference.html",
)
REPOSITORY, HUB = "https://github.com/example/labkit", "https://hub.example.org"


class _Page(HTMLParser):
    """A page's links, the ids that links lead to, and what the browser loads by itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links, self.ids, self.loads = list[str](), set[str](), list[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.ids |= {value for name in ("id", "name") if (value := given.get(name))}
        if tag == "a" and (href := given.get("href")):
            self.links.append(href)
        loaded = given.get("href") if tag == "link" else given.get("src")
        if loaded and given.get("rel") not in ("canonical",):
            self.loads.append(loaded)


@pytest.fixture(scope="module")
def site(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make site` builds it, with the links that a repository and a hub give it."""
    out = tmp_path_factory.mktemp("site")
    environment = {"SITE_REPOSITORY": REPOSITORY, "SITE_HUB": HUB}
    command = [sys.executable, checkout / "site" / "build.py", out]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@cache
def _read(file: Path) -> _Page:
    return _Page(file.read_text(encoding="utf-8"))


def test_every_lab_has_its_page(site: Path, checkout: Path) -> None:
    """Labs and projects with their outputs and links to open them; the ledger, the reference and the search."""
    notebooks = [*(checkout / "notebooks").glob("*.ipynb"), *(checkout / "notebooks/projects").glob("*.ipynb")]
    assert len(notebooks) >= 30
    for notebook in notebooks:
        place = notebook.relative_to(checkout)
        text = (site / place.with_suffix(".html")).read_text(encoding="utf-8")
        assert "cell_output" in text
        assert f"https://mybinder.org/v2/gh/example/labkit/HEAD?urlpath=lab/tree/{place.as_posix()}" in text
        assert f"{HUB}/hub/user-redirect/git-pull?repo=" in text
    assert "start" in (site / "reference.html").read_text(encoding="utf-8")
    assert (site / "searchindex.js").stat().st_size > 100_000
    assert {"FIDELITY.html", "search.html", "docs"} <= {path.name for path in site.iterdir()}


def test_no_two_pages_have_one_title(checkout: Path, tmp_path: Path) -> None:
    """In the list of pages and in the search, a title is all that one sees."""
    command = [sys.executable, "-c", "import pages, pathlib, sys; pages.lay_out(pathlib.Path(sys.argv[1]))", tmp_path]
    subprocess.run(command, cwd=checkout / "site", check=True)
    titles = Counter(
        found[1] for path in tmp_path.rglob("*.md") if (found := re.search(r"^# (.+)$", path.read_text("utf-8"), re.M))
    )
    titles.update(
        json.loads(path.read_text("utf-8"))["cells"][0]["source"].partition("\n")[0].removeprefix("# ")
        for path in tmp_path.rglob("*.ipynb")
    )
    assert [title for title, pages in titles.items() if pages > 1] == []


def test_every_internal_link_leads_somewhere(site: Path) -> None:
    """Also to the very heading."""
    broken = []
    for file in sorted(site.rglob("*.html")):
        for link in _read(file).links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            goal = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            ids = _read(goal).ids if goal.is_file() and goal.suffix == ".html" else {unquote(parts.fragment)}
            if not goal.is_file() or (parts.fragment and unquote(parts.fragment) not in ids):
                broken.append(f"{file.relative_to(site)}: {link}")
    assert broken == []


def test_nothing_comes_from_elsewhere(site: Path) -> None:
    """No script, picture, style or font of another place; no output says that it could not be shown."""
    foreign = {load for file in site.rglob("*.html") for load in _read(file).loads if urlsplit(load).netloc}
    assert foreign == set()
    styles = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert re.findall(r"url\(['\"]?(?:https?:)?//[^)]*\)", styles) == []
    pages = [path for path in site.rglob("*.html") if "could not be displayed" in path.read_text(encoding="utf-8")]
    assert pages == []


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A Chromium of the machine's."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_everybody_can_read_it(site: Path, browser: Browser, scheme: str, width: int) -> None:
    """On a desk and on a phone, by day and by night: axe-core finds nothing serious, and no page is wider than it."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]
    page, faults = context.new_page(), []
    for name in LOOKED_AT:
        page.goto(f"file://{site / name}")
        page.add_script_tag(path=str(AXE))
        found = page.evaluate("axe.run(document, { runOnly: ['wcag2a', 'wcag2aa'] })")
        assert found["passes"], "axe has looked at nothing"
        faults += [(name, each["id"], each["nodes"][0]["html"][:200]) for each in found["violations"]]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            faults.append((name, "too wide", ""))
    context.close()
    assert faults == []


def test_the_search_finds(site: Path, browser: Browser) -> None:
    """A word of a lab leads to that lab, with no server behind it."""
    page = browser.new_page()
    page.goto(f"file://{site}/search.html?q=confused+deputy")
    page.wait_for_selector("#search-results li", timeout=20_000)
    assert "Other accounts" in page.inner_text("#search-results")
    page.close()
