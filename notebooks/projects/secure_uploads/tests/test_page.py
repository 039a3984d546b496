"""The page in a browser: a tenant uploads, sees and downloads its files, and is refused what is another's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from playwright.sync_api import Page, expect, sync_playwright
from secure_uploads.rules import cors

from .conftest import BUCKET, World

OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
TEXT = b"the budget of initech"


@pytest.fixture(scope="module")
def opened(chromium: str, world: World) -> Iterator[Page]:
    """The page, in a headless Chromium; errors of its scripts and of its security policy fail the tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=OPTIONS)
        page = browser.new_page(viewport={"width": 900, "height": 640})
        page.goto(world.site)
        yield page
        browser.close()


def upload(page: Page, path: Path) -> None:
    """Choose a file, and press the button."""
    page.get_by_label("A file, 10 MB at the most").set_input_files(path)
    page.get_by_role("button", name="Upload").click()


def test_a_tenant_uploads_sees_and_downloads(opened: Page, world: World, tmp_path: Path) -> None:
    """From signing in to the file on the disk; the page then holds the file's name, and nobody else's."""
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    told = opened.get_by_role("status")
    opened.get_by_label("Your token").fill(world.tokens["initech"])
    opened.get_by_role("button", name="Sign in").click()
    expect(told).to_have_text("You are signed in.")
    assert world.tokens["initech"] not in opened.content()
    (tmp_path / "budget 2026.txt").write_bytes(TEXT)
    upload(opened, tmp_path / "budget 2026.txt")
    expect(told).to_have_text("budget 2026.txt is uploaded.")
    line = opened.get_by_role("listitem")
    expect(line).to_have_text("budget 2026.txt, 21 bytes Download")
    with opened.expect_download() as download:
        opened.get_by_role("button", name="Download budget 2026.txt").click()
    assert download.value.suggested_filename == "budget 2026.txt"
    assert download.value.path().read_bytes() == TEXT
    assert faults == []


def test_the_page_says_what_was_refused(opened: Page, world: World, tmp_path: Path) -> None:
    """By the site, and by S3: a name that is taken stays as it is."""
    told = opened.get_by_role("status")
    (tmp_path / "..a").write_bytes(TEXT)
    upload(opened, tmp_path / "..a")
    expect(told).to_contain_text("BadName: A name has letters")
    (tmp_path / "budget 2026.txt").write_bytes(b"another text")
    upload(opened, tmp_path / "budget 2026.txt")
    expect(told).to_have_text("S3 refused it: PreconditionFailed")


FETCH = """async ({ url, method, headers, body }) => {
    try { return (await fetch(url, { method, headers, body })).status } catch (error) { return error.name }
}"""


def test_a_script_in_the_page_does_not_cross_tenants(opened: Page, world: World) -> None:
    """Even one that has the tenant's token: with its own link at another place, and by the site."""
    link = world.files("initech").upload("x.txt", 1, "A" * 43 + "=")
    url = link.url.replace("/initech/x.txt", "/acme/x.txt")
    assert opened.evaluate(FETCH, {"url": url, "method": "PUT", "headers": link.headers, "body": "x"}) != 200
    authorization = {"Authorization": f"Bearer {world.tokens['initech']}", "Content-Type": "application/json"}
    asked = {"url": "/api/downloads", "method": "POST", "headers": authorization, "body": '{"name": "plan.txt"}'}
    assert opened.evaluate(FETCH, asked) == 404


def test_a_page_that_the_bucket_does_not_know_can_not_upload(opened: Page, world: World, tmp_path: Path) -> None:
    """The browser asks S3 first, and does not send the file."""
    s3 = boto3.client("s3")
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration=cors("https://files.example.com"))
    (tmp_path / "new.txt").write_bytes(TEXT)
    upload(opened, tmp_path / "new.txt")
    expect(opened.get_by_role("status")).to_have_text("Failed to fetch")
    assert [name for name, _ in world.files("initech").listed()] == ["budget 2026.txt"]
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration=cors(world.site))


def test_it_can_be_used_without_a_mouse(opened: Page) -> None:
    """Each control has a name, and the tab key reaches it."""
    opened.get_by_label("A file, 10 MB at the most").focus()
    opened.keyboard.press("Tab")
    expect(opened.get_by_role("button", name="Upload")).to_be_focused()
    opened.keyboard.press("Tab")
    expect(opened.get_by_role("button", name="Download budget 2026.txt")).to_be_focused()
