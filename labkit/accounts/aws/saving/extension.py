"""The extension of Jupyter's server: before a lab is saved, outputs of a real account go into the run's folder instead.

Ctrl-S, autosave and *Save All* all come this way. `Save As` under another name keeps them: that file is its owner's.
"""

from __future__ import annotations

import json
import os
from pathlib import Path, PurePosixPath
from typing import Any

from ..run import home
from .apart import is_lab, run_of, with_outputs_of
from .kernel import REAL, SAFE


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__.rpartition(".")[0]}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Called by Jupyter's server when it starts. Kernels that it starts can tell by the variable that it is there."""
    server.contents_manager.register_pre_save_hook(Apart(server.log).before_save)
    os.environ[SAFE] = "yes"


class Apart:
    """Remembers which notebooks have had outputs of a real account since this server began: their cells' may be any."""

    def __init__(self, log: Any) -> None:
        self._log = log
        self._real: dict[str, str] = {}  # path, and the run's id

    def before_save(self, model: dict[str, Any], path: str, contents_manager: Any, **_: Any) -> None:
        """Change what is saved. An error here keeps the file as it is: Jupyter shows it."""
        if model.get("type") != "notebook" or not isinstance(model.get("content"), dict):
            return
        try:
            self._before_save(model, path, contents_manager)
        except Exception as problem:
            from tornado.web import HTTPError

            self._log.exception("labkit could not keep the outputs of a real account apart")
            reason = f"Not saved: outputs of a real account could not be kept apart ({problem})"
            raise HTTPError(500, reason=reason) from problem

    def _before_save(self, model: dict[str, Any], path: str, contents: Any) -> None:
        notebook = model["content"]
        run = run_of(notebook) or self._real.get(path, "")
        if not run and os.environ.get("LABKIT_ACCOUNT") == REAL:
            run = REAL
        if not run or not is_lab(notebook, PurePosixPath(path).stem):
            return
        self._real[path] = run
        kept = _keep(notebook, run, PurePosixPath(path).name)
        saved = _saved(contents, path)
        model["content"] = with_outputs_of(notebook, saved)
        self._log.info("labkit: %s keeps its outputs; those of the real account are in %s", path, kept)


def _keep(notebook: Any, run: str, name: str) -> Path:
    """Write the notebook as it is into the run's folder, which nobody else may read."""
    folder = home() / "runs" / run if run != REAL else home() / "notebooks"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / name
    new = file.with_suffix(".new")
    new.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    new.replace(file)
    return file


def _saved(contents: Any, path: str) -> Any:
    """The notebook as the file has it; an empty one where there is none yet."""
    file = Path(contents._get_os_path(path)) if hasattr(contents, "_get_os_path") else None
    return json.loads(file.read_text(encoding="utf-8")) if file is not None and file.is_file() else {}
