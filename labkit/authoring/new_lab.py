"""Makes a lab of somebody's own from the example lab: it has everything, and passes `labkit check-lab` as it stands."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

from ..learn.material import place

EXAMPLE = ("90", "first_key")
TITLE = "A first key"
FILES = ("90_first_key/exercises.toml", "90_first_key/checks.py", "90_first_key/quiz.toml",
         "notebooks/90-first-key.ipynb", "tests/test_90_first_key.py")  # fmt: skip
NUMBERS = range(90, 100)  # below them are labkit's own


class NoLabError(Exception):
    """No lab can be made of that; the message says why."""


def new_lab(title: str, folder: Path) -> tuple[Path, Path]:
    """Write a lab into the folder; answers its own folder, and its notebook, which has still to be run."""
    words = _words(title)
    taken = {path.name[:2] for path in folder.glob("[0-9][0-9]_*")}
    if twice := sorted(path.name for path in folder.glob(f"[0-9][0-9]_{words}")):
        raise NoLabError(f"{folder} has the lab {twice[0]} already. Give the new one another title.")
    number = next((str(each) for each in NUMBERS if str(each) not in taken), None)
    if number is None:
        raise NoLabError(f"{folder} has labs with all numbers from 90 to 99. Name another folder.")
    example = place() / "examples" / "labs"
    paths = {name: folder / _named(name, number, words) for name in FILES}
    if there := next((path for path in paths.values() if os.path.lexists(path)), None):
        raise NoLabError(f"{there} is there already. Nothing was overwritten: give the lab another title.")
    for name, path in paths.items():
        text = _named((example / name).read_text(encoding="utf-8"), number, words)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:  # never over a file that is there
            file.write(text.replace(f"# {TITLE}\\n", f"# {_plain(title)}\\n"))
    return folder / f"{number}_{words}", paths[FILES[3]]


def _words(title: str) -> str:
    """The title as a folder's name: "Encrypt SQS" is encrypt_sqs."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = "_".join(re.findall(r"[a-z0-9]+", plain))
    if not words:
        raise NoLabError(f"{title!r} has no letters from a to z for a name. Write: labkit new-lab 'Encrypt SQS'")
    return words[:60].rstrip("_")


def _plain(title: str) -> str:
    """The title on one line, as JSON writes it within a text."""
    return " ".join(title.split()).replace("\\", "\\\\").replace('"', '\\"')


def _named(text: str, number: str, words: str) -> str:
    """The example's name, replaced by the new one's in both its forms."""
    was, been = EXAMPLE
    text = text.replace(f"{was}_{been}", f"{number}_{words}")
    return text.replace(f"{was}-{been.replace('_', '-')}", f"{number}-{words.replace('_', '-')}")
