"""Whether somebody sits in front of this process, and where a learner's files are. Reads the environment alone.

Progress is kept for people. A notebook that a program runs (nbval, nbconvert, CI) keeps nothing and shows none: such
programs say in each request that nobody can be asked (`allow_stdin`), and JupyterLab, Notebook and Visual Studio Code
say that somebody can. The message's form: "Messaging in Jupyter", execute_request.
"""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SWITCH = "LABKIT_PROGRESS"
HOME = "LABKIT_HOME"
OFF, ON = frozenset({"off", "no", "0", "false"}), frozenset({"on", "yes", "1", "true"})
AUTOMATIC = ("CI", "PYTEST_VERSION")
"""Set by whatever runs tests: GitHub, GitLab and others set CI, pytest sets the other one for all that it starts."""


def is_kept(environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether progress is kept and shown: as LABKIT_PROGRESS says, on or off, else whether somebody is there."""
    word = environ.get(SWITCH, "").strip().casefold()
    if word in OFF:
        return False
    if word in ON:
        return True
    return not any(environ.get(name) for name in AUTOMATIC) and somebody_is_there()


def somebody_is_there() -> bool:
    """Tell whether a person gave this process its work: at a prompt, or in a notebook that can ask them."""
    shell = getattr(builtins, "get_ipython", lambda: None)()
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return hasattr(sys, "ps1") or (shell is not None and sys.stdin is not None and sys.stdin.isatty())
    return _can_be_asked(_request(kernel))


def _request(kernel: Any) -> Mapping[str, Any]:
    """The message that the kernel works on: a cell to run, or what a widget says."""
    try:
        found = kernel.get_parent()
    except Exception:  # a kernel of another make
        found = {}
    return found if isinstance(found, Mapping) else {}


def _can_be_asked(request: Mapping[str, Any]) -> bool:
    if (request.get("header") or {}).get("msg_type") in ("comm_msg", "comm_open"):
        return True  # somebody has clicked
    return (request.get("content") or {}).get("allow_stdin") is True


def folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Find the folder of a learner's own files: LABKIT_HOME, else .labkit in the home folder."""
    return Path(os.path.expanduser(environ.get(HOME) or os.path.join("~", ".labkit")))
