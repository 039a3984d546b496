"""The words of the code: docstrings of public functions begin with a verb and say what the caller gets."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import labkit

PACKAGE = Path(labkit.__file__).parent
NO_VERBS = frozenset({
    "a", "an", "the", "what", "whether", "how", "why", "where", "when", "which", "who", "whose", "if", "each",
    "all", "every", "any", "some", "no", "not", "none", "only", "one", "two", "three", "it", "its", "it's",
    "this", "that", "these", "those", "there", "both", "neither", "either", "and", "or", "until", "after",
    "before", "such", "our", "his", "same", "another", "other", "in", "on", "of", "for", "from", "by", "with",
    "at", "to", "as", "is", "are",
})  # fmt: skip
# How many are left, by room: a number here may only fall. A room that is not named has none.
LEFT = {
    "cloud/authorization": 2,
    "cloud/cloudtrail": 1,
    "cloud/core": 1,
    "cloud/doors": 7,
    "cloud/gateway": 3,
    "cloud/identity": 1,
    "cloud/kms": 11,
    "cloud/services": 37,
    "cloud/wire": 5,
    "labs": 97,
}


def _room(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts[:-1]
    return "/".join(parts[:2] if parts[:1] == ("cloud",) else parts[:1])


def _functions(node: ast.AST) -> Iterator[ast.FunctionDef]:
    """Find public functions and methods. Properties are things, and named by nouns."""
    for each in ast.iter_child_nodes(node):
        name = getattr(each, "name", "_")
        if isinstance(each, ast.FunctionDef) and not name.startswith("_"):
            if not any("property" in ast.unparse(decorator) for decorator in each.decorator_list):
                yield each
        elif isinstance(each, ast.ClassDef) and not name.startswith("_"):
            yield from _functions(each)


def _begins_with_a_verb(docstring: str) -> bool:
    return docstring.split()[0].strip("`.,:;\"'“”").lower() not in NO_VERBS


def _others() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for function in _functions(ast.parse(path.read_text(encoding="utf-8"))):
            if (told := ast.get_docstring(function)) and not _begins_with_a_verb(told):
                where = f"{path.relative_to(PACKAGE)}:{function.lineno} {function.name}"
                found.setdefault(_room(path), []).append(where)
    return found


def test_docstrings_begin_with_a_verb() -> None:
    """No room has more that do not than it had."""
    others = _others()
    counts = Counter({room: len(names) for room, names in others.items()})
    more = {room: others[room] for room, count in counts.items() if count > LEFT.get(room, 0)}
    assert more == {}, "Begin these docstrings with a verb, as docs/style.md says."


def test_the_limits_of_questions_are_called_so() -> None:
    """What a question can't tell stands behind "Limits:"."""
    assert [path.name for path in PACKAGE.rglob("*.py") if "Err:" in path.read_text(encoding="utf-8")] == []
