"""`labkit learn`: hands out the course, and opens it in JupyterLab."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..learn.handing_out import Report

FOLDER = "kms-labs"
SOME = 10  # names of one kind that are shown


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    learn_parser = commands.add_parser(
        "learn",
        help="put the labs into a folder of yours, and open the first one",
        description="Copy the labs into a folder of yours, and open the first one in JupyterLab. If they are there "
        "already, bring them up to this version of labkit; what you changed stays as you have it.",
    )
    learn_parser.add_argument("folder", metavar="DIR", nargs="?", default=FOLDER, help="where (default: %(default)s)")
    learn_parser.add_argument(
        "--no-open", dest="then", action="store_const", const=_say, default=_open, help="copy, and open nothing"
    )
    learn_parser.set_defaults(run=learn)


def learn(arguments: argparse.Namespace) -> int:
    """`labkit learn`: 0 if the labs are there and JupyterLab ended well; 1 if something is missing."""
    from .. import __version__
    from ..learn.handing_out import NotYoursError, hand_out
    from ..learn.material import NoMaterialError, course
    from ..learn.opening import CannotOpenError

    folder = Path(arguments.folder).expanduser().resolve()
    try:
        report = hand_out(course(), folder)
        print(f"labkit {__version__}: the labs are in {folder}")
        _tell(report)
        status: int = arguments.then(folder, report)
    except (NoMaterialError, NotYoursError, CannotOpenError) as problem:
        print(f"labkit learn: {problem}", file=sys.stderr)
        return 1
    except OSError as problem:
        if problem.filename is None:
            raise
        print(f"labkit learn: {problem.strerror}: {problem.filename}. Name another folder.", file=sys.stderr)
        return 1
    return status


def _tell(report: Report) -> None:
    if report.written:
        print(f"Written: {len(report.written)} files.")
    for what, names in (
        ("Yours, with what is new:", report.merged),
        ("Yours, left as they are (to get the new one, rename yours and start again):", report.kept),
        ("Yours stood where a new file came, and has another name now:",
         [f"{name} → {aside}" for name, aside in report.moved.items()]),
    ):  # fmt: skip
        if names:
            more = f" and {len(names) - SOME} more" if len(names) > SOME else ""
            print(what, ", ".join(names[:SOME]) + more)


def _say(folder: Path, report: Report) -> int:
    from ..learn.opening import CannotOpenError, missing, source, trust

    if report.written and not missing():  # a JupyterLab beside labkit opens them, as on a hub
        trust(sys.executable, folder)
    print("To open them in JupyterLab, give the same command without --no-open.")
    if absent := missing():
        print(f"Not installed here: {', '.join(absent)}. That command installs them into {folder / '.venv'}.")
        with suppress(CannotOpenError):  # a checkout
            print(f"To have them beside labkit instead: pip install '{source()}'")
    return 0


def _open(folder: Path, _report: Report) -> int:
    from ..learn import opening

    if not opening.missing():
        return opening.run(sys.executable, folder)
    python = opening.own_python(folder)
    if not opening.ready(python):
        print(f"Not installed here: {', '.join(opening.missing())}.")
        print(f"Installing what the labs need into {folder / '.venv'}, once: some minutes, and 1 GB on the disk.")
        sys.stdout.flush()
        opening.install(folder)
    return opening.run(str(python), folder)
