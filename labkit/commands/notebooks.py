"""`labkit execute` and `labkit check`: run anyone's notebooks with the account; save them, or compare their outputs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .common import USAGE_ERROR


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands to the command line."""
    execute_parser = commands.add_parser(
        "execute",
        help="run notebooks, each in a clean kernel, and save them with their outputs",
        description="Run notebooks, each in a clean kernel without any AWS settings of yours, and save them with "
        "their outputs. A notebook in which a cell fails is left as it was. Exits with 1 if there is one.",
    )
    check_parser = commands.add_parser(
        "check",
        help="run notebooks again, and say where an output is not the saved one",
        description="Run notebooks, each in a clean kernel without any AWS settings of yours, and compare each output "
        "with the saved one, to the letter. Changes nothing. Exits with 1 if one differs.",
    )
    for parser, run in ((execute_parser, execute), (check_parser, check)):
        parser.add_argument("notebooks", metavar="NOTEBOOK", nargs="+", type=notebook, help="files that end in .ipynb")
        parser.add_argument(
            "--cell-seconds", metavar="N", type=seconds, default=120, help="how long a cell may take (default: 120)"
        )
        parser.set_defaults(run=run)


def notebook(text: str) -> Path:
    """Read the path of a notebook that is there; argparse turns the error into its usage line."""
    path = Path(text).resolve()
    if path.suffix != ".ipynb" or not path.is_file():
        raise argparse.ArgumentTypeError(f"{text!r} is no notebook's file")
    return path


def seconds(text: str) -> float:
    """Read a number of seconds above zero; argparse turns the error into its usage line."""
    try:
        read = float(text)
    except ValueError:
        read = 0
    if not 0 < read < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return read


def execute(arguments: argparse.Namespace) -> int:
    """`labkit execute`: 0 if every cell ran, 1 if one failed, 2 if a package is missing."""
    from ..authoring.surroundings import leave_the_owner_out

    try:
        from ..authoring.executing import CellFailed
        from ..authoring.executing import execute as run
        from ..authoring.reading import NotebookError
    except ImportError as missing:
        return _missing(str(missing.name))
    leave_the_owner_out()
    failed = 0
    for path in arguments.notebooks:
        try:
            print(f"{path.name}: {run(path, arguments.cell_seconds)}", flush=True)
        except CellFailed as problem:
            print(f"{path.name}: not saved, a cell failed\n{problem}", file=sys.stderr)
            failed = 1
        except NotebookError as problem:
            print(f"{path.name}: not saved. {problem}", file=sys.stderr)
            failed = 1
    return failed


def check(arguments: argparse.Namespace) -> int:
    """`labkit check`: 0 if every output is the saved one, 1 if one differs, 2 if a package is missing."""
    from importlib.util import find_spec

    from ..authoring.surroundings import leave_the_owner_out

    if absent := [name for name in ("nbval", "ipykernel", "nbclient") if find_spec(name) is None]:
        return _missing(absent[0])
    from ..authoring.comparing import compare

    leave_the_owner_out()
    return compare(arguments.notebooks, arguments.cell_seconds)


def _missing(name: str) -> int:
    print(f"labkit: {name} is missing. Run: pip install 'labkit[notebooks]'", file=sys.stderr)
    return USAGE_ERROR
