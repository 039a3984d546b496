"""Reads a lab's quiz.toml. A file that is wrong is told by its name, what is missing, and the mend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..exercises.loader import LabFileError, read_toml
from .makers import MAKERS
from .questions import LETTERS, Choice, Entry, Question, version_of

FILE = "quiz.toml"
FEWEST_CHOICES = 3
_KEYS = frozenset({"id", "source", "text", "choices"})
_CHOICE_KEYS = frozenset({"text", "right", "why"})


def entries(folder: Path) -> tuple[Entry, ...]:
    """Read the questions of a lab's folder, in order; none if it has no quiz. LabFileError where the file is wrong."""
    file = folder / FILE
    if not file.is_file():
        return ()
    given = read_toml(file).get("question")
    if not isinstance(given, list) or not given:
        raise LabFileError(f"{file} has no question. Begin each one with a line [[question]].")
    found = tuple(_entry(f"{file}: question {number}", each) for number, each in enumerate(given, 1))
    ids = [each.id for each in found]
    if twice := sorted({each for each in ids if ids.count(each) > 1}):
        raise LabFileError(f"{file}: the id {twice[0]!r} stands twice. Give each question an id of its own.")
    return found


def _entry(where: str, given: Any) -> Entry:
    if not isinstance(given, dict):
        raise LabFileError(f"{where} is {type(given).__name__}, not a table of keys and values.")
    question_id = _text(where, given, "id", 'a short name, as in id = "moved-alias"')
    where = f"{where} ({question_id})"
    source = _text(where, given, "source", "the lab's section that answers it, or the address of AWS's page")
    version = version_of(given)
    if "made" in given:
        maker = _text(where, given, "made", f"the name of a maker: {', '.join(MAKERS)}")
        if maker not in MAKERS:
            raise LabFileError(f"{where}: there is no maker {maker!r}. Take one of {', '.join(MAKERS)}.")
        about = {key: value for key, value in given.items() if key not in ("id", "source", "made")}
        return Entry(question_id, source, version, None, maker, about)
    if unknown := sorted(given.keys() - _KEYS):
        raise LabFileError(f"{where}: `{unknown[0]}` is not understood. It has {', '.join(sorted(_KEYS))}, or `made`.")
    text = _text(where, given, "text", "the question")
    choices = given.get("choices")
    if not isinstance(choices, list) or not FEWEST_CHOICES <= len(choices) <= len(LETTERS):
        raise LabFileError(f"{where}: `choices` is a list of {FEWEST_CHOICES} to {len(LETTERS)} tables.")
    read = tuple(_choice(f"{where}, choice {letter}", each) for letter, each in zip(LETTERS, choices, strict=False))
    if not any(each.is_right for each in read):
        raise LabFileError(f"{where} has no right choice. Write right = true beside each one that is.")
    if all(each.is_right for each in read):
        raise LabFileError(f"{where} has no wrong choice. Add one that a learner is likely to take.")
    return Entry(question_id, source, version, Question(question_id, " ".join(text.split()), read, source, version))


def _choice(where: str, given: Any) -> Choice:
    if not isinstance(given, dict):
        raise LabFileError(f"{where} is {type(given).__name__}, not a table. Write {{ text = …, why = … }}.")
    if unknown := sorted(given.keys() - _CHOICE_KEYS):
        raise LabFileError(f"{where}: `{unknown[0]}` is not understood. It has text, right and why.")
    right = given.get("right", False)
    if not isinstance(right, bool):
        raise LabFileError(f"{where}: `right` is true, or is left out.")
    text = _text(where, given, "text", "what may be chosen")
    why = "" if right and "why" not in given else _text(where, given, "why", "why it is wrong, without the answer")
    return Choice(" ".join(text.split()), right, " ".join(why.split()))


def _text(where: str, given: dict[str, Any], key: str, meant: str) -> str:
    value = given.get(key)
    if not isinstance(value, str) or not value.strip():
        raise LabFileError(f"{where} has no text `{key}`. Add it: {meant}.")
    return value
