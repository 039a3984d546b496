"""Where sample logs are kept: the folders that may hold them, the best first. Makes the folder that is taken.

A checkout keeps them in its own `data/made/`, if it may be written to. An installed package has no such folder, and
must not write beside itself: the user's cache holds them then, where each system wants it.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

VARIABLE = "LABKIT_DATA"
ABOVE_THE_PACKAGE = Path(__file__).parents[3]


def candidates(
    environ: Mapping[str, str], above: Path = ABOVE_THE_PACKAGE, platform: str = sys.platform
) -> Iterator[Path]:
    """Return the folders in question. LABKIT_DATA is alone where it is set; it is the learner's word.

    above: the folder that holds the package: a checkout, or a `site-packages`.
    """
    if chosen := environ.get(VARIABLE):
        yield Path(os.path.expanduser(chosen)).absolute()  # Path.expanduser fails for a user without a home
        return
    if (above / "pyproject.toml").is_file() and (above / "data").is_dir():
        yield above / "data" / "made"
    if (cache := _cache(environ, platform)) is not None:
        yield cache / "labkit"
    yield Path(tempfile.gettempdir()) / f"labkit-{os.getuid() if hasattr(os, 'getuid') else environ.get('USERNAME')}"


def prepare(folder: Path) -> None:
    """Make the folder, and see that it can be written to and is nobody else's. OSError if not.

    A folder that stands in everybody's temporary folder could be another user's, with logs of theirs in it.
    """
    shared = folder.parent == Path(tempfile.gettempdir())
    folder.mkdir(mode=0o700 if shared else 0o777, parents=True, exist_ok=True)
    found = folder.lstat()
    if shared and hasattr(os, "getuid") and (stat.S_ISLNK(found.st_mode) or found.st_uid != os.getuid()):
        raise PermissionError(13, "the folder is another user's", str(folder))
    with tempfile.TemporaryFile(dir=folder):
        pass


def _cache(environ: Mapping[str, str], platform: str) -> Path | None:
    """The user's folder for what can be made anew; None where the system names none.

    Linux: the XDG Base Directory Specification, which wants a relative path ignored. macOS: Apple's File System
    Programming Guide, "The Library Directory". Windows: the known folder LocalAppData.
    """
    if platform == "win32":
        local = environ.get("LOCALAPPDATA")
        return Path(local) if local else None
    try:
        home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    except RuntimeError:  # a user without a home
        return None
    if platform == "darwin":
        return home / "Library" / "Caches"
    xdg = Path(environ.get("XDG_CACHE_HOME", ""))
    return xdg if xdg.is_absolute() else home / ".cache"
