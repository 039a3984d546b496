"""Runs notebooks in a Python such as a browser has: no sockets, threads or processes, and few compiled packages.

`python -m tools.run_as_in_a_browser NOTEBOOK...` prints a line of JSON for each notebook: how its cells and exercises
did. `--table` prints the rows of docs/jupyterlite.md instead.

CPython's audit events stand for what Pyodide's operating system lacks. What Pyodide's own packages do differently is
not tried here.
"""

from __future__ import annotations

import atexit
import importlib.machinery
import io
import json
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Any, cast

NOT_THERE = frozenset(
    (
        "awscli",
        "awslambdaric",
        "cheroot",
        "distributed",
        "flask",
        "httptools",
        "isal",
        "jupyterlab",
        "psutil",
        "tornado",
    )
)
"""Compiled or needing sockets, and in neither Pyodide's distribution nor any pure wheel that would work there."""

_NO_PROCESSES = ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "os.exec", "pty.spawn")
_SHELL = re.compile(r"(?m)^\s*(?:\w+ *= *)?!")
_DIFFERS_EACH_TIME = re.compile(
    r"arn:[\w:/.*+=,@-]+|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{12,}\b|[A-Za-z0-9+/]{24,}={0,2}"
    r"|\b20\d\d-\d\d-\d\d[T ]?|\b\d\d:\d\d(?::\d\d)?\b|\b[A-Z0-9]{16,}\b"
)
_MIMES = ("text/plain", "text/html", "image/svg+xml")


