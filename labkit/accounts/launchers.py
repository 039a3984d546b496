"""The launchers of an environment's commands (`aws`, `jupyter`, …): which of them can't run, and how to mend them.

pip writes the path of its Python into a launcher's first line. A system takes such a path only to the first space and
only so many bytes of it, and it is wrong once the folder has been moved or copied. A mended launcher looks for the
Python beside itself. Reads and writes files in the environment's folder of commands, and nothing else.
"""

from __future__ import annotations

import os
import re
import sys
import sysconfig
import tempfile
from contextlib import suppress
from pathlib import Path

# Linux before 5.1 reads 127 bytes of a first line (BINPRM_BUF_SIZE); pip keeps to the same number.
LONGEST_LINE = 127
# The first line is the shell's, which hands the file over to Python; Python reads the next two as a string.
# pip and uv write the same kind of head. Old macOS has no realpath, and needs it only for links to a launcher.
HEAD = b"""#!/bin/sh
'''exec' "$(dirname -- "$(realpath -- "$0" 2>/dev/null || echo "$0")")/python" "$0" "$@"
' '''
"""
_DIRECT = re.compile(rb"#! *(.*/python[0-9.]*)(?: +-\w+)*\r?\n")
_BY_SHELL = re.compile(rb"#! */bin/sh\n'''exec' \"?(.*/python[0-9.]*)\"? \"\$0\" \"\$@\"\n' '''\n")
_MEANT_BY_SHELL = re.compile(rb"[$`\"\\]")  # what the shell does not take as it stands between double quotes


def commands() -> Path:
    """Find the folder of this environment's commands. (conda on Windows has them in a folder below its Python's.)"""
    return Path(sysconfig.get_path("scripts")) if os.name == "nt" else Path(sys.executable).parent


def broken(folder: Path, pattern: str = "*") -> list[Path]:
    """List the launchers in this folder that can't run, or would run another environment's Python.

    folder: of an environment that venv or conda has made; in others nothing is looked at, nor is it on Windows,
    where launchers are programs of another kind.
    """
    if os.name == "nt" or not _is_environment(folder.parent):
        return []
    files = sorted(path for path in folder.glob(pattern) if path.is_file() and not path.is_symlink())
    return [path for path in files if _is_broken(path, folder)]


def mend(folder: Path, pattern: str = "*") -> list[Path]:
    """Write those anew, each at once or not at all; answers which. OSError where nothing can be written."""
    mended = broken(folder, pattern)
    for path in mended:
        text = path.read_bytes()
        head = _head(text)
        assert head is not None
        _replace(path, HEAD + text[head.end() :])
    return mended


def _is_environment(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").is_file() or (folder / "conda-meta").is_dir()


def _is_broken(path: Path, folder: Path) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(8192)
    except OSError:  # another user's
        return False
    head = _head(start)
    if head is None:
        return False
    python = Path(os.fsdecode(head[1]))
    if head.re is _DIRECT and (b" " in head[1] or len(head[0].rstrip()) > LONGEST_LINE):
        return True
    if head.re is _BY_SHELL and _MEANT_BY_SHELL.search(head[1]):
        return True
    if not python.is_file():
        return True
    return python.parent != folder and _is_environment(python.parent.parent) and not python.parent.samefile(folder)


def _head(text: bytes) -> re.Match[bytes] | None:
    """The lines of a launcher that name its Python; None for whatever else lies in the folder."""
    return None if text.startswith(HEAD) else _DIRECT.match(text) or _BY_SHELL.match(text)


def _replace(path: Path, text: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
        os.chmod(name, path.stat().st_mode)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def main() -> None:
    """Mend this environment's commands. `make` calls it each time: pip writes its own launchers with every update."""
    try:
        done = mend(commands())
    except OSError as problem:
        sys.exit(f"Some commands of this environment can't run, and can't be mended: {problem}")
    if done:
        sys.stdout.write(f"Mended the launchers of {len(done)} commands, for the place of this folder.\n")
