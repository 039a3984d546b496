"""A lab that ran in a real account is saved with the outputs that it came with, by a real Jupyter server."""

from __future__ import annotations

import copy
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import labkit
from labkit.accounts.aws.saving import kernel, require_a_safe_place
from labkit.accounts.aws.saving.apart import is_lab, run_of, with_outputs_of

LAB = "90-first-key"
SAID = {"output_type": "stream", "name": "stdout", "text": "simulated\n"}
REAL = {"output_type": "stream", "name": "stdout", "text": "real\n"}
MARK = {
    "output_type": "display_data",
    "data": {"text/plain": "Real AWS account"},
    "metadata": {"labkit": {"run": "abcd2345"}},
}


def cell(name: str, source: str, *outputs: Any) -> dict[str, Any]:
    """A code cell."""
    return {
        "cell_type": "code", "id": name, "source": source, "outputs": list(outputs), "metadata": {},
        "execution_count": 1 if outputs else None,
    }  # fmt: skip


def notebook(*cells: Any) -> dict[str, Any]:
    """A notebook of these cells."""
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


CAME = notebook(cell("a", f'lab = labkit.start("{LAB}")', SAID), cell("b", "1 + 1", SAID), cell("c", "2", SAID))
RAN = notebook(
    cell("a", f'lab = labkit.start("{LAB}")', MARK, REAL), cell("b", "1 + 1", REAL), cell("c", "3", REAL),
    cell("d", "new", REAL),
)  # fmt: skip


def outputs(of: Any) -> list[str]:
    """What each cell shows."""
    return ["".join(said for each in cell["outputs"] for said in each.get("text", "?")).strip() for cell in of["cells"]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> Iterator[Callable[..., Any]]:
    """A Jupyter server that found the extension as pip installs it; `server(name, notebook)` saves, as Ctrl-S does."""
    folder = tmp_path_factory.mktemp("server")
    place = folder / "config" / "jupyter_server_config.d"
    place.mkdir(parents=True)
    (place / "labkit.json").write_bytes((checkout / "tools/jupyter-server-labkit.json").read_bytes())
    (folder / "root").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "ip": "127.0.0.1", "port": port, "root_dir": folder / "root", "open_browser": False, "allow_root": True,
        "disable_check_xsrf": True,
    }  # fmt: skip
    command = [
        sys.executable,
        "-m",
        "jupyter_server",
        *(f"--ServerApp.{name}={value}" for name, value in options.items()),
    ]
    environment = os.environ | {
        "JUPYTER_CONFIG_PATH": str(folder / "config"), "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "LABKIT_HOME": str(folder / "home"), "JUPYTER_TOKEN": "t",
    }  # fmt: skip

    def save(name: str, content: Any = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/contents/{name}",
            data=content and json.dumps({"type": "notebook", "format": "json", "content": content}).encode(),
            method="PUT" if content else "GET",
            headers={"Authorization": "token t", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()
        file = folder / "root" / name
        return json.loads(file.read_text()) if content else None

    save.folder = folder  # type: ignore[attr-defined]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            _wait(lambda: save(""), folder / "log")
            yield save
        finally:
            process.terminate()


def _wait(ask: Callable[[], Any], log: Path) -> None:
    for _ in range(300):
        try:
            ask()
            return
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())


def test_ctrl_s_in_a_lab_that_ran_in_a_real_account(server: Any) -> None:
    """Text as it is now, outputs as they were; what the account answered lies in the run's folder. And so it stays."""
    name = f"{LAB}.ipynb"
    assert outputs(server(name, CAME)) == ["simulated"] * 3
    saved = server(name, RAN)
    assert outputs(saved) == ["simulated", "simulated", "", ""]
    assert ["".join(each["source"]) for each in saved["cells"]] == [each["source"] for each in RAN["cells"]]
    kept = json.loads((server.folder / "home/runs/abcd2345" / name).read_text())
    assert outputs(kept) == ["?real", "real", "real", "real"]
    later = copy.deepcopy(
        RAN
    )  # the first cell was run again in a simulated account; the others' outputs are still real
    later["cells"][0]["outputs"] = [SAID]
    assert outputs(server(name, later))[1:] == ["simulated", "", ""]


def test_every_way_to_install_brings_the_extension(checkout: Path) -> None:
    """A wheel carries the file; an editable install does not, so make-venv copies it, and make knows of it."""
    for name in ("pyproject.toml", "tools/make-venv", "Makefile"):
        assert "tools/jupyter-server-labkit.json" in (checkout / name).read_text(), name


def test_other_notebooks_are_saved_as_they_are(server: Any) -> None:
    """A lab that ran in the simulated account; a copy under another name, whose owner may want them; no lab at all."""
    simulated = notebook(cell("a", 'labkit.start("91-other")', SAID), cell("b", "1", SAID))
    assert outputs(server("91-other.ipynb", simulated)) == ["simulated"] * 2
    assert outputs(server("mine.ipynb", RAN)) == ["?real", "real", "real", "real"]


@pytest.mark.parametrize(("name", "environment", "refused"), [
    (LAB, {"JPY_SESSION_NAME": f"/x/{LAB}.ipynb"}, True),
    (LAB, {"JPY_SESSION_NAME": f"/x/{LAB}.ipynb", "LABKIT_SAVES_APART": "yes"}, False),
    (LAB, {"JPY_SESSION_NAME": "/x/mine.ipynb"}, False),
    (LAB, {"JPY_SESSION_NAME": "/x/console"}, False),
    (f"projects/{LAB}", {"JPY_SESSION_NAME": f"/x/{LAB}.ipynb"}, True),
    (LAB, {}, False),
])  # fmt: skip
def test_a_lab_does_not_begin_where_it_would_be_saved_over(
    name: str, environment: dict[str, str], refused: bool
) -> None:
    """Before anything is made, the kernel looks who serves it."""
    if refused:
        with pytest.raises(labkit.LabError, match="Save the notebook under another name"):
            require_a_safe_place(name, environment)
    else:
        require_a_safe_place(name, environment)


@pytest.mark.parametrize(("here", "environment", "refused"), [
    (f"{LAB}.ipynb", {}, True),
    (f"{LAB}.ipynb", {"LABKIT_SAVES_APART": "yes"}, False),
    (f"{LAB}.ipynb", {"JPY_SESSION_NAME": "/x/mine.ipynb"}, False),
    ("mine.ipynb", {}, False),
])  # fmt: skip
def test_nbconvert_in_place_does_not_save_over_a_lab(
    here: str, environment: dict[str, str], refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kernel that is not told which notebook it runs does not begin beside the lab's own file."""
    (tmp_path / here).touch()
    monkeypatch.chdir(tmp_path)
    require_a_safe_place(LAB, environment)  # no kernel: a script, a terminal
    monkeypatch.setattr(kernel, "_is_kernel", lambda: True)
    if refused:
        with pytest.raises(labkit.LabError, match="nbconvert"):
            require_a_safe_place(LAB, environment)
    else:
        require_a_safe_place(LAB, environment)


def test_what_is_a_lab_and_what_is_real() -> None:
    """By the code that starts it, and by the mark."""
    assert is_lab(CAME, LAB)
    assert not is_lab(CAME, "mine")
    assert (run_of(CAME), run_of(RAN)) == ("", "abcd2345")
    without_ids = notebook(*({k: v for k, v in each.items() if k != "id"} for each in RAN["cells"]))
    assert outputs(with_outputs_of(without_ids, CAME)) == ["", "", "", ""]  # the file has ids, this one has none
