"""The words of the code: docstrings of public functions begin with a verb and say what the caller gets."""

from __future__ import annotations

import ast
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


def _others() -> list[str]:
    found: list[str] = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for function in _functions(ast.parse(path.read_text(encoding="utf-8"))):
            if (told := ast.get_docstring(function)) and not _begins_with_a_verb(told):
                found.append(f"{path.relative_to(PACKAGE)}:{function.lineno} {function.name}")
    return found


def test_docstrings_begin_with_a_verb() -> None:
    """None of them does otherwise."""
    assert _others() == [], "Begin these docstrings with a verb, as docs/style.md says."


def test_the_limits_of_questions_are_called_so() -> None:
    """What a question can't tell stands behind "Limits:"."""
    assert [path.name for path in PACKAGE.rglob("*.py") if "Err:" in path.read_text(encoding="utf-8")] == []
