"""Finds labs and reads their exercises: `NN_name/exercises.toml` for the texts, `checks.py` beside it for the checks.

Labs come from `labkit/labs/`, projects (`N_name`, one digit) from `labkit/projects/`, and labs from outside from each
folder that the variable LABKIT_LABS names. Reads files and imports `checks.py`; changes nothing. A file that is wrong
is told by its name, the key that is missing, and the mend.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from .answers import FORMS
from .engine import LabView, Outcome, Spec, Wrong
from .needs import Made

VARIABLE = "LABKIT_LABS"
OWN = Path(__file__).resolve().parent.parent / "labs"
PROJECTS = OWN.with_name("projects")
NOTEBOOKS = {OWN: Path("notebooks"), PROJECTS: Path("notebooks/projects")}
"""Where the checkout has the notebooks of labkit's own folders."""
EXERCISES = "exercises.toml"
CHECKS = "checks.py"
_FOLDER = re.compile(r"\d\d_[a-z0-9]+(_[a-z0-9]+)*")
_PROJECT = re.compile(r"\d_[a-z0-9]+(_[a-z0-9]+)*")
_KEYS = {
    "id": (str, 'a short name, as in id = "first-key"'),
    "title": (str, "the heading, as it stands behind `### Exercise:` in the notebook"),
    "task": (str, "the text of the task, as it stands in the notebook"),
    "hints": (list, "a list of two texts or more, each a step further"),
    "solution": (str, "the code of one right way"),
    "wrong": (list, "two or more [[exercise.wrong]] parts, each with `code` and `says`"),
}
_WRONG_KEYS = {
    "code": (str, "the code of a typical wrong answer"),
    "says": (str, "a phrase that the check must answer it with"),
}
_MADE_KEYS = {
    "id": (str, 'a short name, as in id = "payroll"'),
    "what": (str, "what the cell makes, as a learner would call it"),
    "call": (str, 'the operation that shows it in the trail, as in call = "CreateKey"'),
    "line": (str, "a line of the cell that makes it"),
}
_MADE_MORE = {"having": dict, "under": str, "error": str, "region": str}

Check = Callable[[LabView, Any], Outcome]


class LabFileError(ValueError):
    """A lab's file cannot be used. The message names the file, what is wrong in it, and how to mend it."""


def read_toml(file: Path) -> dict[str, Any]:
    """Read a file of a lab's folder. LabFileError where it can't be read, or is no TOML."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise LabFileError(f"{file} cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise LabFileError(f"{file} is not valid TOML: {error}") from None


@dataclass(frozen=True, slots=True)
class LabFolder:
    """One lab's folder: `name` is its notebook's name, "05-conditions" for the folder 05_conditions."""

    path: Path

    @property
    def name(self) -> str:
        """The name of the lab and of its notebook."""
        return self.path.name.replace("_", "-")

    def specs(self) -> tuple[Spec, ...]:
        """Read the exercises, in order. LabFileError where the file is wrong."""
        file = self.path / EXERCISES
        data = read_toml(file)
        entries = data.get("exercise")
        if not isinstance(entries, list) or not entries:
            raise LabFileError(f"{file} has no exercise. Begin each one with a line [[exercise]].")
        made = _made(file, data.get("made", []))
        specs = tuple(_spec(file, number, entry, made) for number, entry in enumerate(entries, 1))
        ids = [spec.id for spec in specs]
        if twice := sorted({each for each in ids if ids.count(each) > 1}):
            raise LabFileError(f"{file}: the id {twice[0]!r} stands twice. Give each exercise an id of its own.")
        return specs

    def check(self, exercise_id: str) -> Check:
        """Import the check of an exercise: the function of its id in checks.py, with `_` for `-`."""
        wanted = exercise_id.replace("-", "_")
        file = self.path / CHECKS
        check = getattr(_module(self.path), wanted, None)
        if not callable(check):
            raise LabFileError(
                f"{file} has no function {wanted}, which checks the exercise {exercise_id!r}. "
                f"Write `def {wanted}(lab: LabView, answer: Any) -> Outcome:` in it."
            )
        found: Check = check
        return found


def labs() -> dict[str, LabFolder]:
    """Find every lab by its name: the labs in order of their names, then the projects."""
    found: dict[str, LabFolder] = {}
    for place in (OWN, PROJECTS, *_outside()):
        for path in sorted(place.iterdir()):
            if not (path / EXERCISES).is_file():
                continue
            if not (_PROJECT if place == PROJECTS else _FOLDER).fullmatch(path.name):
                raise LabFileError(
                    f"{path} holds a lab, but its name is no lab's name. "
                    "Call it by two digits and small letters, as in 90_encrypt_queues."
                )
            lab = LabFolder(path)
            if lab.name in found:
                raise LabFileError(
                    f"There are two labs {lab.name!r}: {found[lab.name].path} and {path}. Rename one of them."
                )
            found[lab.name] = lab
    return dict(sorted(found.items(), key=lambda item: (item[1].path.parent == PROJECTS, item[0])))


def notebook_files(checkout: Path) -> list[Path]:
    """List the course's own notebooks in a checkout: the labs in order, then the projects."""
    return [path for folder in NOTEBOOKS.values() for path in sorted((checkout / folder).glob("[0-9]*.ipynb"))]


