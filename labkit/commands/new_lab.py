"""`labkit new-lab`: makes a lab of one's own, outside labkit."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    new_parser = commands.add_parser(
        "new-lab",
        help="make a lab of your own: notebook, exercises, checks, quiz, test",
        description="Make a small lab that has everything and passes `labkit check-lab` as it stands, for you to "
        "write your own in its place.",
    )
    new_parser.add_argument("title", metavar="TITLE", help='such as "Encrypt SQS"')
    new_parser.add_argument(
        "folder", metavar="DIR", nargs="?", default="my-labs", help="a folder for your labs (default: %(default)s)"
    )
    new_parser.set_defaults(run=new_lab)


def new_lab(arguments: argparse.Namespace) -> int:
    """`labkit new-lab`: 0 if the lab is there and its notebook was run; 1 with the reason otherwise."""
    from ..authoring.new_lab import NoLabError
    from ..authoring.new_lab import new_lab as make
    from ..authoring.surroundings import leave_the_owner_out
    from ..learn.material import NoMaterialError

    folder = Path(arguments.folder).expanduser().resolve()
    try:
        from ..authoring.executing import execute_lab
        from ..authoring.reading import NotebookError
    except ImportError as missing:
        print(f"labkit new-lab: {missing.name} is missing. Run: pip install 'labkit[notebooks]'", file=sys.stderr)
        return 1
    try:
        lab, notebook = make(arguments.title, folder)
    except (NoLabError, NoMaterialError) as problem:
        print(f"labkit new-lab: {problem}", file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"labkit new-lab: {problem.strerror}: {problem.filename}. Nothing was overwritten.", file=sys.stderr)
        return 1
    leave_the_owner_out()
    try:
        execute_lab(notebook)
    except NotebookError as problem:
        print(f"labkit new-lab: your lab is in {lab}, but its notebook could not be run. {problem}", file=sys.stderr)
        return 1
    print(f"Your lab is in {lab}, and its notebook is {notebook}.")
    print(f"Look for what is lacking: labkit check-lab '{lab}'")
    print(f"Write it in JupyterLab:   LABKIT_LABS='{folder}' jupyter lab '{notebook}'")
    return 0
