"""Write constraints.txt from the packages installed beside this interpreter, as names and versions.

Reads the environment's package metadata; writes that one file. A package that another platform or
Python needs, and this one does not have, keeps the version it had.
"""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

FILE = Path(__file__).resolve().parent.parent / "constraints.txt"
HEADER = """\
# The exact version of every package that labkit's extras bring in, on every platform.
# Written by `make upgrade`; names and versions only, so that it holds wherever packages come from.
"""
NOT_OURS = {"labkit", "pip", "setuptools", "wheel"}


def canonical(name: str) -> str:
    """A package's name as packaging's rules normalize it: lower case, runs of `-_.` as one dash."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text: str) -> dict[str, str]:
    """Name to version, for each `name==version` line of a constraints file."""
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    return {canonical(name): version for name, _, version in (line.partition("==") for line in lines if line)}


def main() -> None:
    """Merge what is installed into the file."""
    found = {canonical(each.name): each.version for each in metadata.distributions()}
    known = pins(FILE.read_text()) if FILE.exists() else {}
    merged = {name: version for name, version in {**known, **found}.items() if name not in NOT_OURS}
    FILE.write_text(HEADER + "".join(f"{name}=={version}\n" for name, version in sorted(merged.items())))


if __name__ == "__main__":
    main()
