"""`labkit check-lab`: says what a lab is lacking, and how to mend it."""

from __future__ import annotations

import argparse


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    check_parser = commands.add_parser(
        "check-lab",
        help="say what a lab is lacking, and how to mend it",
        description="Read a lab's exercises and its notebook, and walk through it in fresh accounts: untouched, with "
        "each wrong answer, and with the solutions. Exits with 1 if something must be mended.",
    )
    check_parser.add_argument(
        "lab", metavar="LAB", help="a lab's folder, such as my_labs/90_first_key, or one of labkit's own: 05-conditions"
    )
    check_parser.set_defaults(run=check_lab)


def check_lab(arguments: argparse.Namespace) -> int:
    """Run `labkit check-lab`: 0 if the lab keeps to all rules, 1 if something must be mended."""
    from ..authoring.surroundings import leave_the_owner_out
    from ..exercises import LabFileError
    from ..exercises.lab_rules.checking import lab_problems
    from ..exercises.lab_rules.page import page_at

    leave_the_owner_out()  # wrong answers are tried on simulated accounts, whatever the shell is set to
    found = 0
    try:
        page = page_at(arguments.lab)
        for problem in lab_problems(page):
            print(problem, flush=True)
            found += 1
    except (LabFileError, ModuleNotFoundError) as problem:
        print(problem)
        return 1
    told = f"{found} to mend" if found else "nothing to mend"
    print(f"{page.name}: {len(page.specs())} exercises, {told}.")
    return int(found > 0)
