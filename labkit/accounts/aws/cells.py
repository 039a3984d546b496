"""Which capability of the table a cell uses, by its code; and which names it makes and needs. Pure: reads source alone.

The code is Python as IPython writes it: `!aws …` is a call there, and its text a text.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from .capabilities import capabilities

IGNORED = re.compile(r"^\s*#.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell uses (capabilities), the names it makes, and those it needs from cells before it; its imports."""

    uses: tuple[str, ...]
    makes: frozenset[str]
    needs: frozenset[str]
    imports: tuple[str, ...]


@lru_cache(maxsize=4096)
def read_cell(python: str) -> Cell:
    """Read a cell that is Python already. One that is none uses and makes nothing: running it tells what is wrong."""
    try:
        tree = ast.parse(python)
    except (SyntaxError, ValueError):
        return Cell((), frozenset(), frozenset(), ())
    imports = tuple(ast.unparse(node) for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom)))
    return Cell(tuple(_used(tree, python)), frozenset(_made(tree)), frozenset(_needed(tree)), imports)


def _used(tree: ast.Module, python: str) -> Iterator[str]:
    code = IGNORED.sub("", python)
    called = {_dotted(node) for node in ast.walk(tree) if isinstance(node, (ast.Attribute, ast.Name))}
    keywords = {
        word.arg
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for word in node.keywords
        if not (isinstance(word.value, ast.Constant) and not word.value.value)
    }
    for name, capability in capabilities().items():
        if any(_is_in(use, called, keywords, code) for use in capability.uses):
            yield name


def _is_in(use: str, called: Iterable[str], keywords: Iterable[str | None], code: str) -> bool:
    kind, colon, what = use.partition(":")
    if colon:
        return what in keywords if kind == "keyword" else what in code
    return any(each == use or (use.startswith(".") and each.endswith(use)) for each in called)


def _dotted(node: ast.expr) -> str:
    """The name of what is looked up: lab.clock.advance; of an expression's attribute, .advance."""
    if isinstance(node, ast.Name):
        return node.id
    return f"{_dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def _made(tree: ast.AST) -> Iterator[str]:
    inside = {
        id(name) for node in ast.walk(tree) if isinstance(node, ast.comprehension) for name in _names(node.target)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and id(node) not in inside:
            yield node.id
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name


def _needed(tree: ast.Module) -> Iterator[str]:
    """The names that are read before the cell itself makes them, statement by statement."""
    made: set[str] = set()
    for statement in tree.body:
        inside = {
            arg.arg for node in ast.walk(statement) if isinstance(node, ast.arguments) for arg in _arguments(node)
        }
        bound_first = (
            set()
            if isinstance(statement, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr))
            else {
                node.id
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
        )
        own = {
            target.id
            for node in ast.walk(statement)
            if isinstance(node, ast.comprehension)
            for target in ast.walk(node.target)
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                if node.id not in made | inside | own | bound_first:
                    yield node.id
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                yield node.target.id
        made |= set(_made(statement))


def _names(target: ast.AST) -> list[ast.Name]:
    return [each for each in ast.walk(target) if isinstance(each, ast.Name)]


def _arguments(node: ast.arguments) -> list[ast.arg]:
    more = [each for each in (node.vararg, node.kwarg) if each]
    return [*node.posonlyargs, *node.args, *node.kwonlyargs, *more]
