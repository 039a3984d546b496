"""A JupyterLab on copies of the notebooks with their outputs taken out, and a Chromium to look at it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

SECONDS_TO_START = 60
SETTINGS = {
    # Every cell in the page at once, so that a test can look at those out of sight too.
    "notebook-extension/tracker.jupyterlab-settings": {"windowingMode": "none"},
}
CHROMIUM_OPTIONS = [
    "--no-sandbox",  # tests may run as root in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: where it answers, and the folder it serves."""

    url: str
    token: str
    folder: Path

    @property
    def address(self) -> str:
        """Where a browser finds it, with nothing open."""
        return f"{self.url}lab/workspaces/tests?reset&token={self.token}"

    def end_kernels(self) -> None:
        """End every session: a kernel takes some 280 megabytes, and there is one for each lab."""
        with self._ask("GET", "api/sessions") as answer:
            sessions = json.load(answer)
        for session in sessions:
            self._ask("DELETE", f"api/sessions/{session['id']}").close()

    def kernels(self) -> int:
        """How many kernels run."""
        with self._ask("GET", "api/kernels") as answer:
            return len(json.load(answer))

    def _ask(self, method: str, what: str) -> Any:
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(self.url + what, method=method, headers=headers)
        return urllib.request.urlopen(request, timeout=60)


@pytest.fixture(autouse=True)
def _no_kernel_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """A lab's kernel ends with its test, once its page is closed; also when the test fails or is interrupted."""
    yield
    if "jupyterlab" in request.fixturenames:
        lab = request.getfixturevalue("jupyterlab")
        lab.end_kernels()
        assert lab.kernels() == 0


@pytest.fixture(scope="module")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> Iterator[Lab]:
    """JupyterLab as `make lab` starts it, in a folder of its own."""
    folder = tmp_path_factory.mktemp("jupyterlab")
    take_outputs_out(checkout / "notebooks", folder / "root" / "notebooks")
    with running(folder) as lab:
        yield lab


@contextmanager
def running(folder: Path) -> Iterator[Lab]:
    """Run JupyterLab over the notebooks in `root/notebooks` of this folder."""
    for name, content in SETTINGS.items():
        file = folder / "settings" / "@jupyterlab" / name
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(content))
    environment = {**os.environ, "JUPYTER_RUNTIME_DIR": str(folder / "runtime")}
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": free_port(),
        "ServerApp.root_dir": folder / "root",
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        "LabApp.expose_app_in_browser": True,  # a test asks it whether the kernel is there
        "LabApp.user_settings_dir": folder / "settings",
        "LabApp.workspaces_dir": folder / "workspaces",
    }
    command = [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            yield wait_for(process, folder)
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture(scope="module")
def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A headless Chromium with a profile of its own. It reads and compiles JupyterLab's code once for all tests."""
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"),
            executable_path=chromium,
            headless=True,
            args=CHROMIUM_OPTIONS,
            viewport={"width": 1280, "height": 800},
        )
        yield context
        context.close()


@pytest.fixture(scope="module")
def page(browser: BrowserContext, jupyterlab: Lab) -> Page:
    """JupyterLab, loaded once: it takes longer than running a lab. A test opens its notebook in it, and closes it."""
    page = browser.pages[0]
    page.goto(jupyterlab.address)
    page.wait_for_function("() => window.jupyterapp?.started.then(() => true)", timeout=4 * 60_000)
    return page


def take_outputs_out(source: Path, target: Path) -> None:
    """Copy the notebooks, unrun."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*"))
    for path in target.rglob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(notebook, path)


def free_port() -> int:
    """A port that is free now; JupyterLab takes the next one if it no longer is."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port: int = bound.getsockname()[1]
        return port


def wait_for(process: subprocess.Popen[bytes], folder: Path) -> Lab:
    """The server's own word on where it listens, once it has given it."""
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until and process.poll() is None:
        for file in (folder / "runtime").glob("jpserver-*.json"):
            try:
                told = json.loads(file.read_text())
            except ValueError:  # still being written
                continue
            return Lab(told["url"], told["token"], folder / "root" / "notebooks")
        time.sleep(0.2)
    raise AssertionError("JupyterLab did not start:\n" + (folder / "log").read_text()[-3000:])