def _outside() -> list[Path]:
    """The folders that LABKIT_LABS names."""
    places = [Path(part).resolve() for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part]
    for place in places:
        if not place.is_dir():
            raise LabFileError(f"{VARIABLE} names {place}, which is no folder. Name folders of labs, or unset it.")
    return places


def _made(file: Path, entries: Any) -> dict[str, Made]:
    """The [[made]] tables: which cell makes what the exercises rest on, by id."""
    found: dict[str, Made] = {}
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries], 1):
        where = f"{file}: made {number}"
        values = _values(where, entry, _MADE_KEYS)
        for key, value in values.items():
            kind = _MADE_MORE.get(key, str)
            if key not in (*_MADE_KEYS, *_MADE_MORE) or not isinstance(value, kind):
                raise LabFileError(f"{where}: `{key}` is not understood. It may have {', '.join(_MADE_MORE)} besides.")
        found[values["id"]] = Made(**{"having": {}, "under": "", **values})
    return found


def _needs(where: str, names: Any, made: Mapping[str, Made]) -> tuple[Made, ...]:
    for name in names:
        if name not in made:
            raise LabFileError(f"{where} needs {name!r}, which no [[made]] part has as its id.")
    return tuple(made[name] for name in names)


def _spec(file: Path, number: int, entry: Any, made: Mapping[str, Made]) -> Spec:
    where = f"{file}: exercise {number}"
    if isinstance(entry, dict) and isinstance(entry.get("id"), str):
        where += f" ({entry['id']})"
    values = _values(where, entry, _KEYS)
    for hint in values["hints"]:
        if not isinstance(hint, str):
            raise LabFileError(f"{where}: each of `hints` is a text; one of them is {type(hint).__name__}.")
    wrong = [_values(f"{where}, wrong answer {at}", each, _WRONG_KEYS) for at, each in enumerate(values["wrong"], 1)]
    form = values.get("answer", "any")
    if form not in FORMS:
        raise LabFileError(f"{where}: `answer` is {form!r}. It is one of {', '.join(FORMS)}.")
    return Spec(
        id=values["id"],
        title=values["title"],
        task=" ".join(values["task"].split()),
        hints=tuple(values["hints"]),
        solution=values["solution"],
        wrong=tuple(Wrong(code=each["code"], says=each["says"]) for each in wrong),
        answer=form if "answer = " in values["solution"] else None,
        needs=_needs(where, values.get("needs", []), made),
    )


def _values(where: str, entry: Any, keys: Mapping[str, tuple[type, str]]) -> dict[str, Any]:
    """The entry, when it has these keys with values of these types."""
    if not isinstance(entry, dict):
        raise LabFileError(f"{where} is {type(entry).__name__}, not a table of keys and values.")
    for key, (kind, meant) in keys.items():
        if key not in entry:
            raise LabFileError(f"{where} has no `{key}`. Add it: {meant}.")
        if not isinstance(entry[key], kind):
            raise LabFileError(f"{where}: `{key}` is {type(entry[key]).__name__}. Write {meant}.")
    return entry


def _module(folder: Path) -> ModuleType:
    """Import a lab's checks.py; its folder is a package, so that it may import files beside it (`from .x import y`)."""
    file = folder / CHECKS
    if not file.is_file():
        raise LabFileError(f"{file} is missing. It holds a function for each exercise of {EXERCISES}.")
    package = f"labkit.{folder.parent.name}.{folder.name}" if folder.parent in NOTEBOOKS else _package(folder)
    try:
        return importlib.import_module(f"{package}.checks")
    except Exception as error:
        raise LabFileError(f"{file} cannot be imported: {type(error).__name__}: {error}") from error


def _package(folder: Path) -> str:
    """Make a package of a folder outside labkit; its name. A folder of the same name elsewhere is forgotten."""
    name = f"labkit_lab_{folder.name}"
    known = sys.modules.get(name)
    if known is None or list(known.__path__) != [str(folder)]:
        for each in [each for each in sys.modules if each == name or each.startswith(f"{name}.")]:
            del sys.modules[each]
        module = ModuleType(name, "A lab from outside labkit.")
        module.__path__ = [str(folder)]
        sys.modules[name] = module
    return name