def close_the_sandbox() -> None:
    """Take sockets, threads and processes from this process, for good, and the packages of NOT_THERE."""
    find = importlib.machinery.PathFinder.find_spec

    def find_spec(fullname: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        return None if fullname.partition(".")[0] in NOT_THERE else find(fullname, path, target)

    importlib.machinery.PathFinder.find_spec = find_spec  # type: ignore[method-assign]
    sys.addaudithook(_refuse)


def _refuse(event: str, _: tuple[Any, ...]) -> None:
    if event == "_thread.start_new_thread":
        raise RuntimeError("can't start new thread")  # as Python says where there are none
    if event == "socket.__new__":
        raise OSError("there are no sockets here")
    if event in _NO_PROCESSES:
        raise OSError("there are no processes here")


class Shell:
    """A kernel without a kernel: cells run one after the other in IPython, and what they show is kept."""

    def __init__(self) -> None:
        from IPython.core.displayhook import DisplayHook
        from IPython.core.displaypub import DisplayPublisher
        from IPython.core.interactiveshell import InteractiveShell

        self._shown: list[tuple[str, str]] = []
        keep = self._keep

        class Hook(DisplayHook):
            def write_output_prompt(self) -> None:
                pass

            def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
                keep(format_dict)

        class Publisher(DisplayPublisher):
            def publish(self, data: Any, *_: Any, **__: Any) -> None:
                keep(data)

        class LikeZmqInteractiveShell(InteractiveShell):  # pandas looks for "zmq" in the name
            displayhook_class = Hook
            display_pub_class = Publisher
            kernel = None  # pandas looks whether there is one

        vars(sys.modules["__main__"]).pop("__file__", None)  # a kernel has none, and pandas looks
        InteractiveShell.clear_instance()
        self._shell = cast("Any", LikeZmqInteractiveShell.instance(colors="NoColor"))
        self._shell.history_manager.enabled = False  # it keeps a thread
        atexit.unregister(self._shell.atexit_operations)  # which write to it
        self.learner: dict[str, Any] = self._shell.user_ns

    def _keep(self, data: Mapping[str, Any]) -> None:
        self._shown += [(mime, str(data[mime])) for mime in _MIMES if mime in data]

    def run(self, source: str) -> tuple[BaseException | None, list[tuple[str, str]]]:
        """Run a cell: its error, if it has one, and its outputs as kind and text."""
        self._shown, out = [], io.StringIO()
        with redirect_stdout(out):
            result = self._shell.run_cell(source, store_history=True)
        error = result.error_before_exec or result.error_in_exec
        printed = [("stdout", out.getvalue())] if out.getvalue() and error is None else []
        return error, printed + self._shown


def saved(cell: Mapping[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    """Read what a notebook has of a cell: its error's name, and its outputs in the form of `Shell.run`."""
    error, text = "", ""
    shown: list[tuple[str, str]] = []
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            text += "".join(output["text"]) if output["name"] == "stdout" else ""
        elif output["output_type"] == "error":
            error = output["ename"]
        else:
            shown += [(mime, "".join(output["data"][mime])) for mime in _MIMES if mime in output["data"]]
    return error, ([("stdout", text)] if text and not error else []) + shown


def _masked(shown: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(kind, re.sub(r"[\s─-]+", " ", _DIFFERS_EACH_TIME.sub("…", text))) for kind, text in shown]


def run(path: Path) -> dict[str, Any]:
    """Run a notebook: how its cells did, in which ways, and how many of its exercises its own solutions solve."""
    cells = [each for each in json.loads(path.read_text(encoding="utf-8"))["cells"] if each["cell_type"] == "code"]
    from labkit.exercises.lab_rules.walking import without_shell

    shell, did, why = Shell(), Counter[str](), {}
    for number, cell in enumerate(cells):
        source = "".join(cell["source"])
        if _SHELL.search(source):  # the `aws` command: what follows finds a key in its place
            did["shell"] += 1
            shell.run(without_shell(source))
            continue
        error, shown = shell.run(source)
        wanted_error, wanted = saved(cell)
        if (type(error).__name__ if error else "") != wanted_error:
            did["failed"] += 1
            why[number] = f"{type(error).__name__}: {error}"[:200] if error else f"{wanted_error} did not come"
        elif shown == wanted:
            did["to the letter"] += 1
        elif _masked(shown) == _masked(wanted):
            did["but for ids and times"] += 1
        else:
            did["otherwise"] += 1
            why[number] = f"{shown}"[:3000] + " INSTEAD OF " + f"{wanted}"[:3000]
    solved, exercises = _solved(path, shell.learner) if "lab" in shell.learner else (0, 0)
    return {"notebook": path.stem, "cells": len(cells), **did, "solved": solved, "exercises": exercises, "why": why}


def _solved(path: Path, learner: dict[str, Any]) -> tuple[int, int]:
    """Solve the exercises as their lab does, after all cells, and have them checked."""
    from labkit.exercises.lab_rules.page import page_of

    specs = page_of(path.stem).specs()
    solved = 0
    for spec in specs:
        learner["answer"] = None
        with redirect_stdout(io.StringIO()), suppress(Exception):  # an account as it is at the end may refuse it
            exec(compile(spec.solution, "<solution>", "exec"), learner)
            solved += learner["lab"].exercise(spec.id).check(learner.get("answer")).status == "solved"
    return solved, len(specs)


def rows(done: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Write the rows of the table in docs/jupyterlite.md."""
    for each in done:
        alike = each.get("to the letter", 0) + each.get("but for ids and times", 0)
        counts = (each["cells"], alike, each.get("otherwise", 0), each.get("failed", 0), each.get("shell", 0))
        yield f"| {each['notebook']} | {' | '.join(map(str, counts))} | {each['solved']} of {each['exercises']} |"


def main(arguments: Sequence[str]) -> int:
    """Run the notebooks that are named, each in the folder where it stands."""
    paths = [Path(each).resolve() for each in arguments if each != "--table"]
    with tempfile.TemporaryDirectory() as own:
        os.environ |= {"IPYTHONDIR": own, "LABKIT_HOME": own, "LABKIT_PROGRESS": "off", "LABKIT_DATA": own}
        import warnings

        import IPython.core.interactiveshell  # noqa: F401  # the sandbox is the lab's, not IPython's

        close_the_sandbox()
        warnings.simplefilter("ignore")
        done = (run(path) for path in paths)
        for line in rows(done) if "--table" in arguments else map(json.dumps, done):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
